"""timm's loader beside ours: one JSON line in (folder, workers, batch, batches, seconds), one out (images_per_s, versions)."""

import json
import os
import sys
import threading
import time


def end_with_parent():
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def measure(folder, workers, batch, batches, seconds):
    import timm
    import torch
    from PIL import ImageOps
    from timm.data import create_dataset, create_loader

    # timm 1.0.31 asks for 0 bits now and then, which Pillow 13 refuses and the ones before took.
    posterize = getattr(ImageOps.posterize, "taking_zero", None) or ImageOps.posterize
    ImageOps.posterize = lambda image, bits: posterize(image, max(1, bits))
    ImageOps.posterize.taking_zero = posterize

    dataset = create_dataset("", root=folder, split="train", is_training=True)
    loader = create_loader(
        dataset,
        input_size=(3, 224, 224),
        batch_size=batch,
        is_training=True,
        re_prob=0.25,
        re_mode="pixel",
        hflip=0.5,
        color_jitter=0.4,
        auto_augment="rand-m9-mstd0.5-inc1",
        interpolation="bicubic",
        num_workers=workers,
        persistent_workers=False,
        pin_memory=False,
        device=torch.device("cpu"),
    )

    def endless():
        while True:
            yield from loader

    images = endless()
    for _ in range(max(2, 2 * workers)):  # the workers have started and are ahead
        next(images)
    began = time.perf_counter()
    done = 0
    for taken in range(batches):
        if taken >= 2 and time.perf_counter() - began > seconds:
            break
        done += next(images)[0].shape[0]
    rate = done / (time.perf_counter() - began)
    return {"images_per_s": rate, "versions": {"timm": timm.__version__, "torch": torch.__version__}}


threading.Thread(target=end_with_parent, daemon=True).start()
for line in sys.stdin:
    try:
        answer = measure(**json.loads(line))
    except Exception as error:  # said, not lost: the other side names it
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
