"""python write_events.py FOLDER: two event files by TensorBoard's own writer, the second begun after a restart."""

import sys

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

for part, points in enumerate([[(1, 3.0), (2, 2.5)], [(3, float("nan"))]]):
    writer = EventFileWriter(sys.argv[1], filename_suffix=f".{part}")
    for step, value in points:
        summary = Summary(value=[Summary.Value(tag="train/loss", simple_value=value)])
        writer.add_event(Event(wall_time=1000 + step, step=step, summary=summary))
    writer.close()
