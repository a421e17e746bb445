"""What the golden files are computed with: timm's ViT, the three patch losses of the paper, one seeded source of numbers.

Knows nothing of files. Everything runs on the CPU in the dtype of the model.
Shapes: B images, n patches, N = n + 1 tokens (class token first), D width, K classes, L blocks.
"""

import numpy as np
import torch
import torch.nn.functional as F
from timm.models.vision_transformer import VisionTransformer
from torch import nn

CONFIG_KEYS = ("img_size", "patch_size", "in_chans", "num_classes", "embed_dim", "depth", "num_heads", "mlp_ratio")


def build_vit(config: dict) -> VisionTransformer:
    """timm's plain ViT: class token, learned positions, pre-norm (eps 1e-6), qkv bias, exact GELU."""
    vit = VisionTransformer(**{key: config[key] for key in CONFIG_KEYS})
    norms = [m for m in vit.modules() if isinstance(m, nn.LayerNorm)]
    assert norms and all(m.eps == 1e-6 for m in norms)
    assert all(b.mlp.act.approximate == "none" for b in vit.blocks)
    return vit.eval()


class Trainee(nn.Module):
    """A ViT and `patch_head`, the linear head shared by all patches that patch-wise mixing trains."""

    def __init__(self, config: dict):
        super().__init__()
        self.vit = build_vit(config)
        self.patch_head = nn.Linear(config["embed_dim"], config["num_classes"])

    def named(self):
        """(name, parameter) with timm's names for the ViT and `patch_head.*` for the head."""
        yield from self.vit.named_parameters()
        for name, parameter in self.patch_head.named_parameters():
            yield f"patch_head.{name}", parameter

    def forward(self, images):
        """tokens: list of L+1 (B, N, D), [0] with the position embedding, then raw block outputs; norm; logits."""
        x = self.vit.norm_pre(self.vit._pos_embed(self.vit.patch_embed(images)))
        tokens = [x]
        for block in self.vit.blocks:
            tokens.append(block(tokens[-1]))
        norm = self.vit.norm(tokens[-1])
        return tokens, norm, self.vit.forward_head(norm)


def fill_large(module: Trainee, rng: np.random.Generator, stream: float) -> None:
    """Random weights far from any initialisation, float32 values, so that a missing term or a swapped axis shows.

    What writes into the residual stream is scaled by `stream`: dot products of raw tokens then stay near 1, and the
    contrastive loss away from 0, where its gradient would vanish.
    """
    writes = ("cls_token", "pos_embed", "patch_embed", "attn.proj", "mlp.fc2")
    with torch.no_grad():
        for name, p in module.named():
            noise = rng.standard_normal(tuple(p.shape))
            if "norm" in name and name.endswith("weight"):
                value = (0.3 if name == "norm.weight" else 1) + 0.3 * noise
            elif name.endswith("bias"):
                value = 0.3 * noise
            elif name in ("cls_token", "pos_embed"):
                value = 0.5 * noise
            else:
                value = 0.15 * noise
            if any(part in name for part in writes):
                value = value * stream
            p.copy_(torch.from_numpy(value.astype(np.float32)))


def soft_cross_entropy(logits, targets):
    """-sum_k t_k log softmax(z)_k, mean over all leading axes."""
    return -(targets * F.log_softmax(logits, dim=-1)).sum(-1).mean()


def patch_cosine(last):
    """Lcos: mean over images of 1/(n(n-1)) sum_{i != j} |cos(h_i, h_j)|; last: (B, n, D), patches only."""
    unit = last / last.norm(dim=-1, keepdim=True)
    n = last.shape[1]
    off_diagonal = 1 - torch.eye(n, dtype=last.dtype)
    return ((unit @ unit.mT).abs() * off_diagonal).sum((1, 2)).div(n * (n - 1)).mean()


def patch_contrastive(first, last):
    """Lcon: mean of -log(e^a / (e^a + e^b)) = softplus(b - a); a_i = h1_i . hL_i, b_i = h1_i . mean_{j != i} hL_j."""
    n = last.shape[1]
    others = (last.sum(1, keepdim=True) - last) / (n - 1)
    a = (first * last).sum(-1)
    b = (first * others).sum(-1)
    return F.softplus(b - a, threshold=1e9).mean()


def patch_losses(tokens, norm, patch_head, patch_targets, tap: str) -> dict:
    """The `paper` losses. h[1]: raw output of the first block; h[L]: after the final norm (`norm`) or before (`block`)."""
    first = tokens[1][:, 1:]
    last = (norm if tap == "norm" else tokens[-1])[:, 1:]
    return {
        "patch_cosine": patch_cosine(last),
        "patch_contrastive": patch_contrastive(first, last),
        "patch_mixing": soft_cross_entropy(patch_head(last), patch_targets),
    }


def soft_targets(rng: np.random.Generator, *shape: int):
    """Distributions over the last axis: two classes mixed, as CutMix and a straddling patch give."""
    *lead, classes = shape
    a, b = (np.eye(classes)[rng.integers(0, classes, lead)] for _ in range(2))
    share = rng.uniform(size=(*lead, 1))
    return torch.from_numpy((share * a + (1 - share) * b).astype(np.float32))
