"""The peak of memory as a flame graph: files, their functions, the lines that held it.

The memory pass keeps lines and no calls, so this is one level of each and no call tree.
What no line held is drawn as such, and never shared out. It must not judge.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.flame_layout import Box, Tree, boxes
from perfwatch.report.flame_view import (
    FRAMES_LIMIT,
    Anchors,
    Columns,
    Flame,
    Kind,
    Shown,
    left_out_words,
    pooled,
)
from perfwatch.report.geometry import share
from perfwatch.report.places import place, short
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from perfwatch.records.profile import LineStat
    from perfwatch.records.run import Benchmark


@dataclass(slots=True)
class _Holder:
    """The whole, a file, a function or a line, with what it held at the peak."""

    name: str
    file: str = ""
    line: int = 0
    function: str = ""
    held_bytes: float = 0.0
    inside: dict[object, _Holder] = field(default_factory=dict)

    def of(self, key: object, holder: _Holder, held_bytes: float) -> _Holder:
        """Return what holds here under ``key``, with so many bytes more."""
        found = self.inside.setdefault(key, holder)
        found.held_bytes += held_bytes
        return found


def memory_flame(benchmark: Benchmark, anchors: Anchors, limit: int = FRAMES_LIMIT) -> Flame | None:
    """Return the peak by file, function and line; ``None`` where no line is known to have held any of it."""
    memory = benchmark.profiles.memory
    held = [(stat, size) for stat in benchmark.profiles.lines if (size := stat.peak_bytes or 0.0) > 0]
    if memory is None or not held or not memory.peak_bytes > 0:
        return None
    whole = _Holder("peak of the heap", held_bytes=memory.peak_bytes)
    for stat, size in held:
        _hold(whole, stat, size, anchors.root)
    found, narrowest = boxes(
        Tree(whole, lambda one: one.held_bytes, lambda one: list(one.inside.values())), limit
    )
    columns = Columns()
    for box in found:
        columns.add(box, _shown(box, memory.peak_bytes, anchors))
    return Flame(
        title="Memory at the peak",
        label=f"Flame graph of {units.size(memory.peak_bytes)} held at the peak",
        caption=(
            f"Width is what was held when the heap was at its peak of {units.size(memory.peak_bytes)}: "
            "files, their functions, their lines. What is empty below the peak was held by no line of yours."
        ),
        left_out=left_out_words(found, narrowest),
        data=columns.packed({"total": "held", "own": "", "share": "of the peak"}),
    )


def _hold(whole: _Holder, stat: LineStat, size: float, root: str) -> None:
    file = whole.of(stat.file, _Holder(short(stat.file, root), stat.file), size)
    function = file.of(stat.function, _Holder(stat.function or "<module>", stat.file, 0, stat.function), size)
    source = stat.source.strip() or f"line {stat.line}"
    function.of(stat.line, _Holder(source, stat.file, stat.line, stat.function), size)


def _shown(box: Box[_Holder], peak_bytes: float, anchors: Anchors) -> Shown:
    one = box.node
    if one is None:
        return pooled(box, units.size(box.pooled_value), units.percent(share(box.pooled_value, peak_bytes)))
    return Shown(
        name=visible(one.name),
        place=visible(place(one.file, one.line, anchors.root)) if one.line else "",
        total=units.size(one.held_bytes),
        share=units.percent(share(one.held_bytes, peak_bytes)),
        anchor=anchors.of(one.file, one.line, one.function) if one.function or one.line else "",
        kind=Kind.USER if one.file else Kind.BRANCH,
    )
