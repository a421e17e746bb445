"""Tokens (256 images, 196 patches, 64 wide) that any language makes bit for bit: integer hashes, then float64.

All integer arithmetic is on unsigned 32-bit words (JavaScript: Math.imul and >>> 0).
  hash(x): x ^= x >>> 16; x *= 0x85ebca6b; x ^= x >>> 13; x *= 0xc2b2ae35; x ^= x >>> 16     (murmur3's finaliser)
  noise(k, salt) = (u0 + u1 + u2 + u3 - 2) * sqrt(3), u_t = hash(4 k + t + salt) / 2^32, added from left to right:
                   mean 0, variance 1, bell-shaped
  random:        h[b,i,d] = float32(noise((b * 196 + i) * 64 + d, 0x9e3779b9))
  nearly_equal:  h[b,i,d] = float32(noise(b * 64 + d, 0x51ed270b) + 1e-3 * noise((b * 196 + i) * 64 + d, 0x9e3779b9))
Expected per image, in float64 from the float32 tokens: cos, cos_abs (mean over i != j), hfc = 1 - n |mean h|^2 / |h|_F^2.
"""

import numpy as np

SHAPE = (256, 196, 64)


def _hash(x):
    x = x ^ (x >> np.uint32(16))
    x = x * np.uint32(0x85EBCA6B)
    x = x ^ (x >> np.uint32(13))
    x = x * np.uint32(0xC2B2AE35)
    return x ^ (x >> np.uint32(16))


def noise(count: int, salt: int) -> np.ndarray:
    """noise(k, salt) for k = 0 … count-1, float64."""
    k = np.arange(count, dtype=np.uint32) * np.uint32(4)
    u = [_hash(k + np.uint32((t + salt) & 0xFFFFFFFF)).astype(np.float64) / 2**32 for t in range(4)]
    return (u[0] + u[1] + u[2] + u[3] - 2) * np.sqrt(3.0)


def random_tokens() -> np.ndarray:
    return noise(int(np.prod(SHAPE)), 0x9E3779B9).reshape(SHAPE).astype(np.float32)


def nearly_equal_tokens() -> np.ndarray:
    images, patches, width = SHAPE
    base = noise(images * width, 0x51ED270B).reshape(images, 1, width)
    return (base + 1e-3 * noise(images * patches * width, 0x9E3779B9).reshape(SHAPE)).astype(np.float32)


RECIPES = {"nearly_equal": nearly_equal_tokens, "random": random_tokens}


def metrics(tokens: np.ndarray) -> dict:
    """cos, cos_abs and hfc of every image, float64 (images,)."""
    h = tokens.astype(np.float64)
    n = h.shape[1]
    unit = h / np.linalg.norm(h, axis=-1, keepdims=True)
    gram = unit @ unit.transpose(0, 2, 1)
    off = 1 - np.eye(n)
    mean_over_pairs = lambda g: (g * off).sum((1, 2)) / (n * (n - 1))
    energy, rank_one = (h**2).sum((1, 2)), n * (h.mean(1) ** 2).sum(-1)
    return {"cos": mean_over_pairs(gram), "cos_abs": mean_over_pairs(np.abs(gram)), "hfc": 1 - rank_one / energy}
