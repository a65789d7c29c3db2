"""Degrades pictures [batch, 3, height, width] (BGR, 0..255) at random, all on the device.

Costly operations touch a fixed share of each batch (`Dice.some`), cheap ones compute all of it
with parameters of which many do nothing.
"""

import math
from functools import lru_cache

import torch
from torch.nn import functional

from pictures import TRUTH_SCORE

REACH = 4    # of the blurs, in pixels
OCCLUDERS = 2
BLURRED, SHRUNK, COMPRESSED = 0.28, 0.17, 0.5    # shares of a batch

LUMA = (16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69,
        56, 14, 17, 22, 29, 51, 87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81,
        104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99)
CHROMA = (17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99,
          99, 99, 47, 66, 99, 99, 99, 99, 99, 99) + (99,) * 32


def grid_of(pictures):
    """x [1, 1, width] and y [1, height, 1] of the pixels' centres."""
    height, width = pictures.shape[2:]
    x = torch.arange(width, device=pictures.device) + 0.5
    y = torch.arange(height, device=pictures.device) + 0.5
    return x[None, None], y[None, :, None]


def occlude(dice, pictures, faces):
    """Covers up to a third of some of the largest faces, with colour, noise or a strange place."""
    batch = len(pictures)
    x, y = grid_of(pictures)
    for index in range(OCCLUDERS):
        face = faces[:, index]
        size = face[:, 2:4] - face[:, :2]
        half = size * dice.uniform(0.1, 0.28, batch, 2)
        centre = face[:, :2] + dice.uniform(0, 1, batch, 2) * size
        across = (x - centre[:, 0, None, None]).abs() / half[:, 0, None, None].clamp(min=0.5)
        down = (y - centre[:, 1, None, None]).abs() / half[:, 1, None, None].clamp(min=0.5)
        distance = torch.where(dice.chance(0.5, batch, 1, 1), torch.maximum(across, down),
                               (across ** 2 + down ** 2).sqrt())
        hit = dice.chance(0.15, batch) & (face[:, 14] >= TRUTH_SCORE)
        cover = ((distance < 1) & hit[:, None, None])[:, None]
        patch = dice.uniform(0, 255, batch, 3, 1, 1)
        noise = dice.uniform(0, 1, batch, 1, 1, 1) * dice.chance(0.5, batch, 1, 1, 1)
        patch = patch + noise * (torch.rand(pictures.shape[2:], generator=dice.generator,
                                            device=pictures.device) * 255 - patch)
        strange = pictures.roll((1, pictures.shape[2] // 3), (0, 2))
        patch = torch.where(dice.chance(0.4, batch, 1, 1, 1), strange, patch)
        pictures = torch.where(cover, patch, pictures)
    return pictures


def relight(dice, pictures):
    """Gamma, gain, colour cast and offset; sometimes hardly any light; sometimes gray."""
    batch = len(pictures)
    changed = dice.chance(0.7, batch, 1, 1, 1)
    gamma = dice.normal(0.35, batch, 1, 1, 1).exp()
    gain = dice.normal(0.25, batch, 1, 1, 1).exp() * dice.normal(0.06, batch, 3, 1, 1).exp()
    dark = dice.chance(0.12, batch, 1, 1, 1)
    gain = torch.where(dark, gain * dice.uniform(0.1, 0.5, batch, 1, 1, 1), gain)
    offset = dice.normal(10, batch, 3, 1, 1)
    level = (pictures / 255).clamp(1e-4, 1)
    lit = (level ** gamma * gain * 255 + offset).clamp(0, 255)
    pictures = torch.where(changed, lit, pictures)
    blue, green, red = pictures.unbind(1)
    gray = (0.114 * blue + 0.587 * green + 0.299 * red)[:, None]
    return torch.where(dice.chance(0.1, batch, 1, 1, 1), gray, pictures)


def blur(dice, pictures):
    """Out of focus, or moved along a line."""
    batch, _, height, width = pictures.shape
    steps = torch.arange(-REACH, REACH + 1, device=pictures.device).float()
    y, x = torch.meshgrid(steps, steps, indexing="ij")
    sigma = dice.uniform(0.4, 2.2, batch, 1, 1)
    focus = (-(x ** 2 + y ** 2) / (2 * sigma ** 2)).exp()
    angle, length = dice.uniform(0, math.pi, batch, 1, 1), dice.uniform(2, 8, batch, 1, 1)
    along, aside = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    motion = (length / 2 + 0.5 - along.abs()).clamp(0, 1) * (1 - aside.abs()).clamp(min=0)
    kernel = torch.where(dice.chance(0.6, batch, 1, 1), focus, motion)
    kernel = kernel / kernel.sum((1, 2), keepdim=True)
    padded = functional.pad(pictures, (REACH,) * 4, mode="reflect")
    padded = padded.reshape(1, batch * 3, height + 2 * REACH, width + 2 * REACH)
    kernel = kernel.repeat_interleave(3, 0, output_size=3 * batch)[:, None]
    return functional.conv2d(padded, kernel, groups=3 * batch).view_as(pictures)


def resampled(pictures, x, y):
    """Reads at x [batch, 1, width], y [batch, height, 1], in pixels from the picture's corner."""
    batch, _, height, width = pictures.shape
    shape = (batch, height, width)
    grid = torch.stack([(2 * x / width - 1).expand(shape), (2 * y / height - 1).expand(shape)], 3)
    return functional.grid_sample(pictures, grid, padding_mode="border", align_corners=False)


def lose_resolution(dice, pictures):
    """Shrinks (each small pixel the mean of four reads) and enlarges again."""
    x, y = grid_of(pictures)
    factor = dice.uniform(0.3, 0.9, len(pictures), 1, 1)
    small = sum(resampled(pictures, (x + dx) / factor, (y + dy) / factor)
                for dx in (-0.25, 0.25) for dy in (-0.25, 0.25)) / 4
    return resampled(small, x * factor, y * factor)


def add_noise(dice, pictures):
    """Of the sensor (the same everywhere) and of the light (more where it is bright)."""
    batch = len(pictures)
    noisy = dice.chance(0.3, batch, 1, 1, 1)
    constant = dice.uniform(0, 14, batch, 1, 1, 1) ** 2
    growing = dice.uniform(0, 0.8, batch, 1, 1, 1)
    spread = (constant + growing * pictures.clamp(min=0)).sqrt() * noisy
    return pictures + spread * dice.normal(1, *pictures.shape)


@lru_cache(maxsize=None)
def block_transform(device):
    """The cosine transform of an 8 x 8 block as one [64, 64] matrix; its transpose goes back."""
    n = torch.arange(8, dtype=torch.float64)
    rows = ((2 * n[None] + 1) * n[:, None] * math.pi / 16).cos() / 2
    rows[0] /= math.sqrt(2)
    return torch.kron(rows, rows).float().to(device)


@lru_cache(maxsize=None)
def table(device, values):
    return torch.tensor(values, dtype=torch.float32, device=device)


def quantised(planes, steps):
    """Planes [batch, n, height, width] through 8 x 8 blocks with steps [batch, 64]."""
    batch, count, height, width = planes.shape
    matrix = block_transform(planes.device)
    blocks = planes.view(batch, count, height // 8, 8, width // 8, 8).transpose(3, 4)
    values = blocks.reshape(batch, -1, 64) @ matrix.t()
    values = (values / steps[:, None]).round() * steps[:, None]
    blocks = (values @ matrix).view(batch, count, height // 8, width // 8, 8, 8)
    return blocks.transpose(3, 4).reshape(batch, count, height, width)


def compress(dice, pictures):
    """As JPEG does, with halved colour resolution; sides must be multiples of 16."""
    quality = dice.uniform(10, 90, len(pictures), 1)
    factor = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    luma, chroma = ((table(pictures.device, values) * factor).round().clamp(1, 255)
                    for values in (LUMA, CHROMA))
    blue, green, red = pictures.unbind(1)
    gray = 0.114 * blue + 0.587 * green + 0.299 * red
    colour = torch.stack([(blue - gray) * 0.564, (red - gray) * 0.713], 1)
    gray = quantised(gray[:, None] - 128, luma)[:, 0] + 128
    colour = quantised(functional.avg_pool2d(colour, 2), chroma)
    colour = functional.interpolate(colour, scale_factor=2, mode="bilinear", align_corners=False)
    blue, red = gray + colour[:, 0] / 0.564, gray + colour[:, 1] / 0.713
    return torch.stack([blue, (gray - 0.114 * blue - 0.299 * red) / 0.587, red], 1)


def on_some(dice, part, operation, pictures):
    chosen = dice.some(len(pictures), part)
    if not len(chosen):
        return pictures
    return pictures.index_copy(0, chosen, operation(dice, pictures[chosen].clamp(0, 255)))


def degrade(dice, batch):
    """The degraded pictures of a scenes.Batch; many drawn and a few other ones stay as they are."""
    pictures = relight(dice, occlude(dice, batch.clean, batch.faces))
    pictures = on_some(dice, BLURRED, blur, pictures)
    pictures = on_some(dice, SHRUNK, lose_resolution, pictures)
    pictures = add_noise(dice, pictures)
    pictures = on_some(dice, COMPRESSED, compress, pictures)
    pictures = pictures.round().clamp(0, 255)
    spared = dice.uniform(0, 1, len(pictures)) < torch.where(batch.drawn, 0.4, 0.06)
    return torch.where(spared[:, None, None, None], batch.clean, pictures)
