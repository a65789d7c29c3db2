"""Measures a face detector beside the teacher on pictures that neither rule nor training saw.

    python3 evaluate.py --data ../../../shared/data --teacher yunet_n_320_320.onnx \\
        [--weights ../../models/attune-face.safetensors]

wider, photos, msdwild: the given boxes (msdwild: frames of one clip of three people). frames
(data/dev clips) and lfw: what the teacher finds at several scales stands in for truth, so that at
the one scale of the comparison it does not agree with itself by definition. drawn: exact. Detectors
run on every picture resized so that its long side is 640 (drawn: as it is). Faces under 24 pixels,
there, neither count nor cost. The interval is a 95 % bootstrap over pictures; frames of one clip
resemble each other, so it is too narrow for clips. About five minutes on one core.
"""

import argparse
import csv
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
THOROUGH = (0.6, 1.0, 1.5, 2.0)    # of LONG_SIDE
RESAMPLES = 400


def scored(results, smallest=SMALLEST):
    """(picture, score, hit) of what counts, and how many true faces each picture has.

    results: (found [n, 15], truth [m, >=4]) for each picture. A hit has an IoU of 0.5.
    """
    rows, totals = [], []
    for index, (found, truth) in enumerate(results):
        counted = np.sqrt(np.prod(truth[:, 2:4] - truth[:, :2], 1)) >= smallest
        totals.append(counted.sum())
        taken = np.zeros(len(truth), bool)
        overlap = detection.iou_matrix(found, truth)
        for row, face in enumerate(found):
            free = np.where(taken, -1, overlap[row]) if len(truth) else np.array([-1])
            best = free.argmax()
            if free[best] >= 0.5:
                taken[best] = True
                if counted[best]:
                    rows.append((index, face[14], 1))
            elif np.sqrt(np.prod(face[2:4] - face[:2])) >= smallest:
                rows.append((index, face[14], 0))
    rows = np.array(rows, np.float64).reshape(-1, 3)
    order = np.argsort(-rows[:, 1], kind="stable")
    return rows[order, 0].astype(int), rows[order, 2], np.array(totals)


def area_under(which, hits, totals, weights):
    """All-point average precision, each picture counted `weights` times."""
    weight = weights[which]
    caught, seen = np.cumsum(weight * hits), np.cumsum(weight)
    recall = caught / max(1, (weights * totals).sum())
    precision = np.maximum.accumulate((caught / np.maximum(seen, 1))[::-1])[::-1]
    return float(np.sum(np.diff(np.concatenate([[0], recall])) * precision))


def average_precision(results):
    """AP, and the bounds of its 95 % interval."""
    which, hits, totals = scored(results)
    count, rng = len(results), np.random.default_rng(11)
    drawn_areas = [area_under(which, hits, totals, np.bincount(
        rng.integers(0, count, count), minlength=count)) for _ in range(RESAMPLES)]
    low, high = np.percentile(drawn_areas, [2.5, 97.5])
    return area_under(which, hits, totals, np.ones(count)), low, high


def threshold_for(results, recall, smallest=SMALLEST):
    """The highest at which `recall` of the faces is found, None if it cannot be reached."""
    best = []
    for found, truth in results:
        size = np.sqrt(np.prod(truth[:, 2:4] - truth[:, :2], 1))
        overlap = detection.iou_matrix(found, truth)
        for column in np.flatnonzero(size >= smallest):
            scores = found[overlap[:, column] >= 0.5, 14]
            best.append(scores.max() if len(scores) else 0)
    wanted = int(np.ceil(recall * len(best) - 1e-6))
    if not wanted:
        return None
    value = np.sort(best)[::-1][wanted - 1]
    return value if value > 0 else None


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


def resized(picture):
    """The picture with a long side of LONG_SIDE, and its faces there."""
    scale = LONG_SIDE / max(picture.image.shape[:2])
    faces = picture.faces.copy()
    faces[:, :14] *= scale
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(picture.image, None, fx=scale, fy=scale, interpolation=how), faces


def msdwild(folder, count):
    """Frames of the clip whose faces are given, with their boxes."""
    boxes = {}
    with open(folder / "00001.csv") as file:
        for row in csv.reader(file):
            boxes.setdefault(int(row[0]), []).append([float(value) for value in row[3:7]])
    capture = cv2.VideoCapture(str(folder / "00001.mp4"))
    length = min(max(boxes) + 1, int(capture.get(cv2.CAP_PROP_FRAME_COUNT)))
    wanted = set(np.linspace(0, length - 1, count).astype(int).tolist())
    for index in range(length):
        if not capture.grab():
            break
        if index in wanted:
            image = capture.retrieve()[1]
            faces = pictures.boxes_only(np.array(boxes.get(index, [])))
            yield pictures.Picture(f"msdwild:{index}", image, faces)


