"""What a benchmark took in the runs before: one figure a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePoint:
    """One run's time of the benchmark, per call; ``started_at`` is UTC, RFC 3339."""

    run_id: str
    started_at: str
    revision: str | None
    median_ns: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A benchmark's times over runs of the same targets in the same environment, the oldest first.

    The last point is the run that the history is told with.
    """

    target: str
    benchmark: str
    points: tuple[CoursePoint, ...]
