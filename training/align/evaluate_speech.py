"""Speech activity on the development data, beside Silero VAD, both at threshold 0.5.

    evaluate_speech.py (--model M | --checkpoint F --pack F) --dev FOLDER [--cache DEV_CACHE]
        [--speech FOLDER] [--soundfont SF2] [--silero WEIGHTS] [--ahead 20]

Labels: GRID's word times, clean and with seeded noise and music; elsewhere the level of clean
recordings, where what is neither loud nor quiet is not counted; noise, music and room tone have no
speech. An error is a token (40 ms) with the wrong decision; `all tokens` counts those within 0.08 s
of a boundary too. Intervals: 95 %, bootstrap over clips; `difference` is ours minus Silero's in
percent, so below 0 is better.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

import geometry
import media
import speech_labels
import speech_sounds
import voices
from infer import read_safetensors
from networks import SPEECH_CONTEXT, SpeechActivity, fold
from silero import Silero

SEED = 11


@dataclass
class Clip:
    """A recording and the truth for its tokens."""

    sound: np.ndarray
    speech: np.ndarray  # bool [n]
    counted: np.ndarray  # bool [n]
    far: np.ndarray  # bool [n]: more than 0.08 s from a boundary


class Ours:
    """The speech network; ahead: mel frames it may look ahead, the last one is then repeated."""

    def __init__(self, network, mean, std, ahead=SPEECH_CONTEXT):
        self.network, self.mean, self.std, self.ahead = network, mean, std, ahead

    @classmethod
    def exported(cls, path):
        arrays, _ = read_safetensors(path)
        network = fold(SpeechActivity().eval())
        values = {n[7:]: torch.from_numpy(v.astype(np.float32)) for n, v in arrays.items()
                  if n.startswith("speech.")}
        with torch.no_grad():
            for name, parameter in network.named_parameters():
                parameter.copy_(values[name.replace(".conv.", ".")])
        return cls(network, arrays["mel.mean"], arrays["mel.std"])

    @classmethod
    def trained(cls, path, mel):
        network = SpeechActivity()
        network.load_state_dict(torch.load(path)["model"])
        stored = np.load(mel)
        return cls(fold(network.eval()), stored["mel_mean"], stored["mel_std"])

    @torch.no_grad()
    def tokens(self, sound, count):
        frames = 4 * (count - 1) + 2 * SPEECH_CONTEXT + 1
        mel = (geometry.log_mel(sound, -SPEECH_CONTEXT, frames) - self.mean) / self.std
        mel = torch.from_numpy(mel.T.astype(np.float32).copy())
        if self.ahead >= SPEECH_CONTEXT:
            logits = self.network(mel[None])[0]
        else:
            windows = mel.unfold(1, 2 * SPEECH_CONTEXT + 1, 4).transpose(0, 1).contiguous()
            last = SPEECH_CONTEXT + self.ahead
            windows[:, :, last + 1 :] = windows[:, :, last : last + 1]
            logits = self.network(windows)[:, 0]
        return torch.sigmoid(logits).numpy()


def token_count(sound):
    return -(-len(sound) // 640)


def read_word_times(path, count):
    """(speech [count], far [count]) from a GRID .align file."""
    times = np.arange(count) / 25
    speech, far = np.zeros(count, bool), np.ones(count, bool)
    for line in path.read_text().split("\n"):
        parts = line.split()
        if len(parts) != 3:
            continue
        first, last = int(parts[0]) / 25000, int(parts[1]) / 25000
        if parts[2] not in ("sil", "sp"):
            speech |= (times >= first) & (times < last)
            far &= (abs(times - first) > 0.08) & (abs(times - last) > 0.08)
    return speech, far


def grid_clips(dev, cache):
    clips = []
    for path in sorted((dev / "grid").glob("*.align")):
        stored = cache / f"grid_{path.stem}.npz" if cache else Path()
        if stored.is_file():
            sound = np.load(stored)["sound"].astype(np.float32) / 32768
        else:
            sound = media.read_sound(path.with_suffix(".mpg"))
        speech, far = read_word_times(path, token_count(sound))
        clips.append(Clip(sound, speech, np.ones(len(speech), bool), far))
    return clips


def cover(clips, make, below):
    """The same clips with something else `below` dB under them."""
    out = []
    for index, clip in enumerate(clips):
        rng = np.random.default_rng([SEED, index])
        added = make(rng, len(clip.sound) / 16000 + 0.1)[: len(clip.sound)]
        ratio = np.sqrt(np.mean(clip.sound**2) / (np.mean(added**2) + 1e-12))
        sound = clip.sound + added * ratio * 10 ** (-below / 20)
        out.append(Clip((sound / max(1, abs(sound).max())).astype(np.float32), clip.speech,
                        clip.counted, clip.far))
    return out


def sampled(soundfont):
    """Like voices.music, on instruments that training does not hear (another font is best)."""
    programs = [p for p in range(0, 104, 3) if p not in speech_sounds.CHOIRS]
    pieces = voices.sampled_music(np.random.default_rng(SEED), 60, 5.5, soundfont, programs)

    def make(rng, seconds):
        return np.resize(pieces[int(rng.integers(len(pieces)))], int(seconds * 16000))

    return make


def wild_clips(dev):
    """MSDWild: anybody's speech by its RTTM file."""
    clips = []
    for path in sorted((dev / "msdwild").glob("*.rttm")):
        sound = media.read_sound(path.with_suffix(".mp4"))
        times = np.arange(token_count(sound)) / 25
        speech, far = np.zeros(len(times), bool), np.ones(len(times), bool)
        for line in path.read_text().split("\n"):
            parts = line.split()
            if len(parts) > 4:
                first, last = float(parts[3]), float(parts[3]) + float(parts[4])
                speech |= (times >= first) & (times < last)
                far &= (abs(times - first) > 0.08) & (abs(times - last) > 0.08)
        clips.append(Clip(sound, speech, np.ones(len(speech), bool), far))
    return clips


