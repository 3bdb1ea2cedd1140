"""Measure what tracers cost for each hit, on functions of lines that do next to nothing.

Measured in many short trials, each beside one without a tracer, as their lower
quartile: on a busy machine long trials are always interrupted, and the least of
all would foretell too little. It must not correct anything.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .lines_code import Tracer, Wanted
from .lines_count import counter_for
from .lines_windows import Cost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROUNDS, CALLS, LINES = 200, 200, 4
TRIALS = 21
_TRIVIAL = f"def trivial():\n    for _ in range({ROUNDS}):\n" + "        x = 1\n" * 8
_OTHERS = (
    "def other():\n    x = 1\n    x = 2\n    x = 3\n    x = 4\n"
    f"def calls():\n    for _ in range({CALLS}):\n        other()\n"
)
_FILE = "<perfwatch calibration>"


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
    _one_trial(tracer, space["trivial"], space["calls"])  # the interpreter specialises on the first runs
    found = [_one_trial(tracer, space["trivial"], space["calls"]) for _ in range(TRIALS)]
    recorded, unrecorded, call = (_quartile(part) for part in zip(*found, strict=True))
    return recorded, max(0.0, unrecorded), max(0.0, call)


def _one_trial(
    tracer: Tracer, trivial: Callable[[], None], calls: Callable[[], None]
) -> tuple[float, float, float]:
    """All three by one short trial: the machine's own pace changes, and differences need the same one."""
    clean = _taken(calls)
    before = _totals(tracer)
    tracer.on()
    try:
        # All by the clock of line_profiler: an interruption must not be in one figure and missing in the other.
        taken = _taken(trivial)
        hits, spent = (now - then for now, then in zip(_totals(tracer), before, strict=True))
        traced = _taken(calls)
    finally:
        tracer.off()
    return spent / hits, (taken - spent) / hits, (traced - clean) / CALLS - LINES * taken / hits


def _totals(tracer: Tracer) -> tuple[int, float]:
    lines = [line for lines in tracer.timings().values() for line in lines]
    unit_ns: float = tracer.profiler.timer_unit * 1e9
    return sum(hits for _, hits, _ in lines), sum(spent for _, _, spent in lines) * unit_ns


def counter_cost() -> Cost:
    """The counter's nanoseconds for each hit, and for each call of wanted functions and of others."""
    space: dict[str, Any] = {}
    for text in (_TRIVIAL, _OTHERS):
        exec(compile(text, _FILE, "exec"), space)
    trivial, calls = space["trivial"], space["calls"]
    knows_lines, knows_calls = counter_for(Wanted([])), counter_for(Wanted([]))
    for counter, function in ((knows_lines, trivial), (knows_calls, space["other"])):
        counter.install()
        counter.adopt(function.__code__)
    found = []
    for _ in range(TRIALS + 1):
        clean, clean_calls = _taken(trivial), _taken(calls)
        hits, others = knows_lines.total(), knows_lines.others
        knows_lines.on()
        lines_ns, others_ns = _taken(trivial), _taken(calls)
        knows_lines.off()
        hits, others = knows_lines.total() - hits, knows_lines.others - others
        knows_calls.on()
        calls_ns = _taken(calls)
        knows_calls.off()
        hit_ns = (lines_ns - clean) / hits
        other_ns = (others_ns - clean_calls) / others if others >= CALLS else 0.0
        found.append((hit_ns, (calls_ns - clean_calls) / CALLS - LINES * hit_ns, other_ns))
    hit_ns, call_ns, other_ns = (max(0.0, _quartile(part)) for part in zip(*found[1:], strict=True))
    return Cost(hit_ns=hit_ns, call_ns=call_ns if knows_calls.calls else 0.0, other_ns=other_ns)


def _taken(function: Callable[[], None]) -> int:
    started = time.perf_counter_ns()
    function()
    return time.perf_counter_ns() - started


def _quartile(found: Sequence[float]) -> float:
    return sorted(found)[len(found) // 4]
