"""What survives, by the user's lines, and whether it grows.

A callable was called a few times more in a capture of its own; a script's body
ran once, and its survivors are told apart by when they were allocated. It must
not guess where there is too little to tell: then nothing is said to grow.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch.collect.memory_charge import Charger, events_of
from perfwatch.collect.memory_replay import Kind
from perfwatch.records.profile import Leak

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from perfwatch.collect.memory_replay import Event
    from perfwatch.collect.ownership import Ownership

LEAKS_AT_MOST = 20
#: Less than this is the interpreter's own small change: free lists, caches, interned names.
LEAST_BYTES = 4_096
#: One step more or less is no trend.
LEAST_CALLS = 3
#: A call that left less than this part of what an average one left did not grow: free lists move small change about.
LEAST_PART = 0.1
#: A script's run is cut into this many equal parts of time; what survives from half of them grows.
PARTS = 10
#: memray looks every 10 ms; with fewer looks than this the parts cannot be told.
LEAST_MOMENTS = 2 * PARTS
#: Stands for the line of the worker's own boundaries.
_MARK = -3


@dataclass(slots=True)
class Survivors:
    """Bytes and blocks that survive of one line, by the call or the part of the run that made them."""

    bytes_in: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    count: int = 0

    @property
    def total_bytes(self) -> int:
        """Bytes of all calls, or parts, together."""
        return sum(self.bytes_in.values())


def survivors_by_call(
    events: Iterable[Event], is_boundary: Callable[[int, int], bool]
) -> tuple[int, dict[int, Survivors]]:
    """Complete calls, and what survives the last of them by line and call.

    ``is_boundary(size, line)`` names the allocations that begin and end a call;
    what lies between an end and the next beginning belongs to no call.
    """
    boundaries = 0
    live: dict[int, tuple[int, int, int]] = {}
    for kind, address, size, line, _thread in events:
        if kind is Kind.FREED or kind is Kind.UNMAPPED:
            live.pop(address, None)
        elif is_boundary(size, line):
            boundaries += 1
        elif boundaries % 2:
            live[address] = (size, line, boundaries // 2)
        else:
            live.pop(address, None)
    found: dict[int, Survivors] = defaultdict(Survivors)
    for size, line, call in live.values():
        found[line].bytes_in[call] += size
        found[line].count += 1
    return boundaries // 2, dict(found)


def grows(one: Survivors, calls: int) -> bool:
    """Whether something worth counting survives of each call, of enough calls."""
    if calls < LEAST_CALLS or len(one.bytes_in) < calls:
        return False
    return min(one.bytes_in.values()) >= LEAST_PART * one.total_bytes / calls


def leaks_by_call(leaks: dict[str, Any], ownership: Ownership, limit: int) -> tuple[Leak, ...] | None:
    """Read the capture of the further calls; bytes and blocks are those of one call on average.

    ``None`` where it holds more records than ``limit``. Raises ``OSError`` where memray cannot read it.
    """
    import memray

    charger = Charger(ownership)
    with memray.FileReader(Path(leaks["capture"])) as reader:
        if reader.metadata.total_allocations > limit:
            return None
        line_of = charger.finder()

        def charged(record: Any) -> int:
            if record.size > leaks["bytes"] and _is_mark(record, leaks):
                return _MARK
            return line_of(record)

        calls, found = survivors_by_call(events_of(reader, charged), lambda _size, line: line == _MARK)
    if calls == 0:
        return ()
    rows = [(number, one, grows(one, calls)) for number, one in found.items()]
    return _records(rows, charger, calls)


def _is_mark(record: Any, leaks: dict[str, Any]) -> bool:
    if record.size > leaks["bytes"] + 64:
        return False
    stack = record.stack_trace(max_stacks=1)
    return bool(stack) and stack[0][0] == "_boundary" and stack[0][1] == leaks["file"]


def leaks_over_time(reader: Any, charger: Charger) -> tuple[Leak, ...]:
    """A script's survivors by line, and whether they come from at least half of its run's parts."""
    times = [moment.time for moment in reader.get_memory_snapshots()]
    line_of = charger.finder()
    found: dict[int, Survivors] = defaultdict(Survivors)
    for record in reader.get_temporal_allocation_records(merge_threads=True):
        staying = [one for one in record.intervals if one.deallocated_before_snapshot is None]
        if not staying or (line := line_of(record)) < 0:
            continue
        for one in staying:
            found[line].bytes_in[part_of(one.allocated_before_snapshot, times)] += one.n_bytes
            found[line].count += one.n_allocations
    enough = len(times) >= LEAST_MOMENTS
    rows = [(number, one, enough and 2 * len(one.bytes_in) >= PARTS) for number, one in found.items()]
    return _records(rows, charger, 1)


def part_of(snapshot: int, times: list[float]) -> int:
    """Which of the run's equal parts of time ends with a snapshot, or lies after the last."""
    if not times:
        return 0
    length = times[-1] - times[0]
    at = times[min(snapshot, len(times) - 1)] - times[0]
    return min(PARTS - 1, int(PARTS * at / length)) if length > 0 else 0


def _records(rows: list[tuple[int, Survivors, bool]], charger: Charger, calls: int) -> tuple[Leak, ...]:
    mine = [row for row in rows if row[0] >= 0 and row[1].total_bytes >= LEAST_BYTES]
    mine.sort(key=lambda row: (not row[2], -row[1].total_bytes))
    made = []
    for number, one, growing in mine[:LEAKS_AT_MOST]:
        line = charger.lines[number]
        made.append(
            Leak(
                file=charger.ownership.shorten(line.file),
                line=line.line,
                function=line.function,
                leaked_bytes=one.total_bytes / calls,
                leaked_count=one.count / calls,
                growing=growing,
                calls_count=calls,
            )
        )
    return tuple(made)
