"""The heat-diffusion code of the example report, and what its passes saw of it."""

from __future__ import annotations

from math import sin

from perfwatch.records.profile import CallNode, IoMoment, IoProfile, LineStat, MemoryMoment, MemoryProfile

SOURCE = '''"""Heat in a plate: explicit steps, a convergence test, and a fit of the conductivity."""

import csv

import numpy as np


def initial(n):
    plate = np.zeros((n, n))
    plate[n // 4 : n // 2, n // 4 : n // 2] = 100.0
    return plate


def step(plate, k):
    new = plate.copy()
    n = plate.shape[0]
    for i in range(1, n - 1):
        for j in range(1, n - 1):
            around = plate[i - 1, j] + plate[i + 1, j] + plate[i, j - 1] + plate[i, j + 1]
            new[i, j] = plate[i, j] + k * (around - 4.0 * plate[i, j])
    return new


def relax(n, k=0.2, tolerance=1e-3):
    plate = initial(n)
    history = []
    while True:
        new = step(plate, k)
        history.append(new.copy())
        change = np.abs(new - plate).max()
        if change < tolerance:
            return np.array(history)
        plate = new


def fit(observed):
    grid = np.linspace(0.05, 0.25, 40)
    errors = []
    for k in grid:
        errors.append(float(((relax(16, k)[-1] - observed) ** 2).sum()))
    return grid[int(np.argmin(errors))]


def save(history, path):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        for plate in history:
            writer.writerow(f"{value:.6f}" for value in plate.ravel())
'''

_LINES = SOURCE.split("\n")
FILE = "science/diffusion.py"

#: line: (function, own ms, total ms, hits, allocated, peak)
_COSTS = {
    9: ("initial", 0.02, 0.02, 1, 131_072, 131_072),
    10: ("initial", 0.01, 0.01, 1, None, None),
    11: ("initial", 0.0004, 0.0004, 1, None, None),
    15: ("step", 1.9, 1.9, 214, 28_049_408, 131_072),
    16: ("step", 0.08, 0.08, 214, None, None),
    17: ("step", 4.1, 4.1, 13_482, None, None),
    18: ("step", 181.0, 181.0, 836_000, None, None),
    19: ("step", 934.0, 934.0, 822_616, None, None),
    20: ("step", 611.0, 611.0, 822_616, None, None),
    21: ("step", 0.05, 0.05, 214, None, None),
    25: ("relax", 0.004, 0.034, 1, None, None),
    26: ("relax", 0.001, 0.001, 1, None, None),
    27: ("relax", 0.04, 0.04, 214, None, None),
    28: ("relax", 0.3, 1733.0, 214, None, None),
    29: ("relax", 2.2, 2.2, 214, 28_049_408, 27_918_336),
    30: ("relax", 3.7, 3.7, 214, 56_098_816, 262_144),
    31: ("relax", 0.06, 0.06, 214, None, None),
    32: ("relax", 5.9, 5.9, 1, 28_049_408, 28_049_408),
    33: ("relax", 0.03, 0.03, 213, None, None),
    45: ("save", 0.09, 0.09, 1, 8_344, None),
    46: ("save", 0.002, 0.002, 1, None, None),
    47: ("save", 0.11, 0.11, 215, None, None),
    48: ("save", 402.0, 402.0, 214, 61_205_504, 1_204_224),
}


def lines(scale: float) -> tuple[LineStat, ...]:
    return tuple(
        LineStat(
            file=FILE,
            line=line,
            function=function,
            source=_LINES[line - 1],
            time_ns=own * 1e6 * scale,
            total_ns=total * 1e6 * scale,
            hits_count=hits,
            allocated_bytes=allocated,
            allocations_count=hits if allocated else None,
            peak_bytes=peak,
        )
        for line, (function, own, total, hits, allocated, peak) in _COSTS.items()
    )


def _node(function, own, *children, file=FILE, line=1, user=True) -> CallNode:
    total = own + sum(child.total_ns for child in children) / 1e6
    return CallNode(
        function=function,
        file=file,
        line=line,
        time_ns=own * 1e6,
        total_ns=total * 1e6,
        user=user,
        children=children,
    )


def tree() -> CallNode:
    numpy = "/opt/venv/lib/python3.11/site-packages/numpy/_core/fromnumeric.py"
    reduction = _node("_wrapreduction", 0.9, file=numpy, line=70, user=False)
    step = _node("step", 1729.0, _node("ndarray.copy", 1.9, file="", line=0, user=False), line=14)
    relax = _node(
        "relax",
        10.1,
        step,
        _node("amax", 2.1, reduction, file=numpy, line=2810, user=False),
        _node("initial", 0.03, line=8),
        line=24,
    )
    write = _node("writer.writerow", 171.0, _node("<genexpr>", 224.0, line=48), file="", line=0, user=False)
    return _node(
        "test_relax",
        0.4,
        relax,
        _node("save", 7.2, write, _node("open", 0.1, file="", line=0, user=False), line=44),
        file="tests/test_diffusion.py",
        line=12,
    )


def memory() -> MemoryProfile:
    course = [
        MemoryMoment(
            at_ns=i * 10_000_000,
            resident_bytes=round(61e6 + 27.9e6 * i / 200 + (28e6 if i > 190 else 0)),
            heap_bytes=round(2e6 + 27.9e6 * i / 200 + 0.3e6 * abs(sin(i)) + (28e6 if i > 190 else 0)),
        )
        for i in range(215)
    ]
    return MemoryProfile(
        peak_bytes=58_204_160,
        allocated_bytes=201_463_552,
        allocations_count=1_646_310,
        native_bytes=1_204_000,
        moments=tuple(course),
    )


def io() -> IoProfile:
    return IoProfile(
        read_bytes=1_204_224,
        written_bytes=8_134_112,
        read_calls_count=212,
        write_calls_count=994,
        disk_read_bytes=0,
        disk_written_bytes=8_134_656,
        user_cpu_ns=2_080_000_000,
        system_cpu_ns=74_000_000,
        peak_resident_bytes=117_043_200,
        voluntary_switches_count=14,
        involuntary_switches_count=231,
        major_faults_count=0,
        threads_count=2,
        processes_count=1,
        moments=(IoMoment(at_ns=0, cpu_percent=99.0, resident_bytes=1, threads_count=2, processes_count=1),),
    )
