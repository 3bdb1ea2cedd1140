"""Chooses the clock on which stored runs of a benchmark are judged.

A neighbour that takes the processor away lengthens wall time and leaves processor
time alone; base and head were measured at different times, beside different
neighbours. So processor time decides where the benchmark computed in one thread and
waited for nothing: then what wall time has beyond it is what others took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.compare.paired import AGREEMENT, CALM_TURNS, CPU, STRAY_RATIO, WALL
from perfwatch.records.timing import per_call_ns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfwatch.records.timing import ProcessTiming


def session_clock(base: Sequence[ProcessTiming], head: Sequence[ProcessTiming]) -> tuple[str, str]:
    """Choose the clock for the processes of base's sessions and of head, and say why.

    The rules are those of pairs (``paired.clock_for``), for samples instead of turns,
    and hold of each side: in nine of ten samples the process never gave the processor
    away by itself, and in nine of ten the calling thread did all the work; and in
    some the two clocks agree.
    """
    for processes in (base, head):
        why = _obstacle(processes)
        if why:
            return WALL, why
    return CPU, "it computes in one thread and waits for nothing"


def _obstacle(processes: Sequence[ProcessTiming]) -> str:
    """Say why processor time cannot decide; "" for nothing."""
    waited, shared, count = 0, 0, 0
    for process in processes:
        if process.waited_count is None or process.shared_count is None:
            return "nobody saw whether it waits"
        if not per_call_ns(process, process.cpu_ns):
            return "a process saw no tick of the processor clock"
        waited += process.waited_count
        shared += process.shared_count
        count += len(process.wall_ns) - process.warmup_count
    if waited > STRAY_RATIO * count:
        return "it waits for something"
    if shared > STRAY_RATIO * count:
        return "more than one thread computes"
    calm = sum(abs(wall - cpu) <= AGREEMENT * max(wall, cpu) for wall, cpu in _samples(processes))
    return "wall and processor time hardly ever agreed" if calm < max(1, min(CALM_TURNS, count // 4)) else ""


def _samples(processes: Sequence[ProcessTiming]) -> Iterator[tuple[int, int]]:
    for process in processes:
        yield from zip(
            process.wall_ns[process.warmup_count :], process.cpu_ns[process.warmup_count :], strict=True
        )
