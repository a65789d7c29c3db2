"""Random changes of crops and log-mel that keep what is said and when."""

import numpy as np
import torch
from torch.nn import functional as F

import geometry


def standardise(crops):
    """uint8 or float [..., 48, 48] tensor -> standardised float (geometry.standardise)."""
    x = crops.float()
    mean = x.mean((-1, -2), keepdim=True)
    std = x.std((-1, -2), unbiased=False, keepdim=True)
    return (x - mean) / (std + geometry.GEOMETRY["crop_std_offset"])


def vary_crops(crops, rng):
    """[B, n, 48, 48] uint8 -> float: one placement, light and sharpness for each clip."""
    b, n = crops.shape[:2]
    x = crops.float()
    angle = torch.from_numpy(rng.normal(0, 0.08, b))
    zoom = torch.from_numpy(np.exp(rng.normal(0, 0.09, b)))
    mirror = torch.from_numpy(np.where(rng.random(b) < 0.5, -1.0, 1.0))
    shift = torch.from_numpy(rng.normal(0, 0.05, (b, 2)))
    cos, sin = zoom * torch.cos(angle), zoom * torch.sin(angle)
    top = torch.stack([cos * mirror, -sin, shift[:, 0]], 1)
    low = torch.stack([sin * mirror, cos, shift[:, 1]], 1)
    grid = F.affine_grid(torch.stack([top, low], 1).float(), [b, n, 48, 48], align_corners=False)
    x = F.grid_sample(x, grid, padding_mode="border", align_corners=False)
    for i in np.flatnonzero(rng.random(b) < 0.3):
        side = int(rng.integers(14, 40))
        small = F.interpolate(x[i : i + 1], (side, side), mode="area")
        x[i] = F.interpolate(small, (48, 48), mode="bilinear", align_corners=False)[0]
    gain = torch.from_numpy(np.exp(rng.normal(0, 0.3, (b, 1, 1, 1)))).float()
    noise = torch.from_numpy(rng.exponential(1.5, (b, 1, 1, 1))).float()
    gamma = torch.from_numpy(np.exp(rng.normal(0, 0.2, (b, 1, 1, 1)))).float()
    x = 255 * (x.clamp(0, 255) / 255) ** gamma * gain
    x = (x + torch.randn_like(x) * noise).clamp(0, 255)
    for i in np.flatnonzero(rng.random(b) < 0.15):  # a lower frame rate: pictures shown twice
        period = int(rng.integers(2, 4))
        held = torch.arange(n) // period * period + int(rng.integers(0, period))
        x[i] = x[i, (held - period + 1).clamp(0, n - 1)]
    return x


def coloured_noise(rng, frames):
    """Log-mel [40, frames] of a stationary or slowly moving noise, 0 dB around its mean."""
    bands = np.arange(40)
    tilt = rng.normal(0, 0.08) * (bands - 20)
    distance = (bands - rng.uniform(0, 40)) / rng.uniform(2, 8)
    bump = rng.normal(0, 1.5) * np.exp(-0.5 * distance**2)
    slow = np.interp(np.arange(frames), np.linspace(0, frames, 6), rng.normal(0, 0.7, 6))
    fine = np.log(rng.gamma(3.0, 1 / 3, (40, frames)))
    return (tilt + bump)[:, None] + slow + fine


def vary_mel(mel, rng):
    """[B, 40, frames] log-mel -> gain, equaliser and added noise; floor kept."""
    floor = np.log(geometry.GEOMETRY["mel_floor"])
    b, bands, frames = mel.shape
    out = np.empty_like(mel)
    for i in range(b):
        knots = rng.normal(0, 0.5, 6)
        curve = np.interp(np.arange(bands), np.linspace(0, bands - 1, 6), knots)
        x = mel[i] + curve[:, None] + rng.normal(-0.5, 1.5)
        if rng.random() < 0.5:
            level = np.quantile(x, 0.8) - rng.uniform(0.7, 7.0)  # 3 to 30 dB below the loud parts
            x = np.logaddexp(x, coloured_noise(rng, frames) + level)
        out[i] = np.maximum(x, floor)
    return out
