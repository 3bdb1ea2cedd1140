"""A run, put together from its header and what its passes brought back.

Pure: the same results give the same run, whether they come from memory or
from the store. This module must not compute a figure: it only picks and joins.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, TypeVar

from perfwatch.records.profile import LineStat, Profiles
from perfwatch.records.run import Benchmark, PassName, PassResult, Run, RunHeader, RunState

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from perfwatch.records.timing import Timing

T = TypeVar("T")

_ORDER = tuple(PassName)
_LINE_FIGURES = tuple(field.name for field in fields(LineStat) if field.default is None)


def assemble(
    header: RunHeader,
    results: Sequence[PassResult],
    *,
    state: RunState,
    duration_ns: int,
    notes: tuple[str, ...],
) -> Run:
    """Join the results of passes, in the order in which they ended, into a run.

    Benchmarks of the same target and name become one: the timing is the timing
    pass's; of other figures the earliest pass's stands, in the order of
    ``PassName``, because a later pass disturbs more. Everything else is
    concatenated; of one source file the first copy is kept, and equal
    provenance is kept once. ``notes`` come before those of the passes.
    """
    partials: dict[tuple[str, str], list[tuple[PassName, Benchmark]]] = {}
    for result in sorted(results, key=lambda result: _ORDER.index(result.pass_name)):
        for benchmark in result.benchmarks:
            key = (benchmark.target, benchmark.name)
            partials.setdefault(key, []).append((result.pass_name, benchmark))
    return Run(
        header=header,
        state=state,
        duration_ns=duration_ns,
        benchmarks=tuple(_merged(parts) for parts in partials.values()),
        spans=tuple(span for result in results for span in result.spans),
        custom=tuple(custom for result in results for custom in result.custom),
        provenance=tuple(dict.fromkeys(item for result in results for item in result.provenance)),
        sources=_first_of_each((source.file, source) for result in results for source in result.sources),
        failures=tuple(failure for result in results for failure in result.failures),
        notes=notes + tuple(note for result in results for note in result.notes),
    )


def _merged(parts: list[tuple[PassName, Benchmark]]) -> Benchmark:
    benchmarks = [benchmark for _, benchmark in parts]
    passes = [one for benchmark in benchmarks for one in benchmark.passes]
    metrics: dict[str, float] = {}
    for benchmark in benchmarks:
        metrics = benchmark.metrics | metrics
    return Benchmark(
        name=benchmarks[0].name,
        target=benchmarks[0].target,
        group=next((benchmark.group for benchmark in benchmarks if benchmark.group), None),
        parameters=next((benchmark.parameters for benchmark in benchmarks if benchmark.parameters), {}),
        items_count=_first(benchmark.items_count for benchmark in benchmarks),
        timing=_timing(parts),
        metrics=metrics,
        passes=tuple(sorted(passes, key=lambda one: _ORDER.index(one.name))),
        profiles=_merged_profiles([benchmark.profiles for benchmark in benchmarks]),
    )


def _timing(parts: list[tuple[PassName, Benchmark]]) -> Timing | None:
    # A profiling pass may time the execution it disturbed; that is no timing.
    return _first(benchmark.timing for name, benchmark in parts if name is PassName.TIMING)


def _merged_profiles(profiles: list[Profiles]) -> Profiles:
    return Profiles(
        cpu=_first(profile.cpu for profile in profiles),
        cpu_use=_first(profile.cpu_use for profile in profiles),
        lines=_merged_lines(line for profile in profiles for line in profile.lines),
        memory=_first(profile.memory for profile in profiles),
        io=_first(profile.io for profile in profiles),
        gpu=_first(profile.gpu for profile in profiles),
    )


def _merged_lines(lines: Iterable[LineStat]) -> tuple[LineStat, ...]:
    merged: dict[tuple[str, int, str], LineStat] = {}
    for line in lines:
        key = (line.file, line.line, line.function)
        known = merged.get(key)
        merged[key] = line if known is None else _joined(known, line)
    return tuple(sorted(merged.values(), key=lambda line: (line.file, line.line)))


def _joined(known: LineStat, other: LineStat) -> LineStat:
    missing = [name for name in _LINE_FIGURES if getattr(known, name) is None]
    figures = {name: getattr(other, name) for name in missing}
    disagreement = known.disagreement or other.disagreement
    return replace(known, source=known.source or other.source, disagreement=disagreement, **figures)


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)


def _first_of_each(items: Iterable[tuple[Hashable, T]]) -> tuple[T, ...]:
    kept: dict[Hashable, T] = {}
    for key, item in items:
        kept.setdefault(key, item)
    return tuple(kept.values())
