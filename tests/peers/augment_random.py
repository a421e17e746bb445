"""Writes what timm and Pillow make of noisy pictures with arguments drawn at random: python augment_random.py FILE.safetensors SEED.

Tensors: `<case>/image` and `<case>/result`, uint8 (height, width, channels). Metadata `cases`: JSON of
`{operation, argument, interpolation, fill}`, the names without `Increasing`.
"""
import json
import random
import sys

import numpy as np
import PIL
import timm
from PIL import Image
from safetensors.numpy import save_file
from timm.data import auto_augment as aa

CASES_AN_OPERATION = 12


def picture(rng: np.random.Generator, channels: int) -> np.ndarray:
    """Of odd sizes: smooth with noise, levels drawn anew, sometimes flat in a channel."""
    height, width = rng.integers(3, 120, 2)
    y, x = np.mgrid[0:height, 0:width]
    waves = rng.uniform(0, 0.3, (channels, 2))
    low, high = np.sort(rng.integers(0, 256, 2))
    smooth = np.stack([np.sin(a * x + b * y) for a, b in waves], -1) * 0.4 + 0.5
    noisy = smooth + rng.normal(0, rng.uniform(0, 0.3), smooth.shape)
    return np.clip(low + (high - low) * noisy, 0, 255).astype(np.uint8)


def main(file: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    random.seed(seed)
    tensors, cases = {}, []
    names = [n for n in aa._RAND_TRANSFORMS + aa._RAND_INCREASING_TRANSFORMS]
    for name in names:
        for k in range(CASES_AN_OPERATION):
            pixels = picture(rng, (1, 3)[k % 2])
            image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
            fill = tuple(rng.integers(0, 256, pixels.shape[-1]).tolist())
            level = aa.LEVEL_TO_ARG[name]
            # Pillow 13 refuses to keep no bit
            magnitude = rng.uniform(2.6, 7.4) if name.startswith("Posterize") else rng.uniform(0, 10)
            arguments = level(magnitude, {}) if level else ()
            how = ("bilinear", "bicubic")[k // 2 % 2]
            resample = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}[how]
            result = aa.NAME_TO_OP[name](image, *arguments, fillcolor=fill, resample=resample)
            tensors[f"{len(cases)}/image"] = pixels
            tensors[f"{len(cases)}/result"] = np.asarray(result).reshape(pixels.shape).copy()
            cases.append({"operation": name.replace("Increasing", ""), "argument": float(arguments[0]) if arguments else 0.0,
                          "interpolation": how, "fill": fill})
    save_file(tensors, file, {"cases": json.dumps(cases), "pillow": PIL.__version__, "timm": timm.__version__})
    print(json.dumps({"cases": len(cases), "pillow": PIL.__version__, "timm": timm.__version__}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
