"""Runs stage 1 (contrast.py): rounds of training with the recordings' own lags measured between.

    encoders.py --cache DIR --work DIR [--steps 800 1000 ...] [--seed S]

Each round goes on from the weights of the round before, with the lags measured by them, and a
learning rate that rises and falls anew. All is resumable: checkpoints and lags lie in --work.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

import clips as clip_files
import contrast


def mel_statistics(clips):
    frames = np.concatenate([c.mel[::7] for c in clips if c.kind != "drawn"])
    return frames.mean(0), frames.std(0)


def stored_statistics(path, clips):
    """Mean and deviation of each mel band; one set for all stages."""
    if not path.exists():
        mean, std = mel_statistics(clips)
        np.savez(path, mean=mean, std=std)
    stored = np.load(path)
    return stored["mean"], stored["std"]


def load(cache, lags):
    everyone = clip_files.load_all(cache, lags)
    train = [c for c in everyone if not c.held_out]
    print(f"{len(everyone)} tracks, {sum(len(c.crops) for c in everyone) / 90000:.2f} h; "
          f"{len(train)} for the encoders", flush=True)
    return everyone, train


def run(cache, work, steps, rates, seed):
    work.mkdir(parents=True, exist_ok=True)
    lags = {}
    for number, count in enumerate(steps):
        lags_file = work / f"lags{number}.json"
        if lags_file.exists():
            lags = json.loads(lags_file.read_text())
            continue
        everyone, train = load(cache, lags)
        torch.manual_seed(seed + number)
        statistics = stored_statistics(work / "mel.npz", train)
        model = contrast.Encoders(*statistics)
        before = work / f"encoders{number - 1}.pt"
        if number > 0:
            model.load_state_dict(torch.load(before)["model"])
            model.mel_mean.copy_(torch.from_numpy(statistics[0]))
            model.mel_std.copy_(torch.from_numpy(statistics[1]))
        contrast.train(model, train, count, work / f"encoders{number}.pt", seed + number,
                       frozen_from=0.7 if number < 2 else 0.1,
                       rate=rates[min(number, len(rates) - 1)])
        lags = contrast.measure_lags(model, everyone)
        report(lags)
        lags_file.write_text(json.dumps(lags, indent=0))


def report(lags):
    for kind in sorted({r.split("_")[0] for r in lags}):
        v = [x for r, x in lags.items() if r.startswith(kind)]
        print(kind, "lags, tokens: quantiles 5 25 50 75 95 %:",
              np.quantile(v, [0.05, 0.25, 0.5, 0.75, 0.95]).round(2), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--steps", type=int, nargs="+", default=[800, 1000, 1100, 2200, 500])
    parser.add_argument("--rates", type=float, nargs="+", default=[2e-3] * 4 + [1e-3])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    run(arguments.cache, arguments.work, arguments.steps, arguments.rates,
        arguments.seed)


if __name__ == "__main__":
    main()
