"""What ``profile`` and ``benchmark`` answer: records that show themselves, and can be rendered and saved.

Nothing here measures or judges: the figures are those of the report.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.config import Config
from perfwatch.records.report import Report

if TYPE_CHECKING:
    import os

    from perfwatch.records.comparison import Comparison, Verdict
    from perfwatch.records.profile import LineStat
    from perfwatch.records.run import Benchmark, Custom, Failure, Pass, Span
    from perfwatch.records.timing import Timing

_TIME = "time"


class Where(StrEnum):
    """Where the function was measured: in processes of its own, or in the one that asked."""

    WORKERS = "workers"
    HERE = "here"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Result:
    """What came of a measurement.

    ``name`` is the function's, or the one that was asked for; ``marks`` are the
    sentences without which its figures must not be read. ``report`` is all that was
    measured; ``settings`` are those it was measured with.
    """

    name: str
    where: Where
    marks: tuple[str, ...] = ()
    report: Report
    settings: Config = field(compare=False)

    @property
    def benchmark(self) -> Benchmark:
        """The one benchmark of the run."""
        return self.report.run.benchmarks[0]

    @property
    def timing(self) -> Timing | None:
        """The clean times by process, with every sample; ``None`` where none was taken."""
        return self.benchmark.timing

    @property
    def median_ns(self) -> float | None:
        """The time of a call, over all processes."""
        return None if self.timing is None else self.timing.median_ns

    @property
    def interval_ns(self) -> tuple[float, float] | None:
        """The 95% interval of the median; one process has none."""
        return None if self.timing is None else self.timing.interval_ns

    @property
    def first_call_ns(self) -> float | None:
        """The time of a process's first call, which pays for imports, caches and compilers."""
        return None if self.timing is None else self.timing.cold_ns

    @property
    def spans(self) -> tuple[Span, ...]:
        """What ``perfwatch.monitor`` named in the first call."""
        return self.report.run.spans

    @property
    def custom(self) -> tuple[Custom, ...]:
        """What ``perfwatch.record`` was told in the first call."""
        return self.report.run.custom

    @property
    def passes(self) -> tuple[Pass, ...]:
        """Each pass, how it ended, what it cost."""
        return self.benchmark.passes

    @property
    def failures(self) -> tuple[Failure, ...]:
        """What failed in one pass or another, although there are figures."""
        return self.report.run.failures

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        """The run held against its baseline, or against the last one of this function."""
        return self.report.comparisons

    @property
    def comparison(self) -> Comparison | None:
        """The comparison of time; ``None`` where there was nothing to compare with."""
        return next((one for one in self.comparisons if one.metric == _TIME), None)

    @property
    def verdict(self) -> Verdict | None:
        """The word on time: ``slower``, ``faster``, ``same``, ``undecided``; ``None`` without a comparison."""
        return None if self.comparison is None else self.comparison.verdict

    def __str__(self) -> str:
        return self.render("terminal")

    def render(self, format_name: str = "terminal") -> str:
        """Return the report as text: ``terminal``, ``json`` or ``html``."""
        from perfwatch.report import render

        return render(self.report, format_name)

    def save(self, folder: str | os.PathLike[str] | None = None) -> Path:
        """Write ``index.html`` and ``report.json``; return the page's path.

        Without a folder they go where ``perfwatch run`` puts them.
        """
        from perfwatch.places import reports_folder
        from perfwatch.report.files import write_report

        chosen = reports_folder(self.settings) / self.report.run.header.id if folder is None else Path(folder)
        return write_report(self.report, chosen).html

    def save_baseline(self, name: str, *, note: str = "") -> None:
        """Give the stored run a name: later measurements of this function are held against it."""
        from perfwatch.places import store_in

        with store_in(self.settings) as store:
            store.save_baseline(name, self.report.run.header.id, note=note)

    def _time_words(self) -> str:
        timing = self.timing
        if timing is None or timing.median_ns is None:
            return "not timed"
        words = units.time(timing.median_ns)
        if timing.interval_ns is not None:
            words += f", {units.interval(timing.interval_ns)} over {len(timing.processes)} processes"
        return words

    def _end_of_repr(self) -> str:
        return f"; {'; '.join(self.marks)}>" if self.marks else ">"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TimingResult(Result):
    """What ``perfwatch.benchmark`` answers: how long a call takes."""

    def __repr__(self) -> str:
        verdict = "" if self.verdict is None else f", {self.verdict.value}"
        return f"<perfwatch.benchmark of {self.name}: {self._time_words()}{verdict}{self._end_of_repr()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTime:
    """A function of the user's in one call: its own time with the libraries it called, and with all callees.

    ``line`` is where it starts.
    """

    function: str
    file: str
    line: int
    own_ns: float
    total_ns: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ProfileResult(Result):
    """What ``perfwatch.profile`` answers: where time, memory, input and output go."""

    @property
    def functions(self) -> tuple[FunctionTime, ...]:
        """The user's functions by their own time, the longest first."""
        from perfwatch.compare import frames

        tree = self.benchmark.profiles.cpu
        if tree is None:
            return ()
        found = frames.frames_of(tree, 1.0)
        ranked = sorted(found.total, key=lambda place: (-found.own[place], -found.total[place]))
        return tuple(
            FunctionTime(
                function=function,
                file=file,
                line=found.lines.get((file, function), 0),
                own_ns=found.own[file, function],
                total_ns=found.total[file, function],
            )
            for file, function in ranked
        )

    @property
    def lines(self) -> tuple[LineStat, ...]:
        """The user's lines by their own time, the longest first; without times, by file and line."""
        return tuple(sorted(self.benchmark.profiles.lines, key=lambda line: -(line.time_ns or 0.0)))

    @property
    def metrics(self) -> dict[str, float]:
        """Amounts by name: ``peak_memory_bytes``, ``allocated_bytes``, ``read_bytes``, ..."""
        return dict(self.benchmark.metrics)

    @property
    def peak_memory_bytes(self) -> float | None:
        """The most memory that one call held, its arguments aside; ``None`` where it was not traced."""
        return self.benchmark.metrics.get("peak_memory_bytes")

    def __repr__(self) -> str:
        hottest = next((one for one in self.functions if one.own_ns), None)
        most = "" if hottest is None else f", most in {hottest.function} ({units.time(hottest.own_ns)})"
        peak = "" if self.peak_memory_bytes is None else f", peak {units.size(self.peak_memory_bytes)}"
        return f"<perfwatch.profile of {self.name}: {self._time_words()}{most}{peak}{self._end_of_repr()}"

    def __str__(self) -> str:
        text = self.render("terminal")
        # A profile that was taken here has no lines: functions are what it can tell.
        return text if self.benchmark.profiles.lines else f"{text.rstrip()}\n\n{self._functions_text()}\n"

    def _functions_text(self, most: int = 10) -> str:
        shown = [one for one in self.functions if one.total_ns][:most]
        if not shown:
            return "No sample fell into a function: too short to tell."
        rows = [("own", "with callees", "function")]
        rows += [
            (units.time(one.own_ns), units.time(one.total_ns), f"{one.function} ({one.file}:{one.line})")
            for one in shown
        ]
        return "\n".join(f"{own:>9}  {total:>12}  {_visible(name)}" for own, total, name in rows)


def _visible(text: str) -> str:
    from perfwatch.report.visible import visible

    return visible(text)
