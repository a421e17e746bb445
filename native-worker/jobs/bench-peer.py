"""The PyTorch side of `unsmooth bench`: the same training step in PyTorch, so that both are timed in turn on one machine.

One JSON request a line on stdin, one JSON answer a line on stdout:
  {"shape": {"name", "dim", "depth", "heads", "batch", "patch", "size", "classes"}, "steps": n, "warmup": k,
   "mode": "eager" | "compile" | "autocast", "losses": false}
  -> {"name", "mode", "step_ms": [n], "loss": [n], "rss_import_kb", "rss_peak_kb", "threads", "versions"}  or  {"error"}
The model of the last shape, mode and losses is kept, so the caller may interleave short requests with its own steps;
`warmup` steps come before the timed ones. The step is timm's ViT with fused attention, cross-entropy, fused AdamW with
weight decay .05, float32 (autocast: bfloat16); "losses" adds the three patch losses with weight 1.
Threads and OMP_WAIT_POLICY are the caller's, through the environment. Knows nothing of the engine it is compared with.
"""

import json
import os
import sys
import threading
import time

try:
    import resource
except ImportError:  # Windows
    resource = None

answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is no answer


def answer(message: dict) -> None:
    print(json.dumps(message), file=answers, flush=True)


def leave_with_parent(parent: int) -> None:
    """A stopped bench is gone at once; a step of ours may take seconds more, and nobody waits for its time."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


threading.Thread(target=leave_with_parent, args=(os.getppid(),), daemon=True).start()

try:
    import torch
    import torch.nn.functional as F
    import timm
    from timm.models.vision_transformer import VisionTransformer
    from timm.optim import param_groups_weight_decay
except Exception as error:
    answer({"error": f"PyTorch and timm could not be imported: {error}"})
    sys.exit(1)


def peak_rss_kb() -> int:
    """Of this program; getrusage would also count what the caller held when it started us."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except OSError:
        if resource is None:
            return 0
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak // 1024 if sys.platform == "darwin" else peak


RSS_IMPORT_KB = peak_rss_kb()
VERSIONS = {"python": sys.version.split()[0], "torch": torch.__version__, "timm": timm.__version__}


class TrainingLoss(torch.nn.Module):
    """Images to the scalar that is minimised; compiled as a whole in mode `compile`."""

    def __init__(self, shape: dict, with_patch_losses: bool):
        super().__init__()
        dim, classes = shape["dim"], shape["classes"]
        self.vit = VisionTransformer(
            img_size=shape["size"], patch_size=shape["patch"], num_classes=classes,
            embed_dim=dim, depth=shape["depth"], num_heads=shape["heads"],
        )
        self.patch_head = torch.nn.Linear(dim, classes) if with_patch_losses else None

    def forward(self, images, labels, patch_targets):
        vit = self.vit
        if self.patch_head is None:
            return F.cross_entropy(vit(images), labels)
        x = vit._pos_embed(vit.patch_embed(images))
        first = None
        for block in vit.blocks:
            x = block(x)
            first = x[:, 1:] if first is None else first
        norm = vit.norm(x)
        last = norm[:, 1:]
        n = last.shape[1]
        unit = F.normalize(last, dim=-1)
        cosine = ((unit @ unit.mT).abs().sum((1, 2)) - n).div(n * (n - 1)).mean()
        others = (last.sum(1, keepdim=True) - last) / (n - 1)
        contrastive = F.softplus((first * (others - last)).sum(-1)).mean()
        mixing = F.cross_entropy(self.patch_head(last).flatten(0, 1), patch_targets.flatten(0, 1))
        return F.cross_entropy(vit.forward_head(norm), labels) + cosine + contrastive + mixing


class Trainer:
    """Model, optimizer and one fixed batch of random images."""

    def __init__(self, shape: dict, mode: str, with_patch_losses: bool):
        torch.manual_seed(0)
        loss = TrainingLoss(shape, with_patch_losses).train()
        no_decay = loss.vit.no_weight_decay()
        groups = param_groups_weight_decay(loss, 0.05, no_weight_decay_list=[f"vit.{name}" for name in no_decay])
        self.optimizer = torch.optim.AdamW(groups, lr=1e-3, fused=True)
        self.loss = torch.compile(loss) if mode == "compile" else loss
        self.autocast = mode == "autocast"
        batch, classes = shape["batch"], shape["classes"]
        patches = (shape["size"] // shape["patch"]) ** 2
        images = torch.randn(batch, 3, shape["size"], shape["size"])
        labels = torch.randint(classes, (batch,))
        self.batch = images, labels, F.one_hot(labels, classes).float()[:, None].expand(batch, patches, classes)

    def step(self) -> float:
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.autocast):
            loss = self.loss(*self.batch)
        loss.backward()
        self.optimizer.step()
        return loss.item()


trainer, trainer_key = None, None


def handle(request: dict) -> dict:
    global trainer, trainer_key
    shape, mode, losses = request["shape"], request.get("mode", "eager"), bool(request.get("losses", False))
    if mode not in ("eager", "compile", "autocast"):
        raise ValueError(f"mode is eager, compile or autocast, found {mode!r}")
    key = json.dumps([shape, mode, losses], sort_keys=True)
    if key != trainer_key:
        trainer, trainer_key = None, None
        trainer, trainer_key = Trainer(shape, mode, losses), key
    for _ in range(int(request.get("warmup", 0))):
        trainer.step()
    times, values = [], []
    for _ in range(int(request["steps"])):
        began = time.perf_counter()
        values.append(trainer.step())
        times.append((time.perf_counter() - began) * 1000)
    return {
        "name": shape["name"], "mode": mode, "step_ms": times, "loss": values,
        "rss_import_kb": RSS_IMPORT_KB, "rss_peak_kb": peak_rss_kb(),
        "threads": torch.get_num_threads(), "versions": VERSIONS,
    }


for line in sys.stdin:
    if not line.strip():
        continue
    try:
        reply = handle(json.loads(line))
    except KeyError as error:
        reply = {"error": f"the request lacks the field {error}"}
    except Exception as error:
        reply = {"error": f"{type(error).__name__}: {error}".splitlines()[0]}
    answer(reply)
