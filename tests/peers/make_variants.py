"""Writes the golden files of model variants, published losses and their training steps: python make_variants.py [FOLDER].

As make_golden.py: float32 weights and inputs, expected values in float64, rounded once. Listing: the folder's README.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from timm.optim import param_groups_layer_decay

from make_golden import save, write_json
from variants_reference import Trainee, fill_large, invisible, mae_positions, soft_cross_entropy, terms, with_dropout
from variants_reference import diverse_contrastive, diverse_cosine, reference_contrastive, reference_mixing

HERE = Path(__file__).resolve().parent
SMALL = dict(img_size=8, patch_size=2, in_chans=3, num_classes=5, embed_dim=16, depth=2, num_heads=4, mlp_ratio=2)
VARIANTS = {
    "registers": dict(reg_tokens=3, init_values=0.1),
    "distilled": dict(distilled=True),
    "pooled": dict(global_pool="avg", pos_embed="sincos"),
    "talking": dict(talking_heads=True),
}
STEPS, BATCH, SEED = 4, 4, 7


def rounded(value) -> torch.Tensor:
    return torch.from_numpy(np.asarray(value).astype(np.float32))


def exact(module: Trainee) -> Trainee:
    copy = Trainee(module.config).double()
    copy.load_state_dict(module.state_dict())
    return copy.eval()


def gradients(total, named) -> dict:
    """Zeros for what the sum does not depend on."""
    names, parameters = zip(*[(n, p) for n, p in named if p.requires_grad])
    grads = torch.autograd.grad(total, parameters, retain_graph=True, allow_unused=True)
    return {n: torch.zeros_like(p) if g is None else invisible(n, g) for n, p, g in zip(names, parameters, grads)}


def drawn_mix(rng, batch: int, patches: int, classes: int, aligned: bool) -> dict:
    """own, partner: one-hot (B, K); share (B, n): of whole patches, the first image unmixed and the last all the partner's."""
    labels = rng.integers(0, classes, (2, batch))
    eye = np.eye(classes)
    share = rng.uniform(size=(batch, patches))
    if aligned:
        share = (share > 0.4).astype(float)
    share[0], share[-1] = 1, 0
    return {"labels": labels, "own": rounded(eye[labels[0]]), "partner": rounded(eye[labels[1]]), "share": rounded(share)}


def make_variant(folder: Path, name: str, seed: int) -> None:
    config = SMALL | VARIANTS[name]
    rng = np.random.default_rng(seed)
    module = Trainee(config)
    fill_large(module, rng)
    weights = {k: p for k, p in module.named() if not k.startswith("patch_head")}
    images, labels = rounded(rng.standard_normal((3, 3, 8, 8))), torch.from_numpy(rng.integers(0, 5, 3))
    model = exact(module)
    _, tokens, norm, logits = model(images.double())
    assert torch.equal(logits, model.vit(images.double()))
    ce = torch.nn.functional.cross_entropy(logits, labels)
    values = {"images": images, "labels": labels, "logits": logits, "tokens.norm": norm, "loss_ce": ce}
    values |= {f"tokens.{i}": t for i, t in enumerate(tokens)}
    values |= {f"grad.{k}": g for k, g in gradients(ce, model.named()).items() if not k.startswith("patch_head")}
    save(folder, f"vit-{name}", {f"weights.{k}": v for k, v in weights.items()} | values, seed, model=config)


def make_losses(folder: Path, seed: int) -> None:
    """Each formula on tokens of a 9 x 9 grid, with its gradient by every tensor it takes."""
    rng = np.random.default_rng(seed)
    B, n, D, K = 3, 81, 8, 4
    scales = {"embedded": 0.8, "first": 1.0, "last": 1.0, "weight": 0.5, "bias": 0.3}
    shapes = {"embedded": (B, n, D), "first": (B, n, D), "last": (B, n, D), "weight": (K, D), "bias": (K,)}
    # A mean all patches share, so that no term is near what random tokens give.
    given = {k: rounded(scales[k] * rng.standard_normal(s) + (0.4 if len(s) == 3 else 0)) for k, s in shapes.items()}
    mixed = drawn_mix(rng, B, n, K, aligned=False)
    mixed.pop("labels")
    x = {k: v.double().requires_grad_() for k, v in given.items()}
    m = {k: v.double() for k, v in mixed.items()}
    head = lambda pooled: torch.nn.functional.linear(pooled, x["weight"], x["bias"])
    losses = {
        "reference_contrastive": reference_contrastive(x["embedded"], x["last"]),
        "reference_mixing": reference_mixing(x["last"], m["own"], m["partner"], m["share"], head),
        "diverse_cosine": diverse_cosine(x["last"]),
        "diverse_contrastive": diverse_contrastive(x["first"], x["last"]),
    }
    out = given | mixed
    for name, loss in losses.items():
        out[name] = loss
        grads = torch.autograd.grad(loss, list(x.values()), allow_unused=True)
        out |= {f"{name}.grad.{k}": g for k, g in zip(x, grads) if g is not None}
    save(folder, "losses", out, seed)
    print({k: v.item() for k, v in losses.items()})


