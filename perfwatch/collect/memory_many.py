"""Read a capture that holds too many allocations to be taken one by one.

memray adds them up itself, by stack and by the moments at which it looked (every
10 ms): exact are peak, totals, temporary allocations and survivors; the peak
without a line is told from the moments. It must not hand out single allocations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfwatch.collect.memory_replay import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from perfwatch.collect.memory_charge import Charger


@dataclass(slots=True)
class Added:
    """What memray added up: by line what was held at the peak, and tallies without what was allocated."""

    held: dict[int, int]
    tallies: dict[int, Tally]
    allocated_bytes: int | None = None
    allocations_count: int | None = None


def added_up(reader: Any, path: Path, charger: Charger) -> Added:
    """Peak, temporary allocations and survivors by line, totals of the whole."""
    held = held_at_peak(reader, charger)
    tallies: dict[int, Tally] = {}
    line_of = charger.finder()
    for record in reader.get_temporary_allocation_records(merge_threads=True, threshold=0):
        tally = tallies.setdefault(line_of(record), Tally())
        tally.temporary_bytes += record.size
        tally.temporary_count += record.n_allocations
    left_over(reader, charger, tallies)
    return Added(held, tallies, *_totals(path))


def held_at_peak(reader: Any, charger: Charger) -> dict[int, int]:
    """Bytes by line at the high-water mark."""
    line_of = charger.finder()
    held: dict[int, int] = {}
    for record in reader.get_high_watermark_allocation_records(merge_threads=True):
        line = line_of(record)
        held[line] = held.get(line, 0) + record.size
    return held


def left_over(reader: Any, charger: Charger, tallies: dict[int, Tally]) -> None:
    """Add to the tallies what was never freed."""
    line_of = charger.finder()
    for record in reader.get_leaked_allocation_records(merge_threads=True):
        tally = tallies.setdefault(line_of(record), Tally())
        tally.leaked_bytes += record.size
        tally.leaked_count += record.n_allocations


def _totals(path: Path) -> tuple[int | None, int | None]:
    try:
        from memray._memray import compute_statistics
    except ImportError:
        return None, None  # it is not of the public interface: another version may not have it
    found = compute_statistics(str(path), num_largest=1)
    return found.total_memory_allocated, found.total_num_allocations


def peaks_without(reader: Any, charger: Charger, chosen: Sequence[int]) -> dict[int, int]:
    """The peak without each of the chosen lines, from the fullest moment of each 10 ms.

    It may be too low: within 10 ms the moment that is the fullest without the
    line can be another one.
    """
    records, peaks = reader.get_temporal_high_water_mark_allocation_records(merge_threads=True)
    line_of = charger.finder()
    wanted = set(chosen)
    held = ((line, record.intervals) for record in records if (line := line_of(record)) in wanted)
    return without_by_moment(peaks, held, chosen)


def without_by_moment(
    peaks: Sequence[int], held: Iterable[tuple[int, Iterable[Any]]], chosen: Sequence[int]
) -> dict[int, int]:
    """The greatest ``peak - held`` over the moments; an interval's first moment is in, its last is not."""
    import numpy as np

    heap = np.asarray(peaks, dtype=np.int64)
    changes = {line: np.zeros(len(heap) + 1, dtype=np.int64) for line in chosen}
    for line, intervals in held:
        for one in intervals:
            end = one.deallocated_before_snapshot
            changes[line][min(one.allocated_before_snapshot, len(heap))] += one.n_bytes
            changes[line][len(heap) if end is None else min(end, len(heap))] -= one.n_bytes
    return {
        line: max(0, int((heap - np.cumsum(change)[:-1]).max(initial=0))) for line, change in changes.items()
    }
