"""Drawn faces with exact boxes and landmarks, in as many manners as a cartoonist has.

A face lives in its own units: the head is an ellipse of half-width 1 around the origin, y down.
`Pen` maps these units to the picture (scale, roll, place) and draws with 1/16 pixel.
"""

import cv2
import numpy as np

SHIFT = 4


class Pen:
    def __init__(self, image, centre, scale, roll, smooth):
        self.image, self.centre, self.scale = image, np.array(centre, float), scale
        self.roll = roll
        cosine, sine = np.cos(np.radians(roll)), np.sin(np.radians(roll))
        self.turn = np.array([[cosine, -sine], [sine, cosine]])
        self.line_type = cv2.LINE_AA if smooth else cv2.LINE_8

    def place(self, points):
        return np.asarray(points, float) @ self.turn.T * self.scale + self.centre

    def _fixed(self, points):
        return np.round(self.place(points) * (1 << SHIFT)).astype(np.int32)

    def thickness(self, width):
        return max(1, int(round(width * self.scale)))

    def ellipse(self, x, y, a, b, colour, line=0.0, angle=0.0, start=0, end=360):
        centre = tuple(self._fixed([x, y]).tolist())
        axes = tuple(max(1, int(r * self.scale * (1 << SHIFT))) for r in (a, b))
        thickness = self.thickness(line) if line else -1
        cv2.ellipse(self.image, centre, axes, angle + self.roll, start, end, colour, thickness,
                    self.line_type, SHIFT)

    def polygon(self, points, colour):
        cv2.fillPoly(self.image, [self._fixed(points)], colour, self.line_type, SHIFT)

    def stroke(self, points, colour, width):
        cv2.polylines(self.image, [self._fixed(points)], False, colour, self.thickness(width),
                      self.line_type, SHIFT)


def head_outline(jaw, height):
    """An ellipse whose lower half narrows by `jaw` towards the chin."""
    angles = np.radians(np.arange(0, 360, 8))
    x, y = np.cos(angles), np.sin(angles)
    return np.stack([x * (1 - jaw * np.clip(y, 0, 1) ** 2), y * height], 1)


def shade_head(pen, rng, height):
    """Light from a side, and soft spots: cheeks, eye hollows, forehead."""
    image = pen.image
    reach = 1.05 * height * pen.scale + 2
    low = np.clip(pen.centre - reach, 0, image.shape[1::-1]).astype(int)
    high = np.clip(pen.centre + reach, 0, image.shape[1::-1]).astype(int)
    if (high <= low).any():
        return
    y, x = np.mgrid[low[1]:high[1], low[0]:high[0]].astype(np.float32)
    x, y = (x - np.float32(pen.centre[0])) / pen.scale, (y - np.float32(pen.centre[1])) / pen.scale
    u = x * pen.turn[0, 0] + y * pen.turn[1, 0]
    v = x * pen.turn[0, 1] + y * pen.turn[1, 1]
    light = 1 + rng.uniform(-0.35, 0.35) * u + rng.uniform(-0.3, 0.15) * v / height
    spots = [(-0.45, -0.25, 0.35), (0.45, -0.25, 0.35), (-0.55, 0.35, 0.4), (0.55, 0.35, 0.4),
             (0, -0.7, 0.6), (0, 0.75, 0.3), (0, 0.15, 0.2)]
    for column, row, size in spots:
        if rng.random() < 0.6:
            spread = ((u - column) ** 2 + (v / height - row) ** 2) / size ** 2
            light += rng.uniform(-0.3, 0.2) * np.exp(-2 * spread)
    light = np.where(u ** 2 + (v / height) ** 2 < 1, light, 1)[..., None]
    window = image[low[1]:high[1], low[0]:high[0]]
    window[:] = np.clip(window * light, 0, 255).astype(np.uint8)


def tone(rng, colour, spread):
    return tuple(float(v) for v in np.clip(np.array(colour) + rng.normal(0, spread, 3), 0, 255))


def darker(colour, factor):
    return tuple(v * factor for v in colour)


