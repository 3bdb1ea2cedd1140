"""The columns of the fused line table: which figure, from which pass, with which error.

It must not fuse anything: a line's record arrives with the figures of all passes in it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.run import Benchmark, Pass, PassName, PassState
from perfwatch.report.geometry import heat, length, share, whole_ns
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.profile import LineStat

#: Below this a share would print as 0.0%; a column of noughts hides the others.
SMALLEST_SHARE = 0.0005
_WITHOUT_FIGURES = frozenset({PassState.SKIPPED, PassState.UNAVAILABLE, PassState.FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A figure on a line; ``note`` says how it was come by. Without a figure, empty.

    ``bar`` is the length of its bar and ``heat`` its shade, both from 0 to 100.
    """

    text: str = ""
    error: str = ""
    note: str = ""
    bar: int | None = None
    heat: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What lines are held against: one execution, the dearest line, the peak."""

    whole_ns: float | None
    most_ns: float
    peak_bytes: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A column: its title and meaning, the pass it is from, and the record's fields.

    Where ``error_shown`` is false, the error stands in the note alone: beside every figure it
    would be what the table mostly holds.
    """

    title: str
    meaning: str
    source: PassName
    field: str
    shown: Callable[[float | None], str]
    error_field: str = ""
    error_shown: bool = True
    exact: str = "no standard error is known"


_TIME, _HITS, _MEMORY = PassName.CPU, PassName.LINES, PassName.MEMORY
_TRACED = "traced, every one"
FIGURES = (
    Figure(
        title="Own time",
        meaning="without calls into your other functions, with those into libraries",
        source=_TIME,
        field="time_ns",
        shown=units.time,
        error_field="time_error_ns",
    ),
    Figure(
        title="Share",
        meaning="own time of one execution",
        source=_TIME,
        field="",
        shown=units.percent,
        exact="own time over the execution's",
    ),
    Figure(
        title="With callees",
        meaning="with everything it called",
        source=_TIME,
        field="total_ns",
        shown=units.time,
        error_field="total_error_ns",
        error_shown=False,
    ),
    Figure(
        title="Native",
        meaning="part of own time in compiled code (bar), the rest in the interpreter",
        source=_TIME,
        field="native_ratio",
        shown=units.portion,
        error_field="native_error_ratio",
        error_shown=False,
    ),
    Figure(
        title="Waiting",
        meaning="part of own time off the processor: locks, sleep, input and output, children",
        source=_TIME,
        field="waiting_ratio",
        shown=units.portion,
        error_field="waiting_error_ratio",
        error_shown=False,
    ),
    Figure(
        title="Library",
        meaning="of own time, what passed in library code that the line called",
        source=_TIME,
        field="library_ratio",
        shown=units.portion,
    ),
    Figure(
        title="GPU wait",
        meaning="waited for a device",
        source=PassName.GPU,
        field="gpu_wait_ns",
        shown=units.time,
        error_field="gpu_wait_error_ns",
    ),
    Figure(
        title="Hits",
        meaning="how often it ran; with \N{PLUS-MINUS SIGN} where only some calls were traced",
        source=_HITS,
        field="hits_count",
        shown=units.count,
        error_field="hits_error_count",
        exact="counted, every one",
    ),
    Figure(
        title="Allocated",
        meaning="over the whole execution",
        source=_MEMORY,
        field="allocated_bytes",
        shown=units.size,
        exact=_TRACED,
    ),
    Figure(
        title="Temporary",
        meaning="freed again before anything else was allocated",
        source=_MEMORY,
        field="temporary_bytes",
        shown=units.size,
        exact=_TRACED,
    ),
    Figure(
        title="At peak",
        meaning="part of the peak: held at the high-water mark",
        source=_MEMORY,
        field="peak_bytes",
        shown=units.size,
        exact=_TRACED,
    ),
    Figure(
        title="Peak without it",
        meaning="the peak that would remain if the line allocated nothing",
        source=_MEMORY,
        field="without_bytes",
        shown=units.size,
        exact="worked out from every allocation's time",
    ),
    Figure(
        title="Never freed",
        meaning="allocated here and alive at the end",
        source=_MEMORY,
        field="leaked_bytes",
        shown=units.size,
        exact=_TRACED,
    ),
    Figure(
        title="Read",
        meaning="bytes, cache hits included",
        source=PassName.IO,
        field="read_bytes",
        shown=units.size,
        error_field="io_error_bytes",
    ),
    Figure(
        title="Written",
        meaning="bytes, cache hits included",
        source=PassName.IO,
        field="written_bytes",
        shown=units.size,
        error_field="io_error_bytes",
    ),
)


