"""Who speaks in the real scenes of the development data: ours, and LR-ASD on the same tracks.

    real_scenes.py --model M --cache DEV_CACHE --data DEV_FOLDER [--lr-asd FOLDER]

Labels: the stand-up clip exists with both voices, only the left and only the right speaker's voice
(speaking: within 14 dB of that voice's own loud parts; the separation leaves residues below);
msdwild has speaking turns (RTTM) and face boxes with the same identities (CSV).
"""

import argparse
import csv
import json
from pathlib import Path

import cv2
import numpy as np
import torch
from scipy.ndimage import binary_closing, binary_opening

import infer
import lr_asd
import media
import speech_labels

STANDUP = ("scenes_orig_sub", "scenes/orig_sub.mp4")
WILD = ("msdwild_00001", "msdwild/00001.mp4")


class Scene:
    """Tracks and, for each track and token of the recording, present and speaking [F, T]."""

    def __init__(self, cache, name, video):
        data = np.load(cache / (name + ".npz"))
        self.video = video
        self.sound = data["sound"].astype(np.float32) / 32768
        self.count = -(-len(self.sound) // 640)
        keys = [k.split("_")[1] for k in data.files if k.startswith("crops_")]
        self.tracks = [(int(data[f"start_{k}"]), data[f"crops_{k}"]) for k in keys]
        self.boxes = [data[f"boxes_{k}"] for k in keys]
        self.present = np.zeros((len(keys), self.count), bool)
        for f, (start, crops) in enumerate(self.tracks):
            self.present[f, max(start, 0) : start + len(crops)] = True


def separated_voice(sound):
    energy = speech_labels.token_energy(sound)
    active = binary_closing(np.pad(energy > np.quantile(energy, 0.95) - 14, 8), np.ones(7))
    return binary_opening(active, np.ones(3))[8:-8]


def standup(cache, data):
    scene = Scene(cache, STANDUP[0], data / STANDUP[1])
    left, right = (separated_voice(np.load(cache / f"scenes_{n}.npz")["sound"] / 32768.0)
                   for n in ("jon_dore_sub", "rory_scovel_sub"))
    middle = [b[:, 0].mean() for b in scene.boxes]
    order = np.argsort(middle)
    speaking = np.zeros(scene.present.shape, bool)
    for f, active in ((order[0], left), (order[-1], right)):
        n = min(len(active), scene.count)
        speaking[f, :n] = active[:n] > 0.5
    return scene, speaking


def msdwild(cache, data):
    scene = Scene(cache, WILD[0], data / WILD[1])
    folder = (data / WILD[1]).parent
    times = media.frame_times(data / WILD[1])
    boxes = {}
    with open(folder / "00001.csv", encoding="utf-8") as file:
        for row in csv.reader(file):
            x0, y0, x1, y1 = map(float, row[3:7])
            token = round(times[min(int(row[0]), len(times) - 1)] * 25)
            boxes.setdefault(token, []).append((int(row[2]), (x0 + x1) / 2, (y0 + y1) / 2))
    turns = [line.split() for line in open(folder / "00001.rttm", encoding="utf-8")]
    speaking = np.zeros(scene.present.shape, bool)
    for f, (start, crops) in enumerate(scene.tracks):
        votes = {}
        for i in range(0, len(crops), 5):
            x, y, w, h = scene.boxes[f][i]
            for who, cx, cy in boxes.get(start + i, []):
                if abs(cx - x - w / 2) < w / 2 and abs(cy - y - h / 2) < h / 2:
                    votes[who] = votes.get(who, 0) + 1
        who = max(votes, key=votes.get) if votes else None
        for turn in turns:
            if who is not None and int(turn[7]) == who:
                first, length = float(turn[3]), float(turn[4])
                speaking[f, round(first * 25) : round((first + length) * 25)] = True
    return scene, speaking & scene.present


def ours(model, scene):
    """Speaking logits [F, T], null mass [T], mass [F, T], estimated lag."""
    out, estimator = infer.align_with_lag(model, scene.sound, scene.tracks)
    mass = out["weights"][0].sum(3).mean(0).numpy()
    return out["speaking"][0].numpy(), out["null"][0].mean(0).numpy(), mass, estimator.lag()


def theirs(weights, scene):
    """LR-ASD's logits [F, T] (-20 where absent), on crops as its weights expect them."""
    net = lr_asd.LrAsd(weights)
    whole = "AVA" in weights.name
    shown = [(t, cv2.cvtColor(p, cv2.COLOR_BGR2GRAY)) for t, p in media.read_pictures(scene.video)]
    times = np.array([t for t, _ in shown])
    logits = np.full(scene.present.shape, -20.0)
    for f, (start, crops) in enumerate(scene.tracks):
        first, last = max(start, 0), min(start + len(crops), scene.count)
        index = np.searchsorted(times, np.arange(first, last) / 25 + 1e-4, "right") - 1
        pictures = np.stack([lr_asd.face_crop(shown[max(i, 0)][1], scene.boxes[f][t - start], whole)
                             for t, i in zip(range(first, last), index)])
        for a in range(first, last, 250):
            b = min(a + 250, last)
            rows = lr_asd.mfcc(scene.sound[640 * a : 640 * b + 240], 4 * (b - a))
            logits[f, a:b] = net(rows, pictures[a - first : b - first])
    return logits


def average_precision(scores, labels):
    order = np.argsort(-scores, kind="stable")
    hits = labels[order]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    return float((precision * hits).sum() / max(hits.sum(), 1))


def block_interval(scene, speaking, logits, rounds=300, block=50):
    """95 % bootstrap interval of the average precision over stretches of two seconds."""
    rng, count = np.random.default_rng(5), -(-scene.count // block)
    values = []
    for _ in range(rounds):
        chosen = rng.integers(0, count, count)
        tokens = np.concatenate([np.arange(block * b, min(block * (b + 1), scene.count))
                                 for b in chosen])
        on = scene.present[:, tokens]
        values.append(average_precision(logits[:, tokens][on], speaking[:, tokens][on]))
    return [round(float(v), 3) for v in np.quantile(values, [0.025, 0.975])]


def judge(scene, speaking, logits):
    """Frame accuracy and average precision over faces, and who speaks where exactly one does."""
    on = scene.present
    one = (speaking.sum(0) == 1) & (on.sum(0) > 1)
    masked = np.where(on, logits, -1e9)
    best = masked.argmax(0)[one]
    right = speaking[:, one][best, np.arange(one.sum())]
    return {"accuracy": round(float(((logits > 0) == speaking)[on].mean()), 3),
            "average precision": round(average_precision(logits[on], speaking[on]), 3),
            "interval": block_interval(scene, speaking, logits),
            "who, one of several": round(float(right.mean()), 3), "tokens": int(one.sum())}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--lr-asd", type=Path, help="folder of the upstream weights")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    model = infer.load_exported(arguments.model)
    for name, build in (("standup", standup), ("msdwild", msdwild)):
        scene, speaking = build(arguments.cache, arguments.data)
        logits, null, mass, lag = ours(model, scene)
        result = {"speaking share": round(float(speaking[scene.present].mean()), 3),
                  "lag": [round(x, 2) for x in lag], "attune": judge(scene, speaking, logits),
                  "attune, mass alone": judge(scene, speaking, mass - null)}
        for weights in sorted(arguments.lr_asd.glob("*.model")) if arguments.lr_asd else []:
            stored = arguments.cache / f"lr_asd_{name}_{weights.stem}.npy"
            if not stored.exists():
                np.save(stored, theirs(weights, scene))
            result[f"LR-ASD {weights.stem}"] = judge(scene, speaking, np.load(stored))
        print(name, json.dumps(result, indent=1), flush=True)


if __name__ == "__main__":
    main()