def make_steps(folder: Path, name: str, definition: str, tap: str, seed: int, *, rates: dict, drop_path: float,
               layer_decay: float | None, factors: list, weights: tuple, smoothing: float, variant: str) -> None:
    """STEPS AdamW steps of all that is random or scheduled at once: dropout, drop path, layer decay, loss factor."""
    config = SMALL | VARIANTS[variant]
    rng = np.random.default_rng(seed)
    start = Trainee(config)
    fill_large(start, rng)
    n, K = 16, 5
    model = exact(start)
    sites, given = with_dropout(model, rates, SEED)
    if layer_decay is None:
        groups = [
            {"params": [p for k, p in model.named() if p.requires_grad and (p.ndim > 1 and k not in model.vit.no_weight_decay()) == decay],
             "weight_decay": 0.05 if decay else 0.0, "lr_scale": 1.0}
            for decay in (True, False)
        ]
    else:
        groups = param_groups_layer_decay(model.vit, 0.05, model.vit.no_weight_decay(), layer_decay=layer_decay)
        head = dict(lr_scale=1.0)
        groups += [dict(params=[model.patch_head.weight], weight_decay=0.05, **head), dict(params=[model.patch_head.bias], weight_decay=0.0, **head)]
    optimizer = torch.optim.AdamW(groups, lr=2e-3)
    out = {f"start.{k}": p.detach().clone() for k, p in start.named()}
    for step in range(STEPS):
        images = rounded(rng.standard_normal((BATCH, 3, 8, 8)))
        mixed = drawn_mix(rng, BATCH, n, K, aligned=definition == "reference-code")
        branches = (rng.uniform(size=(4, BATCH)) > drop_path) / (1 - drop_path) if drop_path else np.ones((4, BATCH))
        lam = mixed["share"].mean(1)
        inputs = {"images": images, "labels": torch.from_numpy(mixed["labels"][0]), "partner_labels": torch.from_numpy(mixed["labels"][1]),
                  "lambda": lam, "patch_share": mixed["share"], "drop_path": rounded(branches)}
        out |= {f"{step}.{k}": v for k, v in inputs.items()}
        sites |= {"step": step, "next": 0}
        given["factors"] = rounded(branches)
        smooth = lambda t: t.double() * (1 - smoothing) + smoothing / K
        own, partner, share = smooth(mixed["own"]), smooth(mixed["partner"]), mixed["share"].double()
        targets = lam.double()[:, None] * own + (1 - lam.double()[:, None]) * partner
        outputs = model(images.double())
        ce = soft_cross_entropy(outputs[-1], targets)
        parts = terms(definition, tap, model, outputs, {"own": own, "partner": partner, "share": share}, model.patch_drop)
        cos, con, mix = (factors[step] * w for w in weights)
        if definition == "diverse-vit":
            total = (ce + mix * n * parts[2]) / (1 + mix * n) + cos * parts[0] + con * parts[1]
        else:
            total = ce + cos * parts[0] + con * parts[1] + mix * parts[2]
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * group["lr_scale"]
        optimizer.zero_grad()
        total.backward()
        for k, p in model.named():
            if p.requires_grad:
                p.grad = torch.zeros_like(p) if p.grad is None else invisible(k, p.grad)
        optimizer.step()
        out[f"{step}.losses"] = torch.stack([total, ce, *parts])
    out |= {f"end.{k}": p for k, p in model.named()}
    save(folder, f"steps-{name}", out, seed, model=config)


def make_layers(folder: Path) -> None:
    """timm's learning-rate scales and decayed parameters of each variant."""
    found = {}
    for name, variant in VARIANTS.items():
        module = Trainee(SMALL | variant)
        names = {id(p): k for k, p in module.named()}
        groups = param_groups_layer_decay(module.vit, 0.05, module.vit.no_weight_decay(), layer_decay=0.5)
        found[name] = {names[id(p)]: [g["lr_scale"], g["weight_decay"]] for g in groups for p in g["params"]}
    grid = mae_positions(3, 8, 2)[0]
    write_json(folder, "layers", {"layer_decay": 0.5, "groups": found, "sincos": {"grid": 3, "dim": 8, "prefix": 2, "values": grid.tolist()}})


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "fixtures" / "golden-variants"
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for i, name in enumerate(VARIANTS):
        make_variant(folder, name, 41 + i)
    make_losses(folder, 51)
    off = dict(pos=0.0, attn=0.0, proj=0.0, head=0.0, patch_head=0.0)
    make_steps(folder, "reference-code", "reference-code", "norm", 61, variant="talking", layer_decay=None, factors=[1] * STEPS,
               weights=(0.3, 1, 1), smoothing=0.1, drop_path=0.4, rates=dict(pos=0.1, attn=0.2, proj=0.3, head=0.2, patch_head=0.2))
    make_steps(folder, "diverse-vit", "diverse-vit", "block", 62, variant="registers", layer_decay=0.6, factors=[0, 0.5, 1, 0],
               weights=(0.5, 0.5, 1), smoothing=0, drop_path=0, rates=off)
    make_layers(folder)


if __name__ == "__main__":
    main()
