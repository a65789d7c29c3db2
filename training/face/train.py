"""Trains attune-face. One command, seeded, resumable:

    python3 train.py --data ../../../shared/data --teacher yunet_n_320_320.onnx --out /tmp/face

Two phases. First the whole network, on fresh examples at every step. Then the stem (the layers at
half and quarter resolution, most of the arithmetic) stays as it is, and the rest learns on with a
falling rate; examples come in rounds, composed, degraded and taken through the stem once and seen
several times, which makes a step three times as cheap.

Writes OUT/labels.npz (the teacher's faces in the source pictures, once), OUT/whole.pt and
OUT/rest.pt (checkpoints of the phases: a second start goes on from there) and OUT/weights.pt
(averaged weights, what export.py takes). Needs PyTorch >= 1.13, OpenCV >= 4.6, NumPy. On one free
core of 2023: 3 minutes for the labels, 0.3 s for a step of the first phase, 0.1 s of the second.
"""

import argparse
import copy
import ctypes
import math
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch

import detection
import losses
import network
import pictures
import scenes

SIDES, SHARES = (192, 256, 320, 416), (0.2, 0.5, 0.2, 0.1)
BATCH_PIXELS = 10 * 256 * 256
BATCHES, PASSES = 30, 3    # of a round


def keep_memory():
    """glibc gives large blocks back at once and faults them in anew: a third of the time."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-4, 0)          # M_MMAP_MAX
        libc.mallopt(-1, 1 << 30)    # M_TRIM_THRESHOLD
    except OSError:
        pass


def channels_last(tensor):
    return tensor.contiguous(memory_format=torch.channels_last)


def as_input(images):
    return channels_last(torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float())


@dataclass
class Batch:
    side: int
    pictures: torch.Tensor    # degraded
    examples: list
    answers: list             # the teacher's outputs for each clean picture, None for drawn ones


def make_batch(composer, teacher, rng):
    side = int(rng.choice(SIDES, p=SHARES))
    size = max(4, BATCH_PIXELS // (side * side))
    examples = [composer.example(rng, side) for _ in range(size)]
    answers = []
    for example in examples:
        raw = None if example.drawn else teacher.outputs(example.clean)
        answers.append(raw and {name: torch.from_numpy(value) for name, value in raw.items()})
    pictures = as_input([scenes.degrade(rng, example) for example in examples])
    return Batch(side, pictures, examples, answers)


def loss_of(net, middle, batch):
    cells = torch.from_numpy(network.priors(batch.side, batch.side))
    return losses.batch_loss(net.from_stem(middle), cells, batch.examples, batch.answers)


def learning_rate(done, peak):
    """Linear warm-up over 2 % of the run, then a cosine down to 1 %."""
    if done < 0.02:
        return peak * (done + 1e-3) / 0.02
    return peak * (0.01 + 0.99 * (1 + math.cos(math.pi * min(1.0, done))) / 2)


def update_average(average, net, step):
    decay = min(0.99, (1 + step) / (10 + step))
    with torch.no_grad():
        for mean, value in zip(average.state_dict().values(), net.state_dict().values()):
            if mean.dtype.is_floating_point:
                mean.lerp_(value, 1 - decay)
            else:
                mean.copy_(value)


def optimiser_of(parameters, rate):
    """Biases and batch norms are not decayed."""
    parameters = list(parameters)
    return torch.optim.AdamW([
        {"params": [p for p in parameters if p.ndim > 1], "weight_decay": 1e-2},
        {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0}], lr=rate)


def advance(optimiser, loss, rate):
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    torch.nn.utils.clip_grad_norm_(parameters, 10.0)
    optimiser.step()


class Progress:
    """Prints running means of the parts of the loss."""

    def __init__(self, phase):
        self.phase, self.start, self.means = phase, time.time(), {}

    def add(self, step, parts):
        for name, value in parts.items():
            self.means[name] = 0.98 * self.means.get(name, value) + 0.02 * value
        if step % 25 == 0:
            text = "  ".join(f"{name} {value:.3f}" for name, value in self.means.items())
            seconds = time.time() - self.start
            print(f"{self.phase} {step:6d}  {seconds:7.0f} s  {text}", flush=True)


def train_whole(net, composer, teacher, args):
    optimiser = optimiser_of(net.parameters(), args.rate)
    checkpoint, first = args.out / "whole.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        first = state["step"]
    progress = Progress("whole")
    net.train()
    for step in range(first, args.steps):
        batch = make_batch(composer, teacher, np.random.default_rng((args.seed, step)))
        loss, parts = loss_of(net, net.backbone.stem(batch.pictures), batch)
        advance(optimiser, loss, learning_rate(0.5 * step / args.steps, args.rate))
        progress.add(step + 1, parts)
        if (step + 1) % 100 == 0 or step + 1 == args.steps:
            torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(),
                        "step": step + 1}, checkpoint)


def train_rest(net, composer, teacher, args):
    stem = {id(p) for p in net.backbone.stem_parameters()}
    optimiser = optimiser_of((p for p in net.parameters() if id(p) not in stem), args.rate)
    average = copy.deepcopy(net)
    checkpoint, first = args.out / "rest.pt", 0
    if checkpoint.exists():
        state = torch.load(checkpoint)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        first = state["round"]
    progress = Progress("rest")
    net.train()
    net.backbone.freeze_stem()
    step, total = first * BATCHES * PASSES, args.rounds * BATCHES * PASSES
    for turn in range(first, args.rounds):
        rng = np.random.default_rng((args.seed, 1, turn))
        batches = []
        for _ in range(BATCHES):
            batch = make_batch(composer, teacher, rng)
            with torch.no_grad():
                batches.append((net.backbone.stem(batch.pictures), batch))
            batch.pictures = None
        for index in [i for _ in range(PASSES) for i in rng.permutation(BATCHES)]:
            loss, parts = loss_of(net, *batches[index])
            advance(optimiser, loss, learning_rate(step / total, 0.7 * args.rate))
            update_average(average, net, step)
            step += 1
            progress.add(step, parts)
        torch.save({"net": net.state_dict(), "average": average.state_dict(), "round": turn + 1,
                    "optimiser": optimiser.state_dict()}, checkpoint)
        torch.save(average.state_dict(), args.out / "weights.pt")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with faces/ and train/")
    parser.add_argument("--teacher", type=Path, required=True, help="yunet_n_320_320.onnx")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=2900, help="of the first phase")
    parser.add_argument("--rounds", type=int, default=12, help="of the second phase")
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


def main():
    args = arguments()
    keep_memory()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)

    teacher = detection.Teacher(args.teacher)
    sources = pictures.load_training(args.data, teacher, args.out / "labels.npz")
    composer = scenes.Composer(sources)
    net = network.FaceDetector().to(memory_format=torch.channels_last)
    network.initialise(net)
    train_whole(net, composer, teacher, args)
    train_rest(net, composer, teacher, args)


if __name__ == "__main__":
    main()
