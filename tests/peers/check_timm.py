"""python check_timm.py WEIGHTS.safetensors [EXPECTED.safetensors]: does timm take our weights?

Builds timm's ViT from the configuration in the file's metadata (`model`: JSON with timm's names), loads with strict=True and
prints {"tensors", "parameters", "config"}; given `images` and `logits` in EXPECTED also {"logits_error"}: largest difference
over largest value, timm in float32. Ends with 1 and {"error"} when something does not fit.
"""

import json
import sys

import torch
from safetensors import safe_open
from safetensors.torch import load_file

from vit_reference import CONFIG_KEYS, build_vit


def check(weights: str, expected: str | None) -> dict:
    with safe_open(weights, "pt") as file:
        metadata = file.metadata() or {}
    if "model" not in metadata:
        raise ValueError(f"the metadata has no `model`, only {sorted(metadata)}")
    config = json.loads(metadata["model"])
    lacking = [key for key in CONFIG_KEYS if key not in config]
    if lacking:
        raise ValueError(f"the configuration in the metadata lacks {lacking}, found {sorted(config)}")
    vit = build_vit(config)
    state = load_file(weights)
    vit.load_state_dict(state, strict=True)
    result = {"tensors": len(state), "parameters": sum(t.numel() for t in state.values()), "config": config}
    if expected:
        both = load_file(expected)
        with torch.no_grad():
            logits = vit(both["images"])
        if logits.shape != both["logits"].shape:
            raise ValueError(f"logits: expected {list(logits.shape)}, found {list(both['logits'].shape)}")
        result["logits_error"] = ((logits - both["logits"]).abs().max() / logits.abs().max()).item()
    return result


if __name__ == "__main__":
    try:
        print(json.dumps(check(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)))
    except Exception as error:
        print(json.dumps({"error": str(error)}))
        sys.exit(1)