def drawn_pictures(count, seed=4242):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        image, faces = drawn.draw_scene(rng, 480, smallest=60)
        yield image, faces


def without_faces(data, teacher):
    """Cuts of held-out wider pictures away from any given or suspected face, and drawn clutter."""
    rng = np.random.default_rng(7)
    held_out = list(pictures.read_wider(data / "faces/wider", held_out=True))
    for picture in held_out:
        faces = pictures.teacher_faces(picture, teacher)
        for _ in range(20):
            size = int(rng.integers(100, 250))
            left, top = rng.integers(0, 416 - size, 2)
            window = np.array([[left, top, left + size, top + size]], np.float32)
            low = np.maximum(window[:, :2], faces[:, :2])
            high = np.minimum(window[:, 2:], faces[:, 2:4])
            if not (high > low).all(1).any():
                cut = picture.image[top:top + size, left:left + size]
                yield cv2.resize(cut, (480, 480))
    for _ in range(100):
        yield drawn.draw_background(rng, 480)


def load_sets(data, teacher):
    """Set name to (picture, true faces) pairs."""
    given = {"wider": pictures.read_wider(data / "faces/wider", held_out=True),
             "photos": pictures.read_photos(data / "faces/photos"),
             "msdwild": msdwild(data / "dev/msdwild", 48)}
    sets = {name: [resized(picture) for picture in group] for name, group in given.items()}
    frames = [frame for folder, every, count in (("scenes", 1, 12), ("msdwild/crops", 1, 2),
              ("spokespeople", 1, 6), ("grid", 4, 2), ("sentences", 4, 2))
              for frame in pictures.read_frames(data / "dev" / folder, every, count)]
    lfw = pictures.read_lfw(data / "faces/lfw", held_out=True)
    for name, group in (("frames", frames), ("lfw", lfw)):
        images = [resized(picture)[0] for picture in group]
        sets[name] = [(image, detection.detect_thoroughly(teacher, image, 0.5, THOROUGH))
                      for image in images]
    sets["drawn"] = list(drawn_pictures(100))
    nobody = np.zeros((0, 15), np.float32)
    sets["no faces"] = [(image, nobody) for image in without_faces(data, teacher)]
    return sets


def load_network(path):
    if path.suffix == ".pt":
        state = torch.load(path, map_location="cpu")
    else:
        tensors, _ = network.read_safetensors(path)
        state = {name: torch.from_numpy(value.copy()).float() for name, value in tensors.items()}
    net = network.FaceDetector(network.quarter_width(state))
    missing = net.load_state_dict(state, strict=False).missing_keys
    assert all(name.endswith("num_batches_tracked") for name in missing), missing
    return net.to(memory_format=torch.channels_last)


def report(name, group, detectors, threshold):
    """One line for each detector."""
    teacher_recall = None
    for label, detector in detectors.items():
        results = [(detection.detect(detector, image, LOW_SCORE), truth) for image, truth in group]
        recall, alarms, error = at_threshold(results, threshold)
        line = f"{name:9s} {label:8s} {len(group):8d} {sum(len(truth) for _, truth in group):6d}"
        if name == "no faces":
            print(f"{line}  {'':20s}  {'':6s}  {alarms:14.3f}", flush=True)
            continue
        area, low, high = average_precision(results)
        line += f"  {area:.3f} ({low:.3f}-{high:.3f})  {recall:6.3f}  {alarms:14.3f}  {error:14.4f}"
        if teacher_recall is None:
            teacher_recall = recall
        else:
            equal = threshold_for(results, teacher_recall)
            line += ("  not reached" if equal is None else
                     f"  {at_threshold(results, equal)[1]:.3f} at {equal:.2f}")
        print(line, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--weights", type=Path, nargs="*", default=[])
    parser.add_argument("--threshold", type=float, default=0.5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    teacher = detection.Teacher(args.teacher)
    detectors = {"teacher": teacher}
    for index, path in enumerate(args.weights):
        label = "ours" if len(args.weights) == 1 else f"ours {index + 1}"
        detectors[label] = detection.Student(load_network(path))
    print("set       detector pictures  faces  AP (95 % interval)    recall  alarms/picture"
          "  landmark error  alarms/picture at the teacher's recall")
    for name, group in load_sets(args.data, teacher).items():
        report(name, group, detectors, args.threshold)


if __name__ == "__main__":
    main()
