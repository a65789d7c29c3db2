"""Mixed scenes with exact labels, made from single-face clips whose face tokens are cached.

Faces come as tokens of the frozen face encoder (several augmented versions of each clip), sound as
log-mel, mixed by adding power. In a scene each person may be heard (own voice at the scene's lag),
talk unheard while another voice sounds, listen with a nearly still face, or leave; voices may come
from off screen, over silence, noise or music.
"""

from dataclasses import dataclass

import numpy as np
import torch

import augment
import geometry
import speech_activity
from geometry import MAX_LAG
from networks import FACE_CONTEXT, SPEECH_CONTEXT, motion

TOKENS = 100  # of a scene
FACES = 3  # slots; unused ones are absent
FRAMES = 4 * (TOKENS - 1) + 2 * SPEECH_CONTEXT + 1  # mel frames, frame 0 at token 0 is column 30
FLOOR = float(np.log(geometry.GEOMETRY["mel_floor"]))


@dataclass
class Performer:
    """One track: face tokens [V, n, 128] and motion [V, n] of V versions; still ones likewise.

    The track was encoded in pieces, as if the picture had been cut at `cuts` (ends repeated).
    """

    clip: object
    tokens: np.ndarray
    moved: np.ndarray
    still_tokens: np.ndarray
    still_moved: np.ndarray
    active: np.ndarray  # speech activity by audio token of the recording
    idle: bool
    cuts: list


def pad_ends(crops, count=FACE_CONTEXT):
    return torch.cat([crops[:1]] * count + [crops] + [crops[-1:]] * count)


@torch.no_grad()
def encode(model, crops):
    """Float crops [n, 48, 48] -> tokens [n, 128], motion [n]; ends repeated as at inference."""
    x = augment.standardise(pad_ends(crops))[None]
    tokens = model.face(x)[0].T
    return tokens.numpy(), motion(x)[0, FACE_CONTEXT - 1 : -(FACE_CONTEXT - 1)].numpy()


def still_crops(crop, rng, count=40):
    """One picture held, with slow small movement of the head and camera noise, as uint8."""
    import cv2
    from scipy.ndimage import gaussian_filter1d

    path = gaussian_filter1d(rng.normal(0, 1, (4, count)), 5, axis=1) * rng.exponential(1.2)
    path = path * (rng.random() < 0.7)
    out = []
    for x, y, turn, zoom in path.T:
        m = cv2.getRotationMatrix2D((23.5, 23.5), 2 * turn, 1 + 0.02 * zoom)
        m[:, 2] += (x, y)
        out.append(cv2.warpAffine(crop, m, (48, 48), borderMode=cv2.BORDER_REPLICATE))
    noisy = np.stack(out) + rng.normal(0, rng.exponential(1.0), (count, 48, 48))
    return noisy.clip(0, 255).astype(np.uint8)


