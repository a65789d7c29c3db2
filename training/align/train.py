"""Trains attune-align from clips to weight file: one command, resumable, seeded.

    train.py --data DIR --detector YUNET_ONNX --work DIR --out models/attune-align.safetensors

--data has train/ (clips of one talking person each; subfolders are kinds), faces/lfw (portraits)
and speech/ (read speech, flac). Stages: crops and sound (prepare.py), drawn faces (drawn.py,
movies.py), one file of it all (pack.py), speech activity (speech_activity.py), encoders
(encoders.py), attention and heads (heads.py), weight file (export.py). A stage that is complete is
skipped; one that was stopped goes on from its checkpoint. Where the accelerator is another machine,
carry --work's pack.npz and sounds.npz there and run the last four stages' programs on it.
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def run(program, *arguments):
    print("==", program, flush=True)
    subprocess.run([sys.executable, str(HERE / program), *map(str, arguments)], check=True)


def prepare(a, cache):
    folders = sorted(p for p in (a.data / "train").iterdir() if p.is_dir())
    run("prepare.py", "--cache", cache, "--detector", a.detector,
        "--photos", a.data / "faces" / "lfw", *folders)
    if not (cache / "drawn_0159.npz").exists():
        run("drawn.py", "--cache", cache, "--speech", a.data / "speech", "--count", 160,
            "--seed", a.seed)
    if a.scene_generator:
        run("movies.py", "--generator", a.scene_generator, "--detector", a.detector,
            "--cache", cache, "--movies", a.work / "movies")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--parity", type=Path, help="reference arrays for the C++ tests")
    parser.add_argument("--scene-generator", type=Path, help="the program attune-scene, built")
    parser.add_argument("--soundfont", type=Path, nargs="*", default=[],
                        help="for music of sampled instruments (fluidsynth)")
    parser.add_argument("--music", type=Path, nargs="*", default=[],
                        help="folders of music files without singers")
    parser.add_argument("--encoder-steps", type=int, nargs="+", default=[300, 400, 2600])
    parser.add_argument("--speech-steps", type=int, default=8000)
    parser.add_argument("--head-steps", type=int, default=1500)
    parser.add_argument("--settle-steps", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    cache, packed, speech = a.work / "cache", a.work / "pack.npz", a.data / "speech"
    prepare(a, cache)
    if not packed.exists():
        run("pack.py", "--cache", cache, "--speech", speech, "--out", packed, "--seed", a.seed)
    fonts = ("--soundfont", *a.soundfont) if a.soundfont else ()
    music = ("--music", *a.music) if a.music else ()
    sounds = a.work / "sounds.npz"
    if not sounds.exists():
        run("speech_sounds.py", "--out", sounds, "--seed", a.seed, *fonts, *music)
    run("speech_activity.py", "--pack", packed, "--sounds", sounds, "--work", a.work, "--steps",
        a.speech_steps, "--seed", a.seed)
    common = ("--pack", packed, "--work", a.work, "--seed", a.seed)
    run("encoders.py", *common, "--steps", *a.encoder_steps)
    last = len(a.encoder_steps) - 1
    run("heads.py", *common, "--encoders", a.work / f"encoders{last}.pt",
        "--lags", a.work / f"lags{last}.json", "--steps", a.head_steps,
        "--settle-steps", a.settle_steps)
    parity = ("--parity", a.parity) if a.parity else ()
    run("export.py", "--heads", a.work / "heads.settled.pt", "--pack", packed, "--out", a.out,
        "--seed", a.seed, *parity)


if __name__ == "__main__":
    main()
