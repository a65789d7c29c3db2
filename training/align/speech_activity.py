"""Stage 2: speech or not for each 40 ms, from sound alone.

    speech_activity.py --cache DIR --speech FOLDER --work DIR [--steps 2500] [--seed S]

Clean speech (read speech, the training clips' sound, flite) is labelled by its own level and then
covered with generated noise and music, moved in level, band-limited and put into generated rooms.
Silence, noise and music alone are the negatives.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from scipy import signal
from scipy.ndimage import binary_closing, binary_opening
from torch.nn import functional as F

import geometry
import media
import voices
from networks import SPEECH_CONTEXT, SpeechActivity

TOKENS = 75  # of an example
RATE = voices.RATE
FRAMES = 4 * (TOKENS - 1) + 2 * SPEECH_CONTEXT + 1
SAMPLES = FRAMES * 160 + 400


def token_energy(sound):
    """dB of the 300 to 4000 Hz band in the 40 ms around each token."""
    sos = signal.butter(2, [150, 4500], "band", fs=RATE, output="sos")
    band = np.pad(signal.sosfilt(sos, sound), (320, 960))
    count = len(sound) // 640 + 1
    pieces = np.stack([band[640 * i : 640 * i + 640] for i in range(count)])
    return 10 * np.log10(np.mean(pieces**2, 1) + 1e-10)


def label(sound):
    """1 where clean speech sounds: within 30 dB of its loud parts and clear of its floor."""
    energy = token_energy(sound)
    loud, floor = np.quantile(energy, 0.95), np.quantile(energy, 0.03)
    threshold = loud - 30 if floor < loud - 30 else min(max(loud - 30, floor + 6), loud - 12)
    active = np.pad(energy > threshold, 8)
    active = binary_closing(active, np.ones(7))  # pauses under 0.24 s belong to speech
    return binary_opening(active, np.ones(3))[8:-8].astype(np.float32)


def room(rng):
    length = int(rng.uniform(0.05, 0.5) * RATE)
    tail = rng.normal(0, 1, length) * np.exp(-6.9 * np.arange(length) / length)
    tail[0] = rng.uniform(2, 20)
    return tail / np.sqrt(np.sum(tail**2))


def speech_material(cache, folder, rng):
    """List of (sound, label)."""
    sounds = [media.read_sound(p) for p in sorted(Path(folder).rglob("*.flac"))]
    for path in sorted(Path(cache).glob("*.npz")):
        if "anchors" in path.name and rng.random() < 0.6:
            continue
        if ".part" in path.name or "loop" in path.name or "fidget" in path.name:
            continue
        if "lectures" not in path.name:
            sounds.append(np.load(path)["sound"].astype(np.float32) / 32768)
    for text in voices.SENTENCES:
        sounds += [voices.speak(text, v, rng.uniform(0.85, 1.2)) for v in voices.VOICES]
    sounds = [s for s in sounds if len(s) > 12000 and np.abs(s).max() > 0.01]
    return [(s / np.sqrt(np.mean(s**2)) * 0.05, label(s)) for s in sounds]


def fill(pool, rng, share):
    """A stretch of SAMPLES with speech for about `share` of it, and its labels."""
    sound = np.zeros(SAMPLES + 40 * RATE, np.float32)
    active = np.zeros(len(sound) // 640 + 2, np.float32)
    at = 640 * int(rng.integers(0, 25)) if rng.random() < share else 640 * int(rng.integers(25, 90))
    while at < SAMPLES:
        piece, labels = pool[int(rng.integers(len(pool)))]
        if len(piece) > 6 * RATE:
            cut = 640 * int(rng.integers(0, (len(piece) - 5 * RATE) // 640))
            piece, labels = piece[cut : cut + 5 * RATE], labels[cut // 640 : cut // 640 + 125]
        sound[at : at + len(piece)] = piece * np.exp(rng.normal(0, 0.4))
        active[at // 640 : at // 640 + len(labels)] = labels
        at += 640 * int(len(piece) / 640 + rng.uniform(0, 30))
    return sound[:SAMPLES], active


def example(pool, music, noises, rng):
    """(mel [40, FRAMES] from media time 0, activity by token from media time 0)."""
    kind = rng.random()
    sound, active = fill(pool, rng, 0.8)
    if kind < 0.3:
        sound, active = sound * 0, active * 0
    if rng.random() < 0.3:
        sound = signal.fftconvolve(sound, room(rng))[:SAMPLES]
    level = 0.05
    cover = rng.random()
    if cover < 0.65:
        pieces = music if cover < 0.3 else noises
        piece = pieces[int(rng.integers(len(pieces)))]
        begin = int(rng.integers(0, len(piece) - SAMPLES))
        piece = piece[begin : begin + SAMPLES]
        strength = np.sqrt(np.mean(piece**2)) + 1e-6
        below = rng.uniform(-2, 30) if kind >= 0.3 else rng.uniform(-15, 30)
        sound = sound + piece / strength * level * 10 ** (-below / 20)
    if rng.random() < 0.15:
        sos = signal.butter(4, rng.uniform(2500, 6000), fs=RATE, output="sos")
        sound = signal.sosfilt(sos, sound)
    sound = sound * 10 ** (rng.uniform(-28, 14) / 20)
    sound = sound + rng.normal(0, 10 ** rng.uniform(-5.5, -3.3), len(sound)) * (rng.random() < 0.7)
    sound = np.clip(sound, -1, 1)
    return geometry.log_mel(sound, 0, FRAMES).T, active


def batch(pool, music, noises, rng, size):
    mels, labels = [], []
    for _ in range(size):
        mel, active = example(pool, music, noises, rng)
        first = SPEECH_CONTEXT // 4  # column 30 lies between tokens 7 and 8: the mean of both
        mels.append(mel)
        before, after = active[first : first + TOKENS], active[first + 1 : first + 1 + TOKENS]
        labels.append(0.5 * (before + after))
    return torch.from_numpy(np.stack(mels)).float(), torch.from_numpy(np.stack(labels)).float()


def train(model, statistics, material, steps, checkpoint, seed):
    rng = np.random.default_rng(seed)
    music = [voices.music(rng, 8) for _ in range(120)]
    noises = [voices.noise(rng, 8) for _ in range(200)]
    mean, std = (torch.as_tensor(x).float()[:, None] for x in statistics)
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps + 1)
    done = 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
        done = state["step"]
    model.train()
    began, history = time.time(), []
    for step in range(done, steps):
        mel, labels = batch(material, music, noises, rng, 24)
        loss = F.binary_cross_entropy_with_logits(model((mel - mean) / std), labels)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        history.append(loss.item())
        if (step + 1) % 100 == 0 or step + 1 == steps:
            print(f"speech step {step + 1}/{steps} loss {np.mean(history[-100:]):.4f} "
                  f"{(time.time() - began) / (step + 1 - done):.2f} s/step", flush=True)
            torch.save({"model": model.state_dict(), "optimiser": optimiser.state_dict(),
                        "schedule": schedule.state_dict(), "step": step + 1}, checkpoint)
    model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(arguments.seed)
    stored = np.load(arguments.work / "mel.npz")
    rng = np.random.default_rng(arguments.seed)
    material = speech_material(arguments.cache, arguments.speech, rng)
    share = np.mean(np.concatenate([labels for _, labels in material]))
    print(f"{len(material)} utterances, speech share {share:.2f}", flush=True)
    train(SpeechActivity(), (stored["mean"], stored["std"]), material, arguments.steps,
          arguments.work / "speech.pt", arguments.seed)


if __name__ == "__main__":
    main()
