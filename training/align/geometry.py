"""Input geometry of attune-align: everything that happens before the networks.

This file is the specification; the C++ side computes the same numbers. All constants are written
into the weight file (`GEOMETRY`). Index conventions: picture coordinates have pixel centres at
integers (pixel (0, 0) covers [-0.5, 0.5]); y grows downwards; "token i" is at media time i * 40 ms.
"""

import numpy as np

TOKENS_PER_SECOND = 25
MAX_LAG = 15  # tokens; lag d > 0: the picture comes d tokens after the sound

GEOMETRY = {
    "tokens_per_second": TOKENS_PER_SECOND,
    "sample_rate": 16000,
    "fft_size": 512,
    "frame_length": 400,
    "frame_hop": 160,
    "mel_bands": 40,
    "mel_low_hz": 60.0,
    "mel_high_hz": 7600.0,
    "mel_floor": 1e-5,
    "crop_side": 48,
    "crop_factor": 1.5,
    "crop_stack": 5,
    "crop_std_offset": 8.0,
    "crop_max_supersampling": 8,
    "landmark_sigma_tokens": 3.0,
    "landmark_radius_tokens": 7,
}


# ---------------------------------------------------------------------------------------- sound


def mel_filters():
    """[40, 257] triangular filters, HTK mel scale (2595 log10(1 + f / 700)), peak 1.

    The 42 edges are equidistant in mel from 60 to 7600 Hz; the weight of FFT bin b (frequency
    b * 16000 / 512 Hz) in filter m rises linearly in Hz from edge m to edge m + 1 and falls to
    edge m + 2. No area normalisation.
    """
    g = GEOMETRY
    mel = np.linspace(
        2595 * np.log10(1 + g["mel_low_hz"] / 700),
        2595 * np.log10(1 + g["mel_high_hz"] / 700),
        g["mel_bands"] + 2,
    )
    edge = 700 * (10 ** (mel / 2595) - 1)
    hz = np.arange(g["fft_size"] // 2 + 1) * g["sample_rate"] / g["fft_size"]
    rise = (hz[None] - edge[:-2, None]) / (edge[1:-1] - edge[:-2])[:, None]
    fall = (edge[2:, None] - hz[None]) / (edge[2:] - edge[1:-1])[:, None]
    return np.maximum(0, np.minimum(rise, fall)).astype(np.float32)


def log_mel(samples, first_frame, frame_count):
    """Natural log of the mel power spectrum, [frame_count, 40] float32, not normalised.

    samples: 16 kHz mono, -1 to 1, sample 0 at media time 0. Frame k is centred on sample 160 k: it
    covers samples 160 k - 200 .. 160 k + 199, zeros outside the recording, multiplied by the
    periodic Hann window 0.5 - 0.5 cos(2 pi n / 400), zero-padded at its end to 512; power |X|^2;
    filters; log(max(e, 1e-5)). Frames may lie outside the recording (first_frame may be < 0).
    """
    g = GEOMETRY
    length, hop = g["frame_length"], g["frame_hop"]
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    start = first_frame * hop - length // 2
    stop = (first_frame + frame_count - 1) * hop + length // 2
    padded = np.zeros(stop - start, np.float32)
    lo, hi = max(start, 0), min(stop, len(samples))
    if hi > lo:
        padded[lo - start : hi - start] = samples[lo:hi]
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[::hop] * window
    power = np.abs(np.fft.rfft(frames, g["fft_size"])) ** 2
    return np.log(np.maximum(power @ mel_filters().T, g["mel_floor"])).astype(np.float32)


# -------------------------------------------------------------------------------------- picture


def interpolate_landmarks(times, landmarks, tokens):
    """Landmarks on the token grid, [n, 5, 2]: linear between detections, held outside them.

    times: [m] media seconds of the detections (of the frames' presentation times), increasing;
    landmarks: [m, 5, 2] x, y in source pixels; tokens: the n token indices of the track.
    """
    at = np.asarray(tokens) / TOKENS_PER_SECOND
    flat = np.asarray(landmarks, np.float64).reshape(len(times), 10)
    return np.stack([np.interp(at, times, c) for c in flat.T], 1).reshape(-1, 5, 2)


def smooth_landmarks(landmarks):
    """Gaussian over time, sigma 3 tokens, cut at +-7, renormalised where the track ends.

    [n, 5, 2] -> [n, 5, 2]. The crop then follows the head and not the mouth's own movement.
    """
    radius = GEOMETRY["landmark_radius_tokens"]
    offsets = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * (offsets / GEOMETRY["landmark_sigma_tokens"]) ** 2)
    n = len(landmarks)
    out = np.empty((n, 5, 2))
    for i in range(n):
        index = i + offsets
        inside = (index >= 0) & (index < n)
        out[i] = np.tensordot(kernel[inside] / kernel[inside].sum(), landmarks[index[inside]], 1)
    return out


