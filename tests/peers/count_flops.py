"""python count_flops.py: parameters and floating-point operations of timm's ViTs, counted by torch.

Prints {name: {"parameters", "forward", "step"}} for one image: `forward` are the operations of a forward pass, `step` those of a forward
and a backward pass of the cross-entropy, both of matrix products and convolutions alone (torch.utils.flop_counter). No weights are
needed: the models are built on the meta device. tests/unit/core-estimate.test.ts holds the figures.
"""

import json

import timm
import torch
from torch.utils.flop_counter import FlopCounterMode

from variants_reference import build

MODELS = {
    "vit_tiny_patch16_224": {},
    "vit_small_patch16_224": {},
    "vit_base_patch16_224": {},
    "example": {
        "img_size": 28,
        "patch_size": 7,
        "in_chans": 1,
        "num_classes": 10,
        "embed_dim": 64,
        "depth": 12,
        "num_heads": 4,
    },
}
EXAMPLE = MODELS["example"] | {"mlp_ratio": 4}
MODELS |= {
    "registers": EXAMPLE | {"reg_tokens": 3, "init_values": 0.1},
    "distilled": EXAMPLE | {"distilled": True},
    "talking": EXAMPLE | {"talking_heads": True},
}


def count(name: str, options: dict) -> dict:
    with torch.device("meta"):
        model = (
            build(options | {"mlp_ratio": 4}) if options else timm.create_model(name)
        )
        side = options.get("img_size", 224)
        images = torch.empty(1, options.get("in_chans", 3), side, side)
        labels = torch.zeros(1, dtype=torch.long)
        with FlopCounterMode(display=False) as forward:
            logits = model(images)
        with FlopCounterMode(display=False) as step:
            loss = torch.nn.functional.cross_entropy(model(images), labels)
            loss.backward()
        assert logits.shape[0] == 1
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "forward": forward.get_total_flops(),
        "step": step.get_total_flops(),
    }


if __name__ == "__main__":
    # Fused attention on the meta device would be left out of the count.
    timm.layers.set_fused_attn(False)
    print(json.dumps({name: count(name, options) for name, options in MODELS.items()}, indent=1))
