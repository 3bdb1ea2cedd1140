"""Report → view: chooses what is shown and puts it into words, once, for every renderer.

A renderer must find nothing left to say: every field is a ready-made string.
It must not judge and must not hold figures of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch._version import __version__
from perfwatch.records.run import Benchmark, PassName, PassState, TargetKind
from perfwatch.report.benchmark_view import BenchmarkView, benchmark_views, is_shown, peak_bytes
from perfwatch.report.change_view import MANY, Changes, changes_of, from_to
from perfwatch.report.cpu_view import threads_line
from perfwatch.report.finding_view import FindingsView, findings_view
from perfwatch.report.gate_view import GateView, gate_view
from perfwatch.report.geometry import heads
from perfwatch.report.honesty_view import HonestyView, honesty_view
from perfwatch.report.module_view import module_tables
from perfwatch.report.names import Names, names_of
from perfwatch.report.pass_view import PassRow, pass_rows
from perfwatch.report.run_view import (
    SPANS_CAPTION,
    CustomRow,
    EnvironmentView,
    FailureView,
    SpanRow,
    custom_rows,
    environment_view,
    failure_views,
    machine_words,
    span_rows,
)
from perfwatch.report.section import Fact, Table
from perfwatch.report.settings_view import settings_facts
from perfwatch.report.source_view import HotLine, MemoryLine, hottest, memory_lines, together_words
from perfwatch.report.table_view import BenchmarkTable, benchmark_table
from perfwatch.report.visible import visible
from perfwatch.report.words import absence, commit_words, instant_words, state_words, summary_words

if TYPE_CHECKING:
    from perfwatch.records.report import Report

#: A page holds the comparisons of this many benchmarks; the others are counted.
CHANGES_LIMIT = 40
#: So many of the lines that move the peak stand on a screen.
PEAK_LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakView:
    """The highest peak as a sentence, or as an amount and lines: those that move it, else the greatest holder."""

    sentence: str = ""
    amount: str = ""
    lines: tuple[MemoryLine, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """The whole report in ready-made text.

    ``shortened`` shows names as they stand here, ``names`` says what was taken off every one, ``untimed`` which benchmarks
    have no row. ``changes`` are for a page, ``worst`` for a screen.
    """

    title: str
    command: str
    run_id: str
    when: str
    commit: str
    machine: str
    version: str
    state: str
    gate: GateView | None
    glance: tuple[Fact, ...]
    baseline: str
    verdicts: str
    hot: tuple[HotLine, ...]
    hot_together: str
    hot_absent: str
    threads: str
    peak: PeakView
    findings: FindingsView
    shortened: Names
    names: str
    benchmarks: tuple[BenchmarkView, ...]
    table: BenchmarkTable
    not_detailed: str
    modules: tuple[Table, ...]
    settings: tuple[tuple[str, tuple[Fact, ...]], ...]
    untimed: str
    changes: Changes
    worst: Changes
    passes: tuple[PassRow, ...]
    honesty: HonestyView
    spans: tuple[SpanRow, ...]
    spans_caption: str
    custom: tuple[CustomRow, ...]
    environment: EnvironmentView
    notes: tuple[str, ...]
    failures: tuple[FailureView, ...]


def title_of(report: Report) -> str:
    """Return what was measured, by name."""
    targets = report.run.header.targets
    names = ", ".join(visible(target.name, 80) for target in targets[:4])
    return names + (f" and {len(targets) - 4} more" if len(targets) > 4 else "") or "no target"


def _several(report: Report) -> bool:
    return len(report.run.benchmarks) > 1


def _time_fact(report: Report, names: Names) -> Fact:
    timed = [
        (b.timing.median_ns, b.timing, b.name)
        for b in report.run.benchmarks
        if b.timing is not None and b.timing.median_ns is not None
    ]
    if not timed:
        return Fact(label="Time", value="not timed", note="no clean execution ended")
    median_ns, timing, name = max(timed, key=lambda each: each[0])
    count = len(heads(timing))
    processes = units.count(count)
    note = f"{processes} process, so no interval" if count == 1 else f"{processes} processes"
    if timing.interval_ns:
        note = f"{units.interval(timing.interval_ns)} over {processes} processes"
    if not timing.for_verdicts:
        note = visible(next(iter(timing.notes), ""), 120) or "not for verdicts"
    if _several(report):
        note = f"{names.short(name)}, {note}"
    label = f"Longest of {units.count(len(timed))} benchmarks" if len(timed) > 1 else "One execution"
    return Fact(label=label, value=units.time(median_ns), note=note)


def _hungriest(report: Report) -> Benchmark | None:
    known = [b for b in report.run.benchmarks if peak_bytes(b) is not None]
    return max(known, key=lambda b: peak_bytes(b) or 0.0, default=None)


def _peak_fact(report: Report, names: Names) -> Fact:
    benchmark = _hungriest(report)
    if benchmark is None:
        return Fact(label="Peak memory", value="not measured")
    lines = memory_lines(report.run, benchmark, 1)
    note = f"most held at {lines[0].place}" if lines else ""
    if lines and lines[0].without:
        note = f"{lines[0].without} without {lines[0].place}"
    if _several(report):
        note = f"{names.short(benchmark.name)}{', ' if note else ''}{note}"
    return Fact(label="Peak memory", value=units.size(peak_bytes(benchmark)), note=note)


def _peak(report: Report, names: Names) -> PeakView:
    benchmark = _hungriest(report)
    if benchmark is None:
        return PeakView()
    lines = memory_lines(report.run, benchmark, PEAK_LINES)
    whose = f" in {names.short(benchmark.name)}" if _several(report) else ""
    amount = f"{units.size(peak_bytes(benchmark))}{whose}"
    moving = tuple(line for line in lines if line.without)
    if moving:
        first = moving[0]
        sentence = f"{amount}; without {first.place} in {first.function} it would be {first.without}."
        return PeakView(sentence=sentence, amount=amount, lines=moving)
    if not lines or lines[0].heat == 0:
        return PeakView(sentence=f"{amount}; no line of yours was seen holding a part of it.", amount=amount)
    line = lines[0]
    held = f"of which {line.place} in {line.function} held {line.peak} ({line.share})"
    return PeakView(sentence=f"{amount}, {held}.", amount=f"{amount}, held most by", lines=(line,))


def _change_fact(report: Report) -> Fact:
    if all(target.kind is TargetKind.PROCESS for target in report.run.header.targets):
        return Fact(label="Change", value="not compared", note="of a live process there is no second run")
    if report.baseline is None and not report.comparisons:
        return Fact(label="Change", value="no earlier run", note="the next one is held against this")
    first, _, rest = summary_words(report.summary).partition(", ")
    against = f"against {visible(report.baseline.chosen, 200)}" if report.baseline else ""
    return Fact(
        label="Change",
        value=first or "nothing compared",
        note="; ".join(part for part in (rest, _floor_words(report), against) if part),
    )


def _measured_fact(report: Report) -> Fact:
    records = [record for benchmark in report.run.benchmarks for record in benchmark.passes]
    done = len({record.name for record in records if record.state is PassState.DONE})
    known = len({record.name for record in records})
    return Fact(
        label="Measured in",
        value=units.time(report.run.duration_ns),
        note=f"{units.count(done)} of {units.count(known)} passes done"
        if known
        else ""
        if report.gate
        else "no pass",
    )


def _glance(report: Report, names: Names) -> tuple[Fact, ...]:
    time, change = _time_fact(report, names), _change_fact(report)
    # With something to compare, the verdicts are what a reader came for.
    if not report.comparisons:
        return time, _peak_fact(report, names), change, _measured_fact(report)
    # A gate profiles nothing: of its peaks the comparisons tell, where they were asked for.
    peak = () if _hungriest(report) is None else (_peak_fact(report, names),)
    return change, time, *peak, _measured_fact(report)


def _floor_words(report: Report) -> str:
    """Return the smallest change that could have been seen: by a copy of base, else over the comparisons of times."""
    if report.gate is not None and report.gate.smallest_visible_ratio is not None:
        return f"smallest visible change {units.percent(report.gate.smallest_visible_ratio)}"
    floors = [
        one.noise_floor_ratio
        for one in report.comparisons
        if one.metric == "time" and one.noise_floor_ratio is not None
    ]
    return f"smallest visible change {from_to(floors)}" if floors else ""


def _together(report: Report) -> str:
    return together_words(report.ceilings, report.run.benchmarks[0]) if report.run.benchmarks else ""


def _not_detailed(benchmarks: tuple[BenchmarkView, ...]) -> str:
    hidden = sum(view.more and not view.detailed for view in benchmarks)
    return f"{units.count(hidden)} more benchmarks have their details in report.json only." if hidden else ""


def _baseline_words(report: Report) -> str:
    if report.baseline is None:
        return "" if report.comparisons else "No earlier run of this target to compare with."
    return f"Against {visible(report.baseline.chosen, 300)}"


def names_in(report: Report) -> Names:
    """Return how the names of a report's benchmarks are shown, wherever they stand in it."""
    names = [benchmark.name for benchmark in report.run.benchmarks]
    names += [comparison.benchmark for comparison in report.comparisons]
    return names_of(names + [figure.benchmark for figure in report.run.custom if figure.benchmark])


