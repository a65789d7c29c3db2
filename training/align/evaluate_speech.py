"""Speech activity on GRID clips with exact word times.

    evaluate_speech.py --model M --cache DEV_CACHE --grid FOLDER

Frame error at threshold 0.5 (tokens within 0.08 s of a word boundary left out), and with noise and
music added at 10 dB; plus the share of tokens called speech in generated noise and music alone.
"""

import argparse
from pathlib import Path

import numpy as np
import torch

import infer
import voices


def word_labels(path, count):
    """(speech [count], counted [count]): inside a word; not near a boundary."""
    times = np.arange(count) / 25
    speech, counted = np.zeros(count, bool), np.ones(count, bool)
    for line in path.read_text().split("\n"):
        parts = line.split()
        if len(parts) != 3:
            continue
        first, last = int(parts[0]) / 25000, int(parts[1]) / 25000
        if parts[2] not in ("sil", "sp"):
            speech |= (times >= first) & (times < last)
            counted &= (abs(times - first) > 0.08) & (abs(times - last) > 0.08)
    return speech, counted


def probability(model, sound):
    return infer.hear(model, sound.astype(np.float32))[1][0].numpy()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--grid", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = infer.load_exported(arguments.model)
    rng = np.random.default_rng(11)
    covers = {"clean": None, "noise 10 dB": voices.noise, "music 10 dB": voices.music}
    for name, make in covers.items():
        misses, alarms = [], []
        for path in sorted(arguments.grid.glob("*.align"))[:40]:
            stored = arguments.cache / f"grid_{path.stem}.npz"
            if not stored.exists():
                continue
            sound = np.load(stored)["sound"].astype(np.float32) / 32768
            if make is not None:
                cover = make(rng, len(sound) / 16000 + 0.1)[: len(sound)]
                ratio = np.sqrt(np.mean(sound**2) / (np.mean(cover**2) + 1e-12))
                sound = sound + cover * ratio * 10 ** (-10 / 20)
            p = probability(model, sound) > 0.5
            speech, counted = word_labels(path, len(p))
            misses.append(~p[counted & speech])
            alarms.append(p[counted & ~speech])
        miss, alarm = np.concatenate(misses).mean(), np.concatenate(alarms).mean()
        print(f"grid, {name}: missed {miss:.3f}, false alarms {alarm:.3f}", flush=True)
    for name, make in (("noise", voices.noise), ("music", voices.music)):
        share = np.mean([np.mean(probability(model, 0.1 * make(rng, 4)) > 0.5) for _ in range(30)])
        print(f"{name} alone called speech: {share:.3f}", flush=True)
    spoken = [voices.speak(t, v) for v in voices.VOICES
              for t in ("A quick check of the voice.", "Where did they put the red lantern?")]
    share = np.mean([np.mean(probability(model, s) > 0.5) for s in spoken])
    print(f"flite, tokens called speech: {share:.3f}", flush=True)


if __name__ == "__main__":
    main()
