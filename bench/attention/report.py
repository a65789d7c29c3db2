#!/usr/bin/env python3
"""Tables and plots from the measurements that bench/attention/run took: report.py FOLDER DOCS.

Of the repetitions of a benchmark the fastest is taken, on both sides of every ratio: other work on
the machine can only make a run slower.
"""

import json
import pathlib
import re
import sys

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

LENGTHS = (250, 1000, 2000, 4000, 8000, 16000)
WINDOWS = (25, 50, 75, 125, 250, 375)


def read(folder):
    """Nanoseconds and GF/s by name. oneDNN's products are in both passes; the first counts."""
    found = {}
    for name in ("long.json", "short.json"):
        with open(folder / name, encoding="utf-8") as file:
            for entry in json.load(file)["benchmarks"]:
                key = entry["run_name"].removesuffix("/real_time")
                if entry.get("aggregate_name") == "min":
                    unit = {"ns": 1, "us": 1e3, "ms": 1e6}[entry["time_unit"]]
                    found.setdefault(key, {})["ns"] = entry["real_time"] * unit
                if entry.get("aggregate_name") == "max":
                    found.setdefault(key, {})["gflops"] = entry["GF/s"]
    return found


def table(title, head, rows):
    print(f"{title}\n")
    print("| " + " | ".join(head) + " |")
    print("| " + " | ".join(["---"] + ["---:"] * (len(head) - 1)) + " |")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


class Report:
    def __init__(self, folder):
        self.found = read(folder)

    def ns(self, name):
        return self.found.get(name, {}).get("ns")

    def gflops(self, name):
        return self.found.get(name, {}).get("gflops")

    def ratio(self, slower, faster):
        a, b = self.ns(slower), self.ns(faster)
        return f"{a / b:.2f}" if a and b else ""

    def product_rate(self, precision, width):
        """oneDNN's rate over both products of a block: as many operations in each."""
        qk = self.gflops(f"matmul/{precision}/d{width}/QK")
        pv = self.gflops(f"matmul/{precision}/d{width}/PV")
        return 2 / (1 / qk + 1 / pv) if qk and pv else None

    def long_rows(self, precision, width):
        rate = self.product_rate(precision, width)
        for length in LENGTHS:
            at = f"{precision}/d{width}/{length}x{length}"
            ours = self.gflops(f"tiled/{at}/t1")
            if not ours:
                continue
            two = self.ratio(f"tiled/{at}/t1", f"tiled/{at}/t2")
            torch = "" if precision != "f32" else self.ratio(f"torch/{at}/t1", f"tiled/{at}/t1")
            fused = "" if precision != "f32" else self.ratio(f"torch_fused/{at}/t1", f"tiled/{at}/t1")
            yield (f"{precision}, {width}, {length:,}", f"{self.ns(f'tiled/{at}/t1') / 1e6:.3f}",
                   f"{ours:.0f}", f"{100 * ours / rate:.0f} %", two,
                   self.ratio(f"chain/{at}/t1", f"tiled/{at}/t1"), torch, fused,
                   self.ratio(f"graph/{at}/t1", f"tiled/{at}/t1"))

    def print_long(self):
        rates = ", ".join(
            f"{precision} {width}: {self.product_rate(precision, width):.0f} GF/s"
            for precision in ("f32", "bf16") for width in (32, 64)
            if self.product_rate(precision, width))
        print(f"oneDNN's own products at 128 queries by 512 keys, one thread: {rates}.\n")
        table("Tiled kernel, 4 heads, as many queries as keys, one thread:",
              ("precision, head size, length", "ms", "GF/s", "of oneDNN's products", "2 threads",
               "x oneDNN chain", "x PyTorch", "x PyTorch, fused call", "x oneDNN 3 graph"),
              [row for precision in ("f32", "bf16") for width in (32, 64)
               for row in self.long_rows(precision, width)])

    def print_short(self):
        rows = []
        for width in (32, 64):
            for keys in WINDOWS:
                at = f"d{width}/125x{keys}/t1"
                row = [f"{width}, {keys}"]
                for precision in ("f32", "bf16"):
                    ours = self.ns(f"tiled/{precision}/{at}")
                    row += [f"{ours / 1e3:.1f}" if ours else "",
                            self.ratio(f"chain/{precision}/{at}", f"tiled/{precision}/{at}")]
                rows.append(row + [self.ratio(f"torch/f32/{at}", f"tiled/f32/{at}")])
        table("Short windows, 125 queries, 4 heads, one thread:",
              ("head size, keys", "f32 us", "x chain", "bf16 us", "x chain", "f32 x PyTorch"), rows)

    def print_windowed(self):
        rows = []
        for heads in (1, 4):
            for reach in (25, 50, 100, 250):
                at = f"window{reach}/h{heads}/f32/d32"
                hour, short = self.ns(f"{at}/90000x90000/t1"), self.ns(f"{at}/9000x9000/t1")
                if hour and short:
                    rows.append((f"{heads}, {reach / 25:g} s", f"{short / 1e6:.2f}",
                                 f"{hour / 1e6:.1f}", f"{hour / short:.1f}"))
        table("Windowed kernel, f32, head size 32, 25 tokens a second, one thread:",
              ("heads, reach to each side", "6 min, ms", "1 h, ms", "ratio"), rows)

    def plot_time(self, docs):
        figure, axes = plt.subplots(figsize=(7, 4.5))
        for kernel, label in (("torch/f32", "PyTorch, f32"), ("chain/f32", "oneDNN chain, f32"),
                              ("tiled/f32", "attune tiled, f32"), ("tiled/bf16", "attune tiled, bf16")):
            points = [(n, self.ns(f"{kernel}/d32/{n}x{n}/t1")) for n in LENGTHS]
            points = [(n, t / 1e6) for n, t in points if t]
            if points:
                axes.loglog(*zip(*points), marker="o", label=label)
        points = [(n, self.ns(f"window50/h4/f32/d32/{n}x{n}/t1")) for n in (9000, 90000)]
        axes.loglog(*zip(*[(n, t / 1e6) for n, t in points if t]), marker="o",
                    label="attune windowed, 2 s to each side, f32")
        axes.set_xlabel("queries = keys")
        axes.set_ylabel("ms, one thread")
        finish(figure, axes, docs / "attention-time.svg")


