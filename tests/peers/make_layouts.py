"""Writes the golden files of checkpoint layouts: python make_layouts.py [FOLDER].

Each checkpoint is written by the library it is named after (timm, transformers, torchvision; Google's names by numpy, read back
by timm's own loader), with random but large weights. Beside it lie the images and what that library computes of them in float64.
transformers is needed for this script alone: pip install transformers.
"""

import json
import os
import sys
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import timm
import torch
import torchvision
import transformers
from safetensors.torch import load_file, save_file
from timm.layers import resample_abs_pos_embed, resample_patch_embed
from timm.models._manipulate import adapt_input_conv
from timm.models.deit import VisionTransformerDistilled
from timm.models.vision_transformer import VisionTransformer
from torchvision.models.vision_transformer import VisionTransformer as TorchvisionVit

HERE = Path(__file__).resolve().parent
FOLDER = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "fixtures" / "layouts"
TIMM = dict(img_size=8, patch_size=4, num_classes=5, embed_dim=16, depth=2, num_heads=4, mlp_ratio=2)
HUGGING = dict(image_size=8, patch_size=4, hidden_size=16, num_hidden_layers=2, num_attention_heads=4, intermediate_size=32,
               hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
torch.set_num_threads(1)


def fill(module: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Random weights, large enough that no part of the model is near what it does with none; small streams, so that epsilons count."""
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in module.parameters():
            p.copy_(torch.randn(p.shape, generator=g) * (0.5 if p.ndim < 2 else p[0].numel() ** -0.5))
    return module.eval()


def images(seed: int) -> torch.Tensor:
    return torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1000 + seed))


def expect(name: str, module: torch.nn.Module, seed: int, logits=lambda out: out) -> None:
    x = images(seed)
    with torch.no_grad():
        y = logits(module.double()(x.double())).float()
    module.float()
    save_file({"images": x, "logits": y.contiguous()}, FOLDER / f"{name}.expected.safetensors")
    print(f"{name:28} {sum(p.numel() for p in module.parameters()):6} parameters, logits to {y.abs().max():.2f}")


def of_timm(seed: int) -> None:
    variants = {
        "timm-vit": (VisionTransformer, {}),
        "timm-registers": (VisionTransformer, dict(reg_tokens=2, init_values=0.1, no_embed_class=True)),
        "timm-deit3": (VisionTransformer, dict(no_embed_class=True, init_values=1e-6)),
        "timm-deit-distilled": (VisionTransformerDistilled, {}),
        "timm-fc-norm": (VisionTransformer, dict(global_pool="avg")),
        "timm-no-qkv-bias": (VisionTransformer, dict(qkv_bias=False)),
    }
    for i, (name, (kind, more)) in enumerate(variants.items()):
        module = fill(kind(**TIMM, **more), seed + i)
        state = module.state_dict()
        if name == "timm-vit":  # as a training program of several GPUs leaves it, with its average
            average = {k: v * 0.5 for k, v in state.items()}
            wrapped = {f"module.{k}": v for k, v in state.items()}
            torch.save({"model": wrapped, "model_ema": average, "epoch": 3}, FOLDER / f"{name}.pth")
        elif name == "timm-deit-distilled":
            torch.save({"model": state}, FOLDER / f"{name}.pth")
        else:
            save_file(state, FOLDER / f"{name}.safetensors")
        expect(name, module, seed + i)
    # Facebook's DeiT-III names
    state = load_file(FOLDER / "timm-deit3.safetensors")
    renamed = {k.replace("ls1.gamma", "gamma_1").replace("ls2.gamma", "gamma_2"): v for k, v in state.items()}
    torch.save({"model": renamed}, FOLDER / "facebook-deit3.pth")


def of_hugging_face(seed: int) -> None:
    labels = {i: f"class {i}" for i in range(5)}
    vit = transformers.ViTConfig(**HUGGING, num_labels=5, id2label=labels)
    deit = transformers.DeiTConfig(**HUGGING, num_labels=5, layer_norm_eps=1e-3)
    models = {
        "hf-vit": transformers.ViTForImageClassification(vit),
        "hf-deit": transformers.DeiTForImageClassification(deit),
        "hf-deit-distilled": transformers.DeiTForImageClassificationWithTeacher(deit),
        "hf-vit-bare": transformers.ViTModel(vit),
    }
    for i, (name, module) in enumerate(models.items()):
        module = fill(module, seed + i)
        module.save_pretrained(FOLDER / name)
        out = (lambda o: o.last_hidden_state[:, 0]) if name == "hf-vit-bare" else (lambda o: o.logits)
        expect(name, module, seed + i, out)
        if name == "hf-vit":  # the names of its modules, which torch.save writes
            torch.save(module.state_dict(), FOLDER / "hf-vit-modules.bin")


def of_torchvision(seed: int) -> None:
    module = fill(TorchvisionVit(image_size=8, patch_size=4, num_layers=2, num_heads=4, hidden_dim=16, mlp_dim=32, num_classes=5), seed)
    state = module.state_dict()
    torch.save(state, FOLDER / "torchvision.pth")
    old = {k.replace("mlp.0.", "mlp.linear_1.").replace("mlp.3.", "mlp.linear_2."): v for k, v in state.items()}
    torch.save(old, FOLDER / "torchvision-old.pth")
    expect("torchvision", module, seed)


def google_arrays(rng, stacked: bool) -> dict:
    D, H, hidden, P, K = 16, 4, 32, 4, 5
    draw = lambda *shape: (rng.standard_normal(shape) * (0.5 if len(shape) < 2 else shape[0] ** -0.5)).astype(np.float32)
    attention, mlp, second = ("0", "0", "1") if stacked else ("1", "3", "2")
    block = lambda: {
        "LayerNorm_0/scale": draw(D), "LayerNorm_0/bias": draw(D),
        f"LayerNorm_{second}/scale": draw(D), f"LayerNorm_{second}/bias": draw(D),
        **{f"MultiHeadDotProductAttention_{attention}/{n}/kernel": draw(D, H, D // H) for n in ("query", "key", "value")},
        **{f"MultiHeadDotProductAttention_{attention}/{n}/bias": draw(H, D // H) for n in ("query", "key", "value")},
        f"MultiHeadDotProductAttention_{attention}/out/kernel": draw(H, D // H, D),
        f"MultiHeadDotProductAttention_{attention}/out/bias": draw(D),
        f"MlpBlock_{mlp}/Dense_0/kernel": draw(D, hidden), f"MlpBlock_{mlp}/Dense_0/bias": draw(hidden),
        f"MlpBlock_{mlp}/Dense_1/kernel": draw(hidden, D), f"MlpBlock_{mlp}/Dense_1/bias": draw(D),
    }
    blocks = [block(), block()]
    if stacked:
        inner = {f"Transformer/encoderblock/{k}": np.stack([b[k] for b in blocks]) for k in blocks[0]}
        positions = {"pos_embedding": draw(1, 4, D)}
    else:
        inner = {f"Transformer/encoderblock_{i}/{k}": v for i, b in enumerate(blocks) for k, v in b.items()}
        positions = {"Transformer/posembed_input/pos_embedding": draw(1, 5, D)}
    return {
        "cls": draw(1, 1, D), "embedding/kernel": draw(P, P, 3, D), "embedding/bias": draw(D), **positions, **inner,
        "Transformer/encoder_norm/scale": draw(D), "Transformer/encoder_norm/bias": draw(D),
        "head/kernel": draw(D, K), "head/bias": draw(K),
    }


def of_google(seed: int) -> None:
    for name, stacked in (("google", False), ("google-big-vision", True)):
        rng = np.random.default_rng(seed + stacked)
        arrays = google_arrays(rng, stacked)
        if stacked:
            arrays = {f"params/{k}": v for k, v in arrays.items()} | {"opt/step": np.int32(7)}
        np.savez(FOLDER / f"{name}.npz", **arrays)
        module = VisionTransformer(**TIMM, no_embed_class=stacked).eval()
        module.load_pretrained(str(FOLDER / f"{name}.npz"))
        expect(name, module, seed + stacked)
        if not stacked:
            more = {"pre_logits/kernel": arrays["head/kernel"], "pre_logits/bias": arrays["head/bias"]}
            np.savez(FOLDER / "google-pre-logits.npz", **arrays, **more)


def of_resampling(seed: int) -> None:
    g = torch.Generator().manual_seed(seed)
    out = {"positions": torch.randn(1, 2 + 49, 8, generator=g), "patches": torch.randn(6, 3, 8, 8, generator=g)}
    for to in (4, 10, 14, 16):
        out[f"positions.{to}"] = resample_abs_pos_embed(out["positions"], [to, to], num_prefix_tokens=2)
    for to in (4, 7, 12, 16):
        out[f"patches.{to}"] = resample_patch_embed(out["patches"], [to, to]).contiguous()
    for channels in (1, 4):
        out[f"channels.{channels}"] = adapt_input_conv(channels, out["patches"]).contiguous()
    save_file(out, FOLDER / "resampling.safetensors")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    of_timm(10)
    of_hugging_face(20)
    of_torchvision(30)
    of_google(40)
    of_resampling(50)
    versions = {"timm": timm.__version__, "torch": torch.__version__, "torchvision": torchvision.__version__,
                "transformers": transformers.__version__, "numpy": np.__version__}
    print(versions)
    (FOLDER / "versions.json").write_text(json.dumps(versions, indent=2) + "\n")


main()
