"""Mixed scenes of people never seen, ours beside LR-ASD on the same tracks and sounds.

    mixed_scenes.py --model M --cache DEV_CACHE --data DEV_FOLDER [--lr-asd FOLDER] [--scenes 120]

One to three people of the development clips on screen for 2.4 s; the sound is mixed as a wave: the
voice of one of them (or of two), a voice from off screen, silence, noise or music. Those who are not
heard either talk on unheard or hold still. Reported per 40 ms token and face: average precision of
"speaking" with bootstrap intervals over scenes, for all scenes and for those in which unheard people
hold still (what the published networks were made for); and for ours off-screen speech, the right
face and nobody by mass, and the same with attention replaced by the time-aligned token.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
import torch

import clips as clip_files
import infer
import lr_asd
import media
import pack
import voices
from prepare import clips_below
from real_scenes import average_precision
from trials import time_aligned

TOKENS = 60
CORPORA = ("spokespeople", "grid", "sentences")


class Actor:
    """2.4 s of one talking person: sound, activity, mouth crops and what LR-ASD sees."""

    def __init__(self, clip, sound, first):
        self.clip, self.first = clip, first
        self.sound = sound[640 * first : 640 * (first + TOKENS)]
        self.active = pack.activity_of(sound)[first : first + TOKENS]
        self.crops = clip.crops[first - clip.start :][:TOKENS]
        self.seen, self.seen_still = {}, {}

    def look(self, nets, shown):
        """LR-ASD's view of the face, moving and held at its first picture."""
        times = np.array([t for t, _ in shown])
        index = np.searchsorted(times, np.arange(self.first, self.first + TOKENS) / 25 + 1e-4,
                                "right") - 1
        boxes = self.clip.boxes[self.first - self.clip.start :]
        for name, net in nets.items():
            pictures = np.stack([lr_asd.face_crop(shown[max(i, 0)][1], box, "AVA" in name)
                                 for i, box in zip(index, boxes)])
            self.seen[name] = net.see(pictures)
            self.seen_still[name] = net.see(np.repeat(pictures[:1], TOKENS, 0))


