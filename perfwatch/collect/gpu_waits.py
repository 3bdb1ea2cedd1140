"""Which of the user's lines waited for a device, and how long.

Two sources. Calls that may wait are timed on the thread that makes them, with
its Python stack: their lines have no error. Where a framework waits on threads
of its own (JAX), the main thread's stack was sampled instead: the time in which
it was off the processor while a device worked is charged to the line it stood
on, and each sample may be wrong by one interval.

Pure. Of the worker's record it reads::

    {"files":  [path, ...],
     "stacks": [[[file's number, line], ...], ...]         innermost first
     "trace":  {"clock": ..., "waits": [[stack, call, calls, total ns], ...]}
     "watch":  {"interval_ns": n,
                "samples": [[from, to, stack, ns off the processor], ...]}}   perf_counter_ns

A stack of -1 was not kept (there were too many), one of -2 ran no Python.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfwatch.collect.enclosing import enclosing_function
from perfwatch.collect.gpu_activity import working_time
from perfwatch.collect.gpu_intervals import length, overlap
from perfwatch.records.gpu import GpuWait
from perfwatch.records.profile import LineStat
from perfwatch.units import time as shown_time

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.collect.gpu_activity import Course
    from perfwatch.collect.gpu_intervals import Interval
    from perfwatch.collect.ownership import Ownership

SAMPLED = "off the processor while the device worked (sampled)"
WAITS_AT_MOST = 200
CALL_CHARACTERS = 200
_NATIVE = -2


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """Waits by line and call, the same by line for the line view, and what has no line."""

    waits: tuple[GpuWait, ...] = ()
    lines: tuple[LineStat, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass
class _Figures:
    calls_count: int = 0
    total_ns: int = 0
    error_ns2: float = 0.0


def waits_of(record: Mapping[str, Any], course: Course, ownership: Ownership) -> Waits:
    """What each of the user's lines waited; a wait inside a library is its caller's in the user's code."""
    found: dict[tuple[str, int, str], _Figures] = {}
    native = _Figures()
    lost = _Figures()
    sampled = _sampled(record, course)
    exact = record.get("trace", {}).get("waits", ())
    for stack, call, calls, total, error_ns2 in [*((*one, 0.0) for one in exact), *sampled]:
        place = _place(record, stack, ownership)
        key = None if place is None else (*place, str(call)[:CALL_CHARACTERS])
        nowhere = native if stack == _NATIVE else lost
        figures = nowhere if key is None else found.setdefault(key, _Figures())
        figures.calls_count += calls
        figures.total_ns += total
        figures.error_ns2 += error_ns2
    ranked = sorted(found.items(), key=lambda item: (-item[1].total_ns, item[0]))
    return Waits(
        waits=tuple(
            GpuWait(
                file=ownership.shorten(file),
                line=line,
                call=call,
                calls_count=figures.calls_count,
                total_ns=figures.total_ns,
            )
            for (file, line, call), figures in ranked[:WAITS_AT_MOST]
        ),
        lines=_lines(found, ownership),
        missing=tuple(_sentences(native, lost, len(ranked), sampled, record)),
    )


def _place(record: Mapping[str, Any], stack: int, ownership: Ownership) -> tuple[str, int] | None:
    """The innermost frame of the user's own; where there is none, the innermost of all."""
    stacks, files = record.get("stacks", ()), record.get("files", ())
    if not 0 <= stack < len(stacks):
        return None
    frames = [(str(files[file]), int(line)) for file, line in stacks[stack]]
    own = (frame for frame in frames if ownership.owns(frame[0]))
    return next(own, frames[0] if frames else None)


def _sampled(record: Mapping[str, Any], course: Course) -> list[tuple[int, str, int, int, float]]:
    """For each sample, how much of the time off the processor fell into the devices' work."""
    watch, clock = record.get("watch", {}), record.get("trace", {}).get("clock")
    working = [_on_host(clock, one) for one in working_time(course)] if clock else []
    interval = float(watch.get("interval_ns", 0))
    found: dict[int, _Figures] = {}
    at = 0
    for start, end, stack, off in watch.get("samples", ()) if working else ():
        while at < len(working) and working[at][1] <= start:
            at += 1
        until = at
        while until < len(working) and working[until][0] < end:
            until += 1
        waited = min(int(off), length(overlap([(start, end)], working[at:until])))
        if waited > 0:
            figures = found.setdefault(stack, _Figures())
            figures.calls_count += 1
            figures.total_ns += waited
            figures.error_ns2 += interval**2
    return [(stack, SAMPLED, one.calls_count, one.total_ns, one.error_ns2) for stack, one in found.items()]


def _on_host(clock: Any, interval: Interval) -> Interval:
    """An interval of CUPTI's clock on ``perf_counter_ns``, by the two pairs of readings around the stretch."""
    (cupti, host), (cupti_end, host_end) = clock[0], clock[-1]
    rate = (host_end - host) / (cupti_end - cupti) if cupti_end > cupti else 1.0
    return host + round((interval[0] - cupti) * rate), host + round((interval[1] - cupti) * rate)


def _lines(found: Mapping[tuple[str, int, str], _Figures], ownership: Ownership) -> tuple[LineStat, ...]:
    by_line: dict[tuple[str, int], _Figures] = {}
    for (file, line, _), figures in found.items():
        if ownership.owns(file):
            sums = by_line.setdefault((file, line), _Figures())
            sums.total_ns += figures.total_ns
            sums.error_ns2 += figures.error_ns2
    return tuple(
        LineStat(
            file=ownership.shorten(file),
            line=line,
            function=enclosing_function(ownership.absolute(file), line, "?"),
            gpu_wait_ns=float(figures.total_ns),
            gpu_wait_error_ns=math.sqrt(figures.error_ns2) if figures.error_ns2 else None,
        )
        for (file, line), figures in sorted(by_line.items())
    )


def _sentences(
    native: _Figures,
    lost: _Figures,
    lines_count: int,
    sampled: list[tuple[int, str, int, int, float]],
    record: Mapping[str, Any],
) -> list[str]:
    said = []
    if native.total_ns:
        said.append(
            f"{shown_time(native.total_ns)} of waiting passed on native threads, which have no Python line"
        )
    if lost.total_ns:
        said.append(f"{shown_time(lost.total_ns)} of waiting came from more stacks than are kept")
    if lines_count > WAITS_AT_MOST:
        said.append(f"{lines_count - WAITS_AT_MOST} further waiting lines are not listed")
    if sampled:
        every = shown_time(record.get("watch", {}).get("interval_ns", 0))
        said.append(f"waits of JAX are sampled every {every}, and each sample may be wrong by as much")
    return said
