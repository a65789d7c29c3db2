"""Drawn talking faces: mouths of ellipses that open with the sound. A small share of training.

    drawn.py --cache DIR --speech FOLDER [--count N] [--seed S]

The bundled sample is a drawn scene; real faces alone do not prepare the encoders for it. Crops are
drawn straight into the crop's frame, as `geometry.sample_crop` would have cut them out, with slow
wandering of the placement in place of the detector's own unsteadiness. Lag is exactly 0.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from scipy.ndimage import gaussian_filter1d

import media
import voices

SCALE = 4  # drawn at 192 x 192, then reduced


def opening(sound, tokens, rng):
    """Mouth opening and width of each token, 0..1, from loudness and brightness of the sound."""
    half = int(rng.choice([320, 480, 640]))
    padded = np.pad(sound, (half, half + 640))
    open_, bright = np.zeros(tokens), np.zeros(tokens)
    for i in range(tokens):
        piece = padded[640 * i : 640 * i + 2 * half]
        open_[i] = np.sqrt(np.mean(piece**2))
        step = np.diff(piece)
        bright[i] = np.sqrt(np.mean(step**2)) / (open_[i] + 1e-4)
    open_ = (open_ / (np.quantile(open_, 0.97) + 1e-6)).clip(0, 1.2) ** rng.uniform(0.5, 1.1)
    threshold = rng.uniform(0.02, 0.15)
    open_ = (open_ - threshold).clip(0) / (1 - threshold)
    smooth = rng.uniform(0.3, 1.0)
    wide = 1 - 0.8 * (bright - bright.mean()).clip(-0.5, 0.5) * rng.uniform(-0.3, 1)
    return gaussian_filter1d(open_, smooth).clip(0, 1.1), gaussian_filter1d(wide, smooth)


class Face:
    """What stays the same for one drawn person."""

    def __init__(self, rng):
        self.skin, self.shade = rng.uniform(90, 235), rng.uniform(-30, 25)
        self.back = rng.uniform(0, 255)
        self.lip = self.skin * rng.uniform(0.4, 0.95)
        self.inner = rng.uniform(0, 70)
        self.mouth_y = rng.uniform(-2, 2) * SCALE
        self.width = rng.uniform(7, 13) * SCALE
        self.most_open = rng.uniform(4, 10.5) * SCALE
        self.least_open = rng.choice([0, rng.uniform(0.2, 1.2)]) * SCALE
        self.lip_thick = int(rng.choice([0, 1, 2]) * rng.uniform(1, 1.8) * SCALE)
        self.teeth, self.tongue = rng.random() < 0.5, rng.random() < 0.4
        self.nose = int(rng.integers(0, 4))
        self.nose_y = rng.uniform(-20, -13) * SCALE
        self.chin = rng.uniform(15, 30) * SCALE
        self.cheek = rng.uniform(20, 40) * SCALE
        self.beard = rng.random() < 0.15
        self.drop = rng.uniform(0, 0.6)
        self.texture = rng.normal(0, rng.uniform(0, 6), (48 * SCALE, 48 * SCALE))

    def draw(self, opened, wide, shift, angle):
        n = 48 * SCALE
        picture = np.full((n, n), self.back, np.float32)
        cx, cy = n / 2 + shift[0] * SCALE, n / 2 + shift[1] * SCALE
        tilt = np.degrees(angle)

        def ellipse(x, y, a, b, colour, thickness=-1, start=0, end=360):
            dx, dy = x * np.cos(angle) - y * np.sin(angle), x * np.sin(angle) + y * np.cos(angle)
            box = (int(max(a, 1)), int(max(b, 0)))
            cv2.ellipse(picture, (int(cx + dx), int(cy + dy)), box, tilt, start, end, colour,
                        thickness, cv2.LINE_AA)

        height = self.chin + 34 * SCALE
        jaw = opened * self.drop * 3 * SCALE
        ellipse(0, self.chin - height, self.cheek, height + jaw, self.skin)
        if self.beard:
            ellipse(0, self.chin - 8 * SCALE, self.cheek * 0.7, 9 * SCALE, self.skin + self.shade)
        if self.nose == 1:
            ellipse(0, self.nose_y, 3 * SCALE, 4 * SCALE, self.skin + self.shade)
        elif self.nose == 2:
            ellipse(0, self.nose_y, 3 * SCALE, 3 * SCALE, self.skin * 0.6, SCALE, 20, 160)
        elif self.nose == 3:
            for side in (-3, 3):
                ellipse(side * SCALE, self.nose_y + 2 * SCALE, SCALE, SCALE, self.skin * 0.4)
        w = self.width * wide
        h = max(self.least_open, opened * self.most_open)
        y = self.mouth_y + opened * self.drop * 2 * SCALE
        if h < 0.4 * SCALE:
            ellipse(0, y, w, max(h, 0.3 * SCALE), self.lip, max(self.lip_thick, SCALE))
            return self.finish(picture)
        ellipse(0, y, w, h, self.inner)
        if self.tongue and h > 3 * SCALE:
            ellipse(0, y + h * 0.5, w * 0.55, h * 0.4, self.inner + 60)
        if self.teeth and h > 2 * SCALE:
            ellipse(0, y - h * 0.55, w * 0.6, h * 0.25, 230)
        if self.lip_thick:
            ellipse(0, y, w, h, self.lip, self.lip_thick)
        return self.finish(picture)

    def finish(self, picture):
        picture = (picture + self.texture).clip(0, 255)
        return cv2.resize(picture, (48, 48), interpolation=cv2.INTER_AREA)


def draw_clip(sound, rng):
    """Crops uint8 [tokens, 48, 48] of a face that says `sound`."""
    tokens = len(sound) // 640
    open_, wide = opening(sound, tokens, rng)
    face = Face(rng)
    drift = gaussian_filter1d(rng.normal(0, 1, (3, tokens)), 6, axis=1) * rng.uniform(0, 5)
    angle = rng.normal(0, 0.05)
    crops = [face.draw(open_[i], wide[i], drift[:2, i] * 0.5, angle + drift[2, i] * 0.02)
             for i in range(tokens)]
    blur = rng.uniform(0, 1.0)
    return np.stack([cv2.GaussianBlur(c, (0, 0), blur + 0.01) for c in crops]).astype(np.uint8)


def utterances(folder, rng, count):
    """Half flite, half recorded read speech, each with pauses around and between."""
    files = sorted(Path(folder).rglob("*.flac")) if folder else []
    for _ in range(count):
        parts = []
        voice = str(rng.choice(voices.VOICES))
        recorded = bool(files) and rng.random() < 0.5
        for _ in range(int(rng.integers(1, 3))):
            parts.append(np.zeros(int(rng.uniform(0.1, 1.0) * voices.RATE), np.float32))
            if recorded:
                parts.append(media.read_sound(rng.choice(files))[: 6 * voices.RATE])
            else:
                text = str(rng.choice(voices.SENTENCES))
                parts.append(voices.speak(text, voice, rng.uniform(0.85, 1.2)))
        parts.append(np.zeros(int(rng.uniform(0.1, 0.8) * voices.RATE), np.float32))
        yield np.concatenate(parts) * rng.uniform(0.3, 1.0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--speech", type=Path, help="folder of read speech (.flac)")
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    rng = np.random.default_rng(arguments.seed)
    arguments.cache.mkdir(parents=True, exist_ok=True)
    for n, sound in enumerate(utterances(arguments.speech, rng, arguments.count)):
        crops = draw_clip(sound, rng)
        np.savez(arguments.cache / f"drawn_{n:04d}.npz",
                 sound=np.round(sound * 32767).astype(np.int16), crops_0=crops, start_0=0,
                 score_0=1.0)


if __name__ == "__main__":
    main()