def by_level(paths):
    """Speech within 20 dB of the loud parts; silence where 0.2 s all lie 40 dB below them."""
    clips = []
    for path in paths:
        sound = media.read_sound(path)
        count = token_count(sound)
        energy = speech_labels.token_energy(sound)[:count]
        loud = np.quantile(energy, 0.95)
        around = np.lib.stride_tricks.sliding_window_view(np.pad(energy, 2, mode="edge"), 5)
        speech = energy > loud - 20
        quiet = around.max(1) < loud - 40
        if speech.any():
            clips.append(Clip(sound, speech, speech | quiet, speech | quiet))
    return clips


def without_speech(make, count, loudest, quietest):
    clips = []
    for index in range(count):
        rng = np.random.default_rng([SEED, 7, index])
        sound = make(rng, 4)
        sound = sound / np.sqrt(np.mean(sound**2) + 1e-12)
        sound = sound * 10 ** (rng.uniform(quietest, loudest) / 20)
        tokens, every = np.zeros(100, bool), np.ones(100, bool)
        clips.append(Clip(np.clip(sound[:64000], -1, 1).astype(np.float32), tokens, every, every))
    return clips


def conditions(dev, cache, speech, soundfont):
    """Yields (name, clips, whether the clips have exact boundaries)."""
    covers = {"noise": voices.noise, "music": voices.music, "melody": voices.melody}
    if soundfont:
        covers["instruments"] = sampled(soundfont)
    grid = grid_clips(dev, cache)
    yield "GRID clean", grid, True
    for name, make in covers.items():
        for below in (10, 5, 0):
            yield f"GRID {name} {below} dB", cover(grid, make, below), True
    quiet = [Clip(c.sound * 0.1, c.speech, c.counted, c.far) for c in grid]
    yield "GRID 20 dB quieter", quiet, True
    yield "stand-up voices", by_level(sorted(dev.glob("scenes/*_*_sub.mp4"))), False
    yield "spokespeople", by_level(sorted(dev.glob("spokespeople/*.mkv"))), False
    yield "sentences", by_level(sorted(dev.glob("sentences/*/*.mp4"))), False
    if speech:
        read = [p for p in sorted(speech.rglob("*.flac")) if speech_labels.held_out(p)]
        yield "read speech (held out)", by_level(read), False
    yield "MSDWild", wild_clips(dev), True
    for name, make in covers.items():
        yield f"{name} alone", without_speech(make, 60, -12, -40), False
    yield "room tone alone", without_speech(voices.room_tone, 40, -45, -75), False


