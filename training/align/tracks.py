"""Faces of a clip: YuNet a few times a second, joined to tracks, cropped on the token grid."""

import cv2
import numpy as np

import geometry
import media

DETECTION_PERIOD = 0.125  # s: 8 detections a second at most
MAX_GAP = 0.45  # s without a detection after which a track ends
CUT_THRESHOLD = 0.35  # L1 distance of successive colour histograms that counts as a cut
MIN_TOKENS = 15


class Detector:
    """YuNet by OpenCV's dnn: boxes [n, 4] (x, y, w, h), landmarks [n, 5, 2], scores [n], pixels."""

    def __init__(self, weights, max_side=320, threshold=0.6):
        self.side, self.threshold = max_side, threshold
        self.net = cv2.dnn.readNet(str(weights))

    def __call__(self, picture):
        height, width = picture.shape[:2]
        ratio = self.side / max(height, width)
        small = cv2.resize(picture, (round(width * ratio), round(height * ratio)))
        canvas = np.zeros([-(-n // 32) * 32 for n in small.shape[:2]] + [3], np.uint8)
        canvas[: small.shape[0], : small.shape[1]] = small
        self.net.setInput(cv2.dnn.blobFromImage(canvas))
        names = self.net.getUnconnectedOutLayersNames()
        outputs = dict(zip(names, (x[0] for x in self.net.forward(names))))
        levels = [self.level(outputs, canvas.shape, stride) for stride in (8, 16, 32)]
        boxes, points, scores = (np.concatenate(x) for x in zip(*levels))
        if len(boxes) == 0:
            return boxes, points, scores
        keep = cv2.dnn.NMSBoxes(boxes.tolist(), scores.tolist(), self.threshold, 0.3)
        keep = np.array(keep).ravel().astype(int)
        return boxes[keep] / ratio, points[keep] / ratio, scores[keep]

    def level(self, outputs, shape, stride):
        """Candidates of one level; the prior of a cell is its top left corner."""
        cls, obj, box, kps = (outputs[f"{kind}_{stride}"] for kind in ("cls", "obj", "bbox", "kps"))
        scores = np.sqrt(np.clip(cls[:, 0], 0, 1) * np.clip(obj[:, 0], 0, 1))
        columns = shape[1] // stride
        index = np.flatnonzero(scores > self.threshold)
        corner = np.stack([index % columns, index // columns], 1) * stride
        box, kps = box[index] * stride, kps[index].reshape(-1, 5, 2) * stride
        size = np.exp(box[:, 2:] / stride) * stride
        boxes = np.concatenate([corner + box[:, :2] - size / 2, size], 1)
        return boxes, corner[:, None] + kps, scores[index]


class Track:
    def __init__(self):
        self.times, self.boxes, self.landmarks, self.scores = [], [], [], []

    def add(self, time, box, landmarks, score):
        self.times.append(time)
        self.boxes.append(box)
        self.landmarks.append(landmarks)
        self.scores.append(score)

    def distance(self, box):
        """Distance of the centres relative to the box size."""
        last = self.boxes[-1]
        shift = np.hypot(*(last[:2] + last[2:] / 2 - box[:2] - box[2:] / 2))
        size = max(last[2:].mean(), 1)
        change = abs(np.log(max(box[2:].mean(), 1) / size))
        return shift / size + change


def histogram(picture):
    small = cv2.resize(picture, (64, 36), interpolation=cv2.INTER_AREA)
    h = cv2.calcHist([small], [0, 1, 2], None, [6, 6, 6], [0, 256] * 3).ravel()
    return h / h.sum()


def associate(open_tracks, time, boxes, landmarks, scores):
    """Greedy nearest pairs; what is left over starts new tracks (returned)."""
    pairs = sorted((t.distance(b), i, j) for i, t in enumerate(open_tracks)
                   for j, b in enumerate(boxes))
    used_tracks, used_boxes = set(), set()
    for distance, i, j in pairs:
        if distance > 0.6 or i in used_tracks or j in used_boxes:
            continue
        used_tracks.add(i)
        used_boxes.add(j)
        open_tracks[i].add(time, boxes[j], landmarks[j], scores[j])
    fresh = []
    for j in set(range(len(boxes))) - used_boxes:
        fresh.append(Track())
        fresh[-1].add(time, boxes[j], landmarks[j], scores[j])
    return fresh


def track_faces(path, detector):
    """-> (tracks, displayed, cuts): displayed is a list of (time, gray picture)."""
    done, alive, displayed, previous = [], [], [], None
    next_detection = -1e9
    for time, picture in media.read_pictures(path):
        displayed.append((time, cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)))
        current = histogram(picture)
        if previous is not None and np.abs(current - previous).sum() > 2 * CUT_THRESHOLD:
            done, alive, next_detection = done + alive, [], -1e9
        previous = current
        if time < next_detection - 1e-3:
            continue
        next_detection = time + DETECTION_PERIOD
        alive += associate(alive, time, *detector(picture))
        done += [t for t in alive if time - t.times[-1] > MAX_GAP]
        alive = [t for t in alive if time - t.times[-1] <= MAX_GAP]
    return done + alive, displayed


def crop_track(track, displayed):
    """Crops of one track: dict of start token, crops uint8 [n, 48, 48], boxes [n, 4], score."""
    rate, times = geometry.TOKENS_PER_SECOND, np.array([t for t, _ in displayed])
    first, last = track.times[0], track.times[-1]
    first = times[0] if first - times[0] < DETECTION_PERIOD else first
    last = times[-1] if times[-1] - last < DETECTION_PERIOD else last
    tokens = np.arange(np.ceil(first * rate - 1e-6), np.floor(last * rate + 1e-6) + 1).astype(int)
    if len(tokens) < MIN_TOKENS:
        return None
    points = geometry.interpolate_landmarks(track.times, track.landmarks, tokens)
    points = geometry.smooth_landmarks(points)
    boxes = np.stack([np.interp(tokens / rate, track.times, c) for c in np.array(track.boxes).T], 1)
    index = np.searchsorted(times, tokens / rate + 1e-4, "right") - 1
    crops = [geometry.sample_crop(displayed[max(i, 0)][1], geometry.crop_placement(p))
             for i, p in zip(index, points)]
    return {"start": int(tokens[0]), "crops": np.round(crops).astype(np.uint8),
            "boxes": boxes.astype(np.float32), "score": float(np.mean(track.scores))}


def faces_of(path, detector):
    found, displayed = track_faces(path, detector)
    tracks = [crop_track(t, displayed) for t in found if len(t.times) > 1]
    return [t for t in tracks if t is not None]