def performer(model, clip, rng, versions, activity):
    crops = torch.from_numpy(clip.crops[:1000])
    count = max(len(crops) // 110, 1 if len(crops) > 60 else 0)
    cuts = sorted({int(c) for c in rng.integers(20, len(crops) - 19, count)}) if count else []
    bounds = [0, *cuts, len(crops)]
    tokens, moved = [], []
    for version in range(versions):
        x = crops.float() if version == 0 else augment.vary_crops(crops[None], rng)[0]
        pieces = [encode(model, x[a:b]) for a, b in zip(bounds, bounds[1:]) if b > a]
        tokens.append(np.concatenate([t for t, _ in pieces]))
        moved.append(np.concatenate([m for _, m in pieces]))
    still = [encode(model, torch.from_numpy(still_crops(clip.crops[int(k)], rng)).float())
             for k in rng.integers(0, len(clip.crops), 2)]
    return Performer(clip, np.stack(tokens).astype(np.float16), np.stack(moved),
                     np.stack([s[0] for s in still]).astype(np.float16),
                     np.stack([s[1] for s in still]), activity,
                     "fidget" in clip.name or "loop" in clip.name, cuts)


def activity_of(sound):
    loud = np.abs(sound).max() > 0.01
    return speech_activity.label(sound) if loud else np.zeros(len(sound) // 640 + 1, np.float32)


class Stage:
    """Everything scenes are made of. voices: list of (mel [frames, 40], active [tokens])."""

    def __init__(self, performers, voices, noises, rng):
        self.people, self.voices, self.noises, self.rng = performers, voices, noises, rng
        talkers = [p for p in performers if not p.idle]
        self.long = [p for p in talkers if p.tokens.shape[1] >= TOKENS + 10]
        self.short = [p for p in talkers if p.tokens.shape[1] < TOKENS + 10]
        self.idle = [p for p in performers if p.idle]
        self.movies = [p for p in performers if "movie" in p.clip.name]

    def cast(self):
        """A performer: drawn faces and strangers to the encoders have their shares."""
        rng = self.rng
        if self.idle and rng.random() < 0.05:
            return self.idle[int(rng.integers(len(self.idle)))]
        if self.movies and rng.random() < 0.1:
            return self.movies[int(rng.integers(len(self.movies)))]
        pool = self.long if rng.random() < 0.6 else self.short
        while True:
            p = pool[int(rng.integers(len(pool)))]
            wanted = 0.2 if p.clip.kind == "drawn" else 1.0 if p.clip.held_out else 0.45
            if rng.random() < wanted:
                return p

    def script(self, count):
        """Segments (first, last, who): who is a face index, "off", "noise" or "silence"."""
        rng, at, out = self.rng, -10, []
        single = rng.random() < 0.3
        while at < TOKENS + 10:
            length = 200 if single else int(rng.integers(12, 90))
            draw = rng.random()
            who = (int(rng.integers(count)) if count and draw < 0.55 else
                   "off" if draw < 0.8 else "silence" if draw < 0.88 else "noise")
            out.append((at, min(at + length, TOKENS + 15), who))
            if isinstance(who, int) and count > 1 and rng.random() < 0.2:  # both at once
                out.append((*out[-1][:2], (who + 1) % count))
            at += length
        return out

    def scene(self):
        rng = self.rng
        count = int(rng.choice([0, 1, 2, 3], p=[0.03, 0.32, 0.33, 0.32]))
        lag = 0.0 if rng.random() < 0.2 else float(rng.normal(0, 2))
        lag = float(rng.uniform(-12, 12)) if rng.random() < 0.35 else lag
        lag = round(4 * np.clip(lag, -12, 12)) / 4
        out = {
            "mel": np.full((40, FRAMES), FLOOR), "lag": lag,
            "face": np.zeros((FACES, TOKENS + 2 * MAX_LAG, 128), np.float32),
            "present": np.zeros((FACES, TOKENS + 2 * MAX_LAG), np.float32),
            "moved": np.zeros((FACES, TOKENS), np.float32),
            "voice": np.zeros((FACES, TOKENS), np.float32),
            "off": np.zeros(TOKENS, np.float32),
            "unseen": np.zeros(TOKENS, np.float32),  # a person of the scene heard, not on screen
        }
        segments = self.script(count)
        for f in reversed(range(count)):
            self.enter(out, f, segments, lag)
        for first, last, who in segments:
            if who == "off":
                self.off_screen(out, first, last, 0.0)
            elif who not in ("noise", "silence") and rng.random() < 0.08:
                self.off_screen(out, first, last, rng.uniform(-3, 0))
            elif who == "noise":
                self.cover(out, first, last, rng.normal(-0.5, 1.5))
        if rng.random() < 0.4:
            self.cover(out, -10, TOKENS + 15, -rng.uniform(1.0, 6.0))
        knots = rng.normal(0, 0.4, 6)
        curve = np.interp(np.arange(40), np.linspace(0, 39, 6), knots)
        out["mel"] = np.maximum(out["mel"] + rng.normal(-0.5, 1.2) + curve[:, None], FLOOR)
        out["prior"] = self.prior(lag)
        return out

    def prior(self, lag):
        """A log prior as LagEstimator would give after a random amount of evidence, or nothing."""
        rng = self.rng
        d = np.arange(-MAX_LAG, MAX_LAG + 1)
        if rng.random() < 0.45:
            return np.zeros(len(d), np.float32)
        c = rng.uniform(5, 500) * np.maximum(0, 1 - np.abs(d - lag) / rng.uniform(1.5, 3))
        p = (25 / len(d) + c) / (25 + c.sum())
        return np.log(len(d) * p).astype(np.float32)

    def add(self, out, mel, columns, source, gain):
        """Adds mel[source] at these columns (both integer arrays), power-wise."""
        fits = (columns >= 0) & (columns < FRAMES) & (source >= 0) & (source < len(mel))
        c = columns[fits]
        out["mel"][:, c] = np.logaddexp(out["mel"][:, c], mel[source[fits]].T + gain)

    def enter(self, out, f, segments, lag):
        """Puts performer f on screen and his voice into the segments that are his."""
        rng, p = self.rng, self.cast()
        n = p.tokens.shape[1]
        version = int(rng.integers(len(p.tokens)))
        places = np.arange(-MAX_LAG, TOKENS + MAX_LAG)  # face token index on the scene's clock
        if n >= TOKENS + 2 * MAX_LAG:
            origin = -MAX_LAG - int(rng.integers(0, n - TOKENS - 2 * MAX_LAG + 1))
        else:
            origin = int(rng.integers(min(-5, TOKENS - n), max(-5, TOKENS - n) + 6))
        j = places - origin
        inside = (j >= 0) & (j < n)
        rest = None
        cuts = [c + origin for c in p.cuts if 8 < c + origin < TOKENS - 8]
        if cuts and rng.random() < 0.6:  # the picture is cut: leaves, comes, or goes on elsewhere
            cut = cuts[int(rng.integers(len(cuts)))]
            first_part, kind = places < cut, rng.random()
            if kind < 0.6 and not out["present"][FACES - 1].any() and f < FACES - 1:
                rest = inside & ~first_part if (inside & ~first_part).any() else None
            inside &= first_part if rest is not None or kind < 0.8 else ~first_part
        j = np.clip(j, 0, n - 1)
        face, moved = p.tokens[version][j].astype(np.float32), p.moved[version][j]
        listens = rng.random() < 0.4
        own = np.zeros(len(places), bool)
        for first, last, who in segments:
            if who == f and not p.idle:
                own |= (places - lag >= first) & (places - lag < last)
        if listens:
            k = int(rng.integers(len(p.still_tokens)))
            loop = np.abs((places + int(rng.integers(80))) % 78 - 39)
            face = np.where(own[:, None], face, p.still_tokens[k][loop].astype(np.float32))
            moved = np.where(own, moved, p.still_moved[k][loop])
        out["face"][f] = face * inside[:, None]
        out["present"][f] = inside
        out["moved"][f] = (moved * inside)[MAX_LAG : MAX_LAG + TOKENS]
        if rest is not None:
            out["face"][FACES - 1] = face * rest[:, None]
            out["present"][FACES - 1] = rest
            out["moved"][FACES - 1] = (moved * rest)[MAX_LAG : MAX_LAG + TOKENS]
        if p.idle:
            return
        # scene mel column c is time c - 30 frames; the clip's own sound there (lags undone):
        columns = np.arange(FRAMES)
        shift = round(4 * (p.clip.start - origin + lag)) - round(4 * p.clip.lag)
        source = columns - SPEECH_CONTEXT + shift
        gain = rng.normal(0, 0.5)
        audio_token = np.arange(TOKENS)
        for first, last, who in segments:
            if who != f:
                continue
            heard = (columns - SPEECH_CONTEXT >= 4 * first) & (columns - SPEECH_CONTEXT < 4 * last)
            self.add(out, p.clip.mel, columns[heard], source[heard], gain)
            index = np.round((4 * audio_token + shift) / 4).astype(int)
            fits = (audio_token >= first) & (audio_token < last)
            fits &= (index >= 0) & (index < len(p.active))
            out["voice"][f][fits] = np.maximum(out["voice"][f][fits], p.active[index[fits]])
        somewhere = inside if rest is None else inside | rest
        visible = somewhere[np.clip(np.round(audio_token + lag).astype(int), -MAX_LAG, TOKENS + 14)
                            + MAX_LAG]
        out["unseen"] = np.maximum(out["unseen"], out["voice"][f] * ~visible)
        if rest is not None:  # one voice, two tracks
            out["voice"][FACES - 1] = out["voice"][f]

    def off_screen(self, out, first, last, gain):
        rng = self.rng
        mel, active = self.voices[int(rng.integers(len(self.voices)))]
        origin = int(rng.integers(0, max(len(active) - (last - first), 0) + 1)) - first
        columns = np.arange(4 * first, 4 * last) + SPEECH_CONTEXT
        source = columns - SPEECH_CONTEXT + 4 * origin
        self.add(out, mel, columns, source, gain + rng.normal(0, 0.5))
        t = np.arange(max(first, 0), min(last, TOKENS))
        fits = t[(t + origin >= 0) & (t + origin < len(active))]
        out["off"][fits] = np.maximum(out["off"][fits], active[fits + origin])

    def cover(self, out, first, last, gain):
        """Noise or music; half generated sounds, half coloured noise made in the mel domain."""
        rng = self.rng
        begin, end = 4 * first + SPEECH_CONTEXT, 4 * last + SPEECH_CONTEXT
        columns = np.arange(max(begin, 0), min(end, FRAMES))
        if rng.random() < 0.5:
            mel = self.noises[int(rng.integers(len(self.noises)))]
            source = columns + int(rng.integers(0, len(mel) - FRAMES))
            self.add(out, mel, columns, source, gain)
        else:
            mel = augment.coloured_noise(rng, FRAMES).T + 0.5
            self.add(out, mel, columns, columns, gain)

    def batch(self, size):
        scenes = [self.scene() for _ in range(size)]
        return {k: torch.from_numpy(np.stack([np.asarray(s[k], np.float32) for s in scenes]))
                for k in scenes[0]}
