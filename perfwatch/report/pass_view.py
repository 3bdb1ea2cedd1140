"""The passes in words: each outcome of each pass once, whatever number of benchmarks shared it.

It must not average: where benchmarks differ, the least and the most are shown.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.honesty import PassLedger
from perfwatch.records.run import Benchmark, Pass, PassName, PassState
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from perfwatch.records.honesty import Honesty
    from perfwatch.report.names import Names

#: A reason may hold a command to type, with paths in it.
TEXT_AT_MOST = 1_000
_NONE = "\N{EN DASH}"
#: These passes measured nothing: a row of figures would be a row of dashes.
_WITHOUT_FIGURES = frozenset({PassState.SKIPPED, PassState.UNAVAILABLE})
_CALM = frozenset({PassState.DONE, *_WITHOUT_FIGURES})
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class _Told:
    """What a pass came to for one benchmark."""

    target: str
    name: str
    record: Pass
    entry: PassLedger | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRow:
    """One outcome of a pass: with which tool, at what cost; ``measured`` tells whether it has figures."""

    name: str
    state: str
    tone: str
    tool: str
    duration: str
    overhead: str
    samples: str
    unattributed: str
    remark: str
    measured: bool


def pass_rows(
    benchmarks: Sequence[Benchmark], names: Names, honesty: Honesty | None = None
) -> tuple[PassRow, ...]:
    """Return each distinct outcome of each pass once, in the order of the passes, with its ledger."""
    entries = {(e.target, e.benchmark, e.name): e for e in honesty.passes} if honesty is not None else {}
    groups: dict[tuple[PassName, PassState], list[_Told]] = {}
    for benchmark in benchmarks:
        for record in benchmark.passes:
            entry = entries.get((benchmark.target, benchmark.name, record.name))
            told = _Told(benchmark.target, names.short(benchmark.name), record, entry)
            groups.setdefault((record.name, record.state), []).append(told)
    order = list(PassName)
    ordered = sorted(groups.items(), key=lambda group: order.index(group[0][0]))
    return tuple(_row(name, state, told, len(benchmarks)) for (name, state), told in ordered)


def _row(name: PassName, state: PassState, told: list[_Told], benchmarks_count: int) -> PassRow:
    records = [each.record for each in told]
    tools = Counter(f"{record.tool} {record.version}".strip() for record in records)
    return PassRow(
        name=name.value,
        state=state.value,
        tone="calm" if state in _CALM else "bad",
        tool=visible(tools.most_common(1)[0][0], 60) or _NONE,
        duration=_span(_durations(told), units.time),
        overhead=_span((record.overhead_ratio for record in records), units.factor),
        samples=_span((record.samples_count for record in records), units.count),
        unattributed=_span((e.entry.unattributed_ratio for e in told if e.entry is not None), units.percent),
        remark=_remark(told, benchmarks_count),
        measured=state not in _WITHOUT_FIGURES,
    )


def _durations(told: list[_Told]) -> Iterable[int | None]:
    """Return how long the pass took over each target: its benchmarks shared the executions."""
    longest: dict[str, int] = {}
    for each in told:
        longest[each.target] = max(longest.get(each.target, 0), each.record.duration_ns)
    return (duration_ns or None for duration_ns in longest.values())


def _span(values: Iterable[float | None], shown: Callable[[float], str]) -> str:
    """Return the least and the most of the known values, as one text where they read alike."""
    known = [value for value in values if value is not None]
    if not known:
        return _NONE
    least, most = shown(min(known)), shown(max(known))
    return least if least == most else f"{least} to {most}"


def _remark(told: list[_Told], benchmarks_count: int) -> str:
    """Return what the passes of a group have to say, alike remarks once, and of which benchmarks."""
    alike: dict[str, list[tuple[str, str]]] = {}
    for each in told:
        text = "; ".join(visible(part, TEXT_AT_MOST) for part in _parts(each) if part)
        if text:
            alike.setdefault(_NUMBER.sub("#", text), []).append((each.name, text))
    sentences = []
    for group in alike.values():
        text = _joined([text for _, text in group])
        whose = group[0][0] if len(group) == 1 else f"{len(group)} of {benchmarks_count} benchmarks"
        sentences.append(text if len(group) == benchmarks_count else f"{text} ({whose})")
    return ". ".join(sentences)


def _parts(told: _Told) -> list[str]:
    record = told.record
    said = (record.reason, *record.warnings) if told.entry is None else told.entry.uncovered
    lost = f"{units.count(record.lost_count)} samples lost" if record.lost_count else ""
    return [*said, lost]


def _joined(texts: list[str]) -> str:
    """Return one text for texts that differ in their numbers alone: ``only 5 to 37 samples``."""
    numbers = zip(*(_NUMBER.findall(text) for text in texts), strict=True)
    merged = iter([_least_to_most(each) for each in numbers])
    return _NUMBER.sub(lambda _: next(merged), texts[0])


def _least_to_most(numbers: tuple[str, ...]) -> str:
    ordered = sorted(numbers, key=lambda number: float(number.replace(",", "")))
    return ordered[0] if ordered[0] == ordered[-1] else f"{ordered[0]} to {ordered[-1]}"
