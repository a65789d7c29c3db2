"""All training material in one file, small enough to travel to a machine with an accelerator.

    pack.py --cache DIR --speech FOLDER --out FILE [--quality 16]

Crops go into one gray H.264 picture of tiles, one track after the other in each tile (lossy, 40 dB
and more); log-mel to 8 bits (steps of 0.085); beside them speech activity by token, the voices that
are only heard (read speech, flite) and generated noises and music.
"""

import argparse
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

import clips as clip_files
import geometry
import media
import speech_labels
import voices

COLUMNS, ROWS = 24, 16  # tiles of 48 x 48: three macroblocks each way
MEL_LOW, MEL_STEP = np.log(1e-5), 0.085


@dataclass
class Pack:
    clips: list  # clips.Clip, with `active`: speech activity by token of the recording
    voices: list  # (log-mel [frames, 40], active [tokens])
    unheard: list  # of the voices: kept from speech activity, to measure it with
    noises: list  # log-mel
    statistics: tuple  # mean and deviation of each mel band of the clips' sound


def activity_of(sound):
    """0, 1, or 0.5 where it is not sure, by token."""
    if np.abs(sound).max() <= 0.01:
        return np.zeros(len(sound) // 640 + 1, np.float32)
    active = speech_labels.label(sound)
    return np.where(active == speech_labels.UNSURE, 0.5, active)


def quantised(mel):
    return np.round((mel - MEL_LOW) / MEL_STEP).clip(0, 255).astype(np.uint8)


def restored(levels):
    return (levels * MEL_STEP + MEL_LOW).astype(np.float32)


def write_video(crops, path, quality):
    """crops uint8 [N, 48, 48]: tile k holds the k-th of COLUMNS * ROWS equal stretches of them."""
    tiles = COLUMNS * ROWS
    frames = -(-len(crops) // tiles)
    padded = np.concatenate([crops, np.zeros((frames * tiles - len(crops), 48, 48), np.uint8)])
    grid = padded.reshape(ROWS, COLUMNS, frames, 48, 48)
    command = ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "gray", "-s",
               f"{48 * COLUMNS}x{48 * ROWS}", "-r", "25", "-i", "-", "-c:v", "libx264", "-preset",
               "medium", "-crf", str(quality), "-pix_fmt", "gray", "-color_range", "pc",
               "-threads", "1", str(path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE)
    for k in range(frames):
        process.stdin.write(grid[:, :, k].transpose(0, 2, 1, 3).tobytes())
    process.stdin.close()
    if process.wait():
        raise OSError(f"ffmpeg could not write {path}")


def read_video(path, count):
    capture, frames = cv2.VideoCapture(str(path)), []
    while True:
        ok, picture = capture.read()
        if not ok:
            break
        frames.append(picture[..., 0].reshape(ROWS, 48, COLUMNS, 48).transpose(0, 2, 1, 3))
    return np.stack(frames, 2).reshape(-1, 48, 48)[:count]


def heard_only(folder):
    """(log-mel, activity, whether it is kept for measuring) of read speech and flite."""
    paths = sorted(Path(folder).rglob("*.flac"))
    sounds = [(media.read_sound(p), speech_labels.held_out(p)) for p in paths]
    sounds += [(voices.speak(t, v), False) for t in voices.SENTENCES for v in voices.VOICES]
    return [(geometry.log_mel(s, 0, len(s) // 160 + 1), activity_of(s), kept) for s, kept in sounds]


def generated(seed, count=90, seconds=8):
    rng = np.random.default_rng(seed)
    sounds = [(voices.music if k % 5 < 2 else voices.noise)(rng, seconds) for k in range(count)]
    return [geometry.log_mel(0.1 * x, 0, len(x) // 160 + 1) for x in sounds]


def mel_statistics(clips):
    """Mean and deviation of each band: what all networks that hear are normalised by."""
    frames = np.concatenate([c.mel[::7] for c in clips if c.kind not in ("drawn", "photos")])
    return frames.mean(0), frames.std(0)


def write(cache, speech, out, quality, seed=1):
    clips = clip_files.load_all(cache)
    arrays, recordings, tracks = {}, {}, []
    arrays["mel_mean"], arrays["mel_std"] = mel_statistics(clips)
    for c in clips:
        if c.recording not in recordings:
            k = recordings.setdefault(c.recording, len(recordings))
            arrays[f"mel_{k}"] = quantised(c.mel)
            sound = np.load(Path(cache) / (c.recording + ".npz"))["sound"]
            arrays[f"active_{k}"] = (
                2 * activity_of(sound.astype(np.float32) / 32768)).astype(np.uint8)
        tracks.append([c.name, c.kind, c.recording, recordings[c.recording], c.start,
                       len(c.crops), c.held_out])
    heard = heard_only(speech)
    for k, (mel, active, _) in enumerate(heard):
        arrays[f"voice_{k}"], arrays[f"spoken_{k}"] = quantised(mel), (2 * active).astype(np.uint8)
    arrays["unheard"] = np.array([kept for _, _, kept in heard])
    for k, mel in enumerate(generated(seed)):
        arrays[f"noise_{k}"] = quantised(mel)
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "crops.mkv"
        write_video(np.concatenate([c.crops for c in clips]), video, quality)
        arrays["video"] = np.frombuffer(video.read_bytes(), np.uint8)
    arrays["tracks"] = np.frombuffer(json.dumps(tracks).encode(), np.uint8)
    np.savez_compressed(out, **arrays)
    print(f"{len(clips)} tracks of {len(recordings)} recordings, "
          f"{sum(t[5] for t in tracks)} crops, {out.stat().st_size / 2**20:.1f} MiB, "
          f"video {len(arrays['video']) / 2**20:.1f} MiB", flush=True)


def read(path):
    with np.load(path) as file:
        data = {name: file[name] for name in file.files}
    tracks = json.loads(data["tracks"].tobytes())
    with tempfile.NamedTemporaryFile(suffix=".mkv") as video:
        video.write(data["video"].tobytes())
        video.flush()
        crops = read_video(video.name, sum(t[5] for t in tracks))
    clips, at, sounds = [], 0, {}
    for name, kind, recording, k, start, count, held_out in tracks:
        if k not in sounds:
            sounds[k] = restored(data[f"mel_{k}"]), data[f"active_{k}"] / np.float32(2)
        mel, active = sounds[k]
        clips.append(clip_files.Clip(name, kind, mel, crops[at : at + count], start,
                                     held_out=held_out, recording=recording, active=active))
        at += count

    def numbered(stem):
        return (data[f"{stem}_{k}"] for k in range(sum(n.startswith(stem + "_") for n in data)))

    spoken = [(restored(m), a / np.float32(2))
              for m, a in zip(numbered("voice"), numbered("spoken"))]
    return Pack(clips, spoken, data["unheard"], [restored(m) for m in numbered("noise")],
                (data["mel_mean"], data["mel_std"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, required=True)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--quality", type=int, default=16, help="constant rate factor of x264")
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    write(a.cache, a.speech, a.out, a.quality, a.seed)


if __name__ == "__main__":
    main()
