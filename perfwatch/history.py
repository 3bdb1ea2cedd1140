"""A benchmark's stored times as a history: machine by machine, because no others may be held against each other.

Pure: it is handed the times. It must not judge: whether something became slower is a
comparison's to say.
"""

from __future__ import annotations

from string import ascii_uppercase
from typing import TYPE_CHECKING

from perfwatch.records.history import BenchmarkLine, History, Lane, Point

if TYPE_CHECKING:
    from collections.abc import Sequence


def history_of(benchmark: BenchmarkLine, points: Sequence[Point]) -> History:
    """Part the points, which come oldest first, by the keys of their environments.

    Lanes are called A, B, …, Z, AA, …, the one measured last first. Points without a key form
    one lane that is not joined, since nobody knows whether any two of them are comparable.
    """
    found: dict[str, list[Point]] = {}
    for point in points:
        found.setdefault(point.machine.key, []).append(point)
    places = {id(point): place for place, point in enumerate(points)}
    newest_first = sorted(found.values(), key=lambda lane: places[id(lane[-1])], reverse=True)
    return History(
        name=benchmark.name,
        target=benchmark.target,
        slug=benchmark.slug,
        lanes=tuple(
            Lane(
                name=_letters(number),
                machine=lane[-1].machine,
                points=tuple(lane),
                joined=bool(lane[-1].machine.key),
            )
            for number, lane in enumerate(newest_first)
        ),
    )


def _letters(number: int) -> str:
    """Count in letters: 0 is A, 25 is Z, 26 is AA."""
    rest, letter = divmod(number, len(ascii_uppercase))
    return (_letters(rest - 1) if rest else "") + ascii_uppercase[letter]
