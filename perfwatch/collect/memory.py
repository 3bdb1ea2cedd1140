"""From memray's capture files to peak, totals, survivors and bytes by the user's lines.

An allocation is charged to the innermost frame of the user's own code on its
stack. What came from native threads without a Python stack is kept apart. It
must not pass an estimate for a count: what was not read one by one is warned of.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfwatch.collect import memory_leaks, memory_many
from perfwatch.collect.memory_charge import Charger, events_of
from perfwatch.collect.memory_children import Children, children_captures, read_children
from perfwatch.collect.memory_replay import NATIVE, Tally, replay
from perfwatch.collect.memory_rest import join_rest, rest_capture
from perfwatch.records.profile import GarbageCollection, Leak, LineStat, MemoryMoment, MemoryProfile

if TYPE_CHECKING:
    from pathlib import Path

    from perfwatch.collect.ownership import Ownership

#: Reading single allocations costs about 2 µs each; past this many, memray adds them up.
ALLOCATIONS_AT_MOST = 2_000_000
MOMENTS_AT_MOST = 400
#: The peak without a line is told of the lines that hold most of it, and of those that hold nothing.
LINES_WITHOUT_AT_MOST = 64
#: Watching the garbage collector for more than this part of the run is worth a word.
_DEAR_RATIO = 0.01
_MANY = (
    "{:,} allocations and frees are too many to be read one by one: how much each line "
    "allocated in all is not told, and the peak without a line is told from moments 10 ms apart"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryReading:
    """What a capture file tells: the profile, its lines, and what was lost."""

    profile: MemoryProfile
    lines: tuple[LineStat, ...]
    warnings: tuple[str, ...] = ()
    lost_count: int = 0


@dataclass(slots=True)
class _Whole:
    """What was read of the target's own process."""

    peak_bytes: int
    held: dict[int, int]
    tallies: dict[int, Tally]
    without: dict[int, int]
    allocated_bytes: int | None
    allocations_count: int
    complete: bool = True
    survivors: bool = True
    lost_count: int = 0
    moments: list[tuple[float, int, int]] = field(default_factory=list)
    leaks: tuple[Leak, ...] = ()
    warnings: list[str] = field(default_factory=list)


def capture_files(path: Path) -> tuple[Path, ...]:
    """Every file of one capture: its own, the rest past the cap, further calls, children's."""
    beside = [rest_capture(path), path.with_name(f"{path.name}.leaks")]
    for child in children_captures(path):
        beside += [child, child.with_name(f"{child.name}.cut")]
    return (path, *(one for one in beside if one.exists()))


def read_capture(
    path: Path,
    ownership: Ownership,
    *,
    record: dict[str, Any] | None = None,
    limit: int = ALLOCATIONS_AT_MOST,
) -> MemoryReading:
    """Read a capture and what lies beside it; raises ``OSError`` where memray cannot read it.

    ``record`` is the worker's, for what is not in the files: collections, calls,
    forks. At most ``limit`` records are read one by one, of parent and children.
    """
    record = record or {}
    charger = Charger(ownership)
    whole, left = _read_whole(path, charger, limit)
    _compare_calls(whole, record, ownership)
    _tell_lines(whole, charger)
    charger.add(whole.tallies, survivors=whole.survivors)
    children = read_children(path, charger, int(record.get("forks_count", 0)), left)
    whole.warnings += [*children.warnings, *_told_by(record, children)]
    return MemoryReading(
        profile=_profile(whole, children, record),
        lines=charger.stats(complete=whole.complete, survivors=whole.survivors),
        warnings=tuple(whole.warnings),
        lost_count=whole.lost_count,
    )


def _read_whole(path: Path, charger: Charger, limit: int) -> tuple[_Whole, int]:
    import memray

    with memray.FileReader(path) as reader:
        total = reader.metadata.total_allocations
        whole = _one_by_one(reader, charger) if total <= limit else _added_up(reader, path, charger, total)
        whole.moments = [(float(one.time), one.rss, one.heap) for one in reader.get_memory_snapshots()]
        started = reader.metadata.start_time.timestamp() * 1000
        if rest_capture(path).exists():
            _join(whole, path, charger, started)
        else:
            whole.leaks = memory_leaks.leaks_over_time(reader, charger)
    whole.moments = [(at - started, resident, heap) for at, resident, heap in whole.moments]
    return whole, max(0, limit - total)


def _one_by_one(reader: Any, charger: Charger) -> _Whole:
    done = replay(events_of(reader, charger.finder()))
    peak, held = done.peak()
    return _Whole(
        peak_bytes=peak,
        held=held,
        tallies=done.tallies,
        without=done.peaks_without(_chosen(held)),
        allocated_bytes=sum(one.allocated_bytes for one in done.tallies.values()),
        allocations_count=sum(one.allocations_count for one in done.tallies.values()),
    )


