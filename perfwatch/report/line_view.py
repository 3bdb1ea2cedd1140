"""The fused line view: source excerpts in which each line carries the figures of all passes.

It must not read files: sources are the ones stored with the run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.line_columns import Cell, Figure, Scale, cell, figures_of, scale_of, source_words
from perfwatch.report.places import relative, short
from perfwatch.report.section import Fact
from perfwatch.report.source_view import Texts
from perfwatch.report.visible import visible, visible_line

if TYPE_CHECKING:
    from perfwatch.records.profile import LineStat
    from perfwatch.records.run import Benchmark, Run

#: Unmeasured lines shown around measured ones.
CONTEXT_LINES = 2
#: A benchmark shows so many rows where there is room, and the least where there are many benchmarks.
ROWS_LIMIT = 300
ROWS_LEAST = 40
#: All benchmarks of a page share these: a row has up to fifteen figures.
PAGE_ROWS_LIMIT = 1500


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's title, and in ``meaning`` what it holds and from which pass."""

    title: str
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Neighbouring columns of one pass: ``words`` name pass, tool and samples, ``facts`` what each column is."""

    words: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A line of source; ``cells`` are empty where it was not measured, ``flag`` where passes agree on it.

    ``anchor`` is its id in a page; empty where nothing leads to it.
    """

    line: int
    source: str
    anchor: str = ""
    cells: tuple[Cell, ...] = ()
    flag: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Excerpts:
    """A file's measured stretches, in the order of the file."""

    file: str
    stretches: tuple[tuple[SourceRow, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """The annotated files of a benchmark, their columns with where these come from, and what was left out.

    ``anchors`` give the id in the page of every line that is shown, by file and number.
    """

    files: tuple[Excerpts, ...] = ()
    columns: tuple[Column, ...] = ()
    origins: tuple[Origin, ...] = ()
    left_out: str = ""
    anchors: Mapping[tuple[str, int], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Makes rows: the columns and the scale are the same for all of a benchmark."""

    figures: tuple[Figure, ...]
    scale: Scale

    def row(self, line: int, text: str, stat: LineStat | None) -> SourceRow:
        if stat is None:
            return SourceRow(line=line, source=visible_line(text))
        return SourceRow(
            line=line,
            source=visible_line(text or stat.source),
            cells=tuple(cell(figure, stat, self.scale) for figure in self.figures),
            flag=visible(stat.disagreement, 400),
        )


def _time(stat: LineStat) -> float:
    value = stat.time_ns
    return value if value is not None and value > 0 else 0.0


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


def rows_for(benchmarks_count: int) -> int:
    """Return how many rows each of several benchmarks may show."""
    return max(ROWS_LEAST, min(ROWS_LIMIT, PAGE_ROWS_LIMIT // max(1, benchmarks_count)))


def _shown(
    per_file: dict[str, list[range]], measured: dict[str, dict[int, LineStat]], limit: int
) -> set[tuple[str, int]]:
    """Return which stretches are shown, by file and first line: the hottest that fit."""
    ranked = [
        (max((_time(measured[file][n]) for n in stretch if n in measured[file]), default=0.0), file, stretch)
        for file, stretches in per_file.items()
        for stretch in stretches
    ]
    ranked.sort(key=lambda each: -each[0])
    left = limit
    shown: set[tuple[str, int]] = set()
    for _, file, stretch in ranked:
        left -= len(stretch)
        if shown and left < 0:
            break
        shown.add((file, stretch.start))
    return shown


def annotated(run: Run, benchmark: Benchmark, limit: int = ROWS_LIMIT, anchor: str = "") -> Sources:
    """Return the benchmark's source excerpts, about ``limit`` rows, with the figures of all passes beside them.

    With ``anchor``, the benchmark's own id in the page, each line has an id, too.
    """
    measured = _by_line(benchmark)
    if not measured:
        return Sources()
    texts = Texts(run)
    per_file = {file: _stretches(lines, texts.of(file)) for file, lines in measured.items()}
    shown = _shown(per_file, measured, limit)
    rows = _Rows(figures_of(benchmark.profiles.lines), scale_of(benchmark))
    files: list[Excerpts] = []
    anchors: dict[tuple[str, int], str] = {}
    for file, stretches in per_file.items():
        text = texts.of(file)
        kept = tuple(
            tuple(
                rows.row(n, text[n - 1] if n <= len(text) else "", measured[file].get(n))
                for n in list(stretch)[:limit]
                if n <= len(text) or n in measured[file]
            )
            for stretch in stretches
            if (file, stretch.start) in shown
        )
        if kept and anchor:
            kept = _anchored(kept, f"{anchor}-{len(files) + 1}")
            known = relative(file, run.header.project_root)
            anchors |= {(known, row.line): row.anchor for stretch in kept for row in stretch}
        if kept:
            files.append(Excerpts(file=visible(short(file, run.header.project_root)), stretches=kept))
    hidden = sum(map(len, per_file.values())) - len(shown)
    left_out = f"{units.count(hidden)} cheaper stretches are left out here and kept in report.json."
    return Sources(
        files=tuple(files),
        columns=tuple(_column(figure, benchmark) for figure in rows.figures),
        origins=_origins(rows.figures, benchmark),
        left_out=left_out if hidden else "",
        anchors=anchors,
    )


def _anchored(stretches: tuple[tuple[SourceRow, ...], ...], prefix: str) -> tuple[tuple[SourceRow, ...], ...]:
    return tuple(
        tuple(replace(row, anchor=f"{prefix}-{row.line}") for row in stretch) for stretch in stretches
    )


def _column(figure: Figure, benchmark: Benchmark) -> Column:
    return Column(title=figure.title, meaning=f"{figure.meaning} ({source_words(figure, benchmark)})")


def _origins(figures: tuple[Figure, ...], benchmark: Benchmark) -> tuple[Origin, ...]:
    """Return the columns by the pass that filled them, in their order."""
    return tuple(
        Origin(words=words, facts=tuple(Fact(label=each.title, value=each.meaning) for each in group))
        for words, group in groupby(figures, key=lambda figure: source_words(figure, benchmark))
    )
