"""What the I/O pass found, as plain sentences with figures.

It must not measure: it judges sums that are there already, and says nothing
below the thresholds at its top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfwatch import units

if TYPE_CHECKING:
    from perfwatch.collect.io_lines import BytesByLine
    from perfwatch.collect.ownership import Ownership
    from perfwatch.records.profile import FileUse, IoProfile

STORM_CALLS = 1_000
STORM_BYTES = 1_024
STORMS_AT_MOST = 5
#: Smaller files read again cost nothing that a reader should look at.
AGAIN_BYTES = 100_000
AGAIN_OPENS = 20
AGAIN_AT_MOST = 5
SERIALISATION_SHARE = 0.05
_NO_FILES = ("/proc/", "/sys/", "/dev/")


def storms(found: BytesByLine, calls: int, ownership: Ownership) -> list[str]:
    """Lines that move few bytes with each of many calls."""
    told: list[tuple[float, str]] = []
    for (file, number), line in found.lines.items():
        for way, (verb, noun) in enumerate((("reads", "read"), ("writes", "write"))):
            count, moved = line.calls[way] / calls, line.moved[way] / calls
            if count >= STORM_CALLS and moved / count <= STORM_BYTES:
                place = f"{ownership.shorten(file)}:{number}"
                larger = max(1, round(moved / 65_536))
                told.append(
                    (
                        count,
                        (
                            f"{place} {verb} {units.size(moved)} in about {units.count(round(count))} calls of "
                            f"{units.size(round(moved / count))} on average: "
                            f"with a buffer of 64 KiB {units.count(larger)} {noun} calls would do."
                        ),
                    )
                )
    return [sentence for _, sentence in sorted(told, reverse=True)[:STORMS_AT_MOST]]


def storm_in_all(profile: IoProfile) -> list[str]:
    """The same for the whole process tree, where no line can be named."""
    told = []
    for moved, count, verb in (
        (profile.read_bytes, profile.read_calls_count, "read"),
        (profile.written_bytes, profile.write_calls_count, "written"),
    ):
        if moved is not None and count is not None and count >= STORM_CALLS and moved / count <= STORM_BYTES:
            told.append(
                f"{units.size(moved)} were {verb} in {units.count(count)} calls, "
                f"{units.size(round(moved / count))} on average."
            )
    return told


def read_again(files: tuple[FileUse, ...], counts: dict[str, int]) -> list[str]:
    """Files read more than once without having been written; ``counts`` has the needless reads of one execution."""
    told = []
    for file in files:
        again = counts.get(file.path, 0)
        size = file.size_bytes
        worth = size is not None and (size * again >= AGAIN_BYTES or again >= AGAIN_OPENS)
        if not file.read_again or not worth or file.path.startswith(_NO_FILES):
            continue
        told.append(
            (
                (size or 0) * again,
                (
                    f"{file.path} ({units.size(size)}) was opened for reading {again + 1} times and not written in "
                    f"between{_by(file.lines)}: keeping what was read would save {_times(again)}."
                ),
            )
        )
    return [sentence for _, sentence in sorted(told, reverse=True)[:AGAIN_AT_MOST]]


def _by(lines: tuple[str, ...]) -> str:
    return f" (by {', '.join(lines)})" if lines else ""


def _times(count: int) -> str:
    return "one of them" if count == 1 else f"{count} of them"


def serialisation(shares: dict[str, float], error: float, samples: int) -> list[str]:
    """Time spent turning objects into bytes or text and back."""
    whole = min(1.0, sum(shares.values()))
    if whole < SERIALISATION_SHARE:
        return []
    parts = ", ".join(
        f"{name} {units.percent(share)}" for name, share in sorted(shares.items(), key=lambda item: -item[1])
    )
    return [
        (
            f"Serialisation took {units.percent(whole)} of the time, give or take {units.percent(error)} "
            f"({parts}; {units.count(samples)} samples)."
        )
    ]


def throttling(profile: IoProfile, wall_ns: float) -> list[str]:
    """What a processor quota held back; samples of such a stretch are void."""
    if not profile.throttled_count:
        return []
    limit = "" if profile.cores_limit is None else f" of {units.count(profile.cores_limit)} cores"
    held = "" if profile.throttled_ns is None else f" for {units.time(profile.throttled_ns)}"
    return [
        (
            f"The control group's quota{limit} held the processes back {_often(profile.throttled_count)}{held} "
            f"in {units.time(wall_ns)}: samples of this stretch are void."
        )
    ]


def _often(count: int) -> str:
    return "once" if count == 1 else f"{units.count(count)} times"


def oversubscription(profile: IoProfile, cores: float | None, workers: int) -> list[str]:
    """Pools that may run more threads than there are cores."""
    if not cores:
        return []
    told = []
    for pool in profile.pools:
        threads = pool.threads_count * workers
        if pool.threads_count > 1 and threads > cores + 0.5:
            each = f" in each of {workers} processes make {threads}" if workers > 1 else ""
            told.append(
                f"{pool.threads_count} threads of {pool.kind} ({pool.library}){each} "
                f"for {units.count(cores)} cores: they wait for each other."
            )
    return told


def mapped(record: dict[str, Any]) -> list[str]:
    """Memory maps are read without a call, and no counter has their bytes."""
    count = record.get("files", {}).get("mapped", 0)
    if not count:
        return []
    maps = "file was" if count == 1 else "files were"
    return [
        f"{units.count(count)} {maps} mapped into memory: what is read through a map is in no byte count here."
    ]


def unattributed(found: BytesByLine, moved: tuple[float, float], calls: int) -> list[str]:
    """What the lines did not get of all that the system counted (``moved``: read, written), where it is much."""
    told = []
    for way, verb in enumerate(("read", "written")):
        whole, rest = moved[way], moved[way] - found.total(way)
        if whole <= 0 or rest < 0.01 * whole or rest < 10_000 * calls:
            continue
        threads = min(rest, found.without_line[way])
        told.append(
            f"{units.percent(rest / whole)} of the {units.size(whole / calls)} {verb} belong to no line: "
            f"{units.size(threads / calls)} by threads that stood on none of the user's lines, "
            f"{units.size((rest - threads) / calls)} by children or by threads too short to be seen."
        )
    return told