def _added_up(reader: Any, path: Path, charger: Charger, total: int) -> _Whole:
    added = memory_many.added_up(reader, path, charger)
    return _Whole(
        peak_bytes=reader.metadata.peak_memory,
        held=added.held,
        tallies=added.tallies,
        without=memory_many.peaks_without(reader, charger, _chosen(added.held)),
        allocated_bytes=added.allocated_bytes,
        allocations_count=total if added.allocations_count is None else added.allocations_count,
        complete=False,
        lost_count=total,
        warnings=[_MANY.format(total)],
    )


def _chosen(held: dict[int, int]) -> list[int]:
    most = sorted((line for line in held if line >= 0), key=lambda line: -held[line])
    return most[:LINES_WITHOUT_AT_MOST]


def _join(whole: _Whole, path: Path, charger: Charger, started: float) -> None:
    """Past the cap only peak and survivors were traced: keep what is still true of the whole."""
    rest = join_rest(path, charger, whole.peak_bytes, whole.tallies)
    after = (rest.moments[0][0] - started) / 1000 if rest.moments else 0.0
    whole.warnings.append(
        f"the capture reached its greatest size after {after:.1f} s: of what came then only the peak by line is "
        "known, totals and temporary allocations count what came before, and survivors are not told"
    )
    whole.moments += rest.moments
    whole.allocated_bytes, whole.complete, whole.survivors = None, False, False
    if rest.higher:
        whole.peak_bytes, whole.held, whole.without = rest.peak_bytes, rest.held, {}
        whole.warnings.append(
            "the peak lies after that, and is at most what is given here: "
            "what had been allocated before is counted as kept"
        )


def _compare_calls(whole: _Whole, record: dict[str, Any], ownership: Ownership) -> None:
    if "leaks_left_out" in record:
        whole.warnings.append(f"calls were not compared for leaks: {record['leaks_left_out']}")
    if "leaks" not in record:
        return
    try:
        found = memory_leaks.leaks_by_call(record["leaks"], ownership, ALLOCATIONS_AT_MOST)
    except OSError as error:
        whole.warnings.append(f"the further calls cannot be compared for leaks: {error}")
        return
    if found is None:
        whole.warnings.append("calls were not compared for leaks: they allocate too often")
    else:
        whole.leaks = found


def _tell_lines(whole: _Whole, charger: Charger) -> None:
    """Give the lines their part of the peak, and the peak without them."""
    for number, line in enumerate(charger.lines):
        line.peak_bytes = whole.held.get(number, 0)
        # A line that holds nothing at the high-water mark cannot lower it.
        line.without_bytes = whole.without.get(number) if line.peak_bytes else whole.peak_bytes


def _told_by(record: dict[str, Any], children: Children) -> list[str]:
    warnings = []
    if record.get("children_seen") and not children.count:
        warnings.append(
            "child processes that were not forked (spawned, or other programmes) are in no figure: "
            "memory is followed into forks only"
        )
    cost, wall = record.get("collections_cost_ns", 0), record.get("wall_ns", 0)
    if cost > _DEAR_RATIO * wall > 0:
        warnings.append(
            f"watching the garbage collector took {100 * cost / wall:.0f}% of the time under memray"
        )
    return warnings


def _profile(whole: _Whole, children: Children, record: dict[str, Any]) -> MemoryProfile:
    own = whole.tallies.values()
    allocated = whole.allocated_bytes
    return MemoryProfile(
        peak_bytes=whole.peak_bytes,
        allocated_bytes=None if allocated is None else allocated + children.whole.allocated_bytes,
        allocations_count=whole.allocations_count + children.whole.allocations_count,
        native_bytes=whole.held.get(NATIVE, 0),
        temporary_bytes=sum(one.temporary_bytes for one in own) + children.whole.temporary_bytes,
        temporary_count=sum(one.temporary_count for one in own) + children.whole.temporary_count,
        leaked_bytes=sum(one.leaked_bytes for one in own) if whole.survivors else None,
        children_count=children.count,
        children_peak_bytes=children.peak_bytes,
        moments=_thinned(whole.moments),
        leaks=whole.leaks,
        collections=tuple(
            GarbageCollection(**{name: int(one[name]) for name in _COLLECTION_FIELDS})
            for one in record.get("collections", ())
        ),
    )


_COLLECTION_FIELDS = ("generation", "collections_count", "pause_ns", "longest_pause_ns", "collected_count")


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