SKINS = [(180, 205, 240), (140, 180, 225), (110, 150, 205), (80, 115, 170), (55, 80, 125),
         (40, 55, 90), (150, 190, 255), (120, 190, 240), (190, 215, 250)]
HAIRS = [(20, 20, 25), (30, 45, 70), (40, 80, 130), (90, 170, 220), (60, 60, 160), (170, 170, 170),
         (230, 230, 230), (120, 60, 40), (60, 120, 60)]


def draw_hair_behind(pen, rng, style, hair, height):
    if style == "long":
        length = rng.uniform(0.6, 1.6)
        pen.ellipse(0, -0.1 * height, rng.uniform(1.15, 1.4), height * rng.uniform(1.05, 1.25),
                    hair)
        pen.polygon([[-1.25, -0.2], [1.25, -0.2], [1.2, length], [-1.2, length]], hair)
    elif style in ("cap", "fringe"):
        pen.ellipse(0, -rng.uniform(0.1, 0.25) * height, rng.uniform(1.03, 1.2),
                    height * rng.uniform(0.9, 1.02), hair)
    elif style == "afro":
        pen.ellipse(0, -0.35 * height, rng.uniform(1.3, 1.6), height * rng.uniform(0.95, 1.15),
                    hair)


def draw_hair_front(pen, rng, style, hair, height):
    """Everything here stays above the brows."""
    line = -rng.uniform(0.52, 0.72) * height
    if style == "bald":
        return
    if style == "hat":
        brim = line - 0.05
        pen.polygon([[-1.0, brim], [1.0, brim], [0.85, -1.5 * height], [-0.85, -1.5 * height]],
                    hair)
        pen.polygon([[-1.4, brim - 0.08], [1.4, brim - 0.08], [1.4, brim + 0.06],
                     [-1.4, brim + 0.06]], darker(hair, 0.8))
        return
    angles = np.radians(np.linspace(180, 360, 24))
    top = np.stack([1.04 * np.cos(angles), 1.06 * height * np.sin(angles)], 1)
    top = top[top[:, 1] <= line + 0.35 * height]
    kind = rng.integers(4)
    across = np.linspace(top[-1, 0], top[0, 0], 9)
    if kind == 0:
        lower = np.full(9, line)
    elif kind == 1:
        lower = line - 0.15 * height + 0.28 * height * (across / 1.04) ** 2
    elif kind == 2:
        lower = line + rng.uniform(-0.08, 0.08, 9)
    else:
        lower = line + rng.uniform(-0.2, 0.2) * across
    pen.polygon(np.concatenate([top, np.stack([across, np.minimum(lower, -0.42 * height)], 1)]),
                hair)


def draw_almond_eye(pen, rng, x, y, size, tall, skin, iris, gaze):
    """White between two lids that cut the iris off above and below."""
    across = np.linspace(-1, 1, 9)
    bow = (1 - across ** 2) * size
    upper = np.stack([x + across * size, y - bow * tall * 0.65], 1)
    lower = np.stack([x + across * size, y + bow * tall * 0.4], 1)
    pen.polygon(np.concatenate([upper, lower[::-1]]), tone(rng, (235, 235, 235), 6))
    radius = size * min(0.5, 0.62 * tall)
    pen.ellipse(x + gaze, y - 0.05 * size, radius, radius, iris)
    pen.ellipse(x + gaze, y - 0.05 * size, radius * 0.5, radius * 0.5, (12, 10, 10))
    pen.stroke(upper, darker(skin, rng.uniform(0.1, 0.5)), rng.uniform(0.025, 0.06))
    if rng.random() < 0.6:
        pen.stroke(lower, darker(skin, rng.uniform(0.4, 0.8)), 0.02)


