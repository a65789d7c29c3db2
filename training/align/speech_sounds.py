"""What may lie under speech or stand alone, for speech_activity.py: one file of log-mel.

    speech_sounds.py --out FILE [--soundfont SF2 ...] [--music FOLDER ...] [--seed S]

Generated music, melodies, noise, room tone and breaths; pieces played on sampled instruments by
fluidsynth; stretches of the music files (ogg, mp3, flac, wav) below the folders. All pieces have
the same level. About ten minutes of one core. Arrays: `KIND` uint8 [frames, 40] (quantised as in
pack.py), `KIND_ends` the frame after each piece.
"""

import argparse
import subprocess
from pathlib import Path

import numpy as np

import geometry
import pack
import voices

SECONDS = 6
LEVEL = 0.05  # RMS of every piece but breaths, whose loudest sample is ten times that
CHOIRS = (52, 53, 54, 85, 91)  # General MIDI programs that sing
SONG_PIECES = 4  # of each music file
SUFFIXES = (".ogg", ".mp3", ".flac", ".wav", ".opus")


def instruments():
    """General MIDI programs for training: no choirs, and a third is kept for evaluation."""
    return [p for p in range(104) if p % 3 and p not in CHOIRS]


def sampled(rng, soundfonts, rounds=8):
    for font in soundfonts:
        for _ in range(rounds):
            yield from voices.sampled_music(rng, 30, SECONDS, font, instruments())


def stretch_of(path, begin):
    command = ["ffmpeg", "-v", "error", "-ss", f"{begin:.2f}", "-t", str(SECONDS), "-i", str(path),
               "-vn", "-ac", "1", "-ar", str(voices.RATE), "-f", "s16le", "-"]
    raw = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(raw, np.int16).astype(np.float32) / 32768


def length_of(path):
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]
    return float(subprocess.run([*command, str(path)], check=True, capture_output=True).stdout)


def songs(rng, folders):
    paths = sorted(p for folder in folders for p in Path(folder).rglob("*")
                   if p.suffix in SUFFIXES and p.is_file())
    for path in paths:
        spare = length_of(path) - SECONDS
        if spare < 0:
            continue
        for begin in rng.uniform(0, spare, SONG_PIECES if spare > 20 else 1):
            piece = stretch_of(path, begin)
            if np.abs(piece).max() > 0.01:
                yield piece


def level(sound, peak=False):
    size = np.abs(sound).max() / 10 if peak else np.sqrt(np.mean(np.square(sound, dtype=float)))
    return sound * np.float32(LEVEL / (size + 1e-6))


def heard(sounds, peak=False):
    """-> (quantised log-mel of all of them, where each ends)."""
    mels = [pack.quantised(geometry.log_mel(level(s, peak), 0, len(s) // 160 + 1)) for s in sounds]
    return np.concatenate(mels), np.cumsum([len(m) for m in mels])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--soundfont", type=Path, nargs="*", default=[])
    parser.add_argument("--music", type=Path, nargs="*", default=[])
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    rng = np.random.default_rng(a.seed)
    kinds = {"music": [voices.music(rng, SECONDS) for _ in range(80)],
             "melody": [voices.melody(rng, SECONDS) for _ in range(200)],
             "noise": [voices.noise(rng, SECONDS) for _ in range(220)],
             "room": [voices.room_tone(rng, SECONDS) for _ in range(60)],
             "breath": [voices.breath(rng) for _ in range(200)],
             "sampled": list(sampled(rng, a.soundfont)), "song": list(songs(rng, a.music))}
    arrays = {}
    for kind, sounds in kinds.items():
        print(f"{kind}: {len(sounds)}", flush=True)
        if sounds:
            arrays[kind], arrays[f"{kind}_ends"] = heard(sounds, peak=kind == "breath")
    np.savez_compressed(a.out, **arrays)
    print(f"{a.out.stat().st_size / 2**20:.1f} MiB", flush=True)


if __name__ == "__main__":
    main()
