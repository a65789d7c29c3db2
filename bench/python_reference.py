#!/usr/bin/env python3
"""What the networks that people glue together in Python cost on this machine, one thread, to stand beside attune's.

    bench/python_reference.py --lr-asd finetuning_TalkSet.model --yunet yunet_n_320_320.onnx

LR-ASD in Debian's PyTorch (python3-torch; install libopenblas0-openmp, or the convolutions fall back to a reference
BLAS) on ten seconds of one face; YuNet in OpenCV's dnn module (python3-opencv) on a 320 x 320 picture. Prints a
table; the best of several runs, so that other work on the machine disturbs little.
"""

import argparse
import pathlib
import sys
import time

import cv2
import numpy as np
import torch

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "training" / "align"))
from lr_asd import LrAsd  # noqa: E402


def best_seconds(call, runs):
    call()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lr-asd", required=True)
    parser.add_argument("--yunet", required=True)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    random = np.random.default_rng(1)

    seconds = 10
    network = LrAsd(options.lr_asd).eval()
    sound = random.normal(size=(100 * seconds, 13)).astype(np.float32)
    faces = random.integers(0, 256, (25 * seconds, 112, 112), dtype=np.uint8)
    asd = best_seconds(lambda: network(sound, faces), options.runs) / seconds

    detector = cv2.dnn.readNetFromONNX(options.yunet)
    blob = cv2.dnn.blobFromImage(random.integers(0, 256, (320, 320, 3), dtype=np.uint8))
    names = detector.getUnconnectedOutLayersNames()

    def detect():
        detector.setInput(blob)
        detector.forward(names)

    face = best_seconds(detect, 10 * options.runs)
    print("| network | ms |\n| --- | ---: |")
    print(f"| LR-ASD, PyTorch {torch.__version__}, one second of one face | {1000 * asd:.1f} |")
    print(f"| YuNet, OpenCV {cv2.__version__} dnn, one picture of 320 x 320 | {1000 * face:.2f} |")


if __name__ == "__main__":
    main()
