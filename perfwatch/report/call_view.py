"""The call tree as rows of ready-made text, bounded in size and depth.

It must not regroup or rename frames: what is left out is counted and said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.geometry import heat, share
from perfwatch.report.places import place
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from perfwatch.records.profile import CallNode
    from perfwatch.records.run import Benchmark

#: Calls below this share of the whole are left out.
SMALLEST_SHARE = 0.005
#: A benchmark shows so many rows where there is room, and the least where there are many benchmarks.
ROWS_LIMIT = 300
ROWS_LEAST = 100
#: All benchmarks of a page share these.
PAGE_ROWS_LIMIT = 3_000
DEPTH_LIMIT = 50
#: Branches above this share are open when the page opens.
OPEN_SHARE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRow:
    """One function: times, shares and where it stands."""

    function: str
    place: str
    total: str
    share: str
    own: str
    heat: int
    depth: int
    user: bool
    open: bool
    children: tuple[CallRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTree:
    """The tree's root, a caption, and what was left out; without a root there is none."""

    root: CallRow | None = None
    caption: str = ""
    left_out: str = ""


def calls_for(benchmarks_count: int) -> int:
    """Return how many rows each of several call trees may show."""
    return max(ROWS_LEAST, min(ROWS_LIMIT, PAGE_ROWS_LIMIT // max(1, benchmarks_count)))


def _smallest_ns(root: CallNode, limit: int) -> float:
    """Return the time below which a call is left out, so that few enough remain."""
    totals: list[float] = []
    level = [root]
    for _ in range(DEPTH_LIMIT + 1):
        totals += [node.total_ns for node in level]
        level = [child for node in level for child in node.children]
    floor = SMALLEST_SHARE * root.total_ns
    kept = sorted((total for total in totals if total >= floor), reverse=True)
    return kept[limit] if len(kept) > limit else floor


class _Pruned:
    """Counts the branches that are left out while the rows are made."""

    def __init__(self, whole_ns: float, smallest_ns: float, root: str) -> None:
        self.whole_ns = whole_ns
        self.smallest_ns = smallest_ns
        self.root = root
        self.branches_count = 0

    def row(self, node: CallNode, depth: int = 0) -> CallRow:
        shown = [child for child in node.children if child.total_ns >= self.smallest_ns]
        if depth >= DEPTH_LIMIT:
            shown = []
        self.branches_count += len(node.children) - len(shown)
        part = share(node.total_ns, self.whole_ns)
        return CallRow(
            function=visible(node.function),
            place=visible(place(node.file, node.line, self.root)),
            total=units.time(node.total_ns),
            share=units.percent(part),
            own=units.time(node.time_ns),
            heat=heat(node.time_ns, self.whole_ns),
            depth=depth,
            user=node.user,
            open=part is not None and part >= OPEN_SHARE,
            children=tuple([self.row(c, depth + 1) for c in sorted(shown, key=lambda c: -c.total_ns)]),
        )


def call_tree(benchmark: Benchmark, root: str, limit: int = ROWS_LIMIT) -> CallTree:
    """Return the call tree of a benchmark, about ``limit`` rows of it; ``root`` is the project's."""
    cpu = benchmark.profiles.cpu
    if cpu is None or not cpu.total_ns > 0:
        return CallTree()
    pruned = _Pruned(cpu.total_ns, _smallest_ns(cpu, limit), root)
    row = pruned.row(cpu)
    left_out = ""
    if pruned.branches_count:
        below = units.percent(share(pruned.smallest_ns, cpu.total_ns))
        left_out = (
            f"{units.count(pruned.branches_count)} smaller branches (below {below} of the whole, or nested "
            f"deeper than {DEPTH_LIMIT}) are left out here and kept in report.json."
        )
    return CallTree(
        root=row, caption=f"Shares are of the {units.time(cpu.total_ns)} of one execution.", left_out=left_out
    )
