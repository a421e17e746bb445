"""Writes the golden files that the engine's parity tests compare with: python make_golden.py [FOLDER].

Weights and inputs are float32 numbers; every expected value is computed in float64 from them and rounded once to
float32. How far torch's own float32 lies from it is written into each file's metadata. Listing: the folder's README.
"""

import json
import sys
from pathlib import Path

import numpy as np
import safetensors
import safetensors.torch
import timm
import torch
from timm.layers import calculate_drop_path_rates
from timm.optim import param_groups_weight_decay
from timm.scheduler import CosineLRScheduler
from timm.utils import ModelEmaV3

import metric_recipes
from philox import philox4x32_10
from vit_reference import Trainee, fill_large, patch_losses, soft_cross_entropy, soft_targets

HERE = Path(__file__).resolve().parent
TINY = dict(name="vit", img_size=16, patch_size=4, in_chans=3, num_classes=10, embed_dim=32, depth=2, num_heads=4, mlp_ratio=4)
DEEP = dict(name="vit", img_size=28, patch_size=7, in_chans=1, num_classes=10, embed_dim=24, depth=12, num_heads=3, mlp_ratio=4)
ALL_WEIGHTS = [(1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (1, 1, 1, 1)]
STEPS, BATCH = 10, 8


def save(folder: Path, name: str, tensors: dict, seed: int, **metadata) -> None:
    """Floats as F32, integers as I32; metadata values are JSON, plain strings stay as they are."""
    out = {}
    for key, value in tensors.items():
        value = torch.as_tensor(value).detach()
        out[key] = value.to(torch.float32 if value.is_floating_point() else torch.int32).contiguous().clone()
    versions = {"torch": torch.__version__, "timm": timm.__version__, "numpy": np.__version__}
    meta = {**versions, "safetensors": safetensors.__version__, "seed": str(seed)}
    meta |= {key: value if isinstance(value, str) else json.dumps(value) for key, value in metadata.items()}
    safetensors.torch.save_file(out, folder / f"{name}.safetensors", metadata=meta)


def relative(found, expected) -> float:
    """Largest difference over largest value."""
    return ((found.double() - expected).abs().max() / expected.abs().max()).item()


def gradient_deviation(single: dict, exact: dict) -> dict:
    """{weight set: [largest relative difference of a parameter's gradient, that parameter's name]}.

    A gradient that is zero as a whole is measured against the largest gradient of its set.
    """
    sets = {}
    for key in exact:
        if key.startswith("grad"):
            prefix, weights, name = key.split(".", 2)
            sets.setdefault(f"{prefix}.{weights}", []).append(name)
    worst = {}
    for prefix, names in sets.items():
        largest = max(exact[f"{prefix}.{n}"].abs().max() for n in names)
        error = {}
        for n in names:
            a, b = single[f"{prefix}.{n}"].double(), exact[f"{prefix}.{n}"]
            error[n] = ((a - b).abs().max() / (b.abs().max() or largest)).item()
        name = max(error, key=error.get)
        worst[prefix] = [error[name], name]
    return worst


def make_model(config: dict, seed: int) -> Trainee:
    module = Trainee(config)
    fill_large(module, np.random.default_rng(seed), stream=0.2)
    return module


def copy_as(module: Trainee, config: dict, dtype) -> Trainee:
    copy = Trainee(config).to(dtype)
    copy.load_state_dict(module.state_dict())
    return copy


def state(module: Trainee) -> dict:
    return {name: p.detach().clone() for name, p in module.named()}


# Forward, losses, gradients


def forward_values(module: Trainee, inputs: dict, dtype) -> tuple[dict, dict]:
    """(expected values, the four differentiable terms per tap)."""
    tokens, norm, logits = module(inputs["images"].to(dtype))
    assert torch.equal(logits, module.vit(inputs["images"].to(dtype)))
    values = {"logits": logits, "tokens.norm": norm} | {f"tokens.{i}": t for i, t in enumerate(tokens)}
    ce = torch.nn.functional.cross_entropy(logits, inputs["labels"].long())
    values["loss_ce"] = ce
    values["loss_ce_soft"] = soft_cross_entropy(logits, inputs["targets"].to(dtype))
    terms = {}
    for tap in ("norm", "block"):
        losses = patch_losses(tokens, norm, module.patch_head, inputs["patch_targets"].to(dtype), tap)
        terms[tap] = [ce, *losses.values()]
        suffix = "" if tap == "norm" else ".block"
        values |= {f"loss_{key}{suffix}": value for key, value in losses.items()}
    return values, terms


def gradients(module: Trainee, terms: list, weights: tuple) -> dict:
    """Gradient of the weighted sum for every parameter, zeros where the sum does not depend on it."""
    names, parameters = zip(*module.named())
    total = sum(w * term for w, term in zip(weights, terms) if w)
    grads = torch.autograd.grad(total, parameters, retain_graph=True, allow_unused=True)
    grads = [torch.zeros_like(p) if g is None else g for p, g in zip(parameters, grads)]
    largest = max(g.abs().max() for g in grads)
    return {name: without_noise(name, g, largest) for name, g in zip(names, grads)}


def without_noise(name: str, grad, largest):
    """Exact zeros for what is zero by theory and rounding noise in float64: the key part of qkv.bias (a softmax does
    not see it), and norm.bias under the contrastive loss alone (it cancels in b - a)."""
    if grad.dtype == torch.float64:
        grad = torch.where(grad.abs() < 1e-13 * largest, torch.zeros_like(grad), grad)
        width = grad.shape[0] // 3
        assert "qkv.bias" not in name or not grad[width : 2 * width].any()
    return grad


def make_forward(folder: Path, name: str, config: dict, seed: int, grad_weights: list, block_weights: list) -> None:
    module = make_model(config, seed)
    save(folder, name, {k: p for k, p in state(module).items() if not k.startswith("patch_head")}, seed, model=config)

    rng = np.random.default_rng(seed + 1)
    batch, size, classes = 4, config["img_size"], config["num_classes"]
    patches = (size // config["patch_size"]) ** 2
    images = rng.standard_normal((batch, config["in_chans"], size, size)).astype(np.float32)
    inputs = {
        "images": torch.from_numpy(images),
        "labels": torch.from_numpy(rng.integers(0, classes, batch)),
        "targets": soft_targets(rng, batch, classes),
        "patch_targets": soft_targets(rng, batch, patches, classes),
    }

    def compute(dtype):
        model = copy_as(module, config, dtype)
        values, terms = forward_values(model, inputs, dtype)
        for tap, sets in (("norm", grad_weights), ("block", block_weights)):
            prefix = "grad" if tap == "norm" else "grad_block"
            for weights in sets:
                key = ",".join(map(str, weights))
                values |= {f"{prefix}.{key}.{k}": g for k, g in gradients(model, terms[tap], weights).items()}
        return {key: value.detach() for key, value in values.items()}

    exact, single = compute(torch.float64), compute(torch.float32)
    kinds = {"logits": ("logits",), "tokens": ("tokens.",), "losses": ("loss_",)}
    deviation = {k: max(relative(single[n], exact[n]) for n in exact if n.startswith(p)) for k, p in kinds.items()}
    deviation["gradients"] = gradient_deviation(single, exact)
    heads = {k: p for k, p in state(module).items() if k.startswith("patch_head")}
    save(folder, f"{name}-forward", inputs | heads | exact, seed + 1, model=config, float32_deviation=deviation)
    print(f"{name}-forward: torch float32 against float64 {deviation}")


# Ten AdamW steps


def optimizer_groups(module: Trainee, weight_decay: float) -> list:
    """timm's groups for the ViT, and the same rule for patch_head (weight decayed, bias not)."""
    vit = param_groups_weight_decay(module.vit, weight_decay, no_weight_decay_list=module.vit.no_weight_decay())
    return vit + param_groups_weight_decay(module.patch_head, weight_decay)


def train(config: dict, start: Trainee, batches: dict, lrs: list, dtype, clip: float | None, accumulate: int):
    """(weights, EMA of weights, losses per step (STEPS, 4), gradient norms (STEPS)) after STEPS optimiser steps."""
    module = copy_as(start, config, dtype)
    optimizer = torch.optim.AdamW(optimizer_groups(module, 0.05), lr=lrs[0], betas=(0.9, 0.999), eps=1e-8)
    ema = ModelEmaV3(module, decay=0.99, use_warmup=False)
    parameters = [p for _, p in module.named()]
    losses, norms = [], []
    for step, lr in enumerate(lrs):
        for group in optimizer.param_groups:
            group["lr"] = lr
        optimizer.zero_grad()
        parts = torch.zeros(4, dtype=dtype)
        for half in torch.arange(BATCH).chunk(accumulate):
            images, targets, patch_targets = (batches[k][step][half].to(dtype) for k in ("images", "targets", "patch_targets"))
            tokens, norm, logits = module(images)
            ce = soft_cross_entropy(logits, targets)
            terms = torch.stack([ce, *patch_losses(tokens, norm, module.patch_head, patch_targets, "norm").values()])
            (terms.sum() / accumulate).backward()
            parts += terms.detach() / accumulate
        norms.append(torch.nn.utils.clip_grad_norm_(parameters, clip if clip else float("inf")).item())
        optimizer.step()
        ema.update(module)
        losses.append(parts)
    return state(module), state(ema.module), torch.stack(losses), torch.tensor(norms, dtype=dtype)


def schedule(lr: float, steps: int, warmup: int, warmup_lr: float, min_lr: float) -> list[float]:
    """The learning rate of update 0 … steps-1, as timm's train.py with --sched-on-updates sets it."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=lr)
    cosine = CosineLRScheduler(
        optimizer, t_initial=steps, lr_min=min_lr, warmup_t=warmup, warmup_lr_init=warmup_lr, t_in_epochs=False
    )
    rates = []
    for update in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        cosine.step_update(update + 1)
    return rates


def update_deviation(before: dict, exact: dict, single: dict) -> dict:
    """How far torch's float32 update lies from the float64 one, with and without the key part of qkv.bias.

    That part's gradient is zero in theory; in float32 it is rounding noise, which Adam scales up to steps of the
    learning rate. No two programs agree on it, so comparisons leave it out.
    """

    def measure(keep) -> dict:
        pairs = {k: (keep(k, single[k].double() - before[k]), keep(k, exact[k] - before[k])) for k in exact}
        per = {k: relative(a, b) for k, (a, b) in pairs.items()}
        square = lambda values: sum(x.square().sum() for x in values).sqrt().item()
        worst = max(per, key=per.get)
        l2 = square(a - b for a, b in pairs.values()) / square(b for _, b in pairs.values())
        return {"l2": l2, "worst": per[worst], "worst_tensor": worst}

    def without_key(name, x):
        if "qkv.bias" not in name:
            return x
        q, _, v = x.chunk(3)
        return torch.cat([q, v])

    return {"all": measure(lambda _, x: x), "without_key_bias": measure(without_key)}


def make_adamw(folder: Path, seed: int) -> None:
    start = make_model(TINY, 11)
    rng = np.random.default_rng(seed)
    size, classes = TINY["img_size"], TINY["num_classes"]
    patches = (size // TINY["patch_size"]) ** 2
    batches = {
        "images": torch.from_numpy(rng.standard_normal((STEPS, BATCH, 3, size, size)).astype(np.float32)),
        "targets": soft_targets(rng, STEPS, BATCH, classes),
        "patch_targets": soft_targets(rng, STEPS, BATCH, patches, classes),
    }
    settings = dict(lr=2e-3, steps=STEPS, warmup=3, warmup_lr=1e-5, min_lr=1e-4)
    lrs = np.float32(schedule(**settings))
    before = state(start)
    tensors = batches | {"lr": torch.from_numpy(lrs)} | {f"start.{k}": v for k, v in before.items() if "patch_head" in k}
    deviation = {}
    for label, clip, accumulate in (("plain", None, 1), ("clipped", 1.0, 2)):
        args = (TINY, start, batches, lrs.astype(float).tolist())
        weights, ema, losses, norms = train(*args, torch.float64, clip, accumulate)
        single, *_ = train(*args, torch.float32, clip, accumulate)
        if clip:
            assert norms.min() > clip, "clipping must act"
        tensors |= {f"{label}.losses": losses, f"{label}.grad_norm": norms}
        tensors |= {f"{label}.weights.{k}": v for k, v in weights.items()}
        if label == "plain":
            tensors |= {f"{label}.ema.{k}": v for k, v in ema.items()}
        deviation[label] = update_deviation(before, weights, single)
    print(f"vit-tiny-adamw: torch float32 against float64 {deviation}")
    optim = dict(betas=[0.9, 0.999], eps=1e-8, weight_decay=0.05, ema_decay=0.99, clip_grad=1.0, grad_accum=2, schedule=settings)
    save(folder, "vit-tiny-adamw", tensors, seed, model=TINY, optim=optim, float32_deviation=deviation)


# Metrics, schedules, random numbers


def make_metrics(folder: Path) -> None:
    tensors = {}
    for recipe, tokens in metric_recipes.RECIPES.items():
        h = tokens()
        tensors |= {f"{recipe}.{k}": torch.from_numpy(v) for k, v in metric_recipes.metrics(h).items()}
        tensors[f"{recipe}.first_token"] = torch.from_numpy(h[0, 0])
        tensors[f"{recipe}.last_token"] = torch.from_numpy(h[-1, -1])
    save(folder, "metrics-nearly-equal", tensors, 0, formula=metric_recipes.__doc__, shape=list(metric_recipes.SHAPE))


def write_json(folder: Path, name: str, value) -> None:
    (folder / f"{name}.json").write_text(json.dumps(value, indent=1) + "\n")


def make_schedule(folder: Path) -> None:
    settings = [
        dict(lr=1e-3, steps=40, warmup=8, warmup_lr=1e-6, min_lr=1e-5),
        dict(lr=5e-4, steps=25, warmup=0, warmup_lr=1e-6, min_lr=0.0),
    ]
    module = Trainee(TINY)
    names = {id(p): name for name, p in module.named()}
    groups = optimizer_groups(module, 0.05)
    pick = lambda decayed: sorted(names[id(p)] for g in groups if (g["weight_decay"] > 0) == decayed for p in g["params"])
    rates = [(0.1, 12), (0.3, 2), (0.2, 6), (0.1, 1)]
    write_json(folder, "schedule", {
        "versions": {"torch": torch.__version__, "timm": timm.__version__},
        "note": "CosineLRScheduler(t_in_epochs=False, warmup_prefix=False: train.py's default, so the warm-up lies "
                "inside t_initial and the cosine goes on from step `warmup`); lr[t] is used by update t, from 0",
        "schedules": [s | {"lr_per_step": schedule(**s)} for s in settings],
        "param_groups": {"model": "vit-tiny", "decay": pick(True), "no_decay": pick(False)},
        "drop_path": [{"rate": r, "depth": d, "per_block": calculate_drop_path_rates(r, d)} for r, d in rates],
    })


def make_random(folder: Path) -> None:
    """Random123's published philox4x32-10 vectors (numpy's Philox is 4x64), checked here, and a few more by the same code."""
    published = [
        ([0] * 4, [0] * 2, [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]),
        ([0xFFFFFFFF] * 4, [0xFFFFFFFF] * 2, [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]),
        ([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0],
         [0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1]),
    ]
    for counter, key, expected in published:
        assert philox4x32_10(counter, key) == expected
    more = [([i, 0, 0, 7], [42, 0]) for i in range(4)]
    write_json(folder, "random", {
        "note": "philox4x32-10 as unsigned 32-bit words; `published` are the known answers of Random123 (kat_vectors)",
        "published": [dict(counter=c, key=k, output=o) for c, k, o in published],
        "more": [dict(counter=c, key=k, output=philox4x32_10(c, k)) for c, k in more],
    })


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "fixtures" / "golden"
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    make_forward(folder, "vit-tiny", TINY, 11, ALL_WEIGHTS, [(1, 1, 1, 1)])
    make_forward(folder, "vit-deep", DEEP, 21, [(1, 0, 0, 0), (0, 1, 0, 0), (1, 1, 1, 1)], [])
    make_adamw(folder, 31)
    make_metrics(folder)
    make_schedule(folder)
    make_random(folder)


if __name__ == "__main__":
    main()
