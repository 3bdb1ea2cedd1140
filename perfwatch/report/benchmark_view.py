"""A benchmark in ready-made text: its timing and what each pass saw of it.

It must not judge: a verdict arrives in its record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.run import Benchmark, PassName, Run
from perfwatch.report.call_view import CallTree, call_tree, calls_for
from perfwatch.report.cpu_view import cpu_section
from perfwatch.report.geometry import Strip, timing_reach, timing_strip
from perfwatch.report.gpu_view import gpu_section
from perfwatch.report.io_view import io_section
from perfwatch.report.line_view import Sources, annotated, rows_for
from perfwatch.report.memory_view import MemoryView, memory_view
from perfwatch.report.section import NONE, Section
from perfwatch.report.source_view import HotLine, hottest
from perfwatch.report.visible import visible
from perfwatch.report.words import MARKS, absence, parameters_words, tone

if TYPE_CHECKING:
    from perfwatch.records.comparison import Comparison
    from perfwatch.records.profile import Profiles
    from perfwatch.records.report import Report
    from perfwatch.report.names import Names


@dataclass(frozen=True, slots=True, kw_only=True)
class TimingRow:
    """One benchmark's line in the table of timings; ``name`` is short, ``full`` is whole.

    ``parameters`` are empty where the name holds their values already.
    """

    name: str
    full: str
    group: str
    parameters: str
    median: str
    interval: str
    cold: str
    processes: str
    peak: str
    change: str
    verdict: str
    mark: str
    tone: str
    strip: Strip | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkView:
    """All that is shown of one benchmark; ``absent`` says what there is not, and why.

    ``detailed`` is false where no pass saw anything of it.
    """

    anchor: str
    detailed: bool
    timing: TimingRow
    hot: tuple[HotLine, ...]
    calls: CallTree
    sources: Sources
    cpu: Section
    memory: MemoryView
    io: Section
    gpu: Section
    absent: tuple[str, ...]
    notes: tuple[str, ...]


def _headline(report: Report, name: str) -> Comparison | None:
    found = [c for c in report.comparisons if c.benchmark == name and c.metric == "time"]
    return min(found, key=lambda c: c.clock != "wall", default=None)


def peak_bytes(benchmark: Benchmark) -> float | None:
    """Return the peak that is shown for a benchmark, in bytes.

    A stretch of a live process has none: what it held before is in no capture.
    """
    return benchmark.metrics.get("peak_memory_bytes")


def _timing_row(report: Report, benchmark: Benchmark, reach: float, names: Names) -> TimingRow:
    timing = benchmark.timing
    comparison = _headline(report, benchmark.name)
    return TimingRow(
        name=names.short(benchmark.name),
        full=visible(benchmark.name),
        group=visible(benchmark.group, 60) if benchmark.group else "",
        parameters="" if benchmark.name.endswith(("]", ")")) else parameters_words(benchmark.parameters),
        median=units.time(timing.median_ns) if timing else NONE,
        interval=units.interval(timing.interval_ns) if timing else NONE,
        cold=units.time(timing.cold_ns) if timing else NONE,
        processes=units.count(len(timing.processes)) if timing else NONE,
        peak=units.size(peak_bytes(benchmark)),
        change=units.change(comparison.ratio) if comparison else NONE,
        verdict=comparison.verdict.value if comparison else "",
        mark=MARKS[comparison.verdict] if comparison else "",
        tone=tone(comparison.verdict) if comparison else "calm",
        strip=timing_strip(timing, reach),
    )


def _timing_notes(benchmark: Benchmark) -> tuple[str, ...]:
    if benchmark.timing is None:
        return ()
    notes = [visible(note, 400) for note in benchmark.timing.notes]
    if not benchmark.timing.for_verdicts:
        notes.insert(0, "These times are not for verdicts.")
    return tuple(notes)


def _absences(benchmark: Benchmark) -> tuple[str, ...]:
    """Return a sentence for each kind of figure that the benchmark lacks."""
    seen = benchmark.profiles
    lacking = (
        (seen.cpu is None or not seen.cpu.total_ns > 0, PassName.CPU, "call tree"),
        (not seen.lines, PassName.LINES, "annotated source"),
        (seen.memory is None, PassName.MEMORY, "memory profile"),
        (seen.io is None, PassName.IO, "I/O figures"),
        (seen.gpu is None, PassName.GPU, "GPU figures"),
    )
    return tuple(absence(benchmark, name, what) for lacks, name, what in lacking if lacks)


def _has_profile(profiles: Profiles) -> bool:
    parts = (profiles.cpu, profiles.cpu_use, profiles.memory, profiles.io, profiles.gpu)
    return bool(profiles.lines) or any(part is not None for part in parts)


def is_shown(benchmark: Benchmark) -> bool:
    """Tell whether a row of figures can be shown of the benchmark: a time or a peak."""
    timed = benchmark.timing is not None and benchmark.timing.median_ns is not None
    return timed or peak_bytes(benchmark) is not None


def with_figures(run: Run) -> list[Benchmark]:
    """Return the benchmarks of which there is anything to show; there is a view of each."""
    return [b for b in run.benchmarks if is_shown(b) or _has_profile(b.profiles)]


def benchmark_views(report: Report, names: Names) -> tuple[BenchmarkView, ...]:
    """Return every benchmark that has figures, in the run's order.

    What every benchmark lacks is left to the table of passes to say, where there are several.
    """
    run = report.run
    shown = with_figures(run)
    reach = timing_reach(run.benchmarks)
    absences = [_absences(benchmark) for benchmark in shown]
    calls = calls_for(sum(_has_profile(benchmark.profiles) for benchmark in shown))
    everywhere = set(absences[0]).intersection(*absences) if len(shown) > 1 else set()
    return tuple(
        BenchmarkView(
            anchor=f"benchmark-{number}",
            detailed=_has_profile(benchmark.profiles),
            timing=_timing_row(report, benchmark, reach, names),
            hot=hottest(run, (benchmark,), names),
            calls=call_tree(benchmark, run.header.project_root, calls),
            sources=annotated(run, benchmark, rows_for(len(shown)), f"benchmark-{number}"),
            cpu=cpu_section(benchmark, run.header.project_root),
            memory=memory_view(run, benchmark),
            io=io_section(benchmark, run.header.project_root),
            gpu=gpu_section(benchmark, run.header.project_root),
            absent=tuple(sentence for sentence in absent if sentence not in everywhere),
            notes=_timing_notes(benchmark),
        )
        for number, (benchmark, absent) in enumerate(zip(shown, absences, strict=True), start=1)
    )
