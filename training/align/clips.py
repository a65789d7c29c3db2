"""The cached clips (prepare.py) as tracks ready for training."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import geometry
from networks import AUDIO_CONTEXT, FACE_CONTEXT

# People kept away from the encoders, so that the null key meets tokens of strangers in training.
HELD_OUT_PEOPLE = ("Baylee", "Derek", "Kalli", "rennyex", "Renny", "hona", "Tierra", "ariaSpanish",
                   "mariagrande", "Maria-", "patricksherman", "Gretchen")


@dataclass
class Clip:
    """One face track and the sound of its recording."""

    name: str
    kind: str  # anchors, spokespeople, lectures, drawn, ...
    mel: np.ndarray  # [frames, 40] log-mel, frame k at k * 10 ms
    crops: np.ndarray  # uint8 [n, 48, 48]
    start: int  # token index of crops[0]
    lag: float = 0.0  # tokens; positive: the picture is late
    held_out: bool = False
    boxes: np.ndarray = field(default=None, repr=False)
    recording: str = ""  # cache file: tracks of one recording share sound and lag
    active: np.ndarray = field(default=None, repr=False)  # speech activity by token, if known

    def audio_input(self, first_token, count, context=AUDIO_CONTEXT, lag=None):
        """Mel columns [40, 4 (count - 1) + 2 context + 1] that belong to these face tokens."""
        shift = round(4 * (self.lag if lag is None else lag))
        first = 4 * first_token - context - shift
        index = first + np.arange(4 * (count - 1) + 2 * context + 1)
        return self.mel[np.clip(index, 0, len(self.mel) - 1)].T

    def first_tokens(self, count):
        """Range of first tokens for which crops and, if possible, sound exist on both sides."""
        low = self.start + FACE_CONTEXT
        high = self.start + len(self.crops) - FACE_CONTEXT - count
        shift = round(4 * self.lag)
        heard_low = -(-(AUDIO_CONTEXT + shift) // 4)
        heard_high = (len(self.mel) - 1 - AUDIO_CONTEXT + shift) // 4 - count + 1
        inner = max(low, heard_low), min(high, heard_high)
        return inner if inner[0] <= inner[1] else (low, high)

    def face_input(self, first_token, count):
        """Crops uint8 [count + 8, 48, 48]; no padding."""
        first = first_token - FACE_CONTEXT - self.start
        return self.crops[first : first + count + 2 * FACE_CONTEXT]


def is_held_out(kind, stem):
    if kind == "spokespeople":
        return any(name in stem for name in HELD_OUT_PEOPLE)
    return kind == "anchors" and int("".join(filter(str.isdigit, stem)) or 0) % 1000 >= 900


def load(path, min_tokens=20, min_score=0.7):
    """All tracks of one cache file."""
    data = np.load(path)
    sound = data["sound"].astype(np.float32) / 32768
    if len(sound) < 8000:
        return []
    mel = geometry.log_mel(sound, 0, len(sound) // 160 + 1)
    kind, stem = path.stem.split("_", 1)
    out = []
    for key in (k for k in data.files if k.startswith("crops_")):
        k = key.split("_")[1]
        if kind != "photos" and (len(data[key]) < min_tokens or data[f"score_{k}"] < min_score):
            continue
        boxes = data[f"boxes_{k}"] if f"boxes_{k}" in data.files else None
        out.append(Clip(f"{path.stem}#{k}", kind, mel, data[key], int(data[f"start_{k}"]),
                        held_out=is_held_out(kind, stem), boxes=boxes, recording=path.stem))
    return out


def load_all(folder, lags=None, keep=None, **options):
    """keep: chooses cache files by path."""
    paths = [p for p in sorted(Path(folder).glob("*_*.npz")) if ".part" not in p.name]
    clips = [c for p in paths if keep is None or keep(p) for c in load(p, **options)]
    for clip in clips:
        clip.lag = (lags or {}).get(clip.recording, 0.0)
    return clips
