"""A gate tried on slowdowns of our making: what it said in each trial, and how often it was right."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perfwatch.records.comparison import Verdict
from perfwatch.records.pairing import ExtraWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One benchmark judged once, when head made ``slowdown_ratio`` more work: 0.02 is 2%, 0 none.

    ``ratio`` is head over base as the gate measured it, ``None`` where it could
    not. ``extra`` is how the work was made, in the first pair; ``loops_count`` the
    calls in a turn. ``extra_error_ratio`` is the standard error of what rounds added,
    over all pairs: 0.001 is a tenth of a percentage point. ``duration_ns`` is what a gate would have spent on it: its share of
    pairs and starts, and nothing of making the slowdown.
    """

    target: str
    benchmark: str
    slowdown_ratio: float
    verdict: Verdict
    reason: str
    duration_ns: int
    loops_count: int = 1
    pairs_count: int = 0
    ratio: float | None = None
    clock: str = "wall"
    extra: ExtraWork | None = None
    extra_error_ratio: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many of so many: the rate, and Wilson's interval of it at ``confidence_level``.

    Without a trial there is no rate, and the interval holds everything.
    """

    flagged_count: int
    trials_count: int
    rate_ratio: float | None
    interval: tuple[float, float]
    confidence_level: float = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRate:
    """All trials at one slowdown.

    ``flagged`` counts ``slower``; without a slowdown it counts what errs, ``slower``
    and ``faster``. ``verdicts`` are all words with their counts. The errors are those of the
    measured ratio against the known one, without sign: their median and 90th
    percentile; ``None`` where no ratio was measured. ``ways`` say in how many trials
    the slowdown was made of ``calls``, ``rounds`` (of an empty loop), or
    ``calls and rounds``, and ``extra_error_ratio`` how far it may be off: the median
    of the trials' standard errors. ``trial_ns`` is the median of what a trial took.
    """

    slowdown_ratio: float
    flagged: Rate
    verdicts: Mapping[str, int]
    error_median_ratio: float | None
    error_90th_ratio: float | None
    ways: Mapping[str, int]
    extra_error_ratio: float
    trial_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkRates:
    """One benchmark, by slowdown."""

    target: str
    benchmark: str
    levels: tuple[LevelRate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selftest:
    """A gate's own rates: here, now, with this margin and this much time.

    ``levels`` hold the trials of all benchmarks together. ``rounds_count`` rounds
    were complete, each with one trial of every benchmark; ``wanted_count`` were
    asked for, ``None`` where the budget alone decided, and ``needed_ns`` is about
    what all of these take. ``void_count`` targets of a round would have
    ended a gate without a verdict. ``failures`` are sentences.
    """

    chosen: tuple[str, ...]
    margin_ratio: float
    budget_ns: int
    per_benchmark_ns: int
    levels: tuple[LevelRate, ...]
    benchmarks: tuple[BenchmarkRates, ...]
    trials: tuple[Trial, ...]
    rounds_count: int
    wanted_count: int | None = None
    needed_ns: int | None = None
    void_count: int = 0
    failures: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    interrupted: bool = False
    duration_ns: int = 0
