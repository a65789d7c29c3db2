"""Trains attune-face on a GPU (or, slowly, on a CPU). One command, seeded, resumable:

    python3 train.py --pack pack.npz --out OUT --device cuda --width 48 --seconds 600 --batch-pixels 6291456

All pictures lie on the device; examples are composed, degraded, labelled by the teacher and learned
from there. Several widths of the quarter-resolution part learn from the same examples, each as if
it were alone.

Writes OUT/checkpoint.pt (a second start goes on from there) and, for each width W,
OUT/weights-W.pt: averaged weights, what export.py takes. Needs PyTorch >= 1.13, OpenCV >= 4.6 (to
unpack the pictures), NumPy.
"""

import argparse
import copy
import json
import math
import os
import random
import time
from pathlib import Path

import cv2
import torch

import degrade
import losses
import network
import scenes
import teacher as teacher_network
from pool import Pool

START = time.monotonic()
SIZES = ((256, 256), (192, 192), (320, 320), (416, 416), (384, 640), (640, 640))    # height, width
SHARES = (0.48, 0.19, 0.15, 0.07, 0.07, 0.04)
FUNCTION_MATCHING = 0.5    # of the examples: the teacher, too, sees the degraded picture
FEATURE_WEIGHT = 2.0       # of agreeing with the teacher's features; it falls during the run
PRECISE_FROM = 0.85        # of the run; before, the backbone may run in bfloat16
SAVE_EVERY, PRINT_EVERY = 1000, 100


class Way:
    """How a network runs: arithmetic of its backbone, and the memory format of its input."""

    def __init__(self, low_precision, channels_last):
        self.low_precision, self.channels_last = low_precision, channels_last

    def __str__(self):
        return (("bfloat16" if self.low_precision else "float32")
                + (", channels last" if self.channels_last else ""))

    def run(self, net, pictures):
        if self.channels_last:
            pictures = pictures.contiguous(memory_format=torch.channels_last)
        with torch.autocast(pictures.device.type, torch.bfloat16, enabled=self.low_precision):
            features = net.backbone(pictures)
        return outputs(net, [feature.float() for feature in features])


def outputs(net, features):
    """The heads' outputs, and what they are made of ("features")."""
    merged = net.neck(*features)
    return {**net.bbox_head(merged), "features": [*features, *merged]}


class Student:
    """A network in training, its average and its optimiser."""

    def __init__(self, width, device, seed):
        torch.manual_seed(seed)
        self.net = network.FaceDetector(width)
        network.initialise(self.net)
        self.net.to(device).train()
        self.average = copy.deepcopy(self.net).requires_grad_(False)
        self.parameters = list(self.net.parameters())
        pairs = zip(self.average.state_dict().values(), self.net.state_dict().values())
        pairs = [(mean, value) for mean, value in pairs if mean.dtype.is_floating_point]
        self.means, self.values = zip(*pairs)
        # biases and batch norms are not decayed
        self.optimiser = torch.optim.AdamW([
            {"params": [p for p in self.parameters if p.ndim > 1], "weight_decay": 1e-2},
            {"params": [p for p in self.parameters if p.ndim <= 1], "weight_decay": 0}], lr=0)

    def learn(self, loss, rate, step):
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        # a loss that is not finite thus moves nothing, without the device being waited for
        for parameter in self.parameters:
            torch.nan_to_num_(parameter.grad, nan=0.0, posinf=0.0, neginf=0.0)
        torch.nn.utils.clip_grad_norm_(self.parameters, 10.0)
        self.optimiser.step()
        self.update_average(min(0.999, (1 + step) / (10 + step)))

    @torch.no_grad()
    def update_average(self, decay):
        torch._foreach_mul_(self.means, decay)
        torch._foreach_add_(self.means, self.values, alpha=1 - decay)

    def state(self):
        return {"net": self.net.state_dict(), "average": self.average.state_dict(),
                "optimiser": self.optimiser.state_dict()}

    def load(self, state):
        self.net.load_state_dict(state["net"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])

    def begin_with(self, weights):
        self.net.load_state_dict(weights)
        self.average.load_state_dict(weights)

    def weights(self):
        return {name: value.detach().cpu() for name, value in self.average.state_dict().items()}


