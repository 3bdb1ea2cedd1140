"""The memory pass in words: totals, the lines that make the peak, leaks, collections.

It must not add up lines: what they hold together is the peak, and that is in its record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.places import place
from perfwatch.report.section import Fact, Section, Table, known, table
from perfwatch.report.source_view import MemoryLine, Texts, memory_lines
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from perfwatch.records.profile import Leak, MemoryProfile
    from perfwatch.records.run import Benchmark, Run


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryView:
    """The memory pass in words; ``section`` is empty without it. ``moves`` tells whether a line moves the peak."""

    section: Section
    lines: tuple[MemoryLine, ...] = ()
    moves: bool = False


def memory_view(run: Run, benchmark: Benchmark) -> MemoryView:
    """Return what the memory pass saw of a benchmark."""
    memory = benchmark.profiles.memory
    if memory is None:
        return MemoryView(section=Section())
    lines = memory_lines(run, benchmark)
    collections = [
        (
            f"{each.generation}",
            units.count(each.collections_count),
            units.time(each.pause_ns),
            units.time(each.longest_pause_ns),
            units.count(each.collected_count),
        )
        for each in memory.collections
    ]
    headings = ("Generation", "#Runs", "#Paused in all", "#Longest pause", "#Objects freed")
    section = Section(
        facts=_facts(memory),
        tables=(*_leaks(memory, run), *table("Garbage collection", headings, collections)),
        closing=_closing(memory),
    )
    return MemoryView(section=section, lines=lines, moves=any(line.without for line in lines))


def _facts(memory: MemoryProfile) -> tuple[Fact, ...]:
    children = units.count(memory.children_count) if memory.children_count else ""
    return known(
        [
            ("peak", units.size(memory.peak_bytes)),
            ("allocated in all", units.size(memory.allocated_bytes)),
            ("allocations", units.count(memory.allocations_count)),
            ("temporary", units.size(memory.temporary_bytes)),
            ("temporary allocations", units.count(memory.temporary_count)),
            ("never freed", units.size(memory.leaked_bytes)),
            ("of no line, at the peak", units.size(memory.native_bytes) if memory.native_bytes else ""),
            ("forked children", children),
            ("greatest peak of a child", units.size(memory.children_peak_bytes)),
        ]
    )


def _leaks(memory: MemoryProfile, run: Run) -> tuple[Table, ...]:
    texts = Texts(run)
    rows = [
        (
            visible(place(leak.file, leak.line, run.header.project_root)),
            units.size(leak.leaked_bytes),
            units.count(leak.leaked_count),
            _growth(leak),
            texts.shown(leak.file, leak.line).strip(),
        )
        for leak in memory.leaks
    ]
    return table("What survives", ("@Line", "#Survives a call", "#Allocations", "Growth", "@Source"), rows)


def _growth(leak: Leak) -> str:
    calls = f" ({units.count(leak.calls_count)} calls compared)" if leak.calls_count > 1 else ""
    return f"{'grows' if leak.growing else 'does not grow'}{calls}"


def _closing(memory: MemoryProfile) -> tuple[str, ...]:
    sentences = []
    if memory.native_bytes:
        sentences.append(
            f"{units.size(memory.native_bytes)} of the peak came from threads without a Python stack "
            "and belongs to no line."
        )
    if memory.leaked_bytes is not None and not memory.leaks:
        sentences.append("No line of yours was seen leaking.")
    return tuple(sentences)
