"""Add up the hits that child processes left in the line pass's folder.

The files are the worker's own, but they lay in a folder that the target could
write to: they are read as data of an expected shape, bounded, and what does not
fit is counted as lost. Nothing here deletes them.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch.collect.enclosing import enclosing_function
from perfwatch.records.profile import LineStat

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfwatch.collect.ownership import Ownership

FILES_AT_MOST = 5_000
BYTES_AT_MOST = 4_000_000
HITS_AT_MOST = 1e18
_REQUEST = "request.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildrenHits:
    """Hits of all child processes of one benchmark.

    ``hits`` maps resolved file and line to the function's name, hits and their
    standard error. ``processes_count`` had hits; of ``lost_count`` among them the
    last moments are missing, because they ended without notice or left a file
    that cannot be read. ``sampled_count`` counted in windows.
    """

    hits: dict[tuple[str, int], tuple[str, float, float]] = field(default_factory=dict)
    processes_count: int = 0
    lost_count: int = 0
    sampled_count: int = 0

    def sentence(self) -> str:
        """What to say of them in the report; empty without any."""
        if not self.processes_count and not self.lost_count:
            return ""
        count = self.processes_count
        said = f"hits of {count} child process{'es' if count != 1 else ''} are counted with the others"
        if self.sampled_count:
            said += f", {self.sampled_count} of them in windows"
        if self.lost_count:
            said += f"; {self.lost_count} ended without notice, and what they last counted is missing"
        return said


def children_hits(folder: str, position: int, *, alone: bool) -> ChildrenHits:
    """What the children of the record at ``position`` left in ``folder``.

    Children that were started outside all benchmarks belong to a benchmark that
    is ``alone`` in its process. No folder, no children.
    """
    if not folder:
        return ChildrenHits()
    found: dict[tuple[str, int], tuple[str, float, float]] = {}
    processes = lost = sampled = 0
    for path in sorted(Path(folder).glob("*.json"))[:FILES_AT_MOST]:
        if path.name == _REQUEST:
            continue
        content = _read(path)
        if content is None:
            lost += 1
            continue
        if content["subject"] != position and not (alone and content["subject"] == -1):
            continue
        processes += 1
        lost += not content["complete"]
        sampled += bool(content["sampled"])
        for place, name, hits, error in content["hits"]:
            before = found.get(place, (name, 0.0, 0.0))
            found[place] = (name, before[1] + hits, math.hypot(before[2], error))
    return ChildrenHits(hits=found, processes_count=processes, lost_count=lost, sampled_count=sampled)


def with_children(
    stats: Iterable[LineStat], children: ChildrenHits, calls_count: int, ownership: Ownership
) -> tuple[LineStat, ...]:
    """The lines with the hits of child processes added, for one of ``calls_count`` calls."""
    calls = max(1, calls_count)
    lines = {(stat.file, stat.line): stat for stat in stats}
    for (file, number), (name, hits, error) in children.hits.items():
        short = ownership.shorten(file)
        stat = lines.get((short, number))
        if stat is None:
            function = enclosing_function(ownership.absolute(file), number, name)
            stat = LineStat(file=short, line=number, function=function)
        known = stat.hits_error_count
        errors = math.hypot(known or 0.0, error / calls)
        lines[short, number] = replace(
            stat,
            hits_count=(stat.hits_count or 0.0) + hits / calls,
            hits_error_count=None if known is None and error == 0 else errors,
        )
    return tuple(sorted(lines.values(), key=lambda stat: (stat.file, stat.line)))


def _read(path: Path) -> dict[str, Any] | None:
    """One child's file, checked; ``None`` for anything else."""
    try:
        if path.stat().st_size > BYTES_AT_MOST:
            return None
        content = json.loads(path.read_text(encoding="utf-8"))
        return {
            "subject": int(content["subject"]),
            "complete": bool(content["complete"]),
            "sampled": bool(content["sampled"]),
            "hits": [
                ((str(function["file"]), int(line)), str(function["name"]), _count(hits), _count(error))
                for function in content["functions"]
                for line, hits, error in function["lines"]
            ],
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None  # cut off, or not written by a child of ours


def _count(value: Any) -> float:
    number = float(value)
    if not 0 <= number <= HITS_AT_MOST:
        raise ValueError("a count out of bounds")
    return number