def crop_placement(landmarks):
    """(centre x, centre y, side, ux, uy) of the mouth crop for one token's landmarks [5, 2].

    Landmark order: right eye (image left), left eye, nose, right mouth corner, left mouth corner.
    The centre is the middle of the mouth corners. (ux, uy) is the unit vector from the right eye to
    the left eye: it becomes the crop's +x; the crop's +y is (-uy, ux). The side in source pixels is
    1.5 * max(|middle of eyes - middle of mouth|, distance of the eyes), at least 8.
    """
    eyes, mouth = landmarks[0:2].mean(0), landmarks[3:5].mean(0)
    along = landmarks[1] - landmarks[0]
    between = max(float(np.hypot(*along)), 1e-3)
    side = GEOMETRY["crop_factor"] * max(float(np.hypot(*(eyes - mouth))), between)
    return mouth[0], mouth[1], max(side, 8.0), along[0] / between, along[1] / between


def sample_crop(gray, placement):
    """The 48 x 48 mouth crop, float32 in 0..255 units, of a gray picture [H, W].

    gray: BT.601 luma of the full-range RGB picture (0.299 R + 0.587 G + 0.114 B).
    With m = side / 48 source pixels per crop pixel and s = min(max(ceil(m), 1), 8), each crop pixel
    (column x, row y) is the mean of s * s bilinear samples; sample (i, j), i, j = 0..s-1, lies at
    a = (x + (i + 0.5) / s - 24) * m along the crop's +x and b = (y + (j + 0.5) / s - 24) * m along
    its +y from the centre: source position (cx + a ux - b uy, cy + a uy + b ux). Coordinates are
    clamped to [0, W - 1] x [0, H - 1] before the bilinear interpolation (edges are replicated).
    """
    side = GEOMETRY["crop_side"]
    cx, cy, size, ux, uy = placement
    m = size / side
    s = int(min(max(np.ceil(m), 1), GEOMETRY["crop_max_supersampling"]))
    axis = ((np.arange(side * s) + 0.5) / s - side / 2) * m
    a, b = axis[None, :], axis[:, None]
    height, width = gray.shape
    x = np.clip(cx + a * ux - b * uy, 0, width - 1)
    y = np.clip(cy + a * uy + b * ux, 0, height - 1)
    x0 = np.minimum(x.astype(np.int64), max(width - 2, 0))
    y0 = np.minimum(y.astype(np.int64), max(height - 2, 0))
    x1, y1 = np.minimum(x0 + 1, width - 1), np.minimum(y0 + 1, height - 1)
    fx, fy = x - x0, y - y0
    g = gray.astype(np.float32)
    top = g[y0, x0] * (1 - fx) + g[y0, x1] * fx
    bottom = g[y1, x0] * (1 - fx) + g[y1, x1] * fx
    fine = top * (1 - fy) + bottom * fy
    return fine.reshape(side, s, side, s).mean((1, 3)).astype(np.float32)


def standardise(crops):
    """(v - mean) / (std + 8) per crop, population statistics in 0..255 units; [..., 48, 48]."""
    crops = np.asarray(crops, np.float32)
    mean = crops.mean((-1, -2), keepdims=True)
    std = crops.std((-1, -2), keepdims=True)
    return (crops - mean) / (std + GEOMETRY["crop_std_offset"])
