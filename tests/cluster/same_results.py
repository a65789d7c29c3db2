#!/usr/bin/env python3
"""same_results.py EXPECTED ACTUAL: two output folders of attune batch hold the same.

All files agree byte for byte. Records agree in what does not tell when, where and how fast.
"""
import json
import pathlib
import sys

VARIES = {"started", "wall", "peak_memory", "attempts", "host", "shard"}
# Where the input was named, and what a plan said of it.
INPUT_VARIES = {"origin", "duration"}


def results(folder):
    """Files by relative name, without the state of the batch and its report."""
    files = {str(p.relative_to(folder)): p for p in pathlib.Path(folder).rglob("*") if p.is_file()}
    return {name: p for name, p in files.items() if not name.startswith(".attune/") and name != "report.html"}


def content(path):
    if path.name != ".done.json":
        return path.read_bytes()
    record = {key: value for key, value in json.loads(path.read_text()).items() if key not in VARIES}
    record["input"] = {key: value for key, value in record["input"].items() if key not in INPUT_VARIES}
    return record


expected, actual = results(sys.argv[1]), results(sys.argv[2])
wrong = [f"only in one: {name}" for name in sorted(expected.keys() ^ actual.keys())]
wrong += [f"differs: {name}" for name in sorted(expected.keys() & actual.keys())
          if content(expected[name]) != content(actual[name])]
records = sum(name.endswith(".done.json") for name in actual)
if wrong or records == 0:
    sys.exit("\n".join([f"{records} recordings done"] + wrong))
print(f"the same: {records} recordings, {len(actual)} files")
