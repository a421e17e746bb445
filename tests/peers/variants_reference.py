"""timm's ViT variants and the two published codes' patch losses, as the golden files of variants are computed with.

Knows nothing of files. Shapes: B images, n patches, N = prefix + n tokens, D width, K classes.
Sources: timm.models.vision_transformer, .deit, .cait; ChengyueGongR/PatchVisionTransformer deit/models.py and deit/engine.py;
VITA-Group/Diverse-ViT reg.py and engine.py; facebookresearch/mae util/pos_embed.py.
"""

import numpy as np
import torch
import torch.nn.functional as F
from timm.layers import build_sincos2d_pos_embed
from timm.models.cait import TalkingHeadAttn
from timm.models.deit import VisionTransformerDistilled
from timm.models.vision_transformer import VisionTransformer
from torch import nn

from philox import philox4x32_10

PLAIN = ("img_size", "patch_size", "in_chans", "num_classes", "embed_dim", "depth", "num_heads", "mlp_ratio")


def mae_positions(grid: int, dim: int, prefix: int) -> np.ndarray:
    """get_2d_sincos_pos_embed of MAE ("here w goes first"), zeros for the tokens before the patches: (1, prefix + grid^2, dim)."""

    def of_axis(positions):
        omega = 1.0 / 10000 ** (np.arange(dim // 4, dtype=float) / (dim / 4.0))
        out = np.einsum("m,d->md", positions.reshape(-1), omega)
        return np.concatenate([np.sin(out), np.cos(out)], axis=1)

    across, down = np.meshgrid(np.arange(grid, dtype=np.float32), np.arange(grid, dtype=np.float32))
    both = np.concatenate([of_axis(across), of_axis(down)], axis=1)
    # timm has the same numbers in another order of channels: sin y, sin x, cos y, cos x.
    sin_x, cos_x, sin_y, cos_y = np.split(both, 4, axis=1)
    timms = build_sincos2d_pos_embed([grid, grid], dim).numpy()
    assert np.abs(np.concatenate([sin_y, sin_x, cos_y, cos_x], axis=1) - timms).max() < 1e-5
    return np.concatenate([np.zeros((prefix, dim)), both])[None]


class TalkingHeads(TalkingHeadAttn):
    """cait's attention where vision_transformer's Block calls it."""

    def forward(self, x, attn_mask=None, is_causal=False):
        assert attn_mask is None and not is_causal
        return super().forward(x)


def invisible(name: str, gradient: torch.Tensor) -> torch.Tensor:
    """A gradient with zeros where softmax does not see the parameter: the key part of qkv.bias, and proj_l.bias."""
    gradient = gradient.clone()
    if name.endswith("proj_l.bias"):
        part = gradient
    elif name.endswith("qkv.bias"):
        part = gradient[gradient.shape[0] // 3 : 2 * (gradient.shape[0] // 3)]
    else:
        return gradient
    assert part.abs().max() < 1e-12, name
    part.zero_()
    return gradient


def build(config: dict) -> VisionTransformer:
    """timm's model of a configuration; the plain keys and whatever of the variants' keys it has."""
    plain = {key: config[key] for key in PLAIN}
    if config.get("distilled"):
        return VisionTransformerDistilled(**plain)
    vit = VisionTransformer(
        **plain,
        reg_tokens=config.get("reg_tokens", 0),
        init_values=config.get("init_values"),
        global_pool=config.get("global_pool", "token"),
        fc_norm=False,
    )
    if config.get("talking_heads"):
        for block in vit.blocks:
            block.attn = TalkingHeads(config["embed_dim"], config["num_heads"], qkv_bias=True)
    return vit


class Trainee(nn.Module):
    """A variant and `patch_head`."""

    def __init__(self, config: dict):
        super().__init__()
        self.config = config
        self.vit = build(config)
        self.patch_head = nn.Linear(config["embed_dim"], config["num_classes"])
        self.prefix = self.vit.num_prefix_tokens
        self.vit.pos_embed.requires_grad_(config.get("pos_embed") != "sincos")

    def named(self):
        yield from self.vit.named_parameters()
        for name, parameter in self.patch_head.named_parameters():
            yield f"patch_head.{name}", parameter

    def forward(self, images):
        """embedded (B, n, D) before the position embedding; tokens: L+1 of (B, N, D); norm; logits."""
        embedded = self.vit.patch_embed(images)
        tokens = [self.vit._pos_embed(embedded)]
        for block in self.vit.blocks:
            tokens.append(block(tokens[-1]))
        norm = self.vit.norm(tokens[-1])
        return embedded, tokens, norm, self.vit.forward_head(norm)


def fill_large(module: Trainee, rng: np.random.Generator, stream: float = 0.3) -> None:
    """Random float32 weights far from any initialisation; what writes into the residual stream is scaled by `stream`."""
    writes = ("_token", "pos_embed", "patch_embed", "attn.proj.", "mlp.fc2")
    with torch.no_grad():
        for name, p in module.named():
            noise = rng.standard_normal(tuple(p.shape))
            if name.endswith("gamma"):
                value = 0.7 + 0.3 * noise
            elif "norm" in name and name.endswith("weight"):
                value = (0.3 if name == "norm.weight" else 1) + 0.3 * noise
            elif "proj_l" in name or "proj_w" in name:
                value = 0.5 * noise
            elif name.endswith("bias"):
                value = 0.3 * noise
            elif name.endswith("_token") or name == "pos_embed":
                value = 0.5 * noise
            else:
                value = 0.2 * noise
            value = value * (stream if any(part in name for part in writes) else 1)
            p.copy_(torch.from_numpy(value.astype(np.float32)))
        if module.config.get("pos_embed") == "sincos":
            grid = module.config["img_size"] // module.config["patch_size"]
            positions = mae_positions(grid, module.config["embed_dim"], module.prefix)
            module.vit.pos_embed.copy_(torch.from_numpy(positions.astype(np.float32)))


# The patch losses. first, last, embedded: patch tokens (B, n, D).


def soft_cross_entropy(logits, targets):
    return -(targets * F.log_softmax(logits, dim=-1)).sum(-1).mean()


def paper_cosine(last):
    unit = last / last.norm(dim=-1, keepdim=True)
    n = last.shape[1]
    return ((unit @ unit.mT).abs() * (1 - torch.eye(n, dtype=last.dtype))).sum((1, 2)).div(n * (n - 1)).mean()


def reference_contrastive(embedded, last):
    """`similarity` of deit/models.py, its lines kept; embedded is detached as its caller does."""
    B, n, D = last.shape
    side, high_k = int(n**0.5), 7
    patches, context_target = last.permute(0, 2, 1).reshape(B, D, side, side), embedded.detach()
    low_order = F.avg_pool2d(patches, kernel_size=high_k, stride=1, padding=(high_k - 1) // 2) - patches / (high_k**2)
    low_order = low_order * (high_k**2) / (high_k**2 - 1)
    high_order = (patches.mean(dim=(2, 3), keepdim=True) - patches / (side**2)) * (side**2) / (side**2 - 1)

    def dots(h):
        return (context_target * h.reshape(B, D, -1).permute(0, 2, 1)).sum(-1).reshape(-1, 1)

    logits = torch.cat((dots(patches), dots(high_order), dots(low_order)), dim=-1)
    return -torch.log(logits.softmax(dim=-1)[:, 0] + 1e-8).mean()


def reference_mixing(last, own, partner, share, head):
    """The patch loss of deit/models.py's forward, image by image since each has its own rectangle; the targets' entropy added, so that
    the KL divergence is a cross-entropy. head: pooled (B, D) -> logits, dropout included, called for own, then for partner."""
    n = share.shape[1]
    total = 0
    for mask, target in ((share, own), (1 - share, partner)):
        area = mask.sum(1, keepdim=True)
        pooled = (last * mask[..., None]).mean(1) * n / (area + 1e-4)
        log_q = F.log_softmax(head(pooled), dim=-1)
        divergence = F.kl_div(log_q, target, reduction="none").sum(-1)
        entropy = -torch.special.xlogy(target, target).sum(-1)
        total = total + (area[:, 0] / n * (divergence + entropy)).mean()
    return total


def diverse_cosine(last, eps=1e-8):
    """Loss_cosine of reg.py."""
    norm = last.norm(dim=2).unsqueeze(2)
    unit = last / torch.max(norm, eps * torch.ones_like(norm))
    return torch.einsum("abc,acd->abd", unit, unit.transpose(1, 2)).mean()


def diverse_contrastive(first, last, eps=1e-8):
    """Loss_contrastive of reg.py."""
    h1_n, hl_n = (h.norm(dim=2).unsqueeze(2) for h in (first, last))
    h1 = first / torch.max(h1_n, eps * torch.ones_like(h1_n))
    hl = last / torch.max(hl_n, eps * torch.ones_like(hl_n))
    matrix = torch.einsum("abc,adc->abd", h1, hl)
    diagonal = torch.diagonal(matrix, dim1=1, dim2=2)
    others = torch.exp((matrix.sum(dim=2) - diagonal) / (diagonal.shape[1] - 1))
    return -torch.log(torch.exp(diagonal) / (torch.exp(diagonal) + others)).mean()


def terms(definition: str, tap: str, module: Trainee, outputs: tuple, mixed: dict, drop=lambda x: x) -> list:
    """[cosine, contrastive, mixing] of a forward pass; mixed: own, partner (B, K) and share (B, n)."""
    embedded, tokens, norm, _ = outputs
    prefix = module.prefix
    last = (norm if tap == "norm" else tokens[-1])[:, prefix:]
    share = mixed["share"][..., None]
    patch_targets = share * mixed["own"][:, None] + (1 - share) * mixed["partner"][:, None]
    if definition == "reference-code":
        mixing = reference_mixing(last, mixed["own"], mixed["partner"], mixed["share"], lambda x: module.patch_head(drop(x)))
        return [paper_cosine(last), reference_contrastive(embedded, last), mixing]
    if definition == "diverse-vit":
        # Loss_mixing of reg.py: a sum over patches of each one's mean over the batch, here divided by n.
        mixing = soft_cross_entropy(module.vit.head(norm[:, prefix:]), patch_targets)
        return [diverse_cosine(last), diverse_contrastive(tokens[0][:, prefix:], last), mixing]
    raise ValueError(definition)


# Dropout


def triple32(x: np.ndarray) -> np.ndarray:
    """hash-prospector's triple32 on uint32."""
    for shift, factor in ((17, 0xED5AD4BB), (11, 0xAC4C1B51), (15, 0x31848BAB)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return x ^ (x >> np.uint32(14))


def dropout_mask(shape, rate: float, seed: int, step: int, site: int) -> torch.Tensor:
    """Element k is dropped where a hash of k and two keys of (seed, site, step) lies below the rate; keys from Philox words."""
    a, b, c, d = (np.array([w], dtype=np.uint32) for w in philox4x32_10([0, 0, site, 0], [seed, 5]))
    first, second = (triple32(triple32(np.uint32(step) + p) ^ q) for p, q in ((a, b), (c, d)))
    drawn = triple32(triple32(np.arange(np.prod(shape), dtype=np.uint32) + first) ^ second)
    kept = drawn.astype(np.int64) >= round(rate * 2**32)
    return torch.from_numpy(np.where(kept, 1 / (1 - rate), 0.0)).reshape(tuple(shape))


class CountedDropout(nn.Module):
    """Stands where timm has a Dropout: multiplies by the mask of the next site of a shared count."""

    def __init__(self, rate: float, sites: dict):
        super().__init__()
        self.rate, self.sites = rate, sites

    def forward(self, x):
        site = self.sites["next"]
        self.sites["next"] += 1
        if self.rate == 0:
            return x
        return x * dropout_mask(x.shape, self.rate, self.sites["seed"], self.sites["step"], site).to(x.dtype)


class GivenDropPath(nn.Module):
    """Stands where timm has a DropPath: multiplies by a row of given factors (B)."""

    def __init__(self, row: int, given: dict):
        super().__init__()
        self.row, self.given = row, given

    def forward(self, x):
        return x * self.given["factors"][self.row].to(x.dtype)[:, None, None]


def with_dropout(module: Trainee, rates: dict, seed: int) -> tuple[dict, dict]:
    """Replaces timm's dropouts; returns the shared count (set `step` and `next` before each pass) and drop path's factors."""
    sites, given = {"seed": seed, "step": 0, "next": 0}, {}
    vit = module.vit
    vit.pos_drop = CountedDropout(rates["pos"], sites)
    vit.head_drop = CountedDropout(rates["head"], sites)
    module.patch_drop = CountedDropout(rates["patch_head"], sites)
    for i, block in enumerate(vit.blocks):
        block.attn.fused_attn = False
        block.attn.attn_drop = CountedDropout(rates["attn"], sites)
        block.attn.proj_drop = CountedDropout(rates["proj"], sites)
        block.mlp.drop1 = CountedDropout(rates["proj"], sites)
        block.mlp.drop2 = CountedDropout(rates["proj"], sites)
        block.drop_path1, block.drop_path2 = GivenDropPath(2 * i, given), GivenDropPath(2 * i + 1, given)
    return sites, given
