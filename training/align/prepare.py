"""Turns clips into cached sound and mouth crops: prepare.py --cache DIR --detector ONNX CLIPS...

One npz per clip: `sound` int16 16 kHz, and for track k `start_k`, `crops_k`, `boxes_k`, `score_k`.
--photos: a folder of portraits; their mouths, which never move, become the one track of
`photos_stills.npz`, one crop each.
Clips already in the cache are skipped, so the program may be stopped and started again.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

import geometry
import media
import tracks

SUFFIXES = {".mkv", ".mp4", ".mpg", ".avi", ".webm", ".mov"}


def clips_below(paths):
    for path in map(Path, paths):
        found = sorted(p for p in path.rglob("*") if p.suffix in SUFFIXES) if path.is_dir() else []
        yield from ((p, path) for p in found) if path.is_dir() else [(path, path.parent)]


def prepare(path, target, detector):
    sound = media.read_sound(path)
    arrays = {"sound": np.round(sound * 32768).clip(-32768, 32767).astype(np.int16)}
    faces = tracks.faces_of(path, detector)
    for k, face in enumerate(faces):
        arrays.update({f"{name}_{k}": value for name, value in face.items()})
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".part.npz")
    np.savez(partial, **arrays)
    partial.rename(target)
    return len(faces)


def prepare_photos(folder, target, detector):
    crops = []
    for path in sorted(folder.rglob("*.jpg")):
        picture = cv2.imread(str(path))
        _, points, scores = detector(picture)
        if len(scores) and scores.max() > 0.8:
            placement = geometry.crop_placement(points[scores.argmax()])
            gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
            crops.append(np.round(geometry.sample_crop(gray, placement)).astype(np.uint8))
    np.savez(target, sound=np.zeros(8000, np.int16), start_0=0, crops_0=np.stack(crops), score_0=1)
    print(f"{folder}: {len(crops)} mouths", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="*", help="clips or folders of clips")
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--max-side", type=int, default=320)
    parser.add_argument("--photos", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    detector = tracks.Detector(arguments.detector, arguments.max_side)
    arguments.cache.mkdir(parents=True, exist_ok=True)
    stills = arguments.cache / "photos_stills.npz"
    if arguments.photos and not stills.exists():
        prepare_photos(arguments.photos, stills, detector)
    for path, root in clips_below(arguments.clips):
        name = "_".join(path.relative_to(root.parent).with_suffix("").parts)
        target = arguments.cache / (name + ".npz")
        if target.exists():
            continue
        try:
            count = prepare(path, target, detector)
        except (OSError, ValueError, cv2.error) as error:
            print(f"{path}: {error}", flush=True)
            continue
        print(f"{path}: {count} tracks", flush=True)


if __name__ == "__main__":
    main()
