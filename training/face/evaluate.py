"""Measures a face detector beside the teacher on pictures that neither rule nor training saw.

    python3 evaluate.py --data ../../../shared/data --teacher yunet_n_320_320.onnx \\
        [--weights ../../models/attune-face.safetensors]

wider, photos: the given boxes. frames (data/dev clips) and lfw: the teacher's own faces at
640 pixels as stand-in for truth. drawn: exact. Detectors run on every picture enlarged so that its
long side is 640 (drawn: as it is). Faces under 24 pixels, there, neither count nor cost.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
import torch

import detection
import drawn
import network
import pictures

SMALLEST = 24
LONG_SIDE = 640
LOW_SCORE = 0.02


def average_precision(results, smallest=SMALLEST):
    """results: (found [n, 15], truth [m, >=4]) for each picture; all-point area at IoU 0.5."""
    scores, hits, total = [], [], 0
    for found, truth in results:
        counted = np.sqrt(np.prod(truth[:, 2:4] - truth[:, :2], 1)) >= smallest
        total += counted.sum()
        taken = np.zeros(len(truth), bool)
        overlap = detection.iou_matrix(found, truth)
        for row, face in enumerate(found):
            free = np.where(taken, -1, overlap[row]) if len(truth) else np.array([-1])
            best = free.argmax()
            if free[best] >= 0.5:
                taken[best] = True
                if not counted[best]:
                    continue
                hits.append(1)
            elif np.sqrt(np.prod(face[2:4] - face[:2])) < smallest:
                continue
            else:
                hits.append(0)
            scores.append(face[14])
    order = np.argsort(-np.array(scores), kind="stable")
    hits = np.array(hits)[order]
    recall = np.cumsum(hits) / max(1, total)
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1]
    area = np.sum(np.diff(np.concatenate([[0], recall])) * precision)
    return float(area), int(total)


def at_threshold(results, threshold, smallest=SMALLEST):
    """Recall, false alarms a picture, and mean landmark error in face sizes."""
    caught = total = alarms = 0
    errors = []
    for found, truth in results:
        found = found[found[:, 14] >= threshold]
        size = np.sqrt(np.prod(truth[:, 2:4] - truth[:, :2], 1))
        overlap = detection.iou_matrix(found, truth)
        for column in np.flatnonzero(size >= smallest):
            total += 1
            if len(found) and overlap[:, column].max() >= 0.5:
                caught += 1
                if truth.shape[1] == 15 and not np.isnan(truth[column, 4]):
                    best = found[overlap[:, column].argmax()]
                    apart = (best[4:14] - truth[column, 4:14]).reshape(5, 2)
                    errors.append(np.linalg.norm(apart, axis=1).mean() / size[column])
        large = np.sqrt(np.prod(found[:, 2:4] - found[:, :2], 1)) >= smallest
        matched = overlap.max(1) >= 0.3 if len(truth) else np.zeros(len(found), bool)
        alarms += (large & ~matched).sum()
    return caught / max(1, total), alarms / len(results), np.mean(errors) if errors else np.nan


def enlarged(picture):
    scale = LONG_SIDE / max(picture.image.shape[:2])
    faces = picture.faces.copy()
    faces[:, :14] *= scale
    return cv2.resize(picture.image, None, fx=scale, fy=scale), faces


def drawn_pictures(count, seed=4242):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        image, faces = drawn.draw_scene(rng, 480, smallest=60)
        yield image, faces


def without_faces(data, teacher):
    """Cuts of held-out wider pictures away from any given or suspected face, and drawn clutter."""
    rng = np.random.default_rng(7)
    held_out = list(pictures.read_wider(data / "faces/wider", held_out=True))
    pictures.add_teacher_faces(held_out, teacher)
    for picture in held_out:
        for _ in range(20):
            size = int(rng.integers(100, 250))
            left, top = rng.integers(0, 416 - size, 2)
            window = np.array([[left, top, left + size, top + size]], np.float32)
            low = np.maximum(window[:, :2], picture.faces[:, :2])
            high = np.minimum(window[:, 2:], picture.faces[:, 2:4])
            if not (high > low).all(1).any():
                cut = picture.image[top:top + size, left:left + size]
                yield cv2.resize(cut, (480, 480))
    for _ in range(100):
        yield drawn.draw_background(rng, 480)


def load_sets(data, teacher):
    wider = list(pictures.read_wider(data / "faces/wider", held_out=True))
    photos = list(pictures.read_photos(data / "faces/photos"))
    frames = [frame for folder, every, count in (("scenes", 1, 12), ("msdwild", 1, 12),
              ("spokespeople", 1, 6), ("grid", 4, 2), ("sentences", 4, 2))
              for frame in pictures.read_frames(data / "dev" / folder, every, count)]
    lfw = list(pictures.read_lfw(data / "faces/lfw", held_out=True))
    sets = {"wider": [enlarged(p) for p in wider], "photos": [enlarged(p) for p in photos]}
    for name, group in (("frames", frames), ("lfw", lfw)):
        images = [enlarged(p)[0] for p in group]
        sets[name] = [(image, detection.detect(teacher, image, 0.5)) for image in images]
    sets["drawn"] = list(drawn_pictures(100))
    nobody = np.zeros((0, 15), np.float32)
    sets["no faces"] = [(image, nobody) for image in without_faces(data, teacher)]
    return sets


def load_network(path):
    net = network.FaceDetector()
    if path.suffix == ".pt":
        net.load_state_dict(torch.load(path))
    else:
        tensors, _ = network.read_safetensors(path)
        state = {name: torch.from_numpy(value.copy()).float() for name, value in tensors.items()}
        missing = net.load_state_dict(state, strict=False).missing_keys
        assert all(name.endswith("num_batches_tracked") for name in missing), missing
    return net.to(memory_format=torch.channels_last)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--threshold", type=float, default=0.5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    teacher = detection.Teacher(args.teacher)
    detectors = {"teacher": teacher}
    if args.weights:
        detectors["ours"] = detection.Student(load_network(args.weights))
    print("set        detector  pictures  faces     AP  recall  alarms/picture  landmark error")
    for name, group in load_sets(args.data, teacher).items():
        for label, detector in detectors.items():
            results = [(detection.detect(detector, image, LOW_SCORE), truth)
                       for image, truth in group]
            area, count = average_precision(results)
            recall, alarms, error = at_threshold(results, args.threshold)
            print(f"{name:10s} {label:8s}  {len(group):8d} {count:6d}  {area:.3f}   {recall:.3f}"
                  f"  {alarms:14.3f}  {error:14.4f}", flush=True)


if __name__ == "__main__":
    main()
