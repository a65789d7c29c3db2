"""Trains attune-align from clips to weight file: one command, resumable, seeded.

    train.py --data DIR --detector YUNET_ONNX --work DIR --out models/attune-align.safetensors

--data has train/ (clips of one talking person each; subfolders are kinds) and speech/ (read speech,
flac). Stages: crops and sound (prepare.py), drawn faces (drawn.py, movies.py), encoders
(encoders.py), speech activity (speech_activity.py), attention and heads (heads.py), weight file
(export.py). A stage that is complete is skipped; one that was stopped goes on from its checkpoint.
"""

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def run(program, *arguments):
    print("==", program, flush=True)
    subprocess.run([sys.executable, str(HERE / program), *map(str, arguments)], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--parity", type=Path, help="reference arrays for the C++ tests")
    parser.add_argument("--scene-generator", type=Path, help="the program attune-scene, built")
    parser.add_argument("--encoder-steps", type=int, nargs="+",
                        default=[800, 1000, 1100, 2200, 500])
    parser.add_argument("--speech-steps", type=int, default=2000)
    parser.add_argument("--head-steps", type=int, default=2500)
    parser.add_argument("--seed", type=int, default=1)
    a = parser.parse_args()
    cache, speech = a.work / "cache", a.data / "speech"
    folders = sorted(p for p in (a.data / "train").iterdir() if p.is_dir())
    run("prepare.py", "--cache", cache, "--detector", a.detector, *folders)
    if not (cache / "drawn_0159.npz").exists():
        run("drawn.py", "--cache", cache, "--speech", speech, "--count", 160, "--seed", a.seed)
    if a.scene_generator:
        run("movies.py", "--generator", a.scene_generator, "--detector", a.detector,
            "--cache", cache, "--movies", a.work / "movies")
    run("encoders.py", "--cache", cache, "--work", a.work, "--seed", a.seed,
        "--steps", *a.encoder_steps)
    common = ("--cache", cache, "--speech", speech, "--work", a.work, "--seed", a.seed)
    run("speech_activity.py", *common, "--steps", a.speech_steps)
    last = len(a.encoder_steps) - 1
    run("heads.py", *common, "--encoders", a.work / f"encoders{last}.pt",
        "--lags", a.work / f"lags{last}.json", "--steps", a.head_steps)
    parity = ("--parity", a.parity) if a.parity else ()
    run("export.py", "--heads", a.work / "heads.pt", "--out", a.out, "--seed", a.seed, *parity)


if __name__ == "__main__":
    main()
