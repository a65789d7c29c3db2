"""Random changes of crops and log-mel that keep what is said and when, in batches on any device.

Every function takes a torch generator of the tensors' device; all examples of a batch are changed
at once, each in its own way.
"""

import math

import numpy as np
import torch
from torch.nn import functional as F

import geometry

FLOOR = math.log(geometry.GEOMETRY["mel_floor"])
SIDES = (16, 24, 32)  # px of a mouth whose face is 25 to 55 px wide


class Chance:
    """Random tensors of one generator."""

    def __init__(self, seed, device):
        self.device = torch.device(device)
        self.generator = torch.Generator(device=self.device)
        self.generator.manual_seed(int(seed))

    def normal(self, *shape):
        return torch.randn(*shape, generator=self.generator, device=self.device)

    def uniform(self, *shape):
        return torch.rand(*shape, generator=self.generator, device=self.device)

    def exponential(self, *shape):
        return -torch.log(self.uniform(*shape).clamp(min=1e-6))

    def permutation(self, count):
        return torch.randperm(count, generator=self.generator, device=self.device)

    def whether(self, probability, *shape):
        return self.uniform(*shape) < probability


def standardise(crops):
    """uint8 or float [..., 48, 48] tensor -> standardised float (geometry.standardise)."""
    x = crops.float()
    mean = x.mean((-1, -2), keepdim=True)
    std = x.std((-1, -2), unbiased=False, keepdim=True)
    return (x - mean) / (std + geometry.GEOMETRY["crop_std_offset"])


def knots(values, count):
    """Linear interpolation of [..., k] values, spread evenly, at `count` places."""
    flat = values.reshape(-1, 1, values.shape[-1])
    out = F.interpolate(flat, count, mode="linear", align_corners=True)
    return out.reshape(*values.shape[:-1], count)


# --------------------------------------------------------------------------------------- picture


