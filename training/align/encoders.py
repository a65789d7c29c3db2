"""Runs stage 1 (contrast.py): rounds of training with the recordings' own lags measured between.

    encoders.py --pack FILE --work DIR [--steps 800 1000 ...] [--seed S] [--device cuda]

Each round starts anew, with the lags measured by the round before (lagsN.json is what round N
trained with). All is resumable: checkpoints and lags lie in --work. Options for the ablations and learning curves of the card: --share (part of
the people), --no-shifts (other times of the same clip are no negatives).
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

import contrast
import pack
from material import Material


def people_for_encoders(clips, share, seed):
    """Clips of moving faces of people not held out; `share`: every recording with this chance."""
    rng = np.random.default_rng(seed)
    recordings = sorted({c.recording for c in clips})
    kept = set(np.array(recordings)[rng.random(len(recordings)) < share])
    return [c for c in clips if not c.held_out and len(c.crops) >= 20
            and (c.recording in kept or c.kind == "drawn")]


def run(a):
    a.work.mkdir(parents=True, exist_ok=True)
    packed = pack.read(a.pack)
    clips, statistics = packed.clips, packed.statistics
    train = people_for_encoders(clips, a.share, a.seed)
    hours = sum(len(c.crops) for c in train) / 90000
    print(f"{len(train)} tracks, {hours:.2f} h for the encoders", flush=True)
    material = Material(train, a.device)
    everyone = Material([c for c in clips if len(c.crops) >= 12], a.device)
    model = None
    for number, count in enumerate(a.steps):
        lags_file = a.work / f"lags{number}.json"
        if model is not None:
            if not lags_file.exists():
                lags_file.write_text(json.dumps(contrast.measure_lags(model, everyone), indent=0))
            lags = json.loads(lags_file.read_text())
            report(lags)
            material.set_lags(lags)
        torch.manual_seed(a.seed + number)
        model = contrast.Encoders(*statistics).to(a.device)
        model = contrast.train(model, material, count, a.work / f"encoders{number}.pt",
                               a.seed + number, a.batch_tokens, 0.5, a.rate, not a.no_shifts)


def report(lags):
    for kind in sorted({r.split("_")[0] for r in lags}):
        v = [x for r, x in lags.items() if r.startswith(kind)]
        print(kind, "lags, tokens: quantiles 5 25 50 75 95 %:",
              np.quantile(v, [0.05, 0.25, 0.5, 0.75, 0.95]).round(2), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--steps", type=int, nargs="+", default=[250, 350, 1500])
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--batch-tokens", type=int, default=12288)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--no-shifts", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    run(arguments)


if __name__ == "__main__":
    main()
