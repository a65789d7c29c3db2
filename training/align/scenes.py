"""Mixed scenes with exact labels, made from single-face clips.

In a scene each person may be heard (own voice at the scene's lag), talk unheard while another voice
sounds, listen with a still face, or leave; voices may come from off screen, over silence, noise or
music. Sound is mixed here, as log-mel, by adding power; pictures are only named (rows of
Material.crops) and are cropped anew, changed and encoded on the training device (heads.py).
"""

from dataclasses import dataclass

import numpy as np
import torch

import augment
from geometry import MAX_LAG
from networks import FACE_CONTEXT, SPEECH_CONTEXT

TOKENS = 100  # of a scene
FACES = 3  # slots; unused ones are absent
PLACES = TOKENS + 2 * MAX_LAG  # face tokens, place p is token p - 15 of the scene
CROPS = PLACES + 2 * FACE_CONTEXT
FRAMES = 4 * (TOKENS - 1) + 2 * SPEECH_CONTEXT + 1  # mel frames, token 0 is at column SPEECH_CONTEXT
FLOOR = augment.FLOOR
CANDIDATES = 8  # voices among which an impostor is looked for


def loudness(mel):
    """Smoothed ln of the power of log-mel [n, 40], quiet moments raised to 4 below the loud ones."""
    power = np.log(np.exp(mel[:, 4:32].astype(np.float32)).sum(1) + 1e-4)
    return np.maximum(power, np.quantile(power, 0.9) - 4)


@dataclass
class Performer:
    """One track: `row` of its first crop; the picture is cut at `cuts` (ends repeated there)."""

    clip: object
    row: int
    active: np.ndarray  # speech activity by audio token of the recording
    idle: bool
    cuts: list


def is_idle(clip):
    return "fidget" in clip.name or "loop" in clip.name


