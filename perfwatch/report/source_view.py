"""Source lines with what they cost: the hottest, the annotated excerpts, memory by line.

It must not read files: sources are the ones stored with the run.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.geometry import heat, share, whole_ns
from perfwatch.report.places import place, relative, short
from perfwatch.report.visible import visible, visible_line

if TYPE_CHECKING:
    from perfwatch.records.profile import LineStat
    from perfwatch.records.run import Benchmark, Run
    from perfwatch.report.names import Names

#: Unmeasured lines shown around measured ones.
CONTEXT_LINES = 2
ROWS_LIMIT = 300
MEMORY_LIMIT = 10
#: Below this a share would print as 0.0%; a column of noughts hides the others.
SMALLEST_SHARE = 0.0005
#: A line that imports: its time is that of loading, not of computing.
_IMPORT = re.compile(r"(?:from\s+\S+\s+)?import\s+\S")


@dataclass(frozen=True, slots=True, kw_only=True)
class HotLine:
    """One of the lines that own most of the time; ``share`` is of its benchmark's.

    ``detail`` says how often it ran, of which benchmark where there are
    several, and that it imports where it does.
    """

    place: str
    function: str
    source: str
    time: str
    share: str
    detail: str
    heat: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A line of source; its figures are empty where it was not measured."""

    line: int
    source: str
    time: str = ""
    share: str = ""
    hits: str = ""
    allocated: str = ""
    peak: str = ""
    heat: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpts:
    """A file's measured stretches, in the order of the file."""

    file: str
    stretches: tuple[tuple[SourceRow, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The annotated files of a benchmark, and what was left out."""

    files: tuple[Excerpts, ...] = ()
    left_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryLine:
    """A line that held or allocated memory; ``share`` is of the peak."""

    place: str
    function: str
    source: str
    peak: str
    share: str
    allocated: str
    allocations: str
    heat: int


def _time(stat: LineStat) -> float:
    value = stat.time_ns
    return value if value is not None and value > 0 else 0.0


def _peak(stat: LineStat) -> float:
    value = stat.peak_bytes
    return value if value is not None and value > 0 else 0.0


class _Texts:
    """The stored sources by file, however a record spells the file."""

    def __init__(self, run: Run) -> None:
        self.root = run.header.project_root
        self.lines = {relative(source.file, self.root): source.text.split("\n") for source in run.sources}

    def of(self, file: str) -> list[str]:
        return self.lines.get(relative(file, self.root), [])


def _hits(value: float | None) -> str:
    if value is None:
        return "hits not counted"
    return "1 hit" if value == 1 else f"{units.count(value)} hits"


def _source(stat: LineStat, texts: _Texts) -> str:
    lines = texts.of(stat.file)
    text = lines[stat.line - 1] if 0 < stat.line <= len(lines) else stat.source
    return visible_line(text or stat.source)


def _detail(source: str, hits: str, whose: str) -> str:
    words = f"of {whose}" if whose else ""
    if _IMPORT.match(source):
        words += f"{', ' if words else ''}importing"
    return f"{words}, {hits}" if words else hits


def hottest(run: Run, benchmarks: tuple[Benchmark, ...], names: Names, limit: int = 3) -> tuple[HotLine, ...]:
    """Return the ``limit`` lines with most time of their own over the given benchmarks."""
    texts = _Texts(run)
    found = [(stat, b) for b in benchmarks for stat in b.profiles.lines if _time(stat) > 0]
    found.sort(key=lambda pair: -_time(pair[0]))
    distinct: dict[tuple[str, int], tuple[LineStat, Benchmark]] = {}
    for stat, benchmark in found:
        distinct.setdefault((stat.file, stat.line), (stat, benchmark))
    several = len(benchmarks) > 1
    return tuple(
        _hot_line(run, texts, stat, benchmark, names.short(benchmark.name) if several else "")
        for stat, benchmark in list(distinct.values())[:limit]
    )


def _hot_line(run: Run, texts: _Texts, stat: LineStat, benchmark: Benchmark, whose: str) -> HotLine:
    source = _source(stat, texts).strip()
    return HotLine(
        place=visible(place(stat.file, stat.line, run.header.project_root)),
        function=visible(stat.function, 60),
        source=source,
        time=units.time(stat.time_ns),
        share=units.percent(share(stat.time_ns, whole_ns(benchmark))),
        detail=_detail(source, _hits(stat.hits_count), whose),
        heat=heat(stat.time_ns, whole_ns(benchmark)),
    )


def memory_lines(run: Run, benchmark: Benchmark, limit: int = MEMORY_LIMIT) -> tuple[MemoryLine, ...]:
    """Return the lines that held most at the peak, then those that allocated most."""
    texts = _Texts(run)
    stats = [s for s in benchmark.profiles.lines if _peak(s) > 0 or (s.allocated_bytes or 0) > 0]
    stats.sort(key=lambda s: (-_peak(s), -(s.allocated_bytes or 0)))
    most = max(map(_peak, stats), default=0.0)
    whole = benchmark.profiles.memory.peak_bytes if benchmark.profiles.memory is not None else None
    return tuple(
        MemoryLine(
            place=visible(place(stat.file, stat.line, run.header.project_root)),
            function=visible(stat.function, 60),
            source=_source(stat, texts).strip(),
            peak=units.size(stat.peak_bytes),
            share=units.percent(share(stat.peak_bytes, whole)),
            allocated=units.size(stat.allocated_bytes),
            allocations=units.count(stat.allocations_count),
            heat=heat(stat.peak_bytes, most),
        )
        for stat in stats[:limit]
    )


def _by_line(benchmark: Benchmark) -> dict[str, dict[int, LineStat]]:
    """Return each file's measured lines, the dearest file first; of a line seen twice, the dearer."""
    files: dict[str, dict[int, LineStat]] = {}
    for stat in sorted(benchmark.profiles.lines, key=_time, reverse=True):
        files.setdefault(stat.file, {}).setdefault(stat.line, stat)
    return files


def _stretches(measured: dict[int, LineStat], text: list[str]) -> list[range]:
    """Return the measured lines with their context as stretches that do not touch."""
    last_line = len(text)
    stretches: list[range] = []
    for line in sorted(measured):
        start = max(1, line - CONTEXT_LINES)
        stop = max(line, min(last_line, line + CONTEXT_LINES)) + 1
        if stretches and start <= stretches[-1].stop:
            stretches[-1] = range(stretches[-1].start, max(stop, stretches[-1].stop))
        else:
            stretches.append(range(start, stop))
    return [_trimmed(stretch, text) for stretch in stretches]


def _trimmed(stretch: range, text: list[str]) -> range:
    """Return the stretch without the blank lines at its ends."""
    shown = [n for n in stretch if n > len(text) or text[n - 1].strip()]
    return range(shown[0], shown[-1] + 1) if shown else stretch


def _shown(
    per_file: dict[str, list[range]], measured: dict[str, dict[int, LineStat]]
) -> set[tuple[str, int]]:
    """Return which stretches are shown, by file and first line: the hottest that fit."""
    ranked = [
        (max((_time(measured[file][n]) for n in stretch if n in measured[file]), default=0.0), file, stretch)
        for file, stretches in per_file.items()
        for stretch in stretches
    ]
    ranked.sort(key=lambda each: -each[0])
    left = ROWS_LIMIT
    shown: set[tuple[str, int]] = set()
    for _, file, stretch in ranked:
        left -= len(stretch)
        if shown and left < 0:
            break
        shown.add((file, stretch.start))
    return shown


def _row(line: int, text: str, stat: LineStat | None, whole: float | None, most: float) -> SourceRow:
    if stat is None:
        return SourceRow(line=line, source=visible_line(text))
    portion = share(stat.time_ns, whole)
    return SourceRow(
        line=line,
        source=visible_line(text or stat.source),
        # A line that ran between two samples took some time, but nobody knows how much: no figure.
        time=units.time(stat.time_ns) if stat.time_ns else "",
        share=units.percent(portion) if portion is not None and portion >= SMALLEST_SHARE else "",
        hits=units.count(stat.hits_count) if stat.hits_count is not None else "",
        allocated=units.size(stat.allocated_bytes) if stat.allocated_bytes else "",
        peak=units.size(stat.peak_bytes) if stat.peak_bytes else "",
        heat=heat(stat.time_ns, most),
    )


def annotated(run: Run, benchmark: Benchmark) -> Sources:
    """Return the benchmark's source excerpts with times, hits and bytes."""
    measured = _by_line(benchmark)
    if not measured:
        return Sources()
    texts = _Texts(run)
    per_file = {file: _stretches(lines, texts.of(file)) for file, lines in measured.items()}
    shown = _shown(per_file, measured)
    whole = whole_ns(benchmark)
    most = max(_time(stat) for lines in measured.values() for stat in lines.values())
    files: list[Excerpts] = []
    for file, stretches in per_file.items():
        text = texts.of(file)
        rows = tuple(
            tuple(
                _row(n, text[n - 1] if n <= len(text) else "", measured[file].get(n), whole, most)
                for n in list(stretch)[:ROWS_LIMIT]
                if n <= len(text) or n in measured[file]
            )
            for stretch in stretches
            if (file, stretch.start) in shown
        )
        if rows:
            files.append(Excerpts(file=visible(short(file, run.header.project_root)), stretches=rows))
    hidden = sum(map(len, per_file.values())) - len(shown)
    left_out = f"{units.count(hidden)} cheaper stretches are left out here and kept in report.json."
    return Sources(files=tuple(files), left_out=left_out if hidden else "")