def _hot_absent(report: Report) -> str:
    if not report.run.benchmarks:
        return "No line times: no benchmark was measured."
    return absence(report.run.benchmarks[0], PassName.LINES, "line times")


def _untimed(report: Report, names: Names) -> str:
    """Return the benchmarks without a time or a peak; what they recorded themselves stands elsewhere."""
    figures = {figure.benchmark for figure in report.run.custom}
    left = [b.name for b in report.run.benchmarks if not is_shown(b) and b.name not in figures]
    more = f" and {units.count(len(left) - MANY)} more" if len(left) > MANY else ""
    return f"Not timed: {', '.join(names.short(name) for name in left[:MANY])}{more}" if left else ""


def view_of(report: Report) -> ReportView:
    """Return everything that is shown of a report, in words."""
    run = report.run
    names = names_in(report)
    hot = hottest(run, run.benchmarks, names, ceilings=report.ceilings)
    benchmarks = benchmark_views(report, names)
    title = title_of(report)
    return ReportView(
        title=title,
        command=visible(run.header.command, 400),
        run_id=visible(run.header.id, 60),
        when=instant_words(run.header.started_at),
        commit=commit_words(run.header.commit),
        machine=machine_words(run.header.environment),
        version=__version__,
        state=state_words(run.state),
        gate=gate_view(report.gate, names),
        glance=_glance(report, names),
        baseline=_baseline_words(report),
        verdicts=summary_words(report.summary),
        hot=hot,
        hot_together="" if _several(report) else _together(report),
        hot_absent="" if hot else _hot_absent(report),
        threads=threads_line(run.benchmarks),
        peak=_peak(report, names),
        findings=findings_view(report, names),
        shortened=names,
        names=names.said(title),
        benchmarks=benchmarks,
        table=benchmark_table(report, benchmarks, names),
        not_detailed=_not_detailed(benchmarks),
        modules=module_tables(report.modules),
        settings=settings_facts(report),
        untimed=_untimed(report, names),
        changes=changes_of(report.comparisons, names, CHANGES_LIMIT),
        worst=changes_of(report.comparisons, names, MANY),
        passes=pass_rows(run.benchmarks, names, report.honesty),
        honesty=honesty_view(report, names),
        spans=span_rows(run.spans, names),
        spans_caption=SPANS_CAPTION if run.spans else "",
        custom=custom_rows(run.custom, names),
        environment=environment_view(run),
        notes=tuple(visible(note, 600) for note in (*run.notes, *report.findings.notes)),
        failures=failure_views(run.failures),
    )
