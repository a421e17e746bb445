"""python check_export.py CASES.json: do timm, transformers and onnxruntime take what was exported?

CASES: a list of {"target": timm, hugging-face or onnx, "path", "expected": safetensors with `images` (B, C, S, S) and `logits`
(B, K) as `unsmooth forward` gives them}. Prints a list, for each {"logits_error": largest difference over largest value,
"model": the class, …} or {"error"}.
"""

import functools
import json
import os
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file


def with_timm(path: str, images: torch.Tensor):
    import timm

    with safe_open(path, "pt") as file:
        metadata = file.metadata()
    model = eval(metadata["timm.create_model"], {"timm": timm, "functools": functools, "torch": torch}).eval()
    model.load_state_dict(load_file(path), strict=True)
    hub = json.loads(metadata["timm"])
    again = timm.create_model(hub["architecture"], **hub["model_args"])
    assert {k: v.shape for k, v in again.state_dict().items()} == {k: v.shape for k, v in model.state_dict().items()}
    return model(images), {"model": type(model).__name__, "input_size": hub["pretrained_cfg"]["input_size"]}


def with_transformers(path: str, images: torch.Tensor):
    import transformers

    config = json.loads((Path(path) / "config.json").read_text())
    [name] = config["architectures"]
    model, found = getattr(transformers, name).from_pretrained(path, output_loading_info=True)
    wrong = {kind: sorted(map(str, names)) for kind, names in found.items() if names}
    if wrong:
        raise ValueError(f"from_pretrained: {wrong}")
    processor = transformers.AutoImageProcessor.from_pretrained(path)
    return model.eval()(images).logits, {
        "model": type(model).__name__,
        "labels": [model.config.id2label[i] for i in range(model.config.num_labels)],
        "processor_error": processor_error(processor, images.shape[1:]),
    }


def processor_error(processor, shape) -> float:
    """An image of the model's size is only scaled and normalised."""
    channels, height, width = shape
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, channels), dtype=np.uint8)
    mean, std = np.array(processor.image_mean), np.array(processor.image_std)
    want = ((pixels / 255 - mean) / std).transpose(2, 0, 1)
    got = processor(images=pixels, return_tensors="pt", input_data_format="channels_last")["pixel_values"][0]
    return float(np.abs(got.numpy() - want).max())


def with_onnx(path: str, images: torch.Tensor):
    import onnx
    import onnxruntime

    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    [given], [gives] = session.get_inputs(), session.get_outputs()
    [whole] = session.run(None, {given.name: images.numpy()})
    one_by_one = [session.run(None, {given.name: image[None].numpy()})[0] for image in images]
    spread = np.abs(np.concatenate(one_by_one) - whole).max() / np.abs(whole).max()
    assert spread < 1e-5, f"a batch of 1 gives other logits: {spread}"
    return torch.from_numpy(whole), {"model": "onnx", "input": [given.name, given.shape], "output": [gives.name, gives.shape]}


LOADERS = {"timm": with_timm, "hugging-face": with_transformers, "onnx": with_onnx}


def check(target: str, path: str, expected: str) -> dict:
    try:
        return compare(target, path, expected)
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}


def compare(target: str, path: str, expected: str) -> dict:
    both = load_file(expected)
    with torch.no_grad():
        logits, said = LOADERS[target](path, both["images"])
    if logits.shape != both["logits"].shape:
        raise ValueError(f"logits: expected {list(both['logits'].shape)}, found {list(logits.shape)}")
    return {"logits_error": ((logits - both["logits"]).abs().max() / both["logits"].abs().max()).item(), **said}


if __name__ == "__main__":
    print(json.dumps([check(**case) for case in json.loads(Path(sys.argv[1]).read_text())]))
