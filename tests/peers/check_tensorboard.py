"""python check_tensorboard.py FOLDER: what TensorBoard's own reader finds in all event files of a folder.

Prints {tag: [[step, value], …]}, steps ascending as TensorBoard keeps them after restarts; simple scalars and scalar tensors.
Values that are not finite are written "NaN", "Infinity", "-Infinity".
"""

import json
import math
import sys

from tensorboard.backend.event_processing.event_accumulator import STORE_EVERYTHING_SIZE_GUIDANCE, EventAccumulator
from tensorboard.util.tensor_util import make_ndarray


def number(value: float):
    if math.isnan(value):
        return "NaN"
    return value if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def read(folder: str) -> dict:
    accumulator = EventAccumulator(folder, size_guidance=STORE_EVERYTHING_SIZE_GUIDANCE)
    accumulator.Reload()
    tags = accumulator.Tags()
    found = {tag: [[e.step, number(e.value)] for e in accumulator.Scalars(tag)] for tag in tags["scalars"]}
    for tag in tags["tensors"]:
        events = [(e.step, make_ndarray(e.tensor_proto)) for e in accumulator.Tensors(tag)]
        found[tag] = [[step, number(float(value))] for step, value in events if value.ndim == 0]
    return found


if __name__ == "__main__":
    print(json.dumps(read(sys.argv[1])))
