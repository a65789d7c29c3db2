"""Clips from the project's own scene generator: movies.py --generator attune-scene --cache DIR ...

Drawn people who take turns; each track becomes a clip whose sound is silent wherever somebody else
speaks (the movie's ground truth says when), so that it holds talking and listening of one person.
Seed 1 with the default options is the bundled sample and is never used here.
"""

import argparse
import json
import subprocess
from pathlib import Path

import cv2
import numpy as np

import media
import tracks

SIZES = ("640x360", "960x540", "480x270")
MARGIN = 0.06  # s around a segment


def own_sound(sound, truth, speaker):
    keep = np.zeros(len(sound), bool)
    for segment in truth["segments"]:
        if segment.get("speaker") == speaker and segment.get("on_screen", True):
            first, last = segment["start"] - MARGIN, segment["end"] + MARGIN
            keep[max(int(16000 * first), 0) : int(16000 * last)] = True
    return np.where(keep, sound, 0)


def speaker_of(face, truth, width):
    """Speaker id by the side of the picture; in a close-up or alone: whoever is left over."""
    sides = {s["side"]: s["id"] for s in truth["speakers"]}
    middle = float((face["boxes"][:, 0] + face["boxes"][:, 2] / 2).mean()) / width
    if len(sides) == 1:
        return next(iter(sides.values()))
    return sides["left"] if middle < 0.5 else sides["right"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--generator", type=Path, required=True)
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--movies", type=Path, required=True, help="folder for the movies")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(2, 8)))
    parser.add_argument("--turns", type=int, default=8)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    detector = tracks.Detector(arguments.detector, 640)
    arguments.movies.mkdir(parents=True, exist_ok=True)
    for seed in arguments.seeds:
        movie, size = arguments.movies / f"{seed}.mp4", SIZES[seed % len(SIZES)]
        rate = 0.85 + 0.1 * (seed % 4)
        if not movie.exists():
            subprocess.run([arguments.generator, "-o", movie, "--seed", str(seed), "--size", size,
                            "--turns", str(arguments.turns), "--parts", "dialogue",
                            "--speech-rate", f"{rate:.2f}"], check=True)
        truth = json.loads(movie.with_suffix(".json").read_text())
        sound = media.read_sound(movie)
        for k, face in enumerate(tracks.faces_of(movie, detector)):
            speaker = speaker_of(face, truth, int(size.split("x")[0]))
            own = own_sound(sound, truth, speaker)
            np.savez(arguments.cache / f"drawn_movie{seed}-{k}.npz",
                     sound=np.round(own * 32768).clip(-32768, 32767).astype(np.int16),
                     **{f"{name}_0": value for name, value in face.items()})
        print(seed, flush=True)


if __name__ == "__main__":
    main()
