"""Measure what tracers cost for each hit, on a function of lines that do next to nothing.

Measured in processor time, as the median of a few trials: a busy machine makes
the target's hits dearer too, and the least of them would foretell too little.
It must not correct anything.
"""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING, Any

from .lines_code import Tracer, Wanted
from .lines_count import counter_for
from .lines_windows import Cost

if TYPE_CHECKING:
    from collections.abc import Callable

_TRIVIAL = "def trivial():\n    for _ in range(2000):\n" + "        x = 1\n" * 8
_OTHERS = "def other():\n    x = 1\n    x = 2\n    x = 3\n    x = 4\ndef calls():\n    for _ in range(2000):\n        other()\n"
_FILE = "<perfwatch calibration>"
TRIALS = 5
CALLS, LINES = 2000, 4


def tracer_cost() -> tuple[float, float, float]:
    """line_profiler's nanoseconds: recorded a hit, besides a hit, and a call of a traced function.

    The first is what it records for a line that does next to nothing. The second
    ends up in the line that called the function, and so does the third, which is
    no part of what hits cost.
    """
    tracer = Tracer(Wanted([]))
    space: dict[str, Any] = {}
    for text, name in ((_TRIVIAL, "trivial"), (_OTHERS, "other")):
        exec(tracer.prepared(compile(text, _FILE, "exec"), {(name, 1)}), space)
    trivial, calls = space["trivial"], space["calls"]
    trivial()  # the interpreter specialises on the first run
    found = [_one_trial(tracer, trivial) for _ in range(TRIALS)]
    recorded, unrecorded = (statistics.median(part) for part in zip(*found, strict=True))
    clean = _least(calls)
    tracer.on()
    try:
        traced = _least(calls)
    finally:
        tracer.off()
    call_ns = (traced - clean) / CALLS - LINES * (recorded + unrecorded)
    return recorded, unrecorded, max(0.0, call_ns)


def _one_trial(tracer: Tracer, trivial: Callable[[], None]) -> tuple[float, float]:
    before = _totals(tracer)
    tracer.on()
    started = time.thread_time_ns()
    try:
        trivial()
    finally:
        taken = time.thread_time_ns() - started
        tracer.off()
    hits, spent = (now - then for now, then in zip(_totals(tracer), before, strict=True))
    return spent / hits, max(0.0, (taken - spent) / hits)


def _totals(tracer: Tracer) -> tuple[int, float]:
    lines = [line for lines in tracer.timings().values() for line in lines]
    unit_ns: float = tracer.profiler.timer_unit * 1e9
    return sum(hits for _, hits, _ in lines), sum(spent for _, _, spent in lines) * unit_ns


def counter_cost() -> Cost:
    """The counter's nanoseconds for each hit, and for each call of wanted functions and of others."""
    counter = counter_for(Wanted([]))
    counter.install()
    space: dict[str, Any] = {}
    for text in (_TRIVIAL, _OTHERS):
        exec(compile(text, _FILE, "exec"), space)
    trivial, calls = space["trivial"], space["calls"]
    clean, clean_calls = _least(trivial), _least(calls)
    counter.adopt(trivial.__code__)
    counter.on()
    try:
        before = counter.total()
        trivial()
        hit_ns = max(0.0, _least(trivial) - clean) / (counter.total() - before) * (TRIALS + 1)
        others_before = counter.others
        calls()
        others = counter.others - others_before
        other_ns = max(0.0, _least(calls) - clean_calls) / others if others > CALLS // 2 else 0.0
        counter.off()
        counter.adopt(space["other"].__code__)
        counter.on()
        call_ns = max(0.0, _least(calls) - clean_calls - CALLS * LINES * hit_ns) / CALLS
    finally:
        counter.off()
    return Cost(hit_ns=hit_ns, call_ns=call_ns if counter.calls > CALLS else 0.0, other_ns=other_ns)


def _least(function: Callable[[], None]) -> float:
    found = []
    for _ in range(TRIALS):
        started = time.thread_time_ns()
        function()
        found.append(time.thread_time_ns() - started)
    return float(statistics.median(found))
