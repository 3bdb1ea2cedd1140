"""Source lines in words: the hottest, and those that hold the memory.

It must not read files: sources are the ones stored with the run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.geometry import heat, share, whole_ns
from perfwatch.report.places import place, relative
from perfwatch.report.visible import visible, visible_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.ceiling import Ceiling
    from perfwatch.records.profile import LineStat
    from perfwatch.records.run import Benchmark, Run
    from perfwatch.report.names import Names

MEMORY_LIMIT = 10
#: A part of a line's time from here on is worth a word beside it.
WORTH_A_WORD = 0.1
#: A line that imports: its time is that of loading, not of computing.
_IMPORT = re.compile(r"(?:from\s+\S+\s+)?import\s+\S")


@dataclass(frozen=True, slots=True, kw_only=True)
class HotLine:
    """One of the lines that own most of the time; ``share`` is of its benchmark's.

    ``error`` is the time's standard error, where it is known, ``ceiling`` how many times as fast its benchmark
    would be at most without the line. ``detail`` says
    how often it ran, of which benchmark where there are several, that it imports
    where it does, and what most of its time was: native, waiting, a library's.
    """

    place: str
    function: str
    source: str
    time: str
    error: str
    share: str
    detail: str
    disagreement: str
    heat: int
    ceiling: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLine:
    """A line that held or allocated memory; ``share`` is of the peak.

    ``without`` is the peak that would remain without the line, where that is less.
    """

    place: str
    function: str
    source: str
    peak: str
    share: str
    allocated: str
    allocations: str
    without: str
    heat: int


def _time(stat: LineStat) -> float:
    value = stat.time_ns
    return value if value is not None and value > 0 else 0.0


def _peak(stat: LineStat) -> float:
    value = stat.peak_bytes
    return value if value is not None and value > 0 else 0.0


def _remainder(stat: LineStat, peak_bytes: float | None) -> float:
    """Return the peak that remains without the line; infinite where the line does not move it."""
    left = stat.without_bytes
    if left is None or peak_bytes is None or units.size(left) == units.size(peak_bytes):
        return inf
    return left if left < peak_bytes else inf


class Texts:
    """The stored sources by file, however a record spells the file."""

    def __init__(self, run: Run) -> None:
        self.root = run.header.project_root
        self._texts = {relative(source.file, self.root): source.text for source in run.sources}
        self._lines: dict[str, list[str]] = {}

    def of(self, file: str) -> list[str]:
        """Return the lines of a file; none where it was not stored."""
        known = relative(file, self.root)
        # Split when it is asked for: of many files, a benchmark shows a few.
        if known not in self._lines:
            text = self._texts.get(known)
            self._lines[known] = [] if text is None else text.split("\n")
        return self._lines[known]

    def shown(self, file: str, line: int, otherwise: str = "") -> str:
        """Return a line, printable; ``otherwise`` where it was not stored or is blank."""
        lines = self.of(file)
        text = lines[line - 1] if 0 < line <= len(lines) else otherwise
        return visible_line(text or otherwise)


def _hits(stat: LineStat) -> str:
    if stat.hits_count is None:
        return "hits not counted"
    error = units.error(units.count(stat.hits_error_count))
    text = f"{units.count(stat.hits_count)} {error}".strip()
    return "1 hit" if text == "1" else f"{text} hits"


def _detail(source: str, stat: LineStat, whose: str) -> str:
    words = [f"of {whose}"] if whose else []
    words += ["importing"] if _IMPORT.match(source) else []
    words += [
        f"{name} {units.portion(ratio)}"
        for name, ratio in (
            ("native", stat.native_ratio),
            ("waiting", stat.waiting_ratio),
            ("library", stat.library_ratio),
        )
        if ratio is not None and ratio >= WORTH_A_WORD
    ]
    return ", ".join([*words, _hits(stat)])


def hottest(
    run: Run,
    benchmarks: tuple[Benchmark, ...],
    names: Names,
    limit: int = 3,
    *,
    ceilings: Sequence[Ceiling] = (),
) -> tuple[HotLine, ...]:
    """Return the ``limit`` lines with most time of their own over the given benchmarks."""
    texts = Texts(run)
    found = [(stat, b) for b in benchmarks for stat in b.profiles.lines if _time(stat) > 0]
    found.sort(key=lambda pair: -_time(pair[0]))
    distinct: dict[tuple[str, int], tuple[LineStat, Benchmark]] = {}
    for stat, benchmark in found:
        distinct.setdefault((stat.file, stat.line), (stat, benchmark))
    several = len(benchmarks) > 1
    most = {(one.target, one.benchmark, line.file, line.line): line for one in ceilings for line in one.lines}
    lines = []
    for stat, benchmark in list(distinct.values())[:limit]:
        made = _hot_line(run, texts, stat, benchmark, names.short(benchmark.name) if several else "")
        ceiling = most.get((benchmark.target, benchmark.name, stat.file, stat.line))
        lines.append(made if ceiling is None else replace(made, ceiling=units.factor(ceiling.ceiling_ratio)))
    return tuple(lines)


def together_words(ceilings: Sequence[Ceiling], benchmark: Benchmark) -> str:
    """Return what is to be won at most on all hottest lines of a benchmark; nothing where there is one line or none."""
    mine = (benchmark.target, benchmark.name)
    found = next((one for one in ceilings if (one.target, one.benchmark) == mine), None)
    if found is None or len(found.lines) < 2:
        return ""
    whole, most = units.percent(found.share_ratio), units.factor(found.ceiling_ratio)
    return f"Together {whole} of the time: if all of them cost nothing, the whole would be {most} as fast at most."


def _hot_line(run: Run, texts: Texts, stat: LineStat, benchmark: Benchmark, whose: str) -> HotLine:
    source = texts.shown(stat.file, stat.line, stat.source).strip()
    return HotLine(
        place=visible(place(stat.file, stat.line, run.header.project_root)),
        function=visible(stat.function, 60),
        source=source,
        time=units.time(stat.time_ns),
        share=units.percent(share(stat.time_ns, whole_ns(benchmark))),
        error=units.error(units.time(stat.time_error_ns)),
        detail=_detail(source, stat, whose),
        disagreement=visible(stat.disagreement, 400),
        heat=heat(stat.time_ns, whole_ns(benchmark)),
    )


def memory_lines(run: Run, benchmark: Benchmark, limit: int = MEMORY_LIMIT) -> tuple[MemoryLine, ...]:
    """Return the lines that would save most, then those that held most at the peak, then the others.

    What a line would save is what remains without it, held against one and the
    same peak: the least remainder comes first.
    """
    texts = Texts(run)
    memory = benchmark.profiles.memory
    whole = memory.peak_bytes if memory is not None else None
    stats = [s for s in benchmark.profiles.lines if _peak(s) > 0 or (s.allocated_bytes or 0) > 0]
    stats.sort(key=lambda s: (_remainder(s, whole), -_peak(s), -(s.allocated_bytes or 0)))
    most = max(map(_peak, stats), default=0.0)
    return tuple(
        MemoryLine(
            place=visible(place(stat.file, stat.line, run.header.project_root)),
            function=visible(stat.function, 60),
            source=texts.shown(stat.file, stat.line, stat.source).strip(),
            peak=units.size(stat.peak_bytes),
            share=units.percent(share(stat.peak_bytes, whole)),
            allocated=units.size(stat.allocated_bytes),
            allocations=units.count(stat.allocations_count),
            without=units.size(stat.without_bytes) if _remainder(stat, whole) < inf else "",
            heat=heat(stat.peak_bytes, most),
        )
        for stat in stats[:limit]
    )