def save(value, path):
    """Whole or not at all."""
    aside = path.with_suffix(".part")
    torch.save(value, aside)
    os.replace(aside, path)


def wait(device):
    if device.type == "cuda":
        torch.cuda.synchronize()


def time_of(way, net, pictures, runs=3):
    for run in range(runs + 2):
        if run == 2:
            wait(pictures.device)
            start = time.monotonic()
        found = way.run(net, pictures)
        sum(found[name].square().mean() for name in network.HEADS).backward()
    wait(pictures.device)
    return (time.monotonic() - start) / runs


def fastest_ways(net, device, batch_pixels):
    """(for most of the run, for its precise end), measured: it depends on device and build."""
    precise = Way(False, True)
    if device.type != "cuda":
        return precise, precise
    net = copy.deepcopy(net)
    height, width = SIZES[0]
    pictures = torch.rand(batch_pixels // (height * width), 3, height, width, device=device) * 255
    times = {}
    for low_precision in (False, True):
        for channels_last in (False, True):
            way = Way(low_precision, channels_last)
            try:
                times[way] = time_of(way, net, pictures)
            except RuntimeError as error:    # this build cannot
                times[way] = math.inf
                print(error)
            print(f"{way}: {1000 * times[way]:.1f} ms a step", flush=True)
    best = min(times, key=times.get)
    return best, min((way for way in times if not way.low_precision), key=times.get)


class Lesson:
    """What one step is learned from."""

    def __init__(self, composer, teacher, generator, size, count):
        dice = scenes.Dice(generator, composer.pool.device)
        height, width = size
        with torch.no_grad():
            batch = composer.batch(dice, count, height, width)
            self.pictures = degrade.degrade(dice, batch)
            same = dice.chance(FUNCTION_MATCHING, count)[:, None, None, None]
            shown = torch.where(same, self.pictures, batch.clean)
            self.teacher = outputs(teacher, teacher.backbone(shown))
            for name in ("cls", "obj"):
                self.teacher[name] = self.teacher[name].sigmoid()
        self.faces, self.heard = batch.faces, (~batch.drawn).float()


class Progress:
    """Running means of the losses' parts, kept on the device between the printed lines."""

    def __init__(self):
        self.sums, self.pictures, self.last, self.lines = {}, 0, time.monotonic(), []

    def add(self, width, parts):
        for name, value in parts.items():
            value = value.detach()
            lost = ~value.isfinite()
            for key, number in ((f"{width} {name}", torch.where(lost, 0, value)),
                                (f"{width} lost", lost)):
                self.sums[key] = self.sums.get(key, 0) + number

    def line(self, step, used):
        values = torch.stack([value.double() for value in self.sums.values()]).tolist()
        now = time.monotonic()
        line = {"step": step, "seconds": round(used, 1),
                "pictures/s": round(self.pictures / (now - self.last))}
        for name, value in zip(self.sums, values):
            line[name] = round(value / PRINT_EVERY, 4)
        print("  ".join(f"{name} {value}" for name, value in line.items()), flush=True)
        self.lines.append(line)
        self.sums, self.pictures, self.last = {}, 0, now


def learning_rate(done, peak):
    """Linear warm-up over 3 % of the run, then a cosine down to 0.5 %."""
    if done < 0.03:
        return peak * (done + 1e-3) / 0.03
    return peak * (0.005 + 0.995 * (1 + math.cos(math.pi * min(1.0, done))) / 2)


def train(args):
    device = torch.device(args.device)
    pool = Pool(args.pack, device, args.every)
    print(f"{len(pool)} pictures on the device after {time.monotonic() - START:.0f} s", flush=True)
    composer = scenes.Composer(pool)
    teacher = teacher_network.build(pool.teacher).to(device)
    students = {width: Student(width, device, args.seed) for width in args.width}
    ways = fastest_ways(students[args.width[0]].net, device, args.batch_pixels)
    cells = {size: torch.from_numpy(network.priors(*size)).to(device) for size in SIZES}
    generator = torch.Generator(device)
    for width, path in zip(args.width, args.start or ()):
        students[width].begin_with(torch.load(path, map_location="cpu"))

    checkpoint, step, used_before = args.out / "checkpoint.pt", 0, 0.0
    if checkpoint.exists():
        state = torch.load(checkpoint, map_location="cpu")
        step, used_before = state["step"], state["seconds"]
        for width, student in students.items():
            student.load(state["students"][width])

    def used():
        return used_before + time.monotonic() - START

    def done():
        return max(step / args.steps, used() / args.seconds)

    def store():
        save({"step": step, "seconds": used(),
              "students": {width: student.state() for width, student in students.items()}},
             checkpoint)
        for width, student in students.items():
            weights = student.weights()
            if all(value.isfinite().all() for value in weights.values()):
                save(weights, args.out / f"weights-{width}.pt")
            else:
                print(f"width {width}: averaged weights are not finite, not written", flush=True)

    progress, part = Progress(), done()
    while part < 1:
        seed = args.seed * 1_000_003 + step
        generator.manual_seed(seed)
        size = random.Random(seed).choices(SIZES, SHARES)[0]
        count = max(2, args.batch_pixels // (size[0] * size[1]))
        lesson = Lesson(composer, teacher, generator, size, count)
        way = ways[part >= PRECISE_FROM]
        for width, student in students.items():
            out = way.run(student.net, lesson.pictures)
            loss, parts = losses.batch_loss(out, cells[size], lesson.faces, lesson.teacher,
                                            lesson.heard)
            parts["features"] = losses.feature_loss(out, lesson.teacher, lesson.heard)
            loss = loss + FEATURE_WEIGHT * max(0.1, 1 - part / 0.9) * parts["features"]
            student.learn(loss, learning_rate(part, args.rate), step)
            progress.add(width, parts)
        step += 1
        progress.pictures += count
        if step % PRINT_EVERY == 0:
            progress.line(step, used())
        if step % SAVE_EVERY == 0:
            store()
        part = done()
    store()
    memory = torch.cuda.max_memory_allocated() / 2 ** 30 if device.type == "cuda" else 0
    print(f"{step} steps, {used():.0f} s, at most {memory:.1f} GiB of the device", flush=True)
    if args.report:
        settings = {name: str(value) for name, value in vars(args).items()}
        args.report.write_text(json.dumps({
            "settings": settings, "torch": torch.__version__, "steps": step, "seconds": used(),
            "ways": [str(way) for way in ways], "device GiB": memory, "lines": progress.lines},
            indent=1))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pack", type=Path, required=True, help="what prepare.py wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--width", type=int, nargs="+", default=[64], help="channels at quarter resolution; several")
    parser.add_argument("--steps", type=int, default=12000, help="at most")
    parser.add_argument("--seconds", type=float, default=math.inf,
                        help="at most, all starts together; the learning rate follows")
    parser.add_argument("--batch-pixels", type=int, default=256 * 256 * 256)
    parser.add_argument("--rate", type=float, default=5e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--start", type=Path, nargs="+",
                        help="weights of an earlier run to go on from, one file for each width")
    parser.add_argument("--every", type=int, default=1, help="take every n-th picture: a trial")
    parser.add_argument("--report", type=Path, help="JSON: settings and the losses' course")
    return parser.parse_args()


def main():
    args = arguments()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    train(args)


if __name__ == "__main__":
    main()
