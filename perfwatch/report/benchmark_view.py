"""A benchmark in ready-made text: its timing and what each pass saw of it.

It must not judge: a verdict arrives in its record.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.run import Benchmark, PassName, Run
from perfwatch.report.call_view import CallTree, call_tree, calls_for
from perfwatch.report.cpu_view import cpu_section
from perfwatch.report.geometry import Strip, heads, timing_reach, timing_strip
from perfwatch.report.gpu_view import gpu_section
from perfwatch.report.io_view import io_section
from perfwatch.report.line_view import Sources, annotated, rows_for
from perfwatch.report.memory_view import MemoryView, memory_view
from perfwatch.report.samples_plot import drawable
from perfwatch.report.samples_view import SamplesView, samples_view
from perfwatch.report.section import NONE, Section
from perfwatch.report.source_view import HotLine, hottest, together_words
from perfwatch.report.visible import visible
from perfwatch.report.words import MARKS, ORDER, absence, never_run, parameters_words, tone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfwatch.records.comparison import Comparison
    from perfwatch.records.profile import Profiles
    from perfwatch.records.report import Report
    from perfwatch.report.names import Names

#: Benchmarks beyond these stand in the tables only, so that the page stays small.
DETAILED_LIMIT = 24


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

    ``more`` tells whether there is more to show than its row, ``detailed`` whether a page has room for it: all
    fields from ``hot`` on are empty where it has not.
    """

    anchor: str
    more: bool
    detailed: bool
    timing: TimingRow
    absent: tuple[str, ...]
    notes: tuple[str, ...]
    hot: tuple[HotLine, ...] = ()
    together: str = ""
    samples: SamplesView = field(default_factory=SamplesView)
    calls: CallTree = field(default_factory=CallTree)
    sources: Sources = field(default_factory=Sources)
    cpu: Section = field(default_factory=Section)
    memory: MemoryView = field(default_factory=lambda: MemoryView(section=Section()))
    io: Section = field(default_factory=Section)
    gpu: Section = field(default_factory=Section)


def headline(comparisons: Sequence[Comparison]) -> dict[str, Comparison]:
    """Return the comparison of each benchmark's time, by its name: that of the wall clock, where there is one."""
    found: dict[str, Comparison] = {}
    for one in sorted((c for c in comparisons if c.metric == "time"), key=lambda c: c.clock != "wall"):
        found.setdefault(one.benchmark, one)
    return found


def peak_bytes(benchmark: Benchmark) -> float | None:
    """Return the peak that is shown for a benchmark, in bytes.

    A stretch of a live process has none: what it held before is in no capture.
    """
    return benchmark.metrics.get("peak_memory_bytes")


def _timing_row(benchmark: Benchmark, comparison: Comparison | None, reach: float, names: Names) -> TimingRow:
    timing = benchmark.timing
    return TimingRow(
        name=names.short(benchmark.name),
        full=visible(benchmark.name),
        group=visible(benchmark.group, 60) if benchmark.group else "",
        parameters="" if benchmark.name.endswith(("]", ")")) else parameters_words(benchmark.parameters),
        median=units.time(timing.median_ns) if timing else NONE,
        interval=units.interval(timing.interval_ns) if timing else NONE,
        cold=units.time(timing.cold_ns) if timing else NONE,
        processes=units.count(len(heads(timing))) if timing else NONE,
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
    lacked = [(name, what) for lacks, name, what in lacking if lacks]
    run = {record.name for record in benchmark.passes}
    never = [(name, what) for name, what in lacked if name not in run]
    if len(never) < 2:
        return tuple(absence(benchmark, name, what) for name, what in lacked)
    told = tuple(absence(benchmark, name, what) for name, what in lacked if name in run)
    return (*told, never_run(never))


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
    """Return every benchmark that has figures, in the run's order; details of ``DETAILED_LIMIT`` of them.

    What every benchmark lacks is left to the table of passes to say, where there are several.
    """
    shown = with_figures(report.run)
    times = headline(report.comparisons)
    reach = timing_reach(report.run.benchmarks)
    absences = [_absences(benchmark) for benchmark in shown]
    everywhere = set(absences[0]).intersection(*absences) if len(shown) > 1 else set()
    chosen = _chosen(shown, times)
    views = []
    for number, (benchmark, absent) in enumerate(zip(shown, absences, strict=True), start=1):
        time = times.get(benchmark.name)
        view = BenchmarkView(
            anchor=f"benchmark-{number}",
            more=_has_more(benchmark),
            detailed=number - 1 in chosen,
            timing=_timing_row(benchmark, time, reach, names),
            absent=tuple(sentence for sentence in absent if sentence not in everywhere),
            notes=_timing_notes(benchmark),
        )
        views.append(_in_detail(view, report, benchmark, time, names) if view.detailed else view)
    return tuple(views)


def _has_more(benchmark: Benchmark) -> bool:
    return _has_profile(benchmark.profiles) or drawable(benchmark.timing)


def _chosen(shown: Sequence[Benchmark], times: Mapping[str, Comparison]) -> frozenset[int]:
    """Return which benchmarks a page has room for: what wants attention first, then what was profiled, in their order."""

    def rank(at: int) -> tuple[bool, int, bool, int]:
        verdict = times[shown[at].name].verdict if shown[at].name in times else None
        calm = verdict is None or tone(verdict) == "calm"
        order = len(ORDER) if calm or verdict is None else ORDER.index(verdict)
        return calm, order, not _has_profile(shown[at].profiles), at

    return frozenset(
        sorted((at for at, one in enumerate(shown) if _has_more(one)), key=rank)[:DETAILED_LIMIT]
    )


def _in_detail(
    view: BenchmarkView, report: Report, benchmark: Benchmark, time: Comparison | None, names: Names
) -> BenchmarkView:
    run, root = report.run, report.run.header.project_root
    rooms = min(DETAILED_LIMIT, sum(map(_has_more, run.benchmarks)))
    calls = calls_for(sum(_has_profile(one.profiles) for one in with_figures(run)))
    return replace(
        view,
        hot=hottest(run, (benchmark,), names, ceilings=report.ceilings),
        together=together_words(report.ceilings, benchmark),
        samples=samples_view(benchmark.timing, time),
        calls=call_tree(benchmark, root, calls),
        sources=annotated(run, benchmark, rows_for(rooms), view.anchor),
        cpu=cpu_section(benchmark, root),
        memory=memory_view(run, benchmark),
        io=io_section(benchmark, root),
        gpu=gpu_section(benchmark, root),
    )