def actors_of(cache, data, nets, per_corpus, rng):
    """{corpus: actors}, each from another recording."""
    out, files = {}, {}
    for path, root in clips_below([data / corpus for corpus in CORPORA]):
        files["_".join(path.relative_to(root.parent).with_suffix("").parts)] = path
    for corpus in CORPORA:
        found = [c for c in clip_files.load_all(cache, min_tokens=TOKENS, min_score=0.6,
                                                keep=lambda p: p.stem.startswith(corpus))]
        best = {c.recording: c for c in sorted(found, key=lambda c: len(c.crops))}
        chosen = [best[r] for r in sorted(best)]
        rng.shuffle(chosen)
        out[corpus] = []
        for clip in chosen:
            stored = np.load(cache / (clip.recording + ".npz"))
            sound = stored["sound"].astype(np.float32) / 32768
            last = min(clip.start + len(clip.crops), len(sound) // 640) - TOKENS
            low = max(clip.start, 0)
            if last < low or len(out[corpus]) >= per_corpus:
                continue
            actor = Actor(clip, sound, int(rng.integers(low, last + 1)))
            if actor.active.mean() < 0.5 or "loop" in clip.name or "fidget" in clip.name:
                continue
            if nets:
                shown = [(t, cv2.cvtColor(p, cv2.COLOR_BGR2GRAY))
                         for t, p in media.read_pictures(files[clip.recording])]
                actor.look(nets, shown)
            out[corpus].append(actor)
    return out


class MixedScene:
    """cast: [(actor, moves while unheard)]; labels voice [F, T], off [T]; one sound."""

    def __init__(self, actors, strangers, rng):
        count = min(int(rng.choice([1, 2, 3], p=[0.3, 0.4, 0.3])), len(actors))
        chosen = rng.permutation(len(actors))[:count]
        self.talks_on = bool(rng.random() < 0.5)
        self.cast = [actors[k] for k in chosen]
        self.sound = np.zeros(640 * TOKENS, np.float32)
        self.voice = np.zeros((count, TOKENS))
        self.off = np.zeros(TOKENS)
        cut = int(rng.integers(20, 40))
        bounds = [(0, TOKENS)] if rng.random() < 0.4 else [(0, cut), (cut, TOKENS)]
        for first, last in bounds:
            self.fill(first, last, strangers, rng)
        if rng.random() < 0.3:
            cover = (voices.music if rng.random() < 0.5 else voices.noise)(rng, 3.1)
            self.add(cover[: len(self.sound)], 0, TOKENS, 0.05 * 10 ** (-rng.uniform(5, 20) / 20))
        self.sound += rng.normal(0, 10 ** rng.uniform(-5, -3.5), len(self.sound))
        self.sound = self.sound.astype(np.float32)

    def add(self, sound, first, last, level):
        piece = sound[640 * first : 640 * last]
        strength = np.sqrt(np.mean(sound**2)) + 1e-6
        self.sound[640 * first : 640 * last] += piece * (level / strength)

    def fill(self, first, last, strangers, rng):
        draw, count = rng.random(), len(self.cast)
        if draw < 0.55:
            for k in rng.permutation(count)[: 2 if rng.random() < 0.2 else 1]:
                self.add(self.cast[k].sound, first, last, 0.05)
                self.voice[k, first:last] = self.cast[k].active[first:last]
        elif draw < 0.8:
            others = [a for a in strangers if a not in self.cast]
            stranger = others[int(rng.integers(len(others)))]
            self.add(stranger.sound, first, last, 0.05)
            self.off[first:last] = stranger.active[first:last]
        elif draw < 0.9:
            cover = (voices.music if rng.random() < 0.5 else voices.noise)(rng, 3.1)
            self.add(cover, first, last, 0.05)

    def tracks(self):
        """[(start, crops)] for ours: unheard people talk on, or hold their first picture."""
        out = []
        for actor, voice in zip(self.cast, self.heard()):
            moving = self.talks_on | voice
            still = np.repeat(actor.crops[:1], TOKENS, 0)
            out.append((0, np.where(moving[:, None, None], actor.crops, still)))
        return out

    def heard(self):
        """[F, T] where a person's own segment runs (pauses within it included)."""
        out = []
        for v in self.voice:
            where = np.flatnonzero(v > 0)
            mask = np.zeros(TOKENS, bool)
            if len(where):
                mask[max(where[0] - 3, 0) : where[-1] + 4] = True
            out.append(mask)
        return out

    def seen(self, name):
        """LR-ASD's view of each face [F][1, C, T]."""
        return [torch.where(torch.from_numpy(self.talks_on | h), a.seen[name], a.seen_still[name])
                for a, h in zip(self.cast, self.heard())]


def ours(model, scene):
    out, _ = infer.align_with_lag(model, scene.sound, scene.tracks())
    flat = [time_aligned(model, out["audio"][0, t : t + 1], [(f[t : t + 31], p[t : t + 31])
            for f, p in zip(out["face"][0], out["present"][0])], 0) for t in range(TOKENS)]
    return {"speaking": out["speaking"][0].numpy(), "offscreen": out["offscreen"][0].numpy(),
            "mass": out["weights"][0].sum(3).mean(0).numpy(),
            "null": out["null"][0].mean(0).numpy(),
            "flat": np.stack([m for m, _ in flat], 1), "flat null": np.array([n for _, n in flat])}


def theirs(nets, scene):
    rows = lr_asd.mfcc(scene.sound, 4 * TOKENS)
    return {name: np.stack([net.score(rows, seen) for seen in scene.seen(name)])
            for name, net in nets.items()}


def with_interval(values, labels, rng, rounds=300):
    """Average precision over all faces and tokens, bootstrapped over scenes."""

    def area(which):
        scores = np.concatenate([values[k].ravel() for k in which])
        truth = np.concatenate([labels[k].ravel() for k in which])
        sure = truth != 0.5
        return average_precision(scores[sure], truth[sure] > 0.5)

    n = len(values)
    rest = [area(rng.integers(0, n, n)) for _ in range(rounds)]
    low, high = np.quantile(rest, [0.025, 0.975])
    return f"{area(range(n)):.3f} ({low:.3f} to {high:.3f})"


def right_and_nobody(results, scenes, mass, null):
    """Share of tokens whose greatest mass is the heard face; and of null where none is heard."""
    right, nobody = [], []
    for r, s in zip(results, scenes):
        best = np.where(r[mass].max(0) > r[null], r[mass].argmax(0), -1)
        one = (s.voice > 0.5).sum(0) == 1
        right.append(best[one] == s.voice.argmax(0)[one])
        nobody.append(best[(s.off > 0.5) & (s.voice.max(0) == 0)] == -1)
    return float(np.concatenate(right).mean()), float(np.concatenate(nobody).mean())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--lr-asd", type=Path, help="folder of the upstream weights")
    parser.add_argument("--scenes", type=int, default=120)
    parser.add_argument("--people", type=int, default=14, help="of each corpus")
    parser.add_argument("--seed", type=int, default=99)
    a = parser.parse_args()
    torch.set_num_threads(1)
    rng = np.random.default_rng(a.seed)
    model = infer.load_exported(a.model)
    nets = {p.stem: lr_asd.LrAsd(p) for p in sorted(a.lr_asd.glob("*.model"))} if a.lr_asd else {}
    with torch.no_grad():
        actors = actors_of(a.cache, a.data, nets, a.people, rng)
    print({k: len(v) for k, v in actors.items()}, flush=True)
    strangers = [x for group in actors.values() for x in group]
    scenes = [MixedScene(actors[CORPORA[k % 3]], strangers, rng) for k in range(a.scenes)]
    results = [ours(model, s) for s in scenes]
    speaking = {"attune": [r["speaking"] for r in results]}
    for s in scenes:
        for name, logits in theirs(nets, s).items():
            speaking.setdefault(f"LR-ASD {name}", []).append(logits)
    labels = [s.voice for s in scenes]
    still = [k for k, s in enumerate(scenes) if not s.talks_on]
    report = {"scenes": len(scenes), "of these, unheard people hold still": len(still)}
    for name, values in speaking.items():
        report[f"{name}, speaking, all"] = with_interval(values, labels, rng)
        report[f"{name}, speaking, unheard hold still"] = with_interval(
            [values[k] for k in still], [labels[k] for k in still], rng)
        said = np.concatenate([v.ravel() for v in values]) > 0
        truth = np.concatenate([v.ravel() for v in labels])
        report[f"{name}, missed, false at 0"] = [round(float(1 - said[truth == 1].mean()), 3),
                                                 round(float(said[truth == 0].mean()), 3)]
    off = [s.off for s in scenes]
    report["attune, off-screen speech"] = with_interval([r["offscreen"] for r in results], off, rng)
    report["right face, nobody"] = right_and_nobody(results, scenes, "mass", "null")
    report["the same, time-aligned token"] = right_and_nobody(results, scenes, "flat", "flat null")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
