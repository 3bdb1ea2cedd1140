"""From samples to figures: the call tree, the lines with their errors, threads and processes.

A line's share of the samples of the target's first thread is its share of the
wall time. Samples are independent enough to be counted as binomial: the
standard error of a share of ``x`` in ``n`` samples is ``sqrt(p (1 - p) / n)``
with Jeffreys' ``p = (x + 1/2) / (n + 1)``, so that a line seen never or always
has an error, too (Brown, Cai and DasGupta, Statistical Science 16, 2001, on why).
Lines seen in several threads at once may count more than ``n``: their error is
that of a count, ``sqrt(x)``.

How much of a line's time passed off the processor comes from another execution
that was sampled for running threads only; see ``waiting``. This module must not
run anything.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfwatch.collect.cpu import call_tree
from perfwatch.collect.enclosing import enclosing_function
from perfwatch.collect.record import cpu_record, is_import
from perfwatch.collect.samples import MAIN, Samples, ThreadKey
from perfwatch.collect.stacks import Mode, Stack
from perfwatch.records.profile import CallNode, CpuUse, LineStat, ThreadStat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfwatch.collect.ownership import Ownership

_Place = tuple[str, int]
THREADS_AT_MOST = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFacts:
    """What the clean execution took: wall time of what was sampled, and processor time where it is known."""

    wall_ns: float
    cpu_ns: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledFigures:
    """What the samples of one benchmark say. ``record`` is the tree in the form of the CPU worker's record."""

    tree: CallNode | None
    use: CpuUse
    lines: tuple[LineStat, ...]
    record: dict[str, Any]


@dataclass(slots=True)
class _Counts:
    function: str
    own: int = 0
    total: int = 0
    library: int = 0
    native: int = 0
    running: int = 0


def figures(samples: Samples, clock: ClockFacts, ownership: Ownership, *, choice: str = "") -> SampledFigures:
    """Tree, use and lines of one benchmark, scaled to one clean execution."""
    mode = _widest(samples)
    record = cpu_record(samples.stacks.get(mode, {}), ownership)
    main_count = max(1, sum(samples.main(mode).values()))
    thread_ns = clock.wall_ns * record["total_s"] / main_count
    counts = _counted(samples, mode, ownership)
    return SampledFigures(
        tree=call_tree(record, thread_ns, ownership),
        use=_use(samples, mode, clock, ownership, choice),
        lines=_lines(counts, samples, mode, clock, ownership),
        record=record,
    )


def _widest(samples: Samples) -> Mode:
    """The mode whose samples stand for the wall time."""
    return Mode.ALL if samples.count(Mode.ALL) or not samples.count(Mode.NATIVE) else Mode.NATIVE


def share_error(count: float, whole: float, *, several_threads: bool = False) -> float:
    """Standard error of a share of ``count`` in ``whole`` samples; see the module."""
    if whole <= 0:
        return math.nan
    if several_threads or count > whole:
        return math.sqrt(count + 0.5) / whole
    share = (count + 0.5) / (whole + 1)
    return math.sqrt(share * (1 - share) / whole)


def _mine(stack: Stack, ownership: Ownership) -> list[tuple[int, str, int]]:
    """The user's frames: place on the stack, file, line. A frame without a line is the interpreter's own."""
    return [
        (index, file, line)
        for index, (_, file, line) in enumerate(stack)
        if line > 0 and ownership.owns(file)
    ]


def _counted(samples: Samples, mode: Mode, ownership: Ownership) -> dict[_Place, _Counts]:
    counts: dict[_Place, _Counts] = {}
    for stack, count in samples.all(mode).items():
        mine = _mine(stack, ownership)
        for index, file, line in mine:
            counts.setdefault((file, line), _Counts(function=stack[index][0]))
        for place in {(file, line) for _, file, line in mine}:
            counts[place].total += count
        if mine:
            index, file, line = mine[-1]
            counts[file, line].own += count
            counts[file, line].library += count if index < len(stack) - 1 else 0
    for place, count in _innermost(samples.native.items(), ownership).items():
        if place in counts:
            counts[place].native += count
    for place, count in _innermost(samples.all(Mode.ACTIVE).items(), ownership).items():
        if place in counts:
            counts[place].running += count
    return counts


def _innermost(stacks: Iterable[tuple[Stack, int]], ownership: Ownership) -> Counter[_Place]:
    found: Counter[_Place] = Counter()
    for stack, count in stacks:
        mine = _mine(stack, ownership)
        if mine:
            found[mine[-1][1], mine[-1][2]] += count
    return found


def _lines(
    counts: dict[_Place, _Counts], samples: Samples, mode: Mode, clock: ClockFacts, ownership: Ownership
) -> tuple[LineStat, ...]:
    whole = sum(samples.main(mode).values())
    if not whole:
        return ()
    several = samples.others_count > 0
    looked_native = _innermost(samples.all(Mode.NATIVE).items(), ownership)
    found = []
    for (file, line), seen in sorted(counts.items()):
        native, native_error = _native(seen.native, looked_native[file, line])
        waiting, waiting_error = _waiting(samples, mode, seen.own, seen.running)
        found.append(
            LineStat(
                file=ownership.shorten(file),
                line=line,
                function=enclosing_function(ownership.absolute(file), line, seen.function),
                time_ns=clock.wall_ns * seen.own / whole,
                total_ns=clock.wall_ns * seen.total / whole,
                time_error_ns=clock.wall_ns * share_error(seen.own, whole, several_threads=several),
                total_error_ns=clock.wall_ns * share_error(seen.total, whole, several_threads=several),
                samples_count=seen.own,
                native_ratio=native,
                native_error_ratio=native_error,
                waiting_ratio=waiting,
                waiting_error_ratio=waiting_error,
                library_ratio=seen.library / seen.own if seen.own else None,
            )
        )
    return tuple(found)


