"""Which moments of a clean recording are speech, by its own level."""

import zlib

import numpy as np
from scipy import signal
from scipy.ndimage import binary_closing, binary_dilation, binary_opening, label as number

from media import SAMPLE_RATE

UNSURE = np.float32(-1)  # label of a token that does not count


def token_energy(sound):
    """dB of the 150 to 4500 Hz band in the 40 ms around each token."""
    sos = signal.butter(2, [150, 4500], "band", fs=SAMPLE_RATE, output="sos")
    band = np.pad(signal.sosfilt(sos, sound), (320, 960))
    count = len(sound) // 640 + 1
    pieces = band[: 640 * count].reshape(count, 640)
    return 10 * np.log10(np.mean(pieces**2, 1) + 1e-10)


def label(sound):
    """By token: 1 where clean speech sounds, 0 where none does, UNSURE between.

    Speech is what rises within 22 dB of the loud parts, as far as it stays within 34 dB of them and
    clear of the floor, and one token on each side: so far do GRID's word times reach. Quieter
    sounds of their own (breaths) are unsure, and so are the dips of a recording that never pauses.
    """
    energy = token_energy(sound)
    loud, floor = np.quantile(energy, 0.95), np.quantile(energy, 0.05)
    low = loud - 34 if floor < loud - 44 else min(max(loud - 34, floor + 10), loud - 12)
    audible = energy > low
    parts, count = number(audible)
    active = np.zeros(len(energy) + 16, bool)
    for part in range(1, count + 1):
        inside = parts == part
        if energy[inside].max() > max(loud - 22, low):
            active[8:-8] |= inside
    active = binary_closing(active, np.ones(7))  # pauses under 0.24 s belong to speech
    active = binary_dilation(binary_opening(active, np.ones(3)), np.ones(3))[8:-8]
    unsure = ~active & (audible if floor < loud - 25 else True)
    return np.where(unsure, UNSURE, active).astype(np.float32)


def held_out(path):
    """Read speech kept for evaluation: one file in eight."""
    return zlib.crc32(path.name.encode()) % 8 == 0
