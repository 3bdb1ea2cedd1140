"""Join what was traced past the cap to what came before it.

Past the cap only peak and survivors by line are known. What the first part had
left is counted as kept, because its later frees are not in the second: the
joined peak is an upper bound. It must not be read as exact, and says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.collect.memory_many import held_at_peak

if TYPE_CHECKING:
    from pathlib import Path

    from perfwatch.collect.memory_charge import Charger
    from perfwatch.collect.memory_replay import Tally


@dataclass(slots=True)
class Rest:
    """The second part: whether the peak may lie in it, the joined peak, its course."""

    higher: bool
    peak_bytes: int
    held: dict[int, int]
    moments: list[tuple[float, int, int]]


def rest_capture(path: Path) -> Path:
    """Where the worker writes what it traces past the cap."""
    return path.with_name(f"{path.name}.rest")


def join_rest(path: Path, charger: Charger, peak_bytes: int, left: dict[int, Tally]) -> Rest:
    """Read the second part; ``left`` is what the first never freed, by line.

    Raises ``OSError`` where memray cannot read it.
    """
    import memray

    with memray.FileReader(rest_capture(path)) as reader:
        own = reader.metadata.peak_memory
        held = held_at_peak(reader, charger)
        moments = [(float(one.time), one.rss, one.heap) for one in reader.get_memory_snapshots()]
    kept = sum(tally.leaked_bytes for tally in left.values())
    for line, tally in left.items():
        held[line] = held.get(line, 0) + tally.leaked_bytes
    return Rest(
        higher=kept + own > peak_bytes,
        peak_bytes=max(peak_bytes, kept + own),
        held=held,
        moments=[(at, resident, kept + heap) for at, resident, heap in moments],
    )
