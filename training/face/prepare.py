"""Gathers everything that training needs in one file.

    python3 prepare.py --data ../../../shared/data --teacher yunet_n_320_320.onnx --out pack.npz

Source pictures and frames with their faces (given, or found by the teacher at several scales),
drawn scenes with exact faces, drawn backgrounds, and the teacher's weights. About a quarter of an
hour on one core, nearly all of it the teacher's, whose faces are kept beside the pack: a second
start goes on from there. The pack holds plain arrays only:

    data, offsets       the pictures as WebP, one after the other, and where each begins and ends
    faces, face_counts  [all faces, 15] as in detection.py, and how many of them each picture has
    groups, group_names each picture's group
    teacher/NAME        the teacher's tensors
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

import detection
import drawn
import pictures
import teacher as teacher_network

SCENES, BACKDROPS, SIDE = 800, 100, 320
# frames are compressed harder than this to begin with; of wider there are few, so they count most
QUALITY = {"wider": 78, "lfw": 66, "drawn": 70, "backdrop": 72}
FRAME_QUALITY = 44


def read_labels(path):
    return dict(np.load(path)) if path.exists() else {}


def labelled(data, teacher, cache):
    """Training pictures with their faces; found ones are written to `cache` now and then."""
    known = read_labels(cache)
    fresh = 0
    for picture in pictures.read_training(data):
        if picture.name not in known:
            known[picture.name] = pictures.teacher_faces(picture, teacher)
            fresh += 1
            if fresh % 500 == 0:
                print(f"{len(known)} pictures", flush=True)
                np.savez(cache, **known)
        picture.faces = known[picture.name]
        yield picture
    if fresh:
        np.savez(cache, **known)


def drawn_pictures(rng):
    for index in range(SCENES):
        image, faces = drawn.draw_scene(rng, SIDE)
        yield pictures.Picture(f"drawn/{index}", image, faces)
    for index in range(BACKDROPS):
        yield pictures.Picture(f"backdrop/{index}", drawn.draw_background(rng, SIDE),
                               pictures.boxes_only([]))


class Pack:
    """Collects pictures; `write` makes the file."""

    def __init__(self):
        self.blobs, self.faces, self.groups, self.names = [], [], [], []

    def add(self, picture):
        group = picture.name.split("/")[0]
        if group not in self.names:
            self.names.append(group)
        quality = QUALITY.get(group, FRAME_QUALITY)
        blob = cv2.imencode(".webp", picture.image, [cv2.IMWRITE_WEBP_QUALITY, quality])[1]
        self.blobs.append(blob.ravel())
        self.faces.append(picture.faces.astype(np.float32).reshape(-1, 15))
        self.groups.append(self.names.index(group))

    def write(self, path, weights):
        lengths = [len(blob) for blob in self.blobs]
        arrays = {
            "data": np.concatenate(self.blobs),
            "offsets": np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            "faces": np.concatenate(self.faces),
            "face_counts": np.array([len(faces) for faces in self.faces], np.int64),
            "groups": np.array(self.groups, np.int64),
            "group_names": np.array(self.names)}
        arrays.update({f"teacher/{name}": value for name, value in weights.items()})
        np.savez_compressed(path, **arrays)
        for index, name in enumerate(self.names):
            sizes = [n for n, group in zip(lengths, self.groups) if group == index]
            print(f"{name:12s} {len(sizes):5d} pictures, {sum(sizes) / 2 ** 20:5.1f} MiB")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with faces/ and train/")
    parser.add_argument("--teacher", type=Path, required=True, help="yunet_n_320_320.onnx")
    parser.add_argument("--out", type=Path, required=True, help="the pack, .npz")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    weights = teacher_network.read_weights(args.teacher)
    difference = teacher_network.largest_difference(weights, args.teacher)
    print(f"teacher: our network differs from OpenCV's outputs by at most {difference:.1e}")
    assert difference < 1e-3
    args.out.parent.mkdir(parents=True, exist_ok=True)
    pack = Pack()
    for picture in drawn_pictures(np.random.default_rng(args.seed)):
        pack.add(picture)
    teacher = detection.Teacher(args.teacher)
    for picture in labelled(args.data, teacher, args.out.with_suffix(".labels.npz")):
        pack.add(picture)
    pack.write(args.out, weights)
    print(f"{args.out}: {args.out.stat().st_size / 2 ** 20:.1f} MiB")


if __name__ == "__main__":
    main()
