"""From memray's capture file to peak, totals and bytes by the user's lines.

An allocation is charged to the innermost frame of the user's own code on its
stack. What came from native threads without a Python stack is kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfwatch.collect.enclosing import enclosing_function
from perfwatch.collect.ownership import Ownership
from perfwatch.records.profile import LineStat, MemoryMoment, MemoryProfile

if TYPE_CHECKING:
    from pathlib import Path

#: Reading single allocations costs about 1 µs each; past this many, lines show the peak only.
ALLOCATIONS_AT_MOST = 2_000_000
MOMENTS_AT_MOST = 400
_FREES = frozenset({1, 5, 15})


@dataclass(slots=True)
class _Bytes:
    function: str
    peak: int = 0
    allocated: int = 0
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryReading:
    """What a capture file tells: the profile, its lines, and what was lost."""

    profile: MemoryProfile
    lines: tuple[LineStat, ...]
    warnings: tuple[str, ...] = ()
    lost_count: int = 0


@dataclass(slots=True)
class _Charger:
    """Finds, once for each stack, the user's line that it is charged to."""

    ownership: Ownership
    lines: dict[tuple[str, int], _Bytes] = field(default_factory=dict)
    places: dict[Any, tuple[str, int] | None] = field(default_factory=dict)
    native: int = 0

    def line_of(self, record: Any, key: Any) -> _Bytes | None:
        if key not in self.places:
            stack = record.stack_trace()
            mine = next(((f, path, n) for f, path, n in stack if self.ownership.owns(path)), None)
            self.places[key] = None if mine is None else (mine[1], mine[2])
            if mine is not None:
                function = enclosing_function(self.ownership.absolute(mine[1]), mine[2], mine[0])
                self.lines.setdefault((mine[1], mine[2]), _Bytes(function=function))
        place = self.places[key]
        return None if place is None else self.lines[place]


def read_capture(path: Path, ownership: Ownership) -> MemoryReading:
    """Read a capture; raises ``OSError`` where memray cannot read it."""
    import memray

    charger = _Charger(ownership)
    with memray.FileReader(path) as reader:
        metadata = reader.metadata
        native = 0
        for record in reader.get_high_watermark_allocation_records(merge_threads=True):
            line = charger.line_of(record, ("peak", record.stack_id, record.native_stack_id))
            if line is not None:
                line.peak += record.size
            elif not record.stack_trace(max_stacks=1):
                native += record.size
        started = metadata.start_time.timestamp() * 1000
        moments = [(one.time - started, one.rss, one.heap) for one in reader.get_memory_snapshots()]
        total = metadata.total_allocations
        complete = total <= ALLOCATIONS_AT_MOST
        allocated, count = _all_allocations(reader, charger) if complete else (None, total)
    lost = 0 if complete else total
    warnings = (
        ()
        if complete
        else (
            f"{total:,} allocations are too many to be read one by one: lines show their share of the peak only",
        )
    )
    profile = MemoryProfile(
        peak_bytes=metadata.peak_memory,
        allocated_bytes=allocated,
        allocations_count=count,
        native_bytes=native,
        moments=_thinned(moments),
    )
    return MemoryReading(profile=profile, lines=_stats(charger, complete), warnings=warnings, lost_count=lost)


def _all_allocations(reader: Any, charger: _Charger) -> tuple[int, int]:
    allocated = count = 0
    for record in reader.get_allocation_records():
        if record.allocator in _FREES:
            continue
        allocated += record.size
        count += 1
        line = charger.line_of(record, (record.tid, record.stack_id))
        if line is not None:
            line.allocated += record.size
            line.count += 1
    return allocated, count


def _stats(charger: _Charger, complete: bool) -> tuple[LineStat, ...]:  # noqa: FBT001 - private, one caller
    return tuple(
        LineStat(
            file=charger.ownership.shorten(file),
            line=number,
            function=line.function,
            allocated_bytes=line.allocated if complete else None,
            allocations_count=line.count if complete else None,
            peak_bytes=line.peak,
        )
        for (file, number), line in sorted(charger.lines.items())
    )


def _thinned(moments: list[tuple[float, int, int]]) -> tuple[MemoryMoment, ...]:
    """At most ``MOMENTS_AT_MOST`` of them; of each stretch the one with the most heap, so that no peak is lost."""
    step = max(1, -(-len(moments) // MOMENTS_AT_MOST))
    kept = [
        max(moments[start : start + step], key=lambda one: one[2]) for start in range(0, len(moments), step)
    ]
    return tuple(
        MemoryMoment(at_ns=max(0, round(at * 1e6)), resident_bytes=resident, heap_bytes=heap)
        for at, resident, heap in kept
    )
