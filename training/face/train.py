"""Trains attune-face. One command, seeded, resumable:

    python3 train.py --data ../../../shared/data --teacher yunet_n_320_320.onnx --out /tmp/face

Writes OUT/labels.npz (the teacher's faces, once), OUT/checkpoint.pt (every few minutes; a second
start goes on from there) and OUT/weights.pt (averaged weights, what export.py takes).
Needs PyTorch >= 1.13, OpenCV >= 4.6, NumPy. About 50 ms a picture on one core of 2023: the default
30,000 pictures take 25 minutes on a free core.
"""

import argparse
import copy
import ctypes
import math
import time
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
FEATURE_WEIGHT = 4.0


def keep_memory():
    """glibc gives large blocks back at once and faults them in anew: a third of the time."""
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(-4, 0)          # M_MMAP_MAX
        libc.mallopt(-1, 1 << 30)    # M_TRIM_THRESHOLD
    except OSError:
        pass


def make_batch(composer, teacher, step, seed):
    """The batch of a step depends on the seed and the step alone."""
    rng = np.random.default_rng((seed, step))
    side = int(rng.choice(SIDES, p=SHARES))
    size = max(4, BATCH_PIXELS // (side * side))
    examples = [composer.example(rng, side) for _ in range(size)]
    answers, maps = [], []
    for example in examples:
        answers.append(None)
        if not example.drawn:
            raw, features = teacher.outputs_and_features(example.clean)
            answers[-1] = {name: torch.from_numpy(value) for name, value in raw.items()}
            maps.append(features)
    maps = [torch.from_numpy(np.stack(level)) for level in zip(*maps)]
    batch = np.stack([example.image for example in examples])
    batch = torch.from_numpy(batch).permute(0, 3, 1, 2).float()
    return channels_last(batch), side, examples, answers, [channels_last(m) for m in maps]


def channels_last(tensor):
    return tensor.contiguous(memory_format=torch.channels_last)


def losses_of(net, teacher_batch):
    batch, side, examples, answers, maps = teacher_batch
    outputs, features = net.with_features(batch)
    cells = torch.from_numpy(network.priors(side, side))
    total, parts = losses.batch_loss(outputs, cells, examples, answers)
    taught = [index for index, answer in enumerate(answers) if answer is not None]
    if taught:
        imitation = losses.feature_loss(features, maps, taught)
        parts["features"] = float(imitation)
        total = total + FEATURE_WEIGHT * imitation
    return total, parts


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


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with faces/ and train/")
    parser.add_argument("--teacher", type=Path, required=True, help="yunet_n_320_320.onnx")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=3000, help="batches of about 10 pictures")
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
    average = copy.deepcopy(net)
    decayed = [p for p in net.parameters() if p.ndim > 1]
    plain = [p for p in net.parameters() if p.ndim <= 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 1e-2, "factor": 1},
                                   {"params": plain, "weight_decay": 0, "factor": 3}])
    first = 0
    checkpoint = args.out / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint)
        net.load_state_dict(state["net"])
        average.load_state_dict(state["average"])
        optimiser.load_state_dict(state["optimiser"])
        first = state["step"]

    start, shown = time.time(), {}
    net.train()
    for step in range(first, args.steps):
        for group in optimiser.param_groups:
            group["lr"] = group["factor"] * learning_rate(step / args.steps, args.rate)
        loss, parts = losses_of(net, make_batch(composer, teacher, step, args.seed))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 10.0)
        optimiser.step()
        update_average(average, net, step)
        for name, value in parts.items():
            shown[name] = 0.98 * shown.get(name, value) + 0.02 * value
        if (step + 1) % 25 == 0:
            text = "  ".join(f"{name} {value:.3f}" for name, value in shown.items())
            print(f"{step + 1:6d}  {time.time() - start:7.0f} s  {text}", flush=True)
        if (step + 1) % 100 == 0 or step + 1 == args.steps:
            torch.save({"net": net.state_dict(), "average": average.state_dict(),
                        "optimiser": optimiser.state_dict(), "step": step + 1}, checkpoint)
            torch.save(average.state_dict(), args.out / "weights.pt")


if __name__ == "__main__":
    main()
