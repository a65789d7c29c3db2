"""Training examples: source pictures cut, scaled, turned, put together and then degraded.

The teacher sees the example's picture, the student a degraded one: it learns to answer there what
the teacher answers on the clean one.
"""

from dataclasses import dataclass

import cv2
import numpy as np

import detection
import drawn
from pictures import DOUBT_SCORE, TRUTH_SCORE

SMALLEST = 7     # smaller faces are neither truth nor background
MIRROR = [2, 3, 0, 1, 4, 5, 8, 9, 6, 7]    # landmarks after a left-right flip


@dataclass
class Example:
    clean: np.ndarray    # BGR uint8 [side, side, 3]
    faces: np.ndarray    # [n, 15], score below TRUTH_SCORE: doubtful
    drawn: bool          # the teacher has no say


def visible(faces, side):
    """Drops faces that the cut removed; those mostly outside or tiny become doubtful."""
    if not len(faces):
        return faces
    inside = np.clip(faces[:, :4], 0, side)
    area = np.prod(faces[:, 2:4] - faces[:, :2], 1)
    part = np.prod(inside[:, 2:] - inside[:, :2], 1) / np.maximum(area, 1e-6)
    tiny = np.sqrt(area) < SMALLEST
    faces = faces.copy()
    faces[(part < 0.6) | tiny, 14] = DOUBT_SCORE
    return faces[part > 0.02]


def transform(picture, faces, matrix, flipped):
    """Warps faces by the 2x3 `matrix`; a turned box becomes the upright box of its ellipse."""
    out = faces.copy()
    if not len(faces):
        return out
    linear, shift = matrix[:, :2], matrix[:, 2]
    centre = (faces[:, :2] + faces[:, 2:4]) / 2
    half = (faces[:, 2:4] - faces[:, :2]) / 2
    centre = centre @ linear.T + shift
    half = np.sqrt((half ** 2) @ (linear ** 2).T)
    out[:, :4] = np.concatenate([centre - half, centre + half], 1)
    points = faces[:, 4:14].reshape(-1, 5, 2) @ linear.T + shift
    out[:, 4:14] = points.reshape(-1, 10)
    if flipped:
        out[:, 4:14] = out[:, 4:14][:, MIRROR]
    return out


