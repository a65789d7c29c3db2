"""Frame-level check on a generated scene: check_drawn.py --model M --clip NPZ --truth JSON

The npz is prepare.py's of the movie. Prints, for tokens of each kind of moment, the shares of who
is taken to speak (logits above 0): the right face, another face, off screen.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

import infer


def moments(truth, count):
    """Speaker id by token: 0 silence, -1 off screen; -2 not counted (near a boundary)."""
    who = np.zeros(count, int)
    for s in truth["segments"]:
        first, last = round(25 * s["start"]), round(25 * s["end"])
        who[first:last] = s["speaker"] if s.get("on_screen", True) else -1
    edge = np.flatnonzero(np.diff(who) != 0)
    out = who.copy()
    for e in edge:
        out[max(e - 3, 0) : e + 5] = -2
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--clip", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = infer.load_exported(arguments.model)
    data, truth = np.load(arguments.clip), json.loads(arguments.truth.read_text())
    keys = [k.split("_")[1] for k in data.files if k.startswith("crops_")]
    tracks = [(int(data[f"start_{k}"]), data[f"crops_{k}"]) for k in keys]
    width = truth["width"]
    sides = {s["side"]: s["id"] for s in truth["speakers"]}
    ids = []
    for k in keys:
        middle = float((data[f"boxes_{k}"][:, 0] + data[f"boxes_{k}"][:, 2] / 2).mean()) / width
        close = data[f"boxes_{k}"][:, 2].mean() > 0.13 * width
        ids.append(None if close else sides["left"] if middle < 0.5 else sides["right"])
    sound = data["sound"].astype(np.float32) / 32768
    out, estimator = infer.align_with_lag(model, sound, tracks)
    count = out["speech"].shape[1]
    shown = out["present"][0, :, 15:-15].numpy() > 0
    said = (out["speaking"][0].numpy() > 0) & shown
    off = out["offscreen"][0].numpy() > 0
    who = moments(truth, count)
    print("lag", estimator.lag(), "tracks", [(i, t[0], len(t[1])) for i, t in zip(ids, tracks)])
    mass, null = out["weights"][0].sum(3).mean(0).numpy(), out["null"][0].mean(0).numpy()
    for kind in sorted(set(who) - {-2}):
        at = who == kind
        right = np.zeros(count, bool)
        wrong = np.zeros(count, bool)
        for f, i in enumerate(ids):
            right |= said[f] & ((i == kind) | (i is None))
            wrong |= said[f] & (i != kind) & (i is not None)
        print(f"who {kind}: {at.sum()} tokens, right {right[at].mean():.3f}, other face "
              f"{wrong[at].mean():.3f}, off {off[at].mean():.3f}, speech "
              f"{(out['speech'][0].numpy() > 0.5)[at].mean():.3f}, greatest mass "
              f"{mass.max(0)[at].mean():.2f}, null {null[at].mean():.2f}")


if __name__ == "__main__":
    main()
