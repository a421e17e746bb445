"""python compare_golden.py MADE COMMITTED: largest relative difference of each golden file of two folders.

Prints {file: {"tensors", "worst", "worst_tensor"}}; names, shapes and dtypes that differ, and JSON files that differ by more
than the versions they name, are an error. Relative: largest difference over largest value of the tensor.
"""

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file


def difference(a: torch.Tensor, b: torch.Tensor) -> float:
    if a.shape != b.shape or a.dtype != b.dtype:
        raise ValueError(f"{a.dtype} {list(a.shape)} against {b.dtype} {list(b.shape)}")
    gap = (a.double() - b.double()).abs().max().item()
    return gap / b.double().abs().max().item() if gap else 0.0


def compare(made: Path, committed: Path) -> dict:
    names = [sorted(p.name for p in folder.iterdir() if p.suffix in (".safetensors", ".json")) for folder in (made, committed)]
    if names[0] != names[1]:
        raise ValueError(f"files made {names[0]}, committed {names[1]}")
    result = {}
    for name in names[0]:
        if name.endswith(".json"):
            a, b = (json.loads((folder / name).read_text()) for folder in (made, committed))
            a.pop("versions", None), b.pop("versions", None)
            result[name] = {"tensors": 0, "worst": 0.0 if a == b else 1.0, "worst_tensor": ""}
            continue
        a, b = load_file(made / name), load_file(committed / name)
        if a.keys() != b.keys():
            raise ValueError(f"{name}: tensors differ: {sorted(a.keys() ^ b.keys())}")
        gaps = {key: difference(a[key], b[key]) for key in a}
        worst = max(gaps, key=gaps.get)
        result[name] = {"tensors": len(gaps), "worst": gaps[worst], "worst_tensor": worst}
    return result


if __name__ == "__main__":
    print(json.dumps(compare(Path(sys.argv[1]), Path(sys.argv[2]))))