def performer(clip, row, rng):
    n = len(clip.crops)
    count = max(n // 110, 1 if n > 60 else 0)
    cuts = sorted({int(c) for c in rng.integers(20, n - 19, count)}) if count else []
    return Performer(clip, row, clip.active, is_idle(clip), cuts)


class Stage:
    """Everything scenes are made of. rows: first crop row of each clip; voices: list of (mel
    [frames, 40], active [tokens]); noises: log-mels; stills: crop rows of faces that never move."""

    def __init__(self, clips, rows, voices, noises, rng, stills=()):
        self.rng, self.voices, self.noises, self.stills = rng, voices, noises, list(stills)
        self.shown = None  # sound and shift of the last person of a trial
        people = [performer(c, int(r), rng) for c, r in zip(clips, rows)]
        self.idle = [p for p in people if p.idle]
        self.movies = [p for p in people if "movie" in p.clip.name]
        talkers = [p for p in people if not p.idle and "movie" not in p.clip.name]
        self.long = [p for p in talkers if len(p.clip.crops) >= 60]
        self.short = [p for p in talkers if len(p.clip.crops) < 60] or self.long
        self.long = self.long or self.short

    def cast(self):
        rng = self.rng
        if self.idle and rng.random() < 0.05:
            return self.idle[int(rng.integers(len(self.idle)))]
        if self.movies and rng.random() < 0.08:
            return self.movies[int(rng.integers(len(self.movies)))]
        pool = self.long if rng.random() < 0.75 else self.short
        while True:
            p = pool[int(rng.integers(len(pool)))]
            if p.clip.kind != "drawn" or rng.random() < 0.2:
                return p

    def script(self, count):
        """Segments (first, last, who): who is a face index, "off", "noise" or "silence"."""
        rng, at, out = self.rng, -10, []
        single = rng.random() < 0.3
        while at < TOKENS + 10:
            length = 200 if single else int(rng.integers(12, 90))
            draw = rng.random()
            who = (int(rng.integers(count)) if count and draw < 0.65 else
                   "off" if draw < 0.82 else "silence" if draw < 0.9 else "noise")
            out.append((at, min(at + length, TOKENS + 15), who))
            if isinstance(who, int) and count > 1 and rng.random() < 0.35:  # both at once
                out.append((*out[-1][:2], (who + 1) % count))
            at += length
        return out

    def lag(self):
        rng = self.rng
        lag = 0.0 if rng.random() < 0.2 else float(rng.normal(0, 2))
        lag = float(rng.uniform(-12, 12)) if rng.random() < 0.35 else lag
        return round(4 * np.clip(lag, -12, 12)) / 4

    def scene(self):
        """One scene as arrays; a `trial` is three talking faces and one voice, theirs or not."""
        rng = self.rng
        trial = rng.random() < 0.3
        count = int(rng.choice([0, 1, 2, 3], p=[0.03, 0.32, 0.33, 0.32]))
        count = int(rng.choice([1, 2, 3], p=[0.2, 0.3, 0.5])) if trial else count
        lag = self.lag()
        out = {
            "mel": np.full((40, FRAMES), FLOOR, np.float32), "lag": np.float32(lag),
            "crops": np.full((FACES, CROPS), -1, np.int64),
            "present": np.zeros((FACES, PLACES), np.float32),
            "voice": np.zeros((FACES, TOKENS), np.float32),
            "off": np.zeros(TOKENS, np.float32),
            "unseen": np.zeros(TOKENS, np.float32),  # a person of the scene heard, not on screen
            "short": np.float32(trial or rng.random() < 0.3),
        }
        if trial:
            segments = [(-10, TOKENS + 15, "off" if rng.random() < 0.5 else 0)]
        else:
            segments = self.script(count)
        for f in reversed(range(count)):
            self.enter(out, f, segments, lag, trial)
        self.sound(out, segments, trial)
        out["prior"] = self.prior(lag)
        return out

    def sound(self, out, segments, trial):
        """Everything that is not a visible person's voice, and the recording's colour."""
        rng = self.rng
        for first, last, who in segments:
            if who == "off":
                alike = self.shown if trial and rng.random() < 0.6 else None
                self.off_screen(out, first, last, 0.0, alike)
            elif who not in ("noise", "silence") and rng.random() < 0.08:
                self.off_screen(out, first, last, rng.uniform(-3, 0))
            elif who == "noise":
                self.cover(out, first, last, rng.normal(-0.5, 1.5))
        if rng.random() < 0.4:
            self.cover(out, -10, TOKENS + 15, -rng.uniform(1.0, 6.0))
        curve = np.interp(np.arange(40), np.linspace(0, 39, 6), rng.normal(0, 0.4, 6))
        out["mel"] = np.maximum(out["mel"] + rng.normal(-0.5, 1.2) + curve[:, None], FLOOR)

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
        if len(c):
            span = slice(c[0], c[-1] + 1)
            out["mel"][:, span] = np.logaddexp(out["mel"][:, span],
                                               mel[source[fits]].T + np.float32(gain))

    def pictures(self, out, f, rows, own, inside, listens):
        """Names the crops of slot f: `rows` by place, a held picture where a listener is silent."""
        rng = self.rng
        context = np.clip(np.arange(CROPS) - FACE_CONTEXT, 0, PLACES - 1)
        shown = np.flatnonzero(inside)
        context = np.clip(context, shown[0], shown[-1])  # a track's ends are repeated
        out["crops"][f] = rows[context]
        if listens:
            held = int(rng.choice(self.stills)) if self.stills and not own.any() \
                and rng.random() < 0.5 else int(rows[int(rng.choice(shown))])
            out["crops"][f] = np.where(own[context], out["crops"][f], held)
        out["present"][f] = inside

    def enter(self, out, f, segments, lag, trial=False):
        """Puts performer f on screen and his voice into the segments that are his."""
        rng, p = self.rng, self.cast()
        while trial and p.idle:
            p = self.cast()
        n = len(p.clip.crops)
        places = np.arange(-MAX_LAG, TOKENS + MAX_LAG)  # face token index on the scene's clock
        if n >= PLACES:
            origin = -MAX_LAG - int(rng.integers(0, n - PLACES + 1))
        else:
            origin = int(rng.integers(min(-5, TOKENS - n), max(-5, TOKENS - n) + 6))
        j = places - origin
        inside = (j >= 0) & (j < n)
        rest = None
        cuts = [c + origin for c in p.cuts if 8 < c + origin < TOKENS - 8]
        if cuts and not trial and rng.random() < 0.6:  # cut: leaves, comes, or goes on elsewhere
            cut = cuts[int(rng.integers(len(cuts)))]
            first_part, kind = places < cut, rng.random()
            if kind < 0.6 and not out["present"][FACES - 1].any() and f < FACES - 1:
                rest = inside & ~first_part if (inside & ~first_part).any() else None
            inside &= first_part if rest is not None or kind < 0.8 else ~first_part
        if not inside.any():
            return
        if trial:
            self.shown = (p.clip.mel, round(4 * (p.clip.start - origin + lag - p.clip.lag)))
        rows = p.row + np.clip(j, 0, n - 1)
        own = np.zeros(PLACES, bool)
        for first, last, who in segments:
            if who == f and not p.idle:
                own |= (places - lag >= first) & (places - lag < last)
        listens = not trial and rng.random() < 0.75
        self.pictures(out, f, rows, own, inside, listens)
        if rest is not None:
            self.pictures(out, FACES - 1, rows, own, rest, listens)
        if not p.idle:
            self.speak(out, f, p, segments, lag, origin, inside, rest)

    def speak(self, out, f, p, segments, lag, origin, inside, rest):
        """Performer f's own sound in his segments, and the labels it makes."""
        columns = np.arange(FRAMES)
        # scene mel column c is time c - SPEECH_CONTEXT; the clip's own sound there (lags undone):
        shift = round(4 * (p.clip.start - origin + lag)) - round(4 * p.clip.lag)
        source = columns - SPEECH_CONTEXT + shift
        gain = self.rng.normal(0, 0.5)
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

    def off_screen(self, out, first, last, gain, like=None):
        """Another voice. like: (log-mel, shift) of a visible person, whose pace it shall have."""
        rng = self.rng
        if like is None:
            mel, active = self.voices[int(rng.integers(len(self.voices)))]
            origin = int(rng.integers(0, max(len(active) - (last - first), 0) + 1)) - first
        else:
            mel, active, origin = self.impostor(*like)
        columns = np.arange(4 * first, 4 * last) + SPEECH_CONTEXT
        source = columns - SPEECH_CONTEXT + 4 * origin
        self.add(out, mel, columns, source, gain + rng.normal(0, 0.5))
        t = np.arange(max(first, 0), min(last, TOKENS))
        fits = t[(t + origin >= 0) & (t + origin < len(active))]
        out["off"][fits] = np.maximum(out["off"][fits], active[fits + origin])

    def impostor(self, mel, shift):
        """The voice of CANDIDATES, and its place, that rises and falls most as this sound does: what
        somebody says of the same length and pace, as in GRID or in a dub. -> mel, active, origin."""
        rng, best = self.rng, (-2.0, None)
        at = (4 * np.arange(TOKENS) + shift).astype(int)
        at = at[(at >= 0) & (at < len(mel))]
        own = loudness(mel[at])
        if len(own) < 12:
            own = rng.normal(0, 1, 12)
        first = max(-round(shift / 4), 0)  # scene token of own[0]
        own = (own - own.mean()) / (own.std() + 1e-3) / len(own)
        for _ in range(CANDIDATES):
            k = int(rng.integers(len(self.voices)))
            theirs = loudness(self.voices[k][0][::4])
            if len(theirs) <= len(own):
                continue
            windows = np.lib.stride_tricks.sliding_window_view(theirs, len(own))
            match = windows @ own / (windows.std(1) + 1)
            place = int(match.argmax())
            if match[place] > best[0]:
                best = match[place], (*self.voices[k], place - first)
        if best[1] is None:
            mel, active = self.voices[int(rng.integers(len(self.voices)))]
            return mel, active, 0
        return best[1]

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
            self.add(out, augment.noise_array(rng, FRAMES).T + 0.5, columns, columns, gain)


def collate(scenes):
    """Scenes of one batch as tensors; the faces that exist lie one behind the other in `pairs`."""
    stacked = {k: torch.from_numpy(np.stack([s[k] for s in scenes]).astype(np.float32))
               for k in scenes[0] if k != "crops"}
    pairs = [(b, f) for b, s in enumerate(scenes) for f in range(FACES) if s["crops"][f, 0] >= 0]
    stacked["pairs"] = torch.tensor(pairs, dtype=torch.int64).reshape(-1, 2)
    stacked["crops"] = torch.from_numpy(np.stack([scenes[b]["crops"][f] for b, f in pairs]))
    return stacked


class Scenes(torch.utils.data.IterableDataset):
    """Endless batches of scenes; each worker goes its own seeded way."""

    def __init__(self, make_stage, size, seed):
        self.make_stage, self.size, self.seed = make_stage, size, seed

    def __iter__(self):
        worker = torch.utils.data.get_worker_info()
        number = 0 if worker is None else worker.id
        torch.set_num_threads(1)
        stage = self.make_stage(np.random.default_rng([self.seed, number]))
        while True:
            yield collate([stage.scene() for _ in range(self.size)])
