"""Sound that no recording is needed for: flite's voices, music, and noises."""

import subprocess
import tempfile
from pathlib import Path

import numpy as np
from scipy import signal

import media

VOICES = ("slt", "rms", "awb", "kal")
RATE = media.SAMPLE_RATE
SENTENCES = (
    "The committee will meet again on Thursday to discuss the new proposal.",
    "I never thought we would see so many people at the station this early.",
    "Please bring a warm coat, because the evenings are cold by the lake.",
    "She opened the window, looked outside, and laughed at the falling snow.",
    "How much would it cost to repair the old bridge before the winter?",
    "Yes, of course. We can begin whenever everybody is ready.",
    "Nine out of ten visitors said they would gladly come back next year.",
    "My brother plays the violin, while my sister prefers to paint.",
    "Turn left after the bakery and walk until you reach the harbour.",
    "The results were better than anyone in the laboratory had expected.",
    "No, I do not believe that this is what the author wanted to say.",
    "Fresh bread, green apples, a bottle of milk, and some cheese, please.",
    "In the middle of the night, the telephone rang three times and stopped.",
    "Good morning, and welcome to the programme. Our first guest is here.",
    "Wait a moment. Did you hear that strange noise behind the door?",
    "All the boats left before sunrise, and none of them returned until dark.",
    "We have to choose between a faster engine and a much lighter frame.",
    "Thank you very much, it was a pleasure to talk to you today.",
    "Water boils at a lower temperature on the top of a high mountain.",
    "If you ask me, the third question was by far the most difficult one.",
)


def speak(text, voice, stretch=1.0):
    """16 kHz mono float32 from the flite program."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "voice.wav"
        subprocess.run(["flite", "-voice", voice, "--setf", f"duration_stretch={stretch:.2f}",
                        "-t", text, "-o", str(path)], check=True, capture_output=True)
        return media.read_sound(path)


def chord(rng, seconds):
    """A synthetic instrument holding a chord: decaying harmonics."""
    t = np.arange(int(seconds * RATE)) / RATE
    root = 55 * 2 ** rng.uniform(0, 3)
    out = np.zeros(len(t))
    for interval in rng.choice([0, 3, 4, 5, 7, 9, 10, 12, 16], rng.integers(1, 5), replace=False):
        base = root * 2 ** (interval / 12)
        decay = rng.uniform(0.2, 6)
        vibrato = 1 + rng.choice([0, 0.005]) * np.sin(2 * np.pi * rng.uniform(4, 7) * t)
        for k in range(1, int(rng.integers(2, 14))):
            if base * k < 7500:
                phase = 2 * np.pi * base * k * np.cumsum(vibrato) / RATE + rng.uniform(0, 6)
                out += np.sin(phase) * np.exp(-decay * t) / k ** rng.uniform(0.7, 2)
    attack = np.minimum(1, t / rng.uniform(0.002, 0.15))
    return out * attack


def drums(rng, seconds, beat):
    """Kick, snare and hi-hat on a regular beat."""
    out = np.zeros(int(seconds * RATE))
    t = np.arange(int(0.25 * RATE)) / RATE
    kick = np.sin(2 * np.pi * (45 * t + 8 * (1 - np.exp(-30 * t)))) * np.exp(-14 * t)
    snare = rng.normal(0, 0.5, len(t)) * np.exp(-25 * t)
    hat = signal.lfilter([1, -1], [1], rng.normal(0, 0.3, len(t))) * np.exp(-60 * t)
    for n in range(int(seconds / beat * 2)):
        at = int(n * beat / 2 * RATE)
        hit = hat * rng.uniform(0.3, 1) + (kick if n % 4 == 0 else snare if n % 4 == 2 else 0)
        hit = hit[: len(out) - at]
        out[at : at + len(hit)] += hit
    return out


def music(rng, seconds):
    beat = rng.uniform(0.3, 0.8)
    out = np.zeros(int(seconds * RATE))
    for layer in range(int(rng.integers(1, 4))):
        at = 0
        while at < len(out):
            length = beat * rng.choice([0.5, 1, 2, 4]) if layer else beat * rng.choice([2, 4])
            note = chord(rng, min(length * 1.3, 3)) * rng.uniform(0.2, 1)
            note = note[: len(out) - at]
            out[at : at + len(note)] += note
            at += int(length * RATE)
    if rng.random() < 0.6:
        out += drums(rng, seconds, beat) * rng.uniform(0.5, 3)
    return (out / (np.abs(out).max() + 1e-9)).astype(np.float32)


def noise(rng, seconds):
    """Coloured noise, hum, clicks, knocks, or a modulated band (wind, traffic, machines)."""
    count = int(seconds * RATE)
    white = rng.normal(0, 1, count)
    kind = rng.integers(0, 5)
    if kind == 0:  # tilted
        out = signal.lfilter([1], [1, -rng.uniform(-0.5, 0.98)], white)
    elif kind == 1:  # band with slow swells
        low = rng.uniform(60, 3000)
        sos = signal.butter(2, [low, min(low * rng.uniform(1.3, 5), 7800)], "band", fs=RATE,
                            output="sos")
        swell = np.interp(np.arange(count), np.linspace(0, count, int(seconds * 3) + 2),
                          rng.uniform(0.05, 1, int(seconds * 3) + 2))
        out = signal.sosfilt(sos, white) * swell
    elif kind == 2:  # mains or motor hum and its harmonics
        t, base = np.arange(count) / RATE, rng.uniform(40, 300)
        out = sum(np.sin(2 * np.pi * base * k * t + rng.uniform(0, 6)) * rng.uniform(0, 1) / k
                  for k in range(1, 12)) + 0.05 * white
    elif kind == 3:  # clicks and knocks
        impulses = (rng.random(count) < rng.uniform(1, 12) / RATE) * rng.normal(0, 1, count)
        decay = np.exp(-np.arange(2400) / rng.uniform(40, 800))
        ring = decay * np.sin(2 * np.pi * rng.uniform(100, 4000) * np.arange(2400) / RATE)
        out = signal.fftconvolve(impulses, ring)[:count] + 0.01 * white
    else:  # gated bursts: steps, typing, applause-like
        gate = np.repeat(rng.random(int(seconds * 20) + 1) < 0.4, RATE // 20)[:count]
        out = signal.lfilter([1], [1, -rng.uniform(0, 0.9)], white * gate)
    return (out / (np.abs(out).max() + 1e-9)).astype(np.float32)
