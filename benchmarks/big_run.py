"""A made-up run that is as big as a page has to bear; nothing in it was measured.

300 benchmarks. The first has the call tree of 200,000 samples, some 50,000 distinct nodes
and up to 75 deep, and 20,000 measured lines of source; 23 others have smaller trees and
200 lines each. The same seed makes the same run. It must not be shown as a programme's.
"""

from __future__ import annotations

import random
from collections import Counter

from perfwatch.records.profile import CallNode, CpuUse, LineStat, MemoryProfile, Profiles
from perfwatch.records.report import Report
from perfwatch.records.run import (
    Benchmark,
    Environment,
    Run,
    RunHeader,
    RunState,
    SourceFile,
    Target,
    TargetKind,
)
from perfwatch.records.timing import ProcessTiming, Timing

SAMPLES, LINES, BENCHMARKS, DETAILED = 200_000, 20_000, 300, 24
FILES = 40
FUNCTIONS = 4_000
SAMPLE_NS = 5_000_000.0
Stack = tuple[int, ...]


def stacks(samples: int, chance: random.Random) -> Counter[Stack]:
    """Stacks as a programme's are: mostly on roads already taken, now and then on one of their own."""
    found: Counter[Stack] = Counter()
    start = [chance.randrange(FUNCTIONS) for _ in range(6)]
    roads = [
        start[: chance.randrange(1, 6)]
        + [chance.randrange(FUNCTIONS) for _ in range(chance.randrange(15, 65))]
        for _ in range(300)
    ]
    for _ in range(samples):
        road = roads[min(int(chance.expovariate(1 / 50)), len(roads) - 1)]
        stack = road[: chance.randrange(8, len(road))]
        if chance.random() < 0.08:
            stack += [chance.randrange(FUNCTIONS) for _ in range(chance.randrange(1, 5))]
        found[tuple(stack)] += 1
    return found


def tree(found: Counter[Stack]) -> tuple[CallNode, int]:
    """The call tree of some stacks, and its count of nodes; from the leaves up, because records do not change."""
    inside: dict[Stack, set[Stack]] = {(): set()}
    for stack in found:
        for depth in range(len(stack), 0, -1):
            inside.setdefault(stack[:depth], set())
            inside.setdefault(stack[: depth - 1], set()).add(stack[:depth])
    made: dict[Stack, CallNode] = {}
    for path in sorted(inside, key=len, reverse=True):
        children = tuple(made.pop(child) for child in sorted(inside[path]))
        made[path] = node(path, found[path] * SAMPLE_NS, children)
    return made[()], len(inside)


def node(path: Stack, own_ns: float, children: tuple[CallNode, ...]) -> CallNode:
    """One function of the programme, every third a library's."""
    number = path[-1] if path else 0
    user = number % 3 > 0 or not path
    folder = "model" if user else "/usr/lib/python3.11/site-packages/library"
    return CallNode(
        function=f"function_{number}" if path else "<module>",
        file=f"{folder}/part_{number % FILES}.py",
        line=1 + number * 5 % (LINES // FILES),
        time_ns=own_ns,
        total_ns=own_ns + sum(child.total_ns for child in children),
        user=user,
        children=children,
    )


def lines(chance: random.Random) -> tuple[LineStat, ...]:
    """Every line of the programme, with figures of three passes."""
    return tuple(
        LineStat(
            file=f"model/part_{number}.py",
            line=line,
            function=f"function_{number}",
            time_ns=chance.expovariate(1e-6),
            total_ns=chance.expovariate(1e-7),
            time_error_ns=1e4,
            hits_count=float(chance.randrange(1, 1_000_000)),
            peak_bytes=round(chance.expovariate(1e-4)),
            allocated_bytes=round(chance.expovariate(1e-5)),
        )
        for number in range(FILES)
        for line in range(1, LINES // FILES + 1)
    )


def source(number: int) -> SourceFile:
    """One file of the programme."""
    text = "\n".join(
        f"    field_{line} = advance(field_{line - 1}, step={line % 7}) + coupling[{number}]"
        for line in range(1, LINES // FILES + 1)
    )
    return SourceFile(file=f"model/part_{number}.py", digest=str(number), text=text)


def timing() -> Timing:
    """Five processes of five batches."""
    made = tuple(
        ProcessTiming(id=f"p{i}", loops_count=1, wall_ns=(10**6 + i,) * 5, cpu_ns=(10**6,) * 5)
        for i in range(5)
    )
    return Timing(processes=made, median_ns=1e6, interval_ns=(9.9e5, 1.01e6), cold_ns=2e6)


def profiles(number: int, stats: tuple[LineStat, ...], chance: random.Random) -> Profiles:
    """What the passes are said to have seen of a benchmark that has the first number, a small one, or none."""
    if number >= DETAILED:
        return Profiles()
    if number:
        small, _ = tree(stacks(2_000, chance))
        return Profiles(cpu=small, lines=stats[number * 200 : number * 200 + 200])
    big, _ = tree(stacks(SAMPLES, chance))
    peak = round(sum(one.peak_bytes or 0 for one in stats))
    return Profiles(
        cpu=big,
        cpu_use=CpuUse(samples_count=SAMPLES, rate_hertz=200.0),
        lines=stats,
        memory=MemoryProfile(peak_bytes=peak, allocated_bytes=10**9, allocations_count=10**6),
    )


def header() -> RunHeader:
    """A run of nowhere."""
    return RunHeader(
        id="big",
        started_at="2026-01-01T00:00:00Z",
        command="perfwatch run suite",
        targets=(Target(kind=TargetKind.ASV, name="suite", key="asv:suite"),),
        environment=Environment(
            key="e",
            system="Linux",
            machine="x86_64",
            processor="none",
            cores_count=2,
            memory_bytes=8 * 10**9,
            python="3.11",
            implementation="CPython",
            executable="/usr/bin/python3.11",
        ),
    )


def big_report(seed: int = 20) -> Report:
    """Return the whole run."""
    chance = random.Random(seed)
    stats = lines(chance)
    benchmarks = tuple(
        Benchmark(
            name=f"suite.bench_{number}",
            target="asv:suite",
            timing=timing(),
            profiles=profiles(number, stats, chance),
        )
        for number in range(BENCHMARKS)
    )
    return Report(
        run=Run(
            header=header(),
            duration_ns=10**12,
            state=RunState.COMPLETE,
            benchmarks=benchmarks,
            sources=tuple(source(number) for number in range(FILES)),
        )
    )


def nodes_count(root: CallNode) -> int:
    """Return how many nodes a tree has."""
    count, waiting = 0, [root]
    while waiting:
        count += 1
        waiting.extend(waiting.pop().children)
    return count
