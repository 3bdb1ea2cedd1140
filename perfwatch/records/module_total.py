"""The benchmarks of one module taken together: sums, and no verdict of their own."""

from __future__ import annotations

from dataclasses import dataclass

from perfwatch.records.comparison import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleTotal:
    """One call of each benchmark of a module, in nanoseconds.

    ``benchmarks_count`` were timed. With a base, both sums are over the ``both_count`` benchmarks
    that have a time on either side, ``ratio`` is head over base, and ``verdicts`` are the
    words on their times; without one ``base_ns`` and ``ratio`` are ``None``.
    """

    name: str
    benchmarks_count: int
    head_ns: float
    both_count: int = 0
    base_ns: float | None = None
    ratio: float | None = None
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModuleTotals:
    """Every module, the longest first, and all of them together."""

    modules: tuple[ModuleTotal, ...] = ()
    together: ModuleTotal | None = None