def place(crops, wobble, chance, spread=1.0):
    """Each clip turned, zoomed, moved and perhaps mirrored; the frames of it wander slowly.

    crops float [B, n, 48, 48]; wobble [B]: how far, in units of a usual detector's jitter.
    """
    b, n = crops.shape[:2]
    still = chance.normal(b, 4, 1) * torch.tensor([0.08, 0.09, 0.05, 0.05],
                                                  device=chance.device)[:, None] * spread
    moving = knots(chance.normal(b, 4, n // 8 + 2), n)
    scale = torch.tensor([0.02, 0.015, 0.025, 0.025], device=chance.device)[:, None]
    angle, zoom, x, y = (still + moving * scale * wobble[:, None, None]).unbind(1)
    mirror = torch.where(chance.whether(0.5 if spread else 0.0, b, 1), -1.0, 1.0)
    zoom = torch.exp(zoom)
    cos, sin = zoom * torch.cos(angle), zoom * torch.sin(angle)
    theta = torch.stack([torch.stack([cos * mirror, -sin, x], 2),
                         torch.stack([sin * mirror, cos, y], 2)], 2)
    grid = F.affine_grid(theta.flatten(0, 1), [b * n, 1, 48, 48], align_corners=False)
    if spread:
        grid = turn_away(grid, n, chance)
    out = F.grid_sample(crops.reshape(b * n, 1, 48, 48), grid, padding_mode="border",
                        align_corners=False)
    return out.reshape(b, n, 48, 48)


def turn_away(grid, frames, chance, share=0.25):
    """Some clips as if the head were turned: narrower, the far half more than the near one."""
    b = len(grid) // frames
    turned = chance.whether(share, b)
    narrow = torch.where(turned, 1 + 0.9 * chance.uniform(b), 1.0)
    bend = torch.where(turned, 0.5 * chance.uniform(b) * torch.sign(chance.normal(b)), 0.0)
    narrow, bend = (v.repeat_interleave(frames)[:, None, None] for v in (narrow, bend))
    x = grid[..., 0]
    return torch.stack([narrow * (x + bend * x * (x.abs() - 0.3)), grid[..., 1]], 3)


def cosine_basis(device):
    """The 8 x 8 basis of the discrete cosine transform of JPEG and its kin."""
    k = torch.arange(8.0, device=device)
    basis = torch.cos(math.pi * (k[None] + 0.5) * k[:, None] / 8) / 2
    basis[0] /= math.sqrt(2)
    return basis


def compress(x, strength):
    """Blocks of 8 x 8 quantised as coarsely as `strength` [B] says; x [B, n, s, s], s = 8 k."""
    b, n, side = x.shape[:3]
    basis = cosine_basis(x.device)
    blocks = x.reshape(b, n, side // 8, 8, side // 8, 8).transpose(3, 4)
    coefficients = basis @ (blocks - 128) @ basis.T
    k = torch.arange(8.0, device=x.device)
    step = (strength[:, None, None] * (1 + 0.5 * (k[:, None] + k[None]))).clamp(min=0.5)
    step = step[:, None, None, None]
    coefficients = torch.round(coefficients / step) * step
    blocks = basis.T @ coefficients @ basis + 128
    return blocks.transpose(3, 4).reshape(b, n, side, side)


def lose_detail(crops, chance, share):
    """A share of the clips as small, compressed or both, in groups of one size each."""
    b = len(crops)
    count = int(round(b * share / len(SIDES)))
    order = chance.permutation(b)
    for k, side in enumerate((*SIDES, 48)):
        chosen = order[k * count : (k + 1) * count]
        if len(chosen) == 0:
            continue
        x = crops[chosen]
        if side < 48:
            x = F.interpolate(x, (side, side), mode="area")
        strength = 12 * chance.exponential(len(chosen)) * chance.whether(0.7, len(chosen))
        x = compress(x, strength)
        if side < 48:
            x = F.interpolate(x, (48, 48), mode="bilinear", align_corners=False)
        crops = crops.index_copy(0, chosen, x)
    return crops


def cover(crops, chance, share):
    """Something before the mouth in some clips: a microphone, a hand; it stays where it is."""
    b = len(crops)
    size = 6 + 14 * chance.uniform(b, 2)
    corner = chance.uniform(b, 2) * 48 - 0.3 * size
    axis = torch.arange(48.0, device=crops.device)
    inside = (axis >= corner[..., None]) & (axis < (corner + size)[..., None])  # [B, 2, 48]
    mask = (inside[:, 0, :, None] & inside[:, 1, None]) & chance.whether(share, b, 1, 1)
    level = 255 * chance.uniform(b, 1, 1, 1)
    return torch.where(mask[:, None], level, crops)


def vary_crops(crops, chance, detail_lost=0.4):
    """[B, n, 48, 48] uint8 -> float: placement, cover, detail, light and noise of each clip.

    detail_lost: share of the clips that become small or badly compressed.
    """
    b = len(crops)
    wobble = chance.exponential(b) * chance.whether(0.6, b)
    x = place(crops.float(), wobble, chance)
    x = lose_detail(cover(x, chance, 0.08), chance, detail_lost)
    gamma = torch.exp(0.25 * chance.normal(b, 1, 1, 1))
    gain = torch.exp(0.35 * chance.normal(b, 1, 1, 1))
    gain = gain * torch.where(chance.whether(0.08, b, 1, 1, 1), 0.3, 1.0)  # low light
    noise = 1.5 * chance.exponential(b, 1, 1, 1)
    x = 255 * (x.clamp(0, 255) / 255) ** gamma * gain
    return (x + chance.normal(*x.shape) * noise).clamp(0, 255)


def held(index, chance, share=0.2):
    """Picture indices [B, n] of which some clips show each picture twice or three times."""
    b, n = index.shape
    period = torch.where(chance.whether(0.7, b, 1), 2, 3)
    period = torch.where(chance.whether(share, b, 1), period, 1)
    phase = (chance.uniform(b, 1) * period).long()
    k = torch.arange(n, device=index.device)[None]
    source = ((k + phase) // period * period - phase).clamp(min=0)
    return index.gather(1, source)


# ----------------------------------------------------------------------------------------- sound


def coloured_noise(b, frames, chance):
    """Log-mel [B, 40, frames] of stationary or slowly moving noises, 0 dB around their mean."""
    bands = torch.arange(40.0, device=chance.device)
    tilt = 0.08 * chance.normal(b, 1) * (bands - 20)
    distance = (bands - 40 * chance.uniform(b, 1)) / (2 + 6 * chance.uniform(b, 1))
    bump = 1.5 * chance.normal(b, 1) * torch.exp(-0.5 * distance**2)
    slow = knots(0.7 * chance.normal(b, 6), frames)
    fine = sum(chance.exponential(b, 40, frames) for _ in range(3)) / 3
    return (tilt + bump)[..., None] + slow[:, None] + torch.log(fine)


def reverberate(mel, chance, share):
    """Some of the sounds in a room: decaying power, as strong as the sound or weaker."""
    b, _, frames = mel.shape
    length = 48
    decay = 1 / (2 + 10 * chance.uniform(b, 1))  # per frame: rooms of 0.14 to 0.8 s
    kernel = torch.exp(-decay * torch.arange(1.0, length + 1, device=mel.device))
    kernel = kernel / kernel.sum(1, keepdim=True)
    level = torch.exp(-1.4 * chance.uniform(b, 1, 1) - 0.2) * chance.whether(share, b, 1, 1)
    size = frames + length
    power = torch.exp(mel)
    tail = torch.fft.irfft(torch.fft.rfft(power, size) * torch.fft.rfft(kernel, size)[:, None], size)
    tail = F.pad(tail, (1, 0))[..., :frames].clamp(min=0)
    return torch.log(power + level * tail)


def shift_voice(mel, chance, share):
    """Bands stretched by a few per cent: a longer or shorter vocal tract."""
    b = len(mel)
    stretch = torch.exp(0.06 * chance.normal(b, 1)) * torch.ones(b, 40, device=mel.device)
    stretch = torch.where(chance.whether(share, b, 1), stretch, 1.0)
    at = (torch.arange(40.0, device=mel.device) * stretch).clamp(0, 38.999)
    low = at.long()
    part = (at - low)[..., None]
    index = low[..., None].expand(-1, -1, mel.shape[2])
    return mel.gather(1, index) * (1 - part) + mel.gather(1, index + 1) * part


def vary_mel(mel, chance, others=None):
    """[B, 40, frames] log-mel -> voice, room, gain, equaliser, other voices, noise; floor kept.

    others: log-mel of the same shape that may be heard faintly behind.
    """
    b, _, frames = mel.shape
    x = reverberate(shift_voice(mel, chance, 0.5), chance, 0.3)
    x = x + knots(0.5 * chance.normal(b, 6), 40)[..., None]
    x = x + (-0.5 + 1.5 * chance.normal(b, 1, 1))
    loud = torch.quantile(x[:, ::4].flatten(1), 0.8, 1)[:, None, None]
    if others is not None:
        theirs = torch.quantile(others[:, ::4].flatten(1), 0.8, 1)[:, None, None]
        level = loud - theirs - 0.7 - 3.5 * chance.uniform(b, 1, 1)
        behind = others + torch.where(chance.whether(0.2, b, 1, 1), level, -60.0)
        x = torch.logaddexp(x, behind)
    level = loud - 0.7 - 6.3 * chance.uniform(b, 1, 1)  # 3 to 30 dB below the loud parts
    noise = coloured_noise(b, frames, chance)
    noise = noise + torch.where(chance.whether(0.5, b, 1, 1), level, torch.full_like(level, -60.0))
    return torch.logaddexp(x, noise).clamp(min=FLOOR)


def noise_array(rng, frames):
    """One coloured noise as an array [40, frames], for scenes mixed by numpy."""
    chance = Chance(int(rng.integers(1 << 30)), "cpu")
    return coloured_noise(1, frames, chance)[0].numpy().astype(np.float32)