def draw_eyes(pen, rng, eyes, size, height, skin, hair, ink):
    style = rng.choice(["full", "almond", "dot", "simple", "closed"],
                       p=[0.35, 0.3, 0.12, 0.15, 0.08])
    gaze = rng.uniform(-0.3, 0.3, 2) * size
    tall = rng.uniform(0.45, 1.2)
    iris = tone(rng, rng.choice([[120, 60, 30], [60, 100, 60], [30, 50, 80], [20, 20, 20]]), 15)
    for x, y in eyes:
        if style == "dot":
            pen.ellipse(x, y, size * 0.5, size * 0.6, ink)
        elif style == "closed":
            pen.ellipse(x, y, size, size * 0.4, ink, line=0.04, start=0, end=180)
        elif style == "almond":
            draw_almond_eye(pen, rng, x, y, size, tall, skin, iris, gaze[0])
        else:
            pen.ellipse(x, y, size, size * tall, tone(rng, (245, 245, 245), 5))
            if rng.random() < 0.6:
                pen.ellipse(x, y, size, size * tall, darker(skin, 0.5), line=0.025)
            inner = min(1, tall) * size
            if style == "full":
                pen.ellipse(x + gaze[0], y + gaze[1] * tall, inner * 0.6, inner * 0.6, iris)
            pen.ellipse(x + gaze[0], y + gaze[1] * tall, inner * 0.35, inner * 0.35, (15, 15, 15))
            if rng.random() < 0.4:
                pen.ellipse(x + gaze[0] - inner * 0.12, y + gaze[1] * tall - inner * 0.12,
                            inner * 0.12, inner * 0.12, (255, 255, 255))
    if rng.random() < 0.8:
        lift, tilt, width = rng.uniform(0.16, 0.3), rng.uniform(-0.08, 0.08), rng.uniform(.03, .08)
        for (x, y), side in zip(eyes, (-1, 1)):
            pen.stroke([[x - 1.3 * size, y - lift - tilt * side], [x, y - lift - 0.05],
                        [x + 1.3 * size, y - lift + tilt * side]], darker(hair, 0.8), width)
    if rng.random() < 0.12:
        frame = tone(rng, (40, 40, 40), 30)
        for x, y in eyes:
            pen.ellipse(x, y, size * 1.5, size * 1.3, frame, line=0.05)
        pen.stroke([[eyes[0][0] + 1.5 * size, eyes[0][1]], [eyes[1][0] - 1.5 * size, eyes[1][1]]],
                   frame, 0.05)


def draw_nose(pen, rng, nose, top, skin):
    x, y = nose
    shade = darker(skin, rng.uniform(0.55, 0.9))
    size = rng.uniform(0.08, 0.18)
    kind = rng.integers(5)
    if kind == 0:
        pen.ellipse(x, y, size, size * rng.uniform(0.6, 1.3), shade)
    elif kind == 1:
        pen.polygon([[x, top], [x - size, y + 0.05], [x + size, y + 0.05]], shade)
    elif kind == 2:
        pen.stroke([[x, top], [x + size * rng.choice([-1, 1]), y], [x, y + 0.04]], shade, 0.04)
    elif kind == 3:
        for side in (-0.6, 0.6):
            pen.ellipse(x + side * size, y, size * 0.25, size * 0.2, darker(skin, 0.4))
    else:
        pen.ellipse(x, y, size, size * 0.6, shade, line=0.035, start=0, end=180)


def draw_mouth(pen, rng, x, y, half, skin):
    """Returns the height of the corners."""
    lips = tone(rng, rng.choice([[60, 60, 190], [80, 80, 160], [100, 110, 190], [30, 30, 60]]), 15)
    if rng.random() < 0.2:
        lips = darker(skin, 0.5)
    dark = tone(rng, (35, 20, 70), 15)
    if rng.random() < 0.3:
        bend = rng.uniform(-0.06, 0.12)
        points = [[x - half, y], [x - half / 2, y + bend * 0.75], [x, y + bend],
                  [x + half / 2, y + bend * 0.75], [x + half, y]]
        pen.stroke(points, lips, rng.uniform(0.03, 0.1))
        return
    opening = half * rng.uniform(0.08, 1.15)
    if rng.random() < 0.7:
        lip = rng.uniform(0.03, 0.1)
        pen.ellipse(x, y, half + lip * 0.5, opening + lip, lips)
    pen.ellipse(x, y, half, opening, dark)
    if opening > 0.1 and rng.random() < 0.4:
        pen.ellipse(x, y - opening * 0.5, half * 0.7, opening * 0.3, (240, 240, 240))
    if opening > 0.15 and rng.random() < 0.4:
        pen.ellipse(x, y + opening * 0.5, half * 0.5, opening * 0.35, (90, 90, 200))


