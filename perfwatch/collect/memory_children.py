"""Read the captures of forked children: how many there were, and the greatest peak.

Their lines join the parent's; their peaks do not, because each is another
process's memory. It must not fail on a child's file: a child that was killed
leaves it unfinished, and is then told as lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfwatch.collect.memory_charge import Charger, events_of
from perfwatch.collect.memory_replay import Tally, replay

if TYPE_CHECKING:
    from pathlib import Path

CHILDREN_AT_MOST = 64


@dataclass(slots=True)
class Children:
    """What was seen of the children, in bytes and counts."""

    count: int = 0
    peak_bytes: int | None = None
    whole: Tally = field(default_factory=Tally)
    warnings: list[str] = field(default_factory=list)


def children_captures(path: Path) -> list[Path]:
    """The captures that forked children left beside their parent's, in order of their process ids."""
    found = [
        (int(match[1]), one)
        for one in path.parent.iterdir()
        if (match := re.fullmatch(re.escape(path.name) + r"(?:\.rest)?\.(\d+)", one.name))
    ]
    return [one for _pid, one in sorted(found)]


def read_children(path: Path, charger: Charger, forks_count: int, limit: int) -> Children:
    """Read the children's captures, one by one while they hold at most ``limit`` records in all."""
    import memray

    captures = children_captures(path)
    children = Children(count=max(len(captures), forks_count))
    broken = brief = 0
    for capture in captures[:CHILDREN_AT_MOST]:
        try:
            with memray.FileReader(capture) as reader:
                children.peak_bytes = max(children.peak_bytes or 0, reader.metadata.peak_memory)
                limit -= reader.metadata.total_allocations
                if limit >= 0 and reader.metadata.file_format == memray.FileFormat.ALL_ALLOCATIONS:
                    _join(reader, charger, children.whole)
                else:
                    brief += 1
        except OSError:
            broken += 1
    cut = sum(capture.with_name(f"{capture.name}.cut").exists() for capture in captures)
    unread = children.count - min(len(captures), CHILDREN_AT_MOST) + broken
    _warn(children, ((unread, _UNREAD), (brief, _BRIEF), (cut, _CUT)))
    return children


_UNREAD = "could not be read or were not traced: their memory is in no figure"
_BRIEF = "allocated too much to be read one by one: of these only the peak is told"
_CUT = "wrote more than a child's capture may hold: what they did later is in no figure"


def _warn(children: Children, told: tuple[tuple[int, str], ...]) -> None:
    children.warnings.extend(
        f"{number} of {children.count} forked children {what}" for number, what in told if number
    )


def _join(reader: Any, charger: Charger, whole: Tally) -> None:
    tallies = replay(events_of(reader, charger.finder())).tallies
    charger.add(tallies, survivors=False)
    for one in tallies.values():
        whole.allocated_bytes += one.allocated_bytes
        whole.allocations_count += one.allocations_count
        whole.temporary_bytes += one.temporary_bytes
        whole.temporary_count += one.temporary_count
