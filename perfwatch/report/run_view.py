"""The run around the benchmarks, in ready-made text: machine, spans, figures, failures.

It must not look at the machine it runs on: everything comes from the records.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.geometry import Polyline, heat, series_line
from perfwatch.report.places import relative
from perfwatch.report.section import Fact
from perfwatch.report.visible import visible, visible_block
from perfwatch.report.words import commit_words

if TYPE_CHECKING:
    from perfwatch.records.history import Machine
    from perfwatch.records.run import Custom, Environment, Failure, Run, Span
    from perfwatch.report.names import Names

PROVENANCE_LIMIT = 60
SPANS_LIMIT = 200
_VALUES_LIMIT = 8
#: How asv spells that a figure has no unit: its default, and a pure number.
_NO_UNIT = frozenset({"unit", "1"})
#: Only that execution records spans; the others run without any.
SPANS_CAPTION = "Of the first clean execution, which is also the one with cold caches."


@dataclass(frozen=True, slots=True, kw_only=True)
class SpanRow:
    """A named stretch; ``depth`` is how far it is nested."""

    name: str
    depth: int
    count: str
    wall: str
    cpu: str
    peak: str
    has_peak: bool
    change: str
    read: str
    written: str
    heat: int
    benchmark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomRow:
    """A figure of the target's own; ``course`` draws a series over its time."""

    name: str
    values: str
    direction: str
    benchmark: str
    course: Polyline | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureView:
    """A failed execution: what happened, what to do, its last lines."""

    title: str
    message: str
    advice: str
    tail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentView:
    """Where the run took place."""

    facts: tuple[Fact, ...]
    threads: tuple[Fact, ...]
    libraries: tuple[Fact, ...]
    limits: tuple[str, ...]
    modules: tuple[Fact, ...]
    modules_left_out: str


def span_rows(spans: tuple[Span, ...], names: Names) -> tuple[SpanRow, ...]:
    """Return the spans as a tree in rows: parents first, the longest sibling first."""
    walls = {(span.benchmark, span.path): span.wall_ns for span in spans}
    most = max(walls.values(), default=0)

    def order(span: Span) -> tuple[object, ...]:
        prefixes = [span.path[: i + 1] for i in range(len(span.path))]
        return (
            span.benchmark or "",
            [(-walls.get((span.benchmark, prefix), 0), prefix[-1]) for prefix in prefixes],
        )

    return tuple(
        SpanRow(
            name=visible(span.path[-1] if span.path else ""),
            depth=max(0, len(span.path) - 1),
            count=units.count(span.count),
            wall=units.time(span.wall_ns),
            cpu=units.time(span.cpu_ns),
            peak=units.size(span.peak_resident_bytes),
            has_peak=span.peak_resident_bytes is not None,
            change=units.size(span.resident_change_bytes),
            read=units.size(span.read_bytes),
            written=units.size(span.written_bytes),
            heat=heat(span.wall_ns, most),
            benchmark=names.short(span.benchmark or ""),
        )
        for span in sorted(spans, key=order)[:SPANS_LIMIT]
    )


def custom_rows(custom: tuple[Custom, ...], names: Names) -> tuple[CustomRow, ...]:
    """Return the target's own figures with their units."""
    return tuple(
        CustomRow(
            name=names.short(figure.name),
            values=_values(figure),
            direction=f"{visible(figure.direction, 20)} is better",
            # An asv benchmark's figure bears the benchmark's own name: once is enough.
            benchmark=names.short(figure.benchmark or "") if figure.benchmark != figure.name else "",
            course=series_line(figure.at_ns, figure.values),
        )
        for figure in custom
    )


def _values(figure: Custom) -> str:
    """Return the values; of a long series the first ones and the last, how many there are, and over what time."""
    shown = [_figure(value, figure.unit) for value in figure.values[:_VALUES_LIMIT]]
    if len(figure.values) <= _VALUES_LIMIT:
        return ", ".join(shown)
    ends = f"{', '.join(shown[:3])}, \N{HORIZONTAL ELLIPSIS}, {_figure(figure.values[-1], figure.unit)}"
    over = f" over {units.time(figure.at_ns[-1])}" if figure.at_ns else ""
    return f"{ends} ({units.count(len(figure.values))} values{over})"


def _figure(value: float, unit: str) -> str:
    if unit == "bytes":
        return units.size(value)
    return f"{units.figure(value)} {'' if unit in _NO_UNIT else visible(unit, 30)}".strip()


def failure_views(failures: tuple[Failure, ...]) -> tuple[FailureView, ...]:
    """Return the failures with their advice and the last lines of their output."""
    return tuple(
        FailureView(
            title=f"{visible(f.benchmark or f.target)}: {f.kind.value.replace('-', ' ')} "
            f"in the {f.pass_name.value} pass{_ending(f)}",
            message=visible_block(f.message, 12),
            advice=visible_block(f.advice, 12),
            tail=visible_block(f.stderr_tail, 20),
        )
        for f in failures
    )


def _ending(failure: Failure) -> str:
    if failure.signal:
        return f" ({visible(failure.signal, 40)})"
    return f" (exit code {failure.exit_code})" if failure.exit_code is not None else ""


def machine_words(environment: Environment | Machine) -> str:
    """Return the machine and interpreter in one line."""
    return (
        f"{_known(environment.implementation, 40, 'interpreter')} {_known(environment.python, 40, 'version')}, "
        f"{_known(environment.processor, 80, 'processor')}, {_cores(environment)} cores, "
        f"{_memory(environment, 'memory')}, {_known(environment.system, 80, 'system')}"
    )


def _known(text: str, limit: int, what: str) -> str:
    """Return the text; a run out of another tool's file may not tell it."""
    return visible(text, limit) if text else f"unknown {what}".rstrip()


def _cores(environment: Environment | Machine) -> str:
    return units.count(environment.cores_count) if environment.cores_count else "unknown number of"


def _memory(environment: Environment | Machine, what: str = "") -> str:
    return units.size(environment.memory_bytes) if environment.memory_bytes else f"unknown {what}".rstrip()


def _facts(pairs: dict[str, str]) -> tuple[Fact, ...]:
    return tuple(Fact(label=visible(name, 60), value=visible(value, 80)) for name, value in pairs.items())


def environment_view(run: Run) -> EnvironmentView:
    """Return machine, interpreter, thread settings, libraries and where modules came from."""
    environment = run.header.environment
    facts = {
        "Processor": environment.processor or "unknown",
        "Cores": units.count(environment.cores_count) if environment.cores_count else "unknown",
        "Memory": _memory(environment),
        "System": f"{environment.system or 'unknown'} ({environment.machine or 'unknown'})",
        "Python": f"{environment.implementation or 'unknown'} {environment.python}".rstrip(),
        "Executable": environment.executable or "unknown",
        "Virtualisation": environment.virtualisation or ("none found" if environment.key else "unknown"),
        "Load average": units.count(environment.load_average),
        "Commit": commit_words(run.header.commit),
        "Environment key": environment.key or "none, as not everything is known",
    }
    modules = run.provenance[:PROVENANCE_LIMIT]
    hidden = len(run.provenance) - len(modules)
    return EnvironmentView(
        facts=_facts(facts),
        threads=_facts(environment.threads),
        libraries=_facts(environment.libraries),
        limits=tuple(visible(limit, 300) for limit in environment.limits),
        modules=tuple(
            Fact(label=visible(m.module), value=visible(relative(m.file, run.header.project_root)))
            for m in modules
        ),
        modules_left_out=f"and {units.count(hidden)} more in report.json" if hidden else "",
    )