def draw_face(image, rng, centre, scale, roll, smooth=True):
    """Draws one person's head and shoulders; returns the face as a row [15].

    `scale`: half the head's width in pixels. The box spans the head from the hair line to the
    chin, without ears and hair.
    """
    pen = Pen(image, centre, scale, roll, smooth)
    height = rng.uniform(1.05, 1.5)
    if rng.random() < 0.8:
        skin = tone(rng, SKINS[rng.integers(len(SKINS))], 10)
    else:
        skin = tuple(rng.uniform(90, 255, 3))
    hair = tone(rng, HAIRS[rng.integers(len(HAIRS))], 15)
    style = rng.choice(["cap", "fringe", "long", "bald", "hat", "afro"],
                       p=[0.35, 0.25, 0.15, 0.1, 0.08, 0.07])
    cloth = tuple(rng.uniform(20, 240, 3))
    turn = rng.normal(0, 0.07)
    neck = rng.uniform(0.35, 0.6)
    if rng.random() < 0.8:
        if rng.random() < 0.5:
            pen.ellipse(0, height + 1.9, rng.uniform(1.5, 2.4), rng.uniform(1.3, 1.7), cloth)
        else:
            wide = rng.uniform(1.4, 2.2)
            pen.polygon([[-wide, height + 0.5], [wide, height + 0.5], [wide * 1.1, height + 5],
                         [-wide * 1.1, height + 5]], cloth)
        pen.polygon([[-neck, height * 0.7], [neck, height * 0.7], [neck, height + 0.6],
                     [-neck, height + 0.6]], darker(skin, rng.uniform(0.75, 1)))
    draw_hair_behind(pen, rng, style, hair, height)
    if rng.random() < 0.6:
        for side in (-1, 1):
            pen.ellipse(side * 1.0, rng.uniform(-0.05, 0.1), 0.16, 0.26, darker(skin, 0.92))
    outline = head_outline(rng.choice([0, rng.uniform(0, 0.35)]), height)
    pen.polygon(outline, skin)
    if rng.random() < 0.35:
        pen.stroke(np.concatenate([outline, outline[:1]]), darker(skin, rng.uniform(0.2, 0.8)),
                   0.035)
    if rng.random() < 0.5:
        shade_head(pen, rng, height)
    draw_hair_front(pen, rng, style, hair, height)

    ink = tone(rng, (25, 20, 20), 10)
    apart, eye_y = rng.uniform(0.32, 0.5), rng.uniform(-0.28, 0.0) * height
    size = rng.uniform(0.13, 0.26)
    eyes = [[-apart + turn, eye_y], [apart + turn, eye_y]]
    nose_y = eye_y + rng.uniform(0.3, 0.45) * height
    mouth_y = min(nose_y + rng.uniform(0.18, 0.33) * height, 0.78 * height)
    half = rng.uniform(0.2, 0.5)
    if rng.random() < 0.2:
        for side in (-1, 1):
            pen.ellipse(side * 0.6 + turn, (nose_y + mouth_y) / 2, 0.2, 0.15,
                        tone(rng, np.array(skin) * [0.85, 0.8, 1], 5))
    if rng.random() < 0.1:
        pen.ellipse(turn, mouth_y + 0.1, 0.75, height - mouth_y, hair, start=0, end=180)
    draw_eyes(pen, rng, eyes, min(size, apart * 0.7), height, skin, hair, ink)
    draw_nose(pen, rng, [1.3 * turn, nose_y], eye_y + 0.1, skin)
    draw_mouth(pen, rng, 1.1 * turn, mouth_y, half, skin)

    corners = [[1.1 * turn - half, mouth_y], [1.1 * turn + half, mouth_y]]
    landmarks = pen.place(eyes + [[1.3 * turn, nose_y]] + corners)
    box = [[0.95 * np.cos(a), np.clip(height * np.sin(a), -0.8 * height, None)]
           for a in np.radians(np.arange(0, 360, 15))]
    box = pen.place(box)
    return np.concatenate([box.min(0), box.max(0), landmarks.ravel(), [1]])