def figures_of(stats: Sequence[LineStat]) -> tuple[Figure, ...]:
    """Return the columns in which at least one line has a figure other than nought."""
    # A share goes with its time.
    return tuple(f for f in FIGURES if any(_value(stat, f.field or "time_ns") for stat in stats))


def _value(stat: LineStat, name: str) -> float | None:
    value: float | None = getattr(stat, name)
    return value if value is not None and math.isfinite(value) else None


def scale_of(benchmark: Benchmark) -> Scale:
    """Return what the lines of a benchmark are held against."""
    memory = benchmark.profiles.memory
    times = (stat.time_ns for stat in benchmark.profiles.lines)
    return Scale(
        whole_ns=whole_ns(benchmark),
        most_ns=max((time for time in times if time is not None and time > 0), default=0.0),
        peak_bytes=memory.peak_bytes if memory is not None else None,
    )


def cell(figure: Figure, stat: LineStat, scale: Scale) -> Cell:
    """Return a line's figure in a column, with its error and how it was come by."""
    if not figure.field:
        return _share_cell(figure, stat, scale)
    value = _value(stat, figure.field)
    ratio = figure.shown is units.portion
    # A line that ran between two samples took some time, but nobody knows how much: no figure.
    if value is None or (value == 0 and not (ratio and stat.time_ns)):
        return Cell()
    return Cell(
        text=_text(figure, value, scale),
        error=units.error(figure.shown(_error(figure, stat))) if figure.error_shown else "",
        note=_note(figure, stat, scale),
        bar=length(value) if figure.field == "native_ratio" else None,
        heat=heat(value, scale.most_ns) if figure.field == "time_ns" else None,
    )


def _share_cell(figure: Figure, stat: LineStat, scale: Scale) -> Cell:
    portion = share(stat.time_ns, scale.whole_ns)
    if portion is None or portion < SMALLEST_SHARE:
        return Cell()
    return Cell(text=units.percent(portion), note=_note(figure, stat, scale))


def _text(figure: Figure, value: float, scale: Scale) -> str:
    text = figure.shown(value)
    # Most lines move the peak not at all: the same amount in every row would hide those that do.
    return "unmoved" if figure.field == "without_bytes" and text == units.size(scale.peak_bytes) else text


def _error(figure: Figure, stat: LineStat) -> float | None:
    return _value(stat, figure.error_field) if figure.error_field else None


def _note(figure: Figure, stat: LineStat, scale: Scale) -> str:
    """Return how a figure was come by: its standard error, and of how many samples or allocations."""
    error = _error(figure, stat)
    parts = [f"standard error {figure.shown(error)}" if error is not None else figure.exact]
    if figure.source is _TIME and stat.samples_count is not None:
        parts.append(f"{units.count(stat.samples_count)} samples of this line")
    if figure.field == "allocated_bytes" and stat.allocations_count is not None:
        parts.append(f"{units.count(stat.allocations_count)} allocations")
    if figure.field == "temporary_bytes" and stat.temporary_count is not None:
        parts.append(f"{units.count(stat.temporary_count)} allocations")
    if figure.field == "peak_bytes" and scale.peak_bytes:
        parts.append(f"{units.percent(share(stat.peak_bytes, scale.peak_bytes))} of the peak")
    return ", ".join(parts)


def source_words(figure: Figure, benchmark: Benchmark) -> str:
    """Return the pass, tool and samples behind a column: ``cpu pass, py-spy 0.4.0, 2140 samples``."""
    record = _record(figure.source, benchmark)
    if record is None:
        return f"{figure.source.value} pass"
    tool = visible(f"{record.tool} {record.version}".strip(), 60)
    samples = f"{units.count(record.samples_count)} samples" if record.samples_count is not None else ""
    return ", ".join(part for part in (f"{record.name.value} pass", tool, samples) if part)


def _record(source: PassName, benchmark: Benchmark) -> Pass | None:
    """Return the pass that a column's figures come from.

    Line times are the line pass's where it sampled; else the CPU pass's, where
    lines carry its samples; else the line pass's again, traced.
    """
    records = {record.name: record for record in benchmark.passes if record.state not in _WITHOUT_FIGURES}
    if source is not _TIME:
        return records.get(source)
    lines, cpu = records.get(PassName.LINES), records.get(PassName.CPU)
    if lines is not None and lines.samples_count is not None:
        return lines
    sampled = any(stat.samples_count is not None for stat in benchmark.profiles.lines)
    return cpu if cpu is not None and sampled else lines or cpu
