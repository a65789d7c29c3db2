#!/usr/bin/env python3
"""Two orientation sensors on one arm, as CSV files: the example behind configs/sensors.yaml.

A suit on the wrist writes its orientation (a unit quaternion) 50 times a second. A phone, strapped
to the same arm the other way round, writes 20 times a second, and its clock is 160 ms late. The
dot product of two unit quaternions is the cosine of half the angle between the orientations, so
that attention over a window of time finds when both sensors saw the same movement.

    samples/sensors/make_sensors.py          # writes wrist.csv, phone.csv, phone_to_wrist.csv
"""

import math
import pathlib
import random

LATE_S = 0.160
LENGTH_S = 30
MOUNTING = (0.5, 0.5, -0.5, 0.5)
FOLDER = pathlib.Path(__file__).parent


def multiply(a, b):
    """Hamilton product."""
    aw, ax, ay, az = a
    bw, bx, by, bz = b
    return (aw * bw - ax * bx - ay * by - az * bz, aw * bx + ax * bw + ay * bz - az * by,
            aw * by - ax * bz + ay * bw + az * bx, aw * bz + ax * by - ay * bx + az * bw)


def orientation(t):
    """Three turns about fixed axes that swing at rates without a common measure."""
    q = (1.0, 0.0, 0.0, 0.0)
    for axis, swings in enumerate((((0.31, 0.9), (0.83, 0.5)), ((0.47, 0.8), (1.13, 0.35)),
                                   ((0.23, 1.1), (0.71, 0.45)))):
        angle = sum(size * math.sin(2 * math.pi * rate * t + axis) for rate, size in swings)
        turn = [math.cos(angle / 2), 0.0, 0.0, 0.0]
        turn[1 + axis] = math.sin(angle / 2)
        q = multiply(q, turn)
    return q


def write(name, rate_hz, late_s, mounting, noise, seed):
    chance = random.Random(seed)
    with open(FOLDER / name, "w", encoding="ascii") as file:
        file.write("time,qw,qx,qy,qz\n")
        for i in range(LENGTH_S * rate_hz):
            t = i / rate_hz
            q = multiply(orientation(t - late_s), mounting)
            row = [x + chance.gauss(0, noise) for x in q]
            file.write(f"{t:.3f}," + ",".join(f"{x:.4f}" for x in row) + "\n")


def write_projection():
    """Row r holds what the phone's number r adds to the wrist's numbers: q -> q * mounting^-1."""
    back = (MOUNTING[0], *(-x for x in MOUNTING[1:]))
    with open(FOLDER / "phone_to_wrist.csv", "w", encoding="ascii") as file:
        for r in range(4):
            unit = [1.0 if i == r else 0.0 for i in range(4)]
            file.write(",".join(f"{x:g}" for x in multiply(unit, back)) + "\n")


if __name__ == "__main__":
    write("wrist.csv", 50, 0.0, (1, 0, 0, 0), 0.002, 1)
    write("phone.csv", 20, LATE_S, MOUNTING, 0.004, 2)
    write_projection()