def draw_background(rng, side):
    """Plain, gradient, coarse noise, or a room of shapes; no face in it."""
    kind = rng.integers(5)
    first, second = rng.uniform(0, 255, (2, 3))
    image = np.empty((side, side, 3), np.float32)
    if kind == 0:
        image[:] = first
    elif kind in (1, 2):
        ramp = np.linspace(0, 1, side, dtype=np.float32)
        mix = ramp[:, None] if kind == 1 else (ramp[:, None] + ramp[None]) / 2
        mix = np.broadcast_to(mix, (side, side))[..., None]
        image[:] = first * (1 - mix) + second * mix
    else:
        coarse = rng.uniform(0, 255, (rng.integers(2, 12), rng.integers(2, 12), 3))
        image[:] = cv2.resize(coarse.astype(np.float32), (side, side),
                              interpolation=rng.choice([cv2.INTER_LINEAR, cv2.INTER_NEAREST]))
    image = np.ascontiguousarray(image.astype(np.uint8))
    if kind >= 2 or rng.random() < 0.3:
        draw_clutter(image, rng, rng.integers(1, 12))
    return image


def draw_clutter(image, rng, count):
    """Discs, rings, boxes, lines and words: what must not be taken for a face."""
    side = image.shape[0]
    for _ in range(count):
        colour = tuple(rng.uniform(0, 255, 3))
        if rng.random() < 0.3:
            colour = tone(rng, SKINS[rng.integers(len(SKINS))], 10)
        x, y = (int(v) for v in rng.integers(0, side, 2))
        a, b = (int(v) for v in rng.integers(3, side // 3, 2))
        kind = rng.integers(5)
        line = int(rng.choice([-1, -1, 1, 2, 5]))
        if kind == 0:
            cv2.ellipse(image, (x, y), (a, b), 0, 0, 360, colour, line, cv2.LINE_AA)
        elif kind == 1:
            cv2.rectangle(image, (x, y), (x + a, y + b), colour, line)
        elif kind == 2:
            cv2.line(image, (x, y), (x + a, y - b), colour, abs(line), cv2.LINE_AA)
        elif kind == 3:
            word = "".join(chr(c) for c in rng.integers(48, 123, rng.integers(2, 12)))
            cv2.putText(image, word, (x - a, y), int(rng.integers(0, 8)), rng.uniform(0.3, 2),
                        colour, abs(line), cv2.LINE_AA)
        else:
            cv2.ellipse(image, (x, y), (a, a), 0, 0, 360, colour, -1, cv2.LINE_AA)
            for _ in range(rng.integers(0, 4)):
                dx, dy = (int(v) for v in rng.integers(-a // 2 - 1, a // 2 + 1, 2))
                cv2.circle(image, (x + dx, y + dy), max(1, a // 8), tuple(rng.uniform(0, 255, 3)),
                           -1, cv2.LINE_AA)


def draw_scene(rng, side, background=None, smallest=12):
    """A picture [side, side, 3] of one to four drawn people, and their faces [n, 15]."""
    image = draw_background(rng, side) if background is None else background.copy()
    smooth = rng.random() < 0.8
    count = int(rng.choice([1, 1, 2, 3, 4]))
    faces = []
    for column in range(count):
        room = side / count
        largest = min(room * 0.48, side * 0.36)
        scale = np.exp(rng.uniform(np.log(min(smallest / 2, largest)), np.log(largest)))
        if rng.random() < 0.5:
            scale = rng.uniform(0.5, 1) * largest
        x = room * (column + 0.5) + rng.uniform(-0.5, 0.5) * (room - 2 * scale)
        y = rng.uniform(1.2 * scale, max(1.3 * scale, side - 1.3 * scale))
        roll = rng.normal(0, 6)
        faces.append(draw_face(image, rng, (x, y), scale, roll, smooth))
    return image, np.array(faces, np.float32)