class Composer:
    """Makes examples from `pictures`; all chance comes from the generator given to each call."""

    def __init__(self, pictures):
        groups = {}
        for picture in pictures:
            groups.setdefault(picture.name.split("/")[0], []).append(picture)
        self.groups = groups
        self.names = sorted(groups)
        # lfw pictures end where the face ends: many of them teach their edge, not the face's
        weights = {"wider": 0.34, "lfw": 0.07, "anchors": 0.34}
        rest = (1 - sum(weights.values())) / max(1, len(self.names) - len(weights))
        shares = np.array([weights.get(name, rest) for name in self.names])
        self.shares = shares / shares.sum()

    def pick(self, rng, name=None):
        group = self.groups[name or self.names[rng.choice(len(self.names), p=self.shares)]]
        return group[rng.integers(len(group))]

    def cut(self, rng, side, empty=False):
        """A square cut around a random face (or anywhere) of one picture; (image, faces)."""
        picture = self.pick(rng, "wider" if empty and rng.random() < 0.7 else None)
        faces = picture.faces
        height, width = picture.image.shape[:2]
        certain = np.flatnonzero(faces[:, 14] >= TRUTH_SCORE)
        if len(certain) and not empty and rng.random() < 0.9:
            face = faces[rng.choice(certain)]
            size = np.sqrt(np.prod(face[2:4] - face[:2]))
            largest = min(0.95 * side, 300)
            target = np.exp(rng.uniform(np.log(12), np.log(largest)))
            if rng.random() < 0.3:
                target = rng.uniform(0.25, 0.9) * side
            scale = np.clip(target / size, 0.1, 6)
            focus = (face[:2] + face[2:4]) / 2
            place = rng.uniform(0.15, 0.85, 2) * side
            if target > 0.5 * side:
                place = rng.uniform(0.4, 0.6, 2) * side
        else:
            scale = side / max(height, width) * np.exp(rng.uniform(-0.5, 1))
            focus = rng.uniform(0, 1, 2) * (width, height)
            place = rng.uniform(0.2, 0.8, 2) * side
        flipped = rng.random() < 0.5
        angle = np.radians(rng.normal(0, 9) if rng.random() < 0.5 else 0)
        stretch = np.exp(rng.normal(0, 0.05))
        linear = scale * np.array([[np.cos(angle), -np.sin(angle)],
                                   [np.sin(angle), np.cos(angle)]])
        linear = linear @ np.diag([(-1 if flipped else 1) * stretch, 1 / stretch])
        matrix = np.concatenate([linear, (place - linear @ focus)[:, None]], 1)
        source = picture.image
        if scale < 0.6:
            factor = max(scale * 1.2, 0.1)
            source = cv2.resize(source, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
            inner = matrix / [[factor, factor, 1], [factor, factor, 1]]
        else:
            inner = matrix
        image = cv2.warpAffine(source, inner, (side, side), flags=cv2.INTER_LINEAR,
                               borderMode=cv2.BORDER_REPLICATE)
        beyond = rng.random()
        if beyond < 0.85 and not empty:
            whole = np.ones(source.shape[:2], np.uint8)
            uncovered = cv2.warpAffine(whole, inner, (side, side)) == 0
            if uncovered.mean() > 0.02:
                image[uncovered] = self.surroundings(rng, side, beyond)[uncovered]
        return image, visible(transform(picture, faces, matrix, flipped), side)

    def surroundings(self, rng, side, kind):
        """What lies beyond the picture's edge."""
        if kind < 0.55:
            return self.background(rng, side)
        value = 0 if kind < 0.7 else rng.uniform(0, 255, 3)
        return np.zeros((side, side, 3), np.uint8) + np.uint8(value)

    def mosaic(self, rng, side):
        count = 2 if rng.random() < 0.8 else 3
        image = np.zeros((side, side, 3), np.uint8)
        edges = np.linspace(0, side, count + 1).astype(int)
        if count == 2:
            edges[1] = int(side * rng.uniform(0.35, 0.65))
        faces = []
        for top, bottom in zip(edges, edges[1:]):
            for left, right in zip(edges, edges[1:]):
                size = max(bottom - top, right - left)
                part, found = self.cut(rng, size)
                image[top:bottom, left:right] = part[:bottom - top, :right - left]
                found = found + np.array([left, top] * 7 + [0], np.float32)
                beyond = (found[:, 2] > right + 0.4 * (found[:, 2] - found[:, 0])) | (
                    found[:, 3] > bottom + 0.4 * (found[:, 3] - found[:, 1]))
                found[beyond, 14] = np.minimum(found[beyond, 14], DOUBT_SCORE)
                faces.append(found)
        return image, np.concatenate(faces)

    def background(self, rng, side):
        """A busy picture without a face: a cut of a picture with none in view, or drawn."""
        for _ in range(6):
            image, faces = self.cut(rng, side, empty=True)
            if not len(faces) and image.std() > 12:
                return image
        return drawn.draw_background(rng, side)

    def pasted(self, rng, side):
        """One to three faces, cut out softly, on a background that has nothing to do with them."""
        image = self.background(rng, side)
        placed = np.zeros((0, 15), np.float32)
        for _ in range(rng.integers(1, 4)):
            size = int(rng.uniform(0.25, 0.7) * side)
            part, faces = self.cut(rng, size)
            if len(faces) != 1 or faces[0, 14] < TRUTH_SCORE:
                continue
            left, top = (int(v) for v in rng.integers(0, side - size, 2))
            moved = faces + np.array([left, top] * 7 + [0], np.float32)
            if len(placed) and detection.iou_matrix(moved, placed).max() > 0.02:
                continue
            mask = np.zeros((size, size), np.float32)
            centre = (faces[0, :2] + faces[0, 2:4]) / 2
            half = (faces[0, 2:4] - faces[0, :2]) / 2 * rng.uniform(1.25, 2)
            cv2.ellipse(mask, tuple(int(v) for v in centre), tuple(int(v) + 2 for v in half),
                        0, 0, 360, 1, -1)
            mask = cv2.GaussianBlur(mask, (0, 0), 1 + size / 60)[..., None]
            window = image[top:top + size, left:left + size]
            window[:] = (window * (1 - mask) + part * mask).astype(np.uint8)
            placed = np.concatenate([placed, moved])
        return image, placed

    def example(self, rng, side):
        kind = rng.random()
        is_drawn = False
        if kind < 0.46:
            image, faces = self.cut(rng, side)
        elif kind < 0.65:
            image, faces = self.mosaic(rng, side)
        elif kind < 0.75:
            image, faces = self.pasted(rng, side)
        elif kind < 0.83:
            image, faces = self.background(rng, side), np.zeros((0, 15), np.float32)
        else:
            is_drawn = True
            if rng.random() < 0.1:
                image, faces = drawn.draw_background(rng, side), np.zeros((0, 15), np.float32)
            else:
                behind = self.background(rng, side) if rng.random() < 0.2 else None
                image, faces = drawn.draw_scene(rng, side, behind)
                faces = visible(faces, side)
        return Example(image, faces.astype(np.float32), is_drawn)


def occlude(rng, image, faces):
    """Covers up to a third of some faces."""
    for face in faces:
        if rng.random() < 0.12 and face[14] >= TRUTH_SCORE:
            size = face[2:4] - face[:2]
            cover = size * rng.uniform(0.2, 0.55, 2)
            corner = face[:2] + rng.uniform(-0.2, 0.8, 2) * size
            low = np.maximum(corner, 0).astype(int)
            high = np.maximum(corner + cover, 0).astype(int)
            patch = image[low[1]:high[1], low[0]:high[0]]
            if rng.random() < 0.5:
                patch[:] = rng.uniform(0, 255, 3)
            else:
                patch[:] = rng.integers(0, 255, patch.shape)


def degrade(rng, example):
    """Occlusion, light, colour, blur, noise, lost resolution, compression; less of it if drawn."""
    strength = 0.5 if example.drawn else 1
    image = example.clean.copy()
    occlude(rng, image, example.faces)
    if rng.random() < 0.7 * strength:
        gamma = np.exp(rng.normal(0, 0.35))
        gain = np.exp(rng.normal(0, 0.25)) * np.exp(rng.normal(0, 0.06, 3))
        if rng.random() < 0.12:
            gain = gain * rng.uniform(0.1, 0.5)
        levels = (np.arange(256) / 255.0) ** gamma
        table = np.clip(levels[:, None] * gain * 255 + rng.normal(0, 10), 0, 255)
        image = cv2.LUT(image, table.astype(np.uint8)[None])
    if rng.random() < 0.12 * strength:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if rng.random() < 0.25 * strength:
        if rng.random() < 0.6:
            image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 2))
        else:
            length = int(rng.integers(2, 8))
            kernel = np.ones((1, length)) if rng.random() < 0.5 else np.ones((length, 1))
            image = cv2.filter2D(image, -1, kernel / length)
    if rng.random() < 0.15 * strength:
        side = image.shape[0]
        small = int(side * rng.uniform(0.35, 0.9))
        image = cv2.resize(cv2.resize(image, (small, small), interpolation=cv2.INTER_AREA),
                           (side, side))
    if rng.random() < 0.25 * strength:
        noise = np.empty(image.shape, np.int16)
        cv2.setRNGSeed(int(rng.integers(1 << 31)))
        cv2.randn(noise, 0, float(rng.uniform(2, 16)))
        image = np.clip(image + noise, 0, 255).astype(np.uint8)
    if rng.random() < 0.45 * strength:
        quality = int(rng.uniform(12, 90))
        data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        image = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return image
