"""Source pictures and what is known of the faces in them.

Truth is the given boxes (wider) and what the teacher finds at several scales; a landmark that
nobody gave is NaN. Held out for evaluation: every fifth wider picture, every twentieth lfw name,
all of photos, and all of data/dev.
"""

import itertools
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

import cv2
import numpy as np

import detection

TRUTH_SCORE = 0.5    # a teacher's face of this score counts as true ...
DOUBT_SCORE = 0.15   # ... and below that, down to here, as neither face nor background
SMALL = 16           # pixels: see teacher_faces


@dataclass
class Picture:
    name: str
    image: np.ndarray    # BGR uint8
    faces: np.ndarray    # [n, 15]; score 1: certain, TRUTH_SCORE..1: teacher's, below: doubtful


def boxes_only(boxes):
    faces = np.full((len(boxes), 15), np.nan, np.float32)
    if len(boxes):
        faces[:, :4] = boxes
    faces[:, 14] = 1
    return faces


def read_wider(folder, held_out):
    boxes = {}
    for line in (folder / "labels_416.txt").read_text().splitlines():
        if line.startswith("#"):
            current = boxes.setdefault(line[1:].strip(), [])
        else:
            current.append([float(word) for word in line.split()[:4]])
    for index, name in enumerate(sorted(boxes)):
        if (index % 5 == 0) == held_out:
            image = cv2.imread(str(folder / "images" / name))
            yield Picture(f"wider/{name}", image, boxes_only(np.array(boxes[name])))


def read_lfw(folder, held_out):
    for index, path in enumerate(sorted(folder.glob("*.jpg"))):
        if (index % 20 == 0) == held_out:
            yield Picture(f"lfw/{path.name}", cv2.imread(str(path)), boxes_only([]))


def read_photos(folder):
    for listing in ("testing.xml", "training.xml"):
        for entry in ElementTree.parse(folder / listing).iter("image"):
            boxes = [[float(box.get(key)) for key in ("left", "top", "width", "height")]
                     for box in entry.iter("box")]
            boxes = np.array(boxes)
            boxes[:, 2:] += boxes[:, :2]
            name = entry.get("file")
            yield Picture(f"photos/{name}", cv2.imread(str(folder / name)), boxes_only(boxes))


def shrunk(image, longest):
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def read_frames(folder, every_clip, per_clip, longest=1 << 16):
    """Frames spread evenly over every `every_clip`-th clip below `folder`."""
    clips = [path for path in sorted(folder.rglob("*"))
             if path.suffix in (".mkv", ".mp4", ".mpg", ".avi")]
    for path in clips[::every_clip]:
        capture = cv2.VideoCapture(str(path))
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        wanted = set(np.linspace(0, max(0, count - 2), per_clip).astype(int).tolist())
        for index in range(max(wanted) + 1):
            if not capture.grab():
                break
            if index in wanted:
                name = f"{folder.name}/{path.relative_to(folder)}:{index}"
                yield Picture(name, shrunk(capture.retrieve()[1], longest), boxes_only([]))


def merge(given, found):
    """Given boxes take the landmarks of the detection that lies on them."""
    given, found = given.copy(), found.copy()
    overlap = detection.iou_matrix(given, found)
    for row in range(len(given)):
        if len(found) and overlap[row].max() > 0.4:
            given[row, 4:14] = found[overlap[row].argmax(), 4:14]
    alone = overlap.max(0) <= 0.4 if len(given) else np.ones(len(found), bool)
    return np.concatenate([given, found[alone]])


def teacher_faces(picture, teacher):
    """The given faces and those that the teacher finds at several scales.

    Small given faces that it finds at none become doubtful: most are a few blurred pixels.
    """
    scales = (0.5, 1.0, 2.0, 3.0) if len(picture.faces) else (1.0, 1.5)
    found = detection.detect_thoroughly(teacher, picture.image, DOUBT_SCORE, scales)
    faces = merge(picture.faces, found)
    small = np.sqrt(np.prod(faces[:, 2:4] - faces[:, :2], 1)) < SMALL
    faces[small & np.isnan(faces[:, 4]), 14] = DOUBT_SCORE
    return faces


def without_marks(image):
    """The lectures' frames have a yellow box painted around the face: it is painted over."""
    blue, green, red = (image[..., channel].astype(int) for channel in range(3))
    low = np.minimum(green, red)
    marks = (low > 110) & (low - blue > 70) & (np.abs(green - red) < 60)
    marks = cv2.dilate(marks.astype(np.uint8), np.ones((5, 5), np.uint8))
    return cv2.inpaint(image, marks, 3, cv2.INPAINT_TELEA)


def lectures(folder):
    for picture in read_frames(folder, every_clip=1, per_clip=40):
        image = shrunk(without_marks(picture.image), 320)
        yield Picture(picture.name, image, picture.faces)


def not_blank(frames):
    """Clips that fade in and out have frames of one colour."""
    return (picture for picture in frames if picture.image.std() > 5)


def read_training(data):
    """`data`: the folder with `faces` and `train`. Yields pictures with the given faces only."""
    return itertools.chain(
        read_wider(data / "faces/wider", held_out=False),
        read_lfw(data / "faces/lfw", held_out=False),
        lectures(data / "train/lectures"),
        not_blank(read_frames(data / "train/spokespeople", every_clip=1, per_clip=24,
                              longest=320)),
        read_frames(data / "train/anchors", every_clip=1, per_clip=2, longest=320))
