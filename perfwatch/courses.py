"""Stored runs → the course of each benchmark's time: one figure a run, oldest first.

Pure: the same runs give the same courses. It must not judge a course, and must not look for runs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfwatch.records.course import Course, CoursePoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.run import Benchmark, Run

#: Fewer points are no course.
POINTS_LEAST = 5


def courses(run: Run, earlier: Sequence[Run]) -> tuple[Course, ...]:
    """Return the history of each benchmark that the run and enough of the ``earlier`` ones timed for verdicts.

    A benchmark whose own code has another version, where its tool tells versions apart, has begun anew.
    """
    order = sorted(earlier, key=lambda one: (one.header.started_at, one.header.id))
    found_by: dict[tuple[str, str, str | None], list[CoursePoint]] = {}
    for one in (*order, run):
        for benchmark in one.benchmarks:
            point = _point(one, benchmark)
            if point is not None:
                found_by.setdefault(_key(benchmark), []).append(point)
    found = ((benchmark, found_by.get(_key(benchmark), [])) for benchmark in run.benchmarks)
    return tuple(
        Course(target=benchmark.target, benchmark=benchmark.name, points=tuple(points))
        for benchmark, points in found
        if len(points) >= POINTS_LEAST and points[-1].run_id == run.header.id
    )


def _key(benchmark: Benchmark) -> tuple[str, str, str | None]:
    return benchmark.target, benchmark.name, benchmark.code_version


def _point(run: Run, benchmark: Benchmark) -> CoursePoint | None:
    timing = benchmark.timing
    if timing is None or not timing.for_verdicts or timing.median_ns is None:
        return None
    if not math.isfinite(timing.median_ns) or timing.median_ns <= 0:
        return None
    return CoursePoint(
        run_id=run.header.id,
        started_at=run.header.started_at,
        revision=run.header.commit.revision,
        median_ns=timing.median_ns,
    )
