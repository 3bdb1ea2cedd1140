"""Flame graphs in words: each box with its name, its place and its figures, ready-made.

Of time, the frames are the call tree's; of memory, of which the passes keep lines and
no calls, they are files, functions and lines. It must not regroup or rename calls.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from perfwatch import units
from perfwatch.report.flame_layout import DEPTH_LIMIT, WHOLE, Box, Tree, boxes
from perfwatch.report.geometry import share
from perfwatch.report.packed import packed
from perfwatch.report.places import place, relative
from perfwatch.report.visible import encodable, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.profile import CallNode
    from perfwatch.records.run import Benchmark
    from perfwatch.report.line_view import Sources

#: A benchmark shows so many frames where there is room, and the least where there are many.
FRAMES_LIMIT = 12_000
FRAMES_LEAST = 1_500
#: All flame graphs of a page share these: one half is dealt out evenly, the other by time.
PAGE_FRAMES_LIMIT = 48_000
_POOLED = "(others)"
#: What hatching means, in every picture of calls.
HATCHED = "Hatched: libraries and compiled code."


class Kind(IntEnum):
    """Whose a frame is; the page's script draws each in its own way."""

    USER = 0
    LIBRARY = 1
    BRANCH = 2
    POOLED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is said of one box.

    ``anchor`` is the id of its source line in the page, empty where it stands
    nowhere; ``note`` is what else its record says; ``change`` runs from -4 to 4 in a
    picture of a difference, 0 for none beyond its error.
    """

    name: str
    place: str = ""
    total: str = ""
    own: str = ""
    share: str = ""
    anchor: str = ""
    note: str = ""
    kind: Kind = Kind.BRANCH
    change: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flame:
    """A flame graph for the page: ``data`` for its script, the rest for its reader.

    ``compared`` says that its colours are those of a change.
    """

    title: str
    label: str
    caption: str
    left_out: str
    data: str
    compared: bool = False


@dataclass(slots=True)
class Columns:
    """The boxes column by column, texts by their number: much smaller than box by box, compressed or not."""

    texts: dict[str, int] = field(default_factory=dict)
    numbers: dict[str, list[int]] = field(default_factory=dict)

    def add(self, box: Box[Any], shown: Shown) -> None:
        """Append one box."""
        row = {"depth": box.depth, "left": box.left, "width": box.width}
        row |= {"kind": int(shown.kind), "change": shown.change}
        for name in ("name", "place", "total", "own", "share", "anchor", "note"):
            row[name] = self.texts.setdefault(encodable(getattr(shown, name)), len(self.texts))
        for name, value in row.items():
            self.numbers.setdefault(name, []).append(value)

    def packed(self, labels: Mapping[str, str]) -> str:
        """Return everything for the script; ``labels`` name the figures, those without a name are not shown."""
        return packed(
            {"whole": WHOLE, "labels": dict(labels), "texts": list(self.texts), "boxes": self.numbers}
        )


@dataclass(frozen=True, slots=True)
class Anchors:
    """Where source lines stand in the page: by file and line, else by file and function."""

    root: str
    lines: Mapping[tuple[str, int], str]
    functions: Mapping[tuple[str, str], str]

    def of(self, file: str, line: int, function: str) -> str:
        """Return the id of a function's first line where it stands in the page, else of its dearest line."""
        known = relative(file, self.root)
        return self.lines.get((known, line)) or self.functions.get((known, _bare(function)), "")


def anchors_of(benchmark: Benchmark, sources: Sources, root: str) -> Anchors:
    """Return where a benchmark's lines stand in the page."""
    functions: dict[tuple[str, str], str] = {}
    for stat in sorted(benchmark.profiles.lines, key=lambda one: -(one.time_ns or 0.0)):
        file = relative(stat.file, root)
        if (anchor := sources.anchors.get((file, stat.line))) is not None:
            functions.setdefault((file, _bare(stat.function)), anchor)
    return Anchors(root, sources.anchors, functions)


def _bare(function: str) -> str:
    return function.rpartition(".")[2]


def frames_for(benchmarks: Sequence[Benchmark]) -> list[int]:
    """Return how many frames the flame graph of each benchmark may show: the longest ones show most."""
    times = [max(0.0, b.profiles.cpu.total_ns) if b.profiles.cpu is not None else 0.0 for b in benchmarks]
    whole = math.fsum(times)
    half = PAGE_FRAMES_LIMIT / 2
    shares = [half / len(times) + half * (share(one, whole) or 0.0) for one in times]
    return [max(FRAMES_LEAST, min(FRAMES_LIMIT, round(one))) for one in shares]


def cpu_flame(benchmark: Benchmark, anchors: Anchors, limit: int = FRAMES_LIMIT) -> Flame | None:
    """Return the flame graph of a benchmark's call tree; ``None`` where there is no tree."""
    cpu = benchmark.profiles.cpu
    if cpu is None:
        return None
    found, narrowest = boxes(Tree(cpu, lambda node: node.total_ns, lambda node: node.children), limit)
    if not found:
        return None
    columns = Columns()
    for box in found:
        columns.add(box, _call(box, cpu.total_ns, anchors))
    use = benchmark.profiles.cpu_use
    samples = f" {units.count(use.samples_count)} samples." if use is not None and use.samples_count else ""
    return Flame(
        title="Flame graph",
        label=f"Flame graph of {units.time(cpu.total_ns)} of calls",
        caption=f"Width is time with callees, of the {units.time(cpu.total_ns)} of one execution.{samples} {HATCHED}",
        left_out=left_out_words(found, narrowest),
        data=columns.packed({"total": "with callees", "own": "own", "share": "share"}),
    )


def _call(box: Box[CallNode], whole_ns: float, anchors: Anchors) -> Shown:
    node = box.node
    if node is None:
        return pooled(box, units.time(box.pooled_value), units.percent(share(box.pooled_value, whole_ns)))
    return Shown(
        name=visible(node.function),
        place=visible(place(node.file, node.line, anchors.root)) if node.file else "",
        total=units.time(node.total_ns),
        own=units.time(node.time_ns),
        share=units.percent(share(node.total_ns, whole_ns)),
        anchor=anchors.of(node.file, node.line, node.function) if node.file else "",
        kind=kind_of(node.function, node.file, user=node.user),
    )


def kind_of(function: str, file: str, *, user: bool) -> Kind:
    """Return whose a call is; what only groups calls, a thread's for one, has its name in brackets and no file."""
    if user:
        return Kind.USER
    return Kind.BRANCH if not file and function.startswith("(") else Kind.LIBRARY


def pooled(box: Box[Any], total: str, part: str) -> Shown:
    """Return what is said of the frames that are too narrow to be drawn one by one."""
    return Shown(
        name=f"{_POOLED[:-1]}: {units.count(box.pooled_count)})",
        total=total,
        share=part,
        kind=Kind.POOLED,
    )


def left_out_words(found: list[Box[Any]], narrowest: float) -> str:
    """Return a sentence on what is pooled; nothing where nothing is."""
    count = sum(box.pooled_count for box in found)
    if not count:
        return ""
    one = "branch is" if count == 1 else "branches are"
    return (
        f"{units.count(count)} {one} drawn as {_POOLED} under their callers: "
        f"1/{units.count(round(1 / narrowest))} of the whole or less, or nested deeper than {DEPTH_LIMIT}. "
        "Searching does not look into them; report.json does not pool them."
    )