def plot_memory(folder, docs):
    by_kernel = {}
    for line in (folder / "memory.txt").read_text(encoding="ascii").splitlines():
        kernel, length, _, mib, _ = line.split()
        by_kernel.setdefault(kernel, []).append((int(length), max(float(mib), 0.1)))
    figure, axes = plt.subplots(figsize=(7, 4.5))
    for kernel, label in (("chain", "oneDNN chain, f32"), ("tiled", "attune tiled, f32"),
                          ("tiled_bf16", "attune tiled, bf16"), ("windowed", "attune windowed, f32")):
        axes.loglog(*zip(*by_kernel[kernel]), marker="o", label=label)
    axes.set_xlabel("queries = keys")
    axes.set_ylabel("MiB beside inputs and output")
    finish(figure, axes, docs / "attention-memory.svg")
    rows = [(kernel, *(f"{mib:.1f}" for _, mib in by_kernel[kernel])) for kernel in by_kernel
            if kernel != "chain"]
    lengths = [f"{n:,}" for n, _ in by_kernel["tiled"]]
    table("Memory beside inputs and output, MiB, 4 heads of 32, two threads:",
          ("kernel, length", *lengths), rows)
    table("The chain's, which stores the matrix:", ("length", *(f"{n:,}" for n, _ in by_kernel["chain"])),
          [("MiB", *(f"{mib:.0f}" for _, mib in by_kernel["chain"]))])


def finish(figure, axes, file):
    axes.grid(True, which="major", alpha=0.3)
    axes.legend(frameon=False)
    figure.tight_layout()
    # The same measurements make the same file.
    matplotlib.rcParams["svg.hashsalt"] = "attune"
    figure.savefig(file, metadata={"Date": None})
    file.write_text(re.sub(r"[ \t]+\n", "\n", file.read_text(encoding="utf-8")), encoding="utf-8")


def main():
    folder, docs = map(pathlib.Path, sys.argv[1:3])
    report = Report(folder)
    report.print_long()
    report.print_short()
    report.print_windowed()
    plot_memory(folder, docs)
    report.plot_time(docs)
    print("Compressed kernel on the aligner's own tokens (sound over its own sound, the sample's 47 s):\n")
    print((folder / "compression.md").read_text(encoding="ascii"))


if __name__ == "__main__":
    main()