def count_errors(decisions, clips, near):
    """[clips, 4]: speech missed, speech, false alarms, no speech. near: boundaries counted too."""
    rows = []
    for said, clip in zip(decisions, clips):
        counted = clip.counted if near else clip.counted & clip.far
        yes, no = counted & clip.speech, counted & ~clip.speech
        rows.append([(~said & yes).sum(), yes.sum(), (said & no).sum(), no.sum()])
    return np.array(rows, float)


def error(rows):
    total = rows.sum(0)
    return (total[0] + total[2]) / max(total[1] + total[3], 1)


def interval(rows, other=None, rounds=1000):
    """Text: the frame error (or its difference from `other`) in percent with its interval."""
    rng, n = np.random.default_rng(SEED), len(rows)

    def value(pick):
        return 100 * (error(rows[pick]) - (error(other[pick]) if other is not None else 0))

    draws = [value(rng.integers(0, n, n)) for _ in range(rounds)]
    low, high = np.quantile(draws, [0.025, 0.975])
    sign = "+" if other is not None else ""
    return f"{value(np.arange(n)):{sign}.2f} [{low:{sign}.2f}, {high:{sign}.2f}]"


def rates(rows):
    total = rows.sum(0)
    missed = f"{100 * total[0] / total[1]:.1f}" if total[1] else "-"
    return f"{missed}/{100 * total[2] / total[3]:.1f}" if total[3] else f"{missed}/-"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--model", type=Path)
    source.add_argument("--checkpoint", type=Path)
    parser.add_argument("--pack", type=Path, help="for the mel statistics")
    parser.add_argument("--dev", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--speech", type=Path)
    parser.add_argument("--soundfont", type=Path, help="sampled instruments for fluidsynth")
    parser.add_argument("--silero", type=Path)
    parser.add_argument("--ahead", type=int, default=SPEECH_CONTEXT)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    ours = (Ours.exported(arguments.model) if arguments.model
            else Ours.trained(arguments.checkpoint, arguments.pack))
    detectors = {"ours": ours}
    if arguments.silero:
        detectors["Silero"] = Silero(arguments.silero)
    if arguments.ahead < SPEECH_CONTEXT:
        detectors[f"ours, {arguments.ahead / 100:.2f} s ahead"] = Ours(
            ours.network, ours.mean, ours.std, arguments.ahead)
    print("| sound | " + " | ".join(f"{d}: error %, (missed/false)" for d in detectors)
          + (" | difference |" if arguments.silero else " |"))
    for name, clips, exact in conditions(arguments.dev, arguments.cache, arguments.speech,
                                         arguments.soundfont):
        said = {d: [m.tokens(c.sound, len(c.speech)) > 0.5 for c in clips]
                for d, m in detectors.items()}
        for near in (False, True) if exact else (True,):
            rows = {d: count_errors(s, clips, near) for d, s in said.items()}
            cells = [f"{interval(r)} ({rates(r)})" for r in rows.values()]
            if arguments.silero:
                cells.append(interval(rows["ours"], rows["Silero"]))
            title = f"{name}, all tokens" if exact and near else name
            print(f"| {title} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
