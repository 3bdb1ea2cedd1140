"""What is shown of many runs at once: a list of them, and one benchmark's times over all of them."""

from __future__ import annotations

from dataclasses import dataclass

from perfwatch.records.comparison import Summary, Verdict
from perfwatch.records.run import Commit, RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """Where a run took place, in short; ``key`` is equal where runs may be compared, empty where none may."""

    key: str
    processor: str = ""
    cores_count: int = 0
    memory_bytes: int = 0
    implementation: str = ""
    python: str = ""
    system: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLine:
    """One run in a list of them.

    ``longest_ns`` is the largest median of its benchmarks, which is that of ``longest``;
    ``summary`` is what came of it when it was last held against a baseline, ``None`` where it
    never was. ``baselines`` are the names given to it.
    """

    id: str
    started_at: str
    state: RunState
    command: str
    target_keys: tuple[str, ...]
    commit: Commit
    machine: Machine
    longest: str = ""
    longest_ns: float | None = None
    benchmarks_count: int = 0
    summary: Summary | None = None
    baselines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFilter:
    """Which runs are wanted: all that ``None`` and "" leave open.

    ``target`` is a target's key, ``verdict`` one that the run has at least once;
    ``since`` and ``until`` are days, ``2026-01-31``, in UTC and both included.
    """

    target: str = ""
    branch: str = ""
    verdict: Verdict | None = None
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """Some of the runs that a filter lets through, newest first.

    ``matching_count`` counts all of those, ``stored_count`` every run there is;
    ``targets`` and ``branches`` are what can be filtered by.
    """

    runs: tuple[RunLine, ...]
    matching_count: int
    stored_count: int
    targets: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkLine:
    """One benchmark in a list of them, with the run that was stored last.

    ``slug`` is what it is called in addresses and file names: ASCII letters, digits and
    hyphens, another for each target and name.
    """

    name: str
    target: str
    slug: str
    points_count: int
    run_id: str
    started_at: str
    median_ns: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A benchmark's time in one run; as in a ``Timing``, nanoseconds per call."""

    run_id: str
    started_at: str
    commit: Commit
    machine: Machine
    median_ns: float
    interval_ns: tuple[float, float] | None = None
    for_verdicts: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """The times of one machine, oldest first: those that may be held against each other.

    ``machine`` is that of the newest. Where ``joined`` is false its points may not: not everything
    is known of their environments.
    """

    name: str
    machine: Machine
    points: tuple[Point, ...]
    joined: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One benchmark's times over all stored runs; the machine of the newest time comes first."""

    name: str
    target: str
    slug: str
    lanes: tuple[Lane, ...]