def _native(native: int, looked: int) -> tuple[float | None, float | None]:
    if not looked:
        return None, None
    return min(1.0, native / looked), share_error(native, looked)


def opportunities(samples: Samples, mode: Mode) -> float:
    """How often a thread that was always there would have been seen in the executions of a mode.

    The mode of all threads sees the first thread every time: how many samples it
    gave for each second watched at each hertz is how well the sampler kept pace.
    """
    asked = {
        one: sum(run.rate_hertz * run.watched_ns / 1e9 for run in samples.executions if run.mode is one)
        for one in (mode, _widest(samples))
    }
    kept = sum(samples.main(_widest(samples)).values())
    whole = asked[_widest(samples)]
    if mode is _widest(samples):
        return float(kept)
    return asked[mode] * kept / whole if whole else 0.0


def _waiting(samples: Samples, mode: Mode, seen: int, running: int) -> tuple[float | None, float | None]:
    """The share of a line's time off the processor: one minus running over all, each per chance of being seen.

    The two counts are of different executions; the error is that of a quotient
    of two independent counts, ``r sqrt(1/a + 1/b)``.
    """
    chances = opportunities(samples, Mode.ACTIVE)
    whole = sum(samples.main(mode).values())
    if not chances or not seen or not whole:
        return None, None
    ratio = (running / chances) / (seen / whole)
    error = max(ratio, 1 / seen) * math.sqrt(1 / (running + 0.5) + 1 / seen)
    return min(1.0, max(0.0, 1.0 - ratio)), min(1.0, error)


def _use(samples: Samples, mode: Mode, clock: ClockFacts, ownership: Ownership, choice: str) -> CpuUse:
    main = samples.main(mode)
    whole = sum(main.values())
    every = samples.all(mode)
    counted = sum(every.values())
    looked = sum(samples.all(Mode.NATIVE).values())
    native = sum(samples.native.values())
    held = sum(samples.all(Mode.GIL).values())
    chances = opportunities(samples, Mode.GIL)
    waiting, waiting_error = _first_thread_waiting(samples, mode, clock)
    rates = [one.rate_hertz for one in samples.executions if one.mode is mode and one.rate_hertz]
    return CpuUse(
        choice=choice,
        tool="py-spy",
        rate_hertz=rates[0] if rates else None,
        executions_count=len(samples.executions),
        samples_count=counted,
        wall_ns=clock.wall_ns,
        cpu_ns=clock.cpu_ns,
        waiting_ratio=waiting,
        waiting_error_ratio=waiting_error,
        gil_ratio=min(1.0, held / chances) if chances else None,
        native_ratio=native / looked if looked else None,
        import_ratio=sum(n for stack, n in main.items() if any(map(is_import, stack))) / whole
        if whole
        else None,
        unattributed_ratio=_unattributed(every, ownership) / counted if counted else None,
        threads=_threads(samples, mode, clock, ownership),
    )


def _unattributed(stacks: Counter[Stack], ownership: Ownership) -> int:
    return sum(count for stack, count in stacks.items() if not _mine(stack, ownership))


def _first_thread_waiting(
    samples: Samples, mode: Mode, clock: ClockFacts
) -> tuple[float | None, float | None]:
    """From the sampler where it looked for running threads; else from the two clocks, where one thread was alone."""
    seen = sum(samples.main(mode).values())
    if samples.count(Mode.ACTIVE) or opportunities(samples, Mode.ACTIVE):
        return _waiting(samples, mode, seen, sum(samples.main(Mode.ACTIVE).values()))
    if clock.cpu_ns is None or samples.others_count or clock.wall_ns <= 0:
        return None, None
    return min(1.0, max(0.0, 1.0 - clock.cpu_ns / clock.wall_ns)), None


def _threads(samples: Samples, mode: Mode, clock: ClockFacts, ownership: Ownership) -> tuple[ThreadStat, ...]:
    whole = sum(samples.main(mode).values())
    threads = samples.stacks.get(mode, {})
    ranked = sorted(threads, key=lambda key: (key[0], key[1] != MAIN, -sum(threads[key].values())))
    return tuple(
        _thread(samples, mode, key, (clock.wall_ns, whole), ownership)
        for key in ranked[:THREADS_AT_MOST]
        if whole
    )


def _thread(
    samples: Samples, mode: Mode, key: ThreadKey, scale: tuple[float, int], ownership: Ownership
) -> ThreadStat:
    wall_ns, whole = scale
    stacks = samples.stacks[mode][key]
    count = sum(stacks.values())
    lines = _innermost(stacks.items(), ownership)
    (file, line), _ = lines.most_common(1)[0] if lines else (("", 0), 0)
    timed: dict[Mode, float | None] = {}
    for other in (Mode.ACTIVE, Mode.GIL):
        chances = opportunities(samples, other)
        seen = sum(samples.stacks.get(other, {}).get(key, Counter()).values())
        timed[other] = min(wall_ns * seen / chances, wall_ns * count / whole) if chances else None
    return ThreadStat(
        process=key[0],
        pid=samples.pids.get(key[0], 0),
        name=key[1],
        samples_count=count,
        wall_ns=wall_ns * count / whole,
        running_ns=timed[Mode.ACTIVE],
        gil_ns=timed[Mode.GIL],
        file=ownership.shorten(file) if file else "",
        line=line,
        command=samples.commands.get(key[0], ""),
    )
