"""Hold against each other, in one process, objects that show nothing of what they hold.

Only such an object itself can say whether it equals another one. It must not pickle,
and must not look into anything: ``portable`` has done that.
"""

from __future__ import annotations

import sys
from typing import Any

from .portable import Writer

#: Pairs of objects beyond these are not held against each other.
PAIRS_AT_MOST = 1_000
ITSELF, OWN, AROUND = "being one and the same object", "their own ==", "the == of a {} around them"
IDENTITY = "its == tells apart even what the reference returns twice"


def held_together(
    first: Any, again: Any, other: Any, pairs: list[list[int]]
) -> list[tuple[bool | None, str]]:
    """Say of each pair (a number in the reference's value, one in the candidate's) whether the two are equal, and by what.

    ``again`` is the reference's value from a second call: an ``==`` that tells this
    from the first goes by identity, and decides nothing.
    """
    mine, twin, theirs = (_opaque(value) for value in (first, again, other))
    return [
        _held(_at(mine, base), _at(twin, base), _at(theirs, head)) for base, head in pairs[:PAIRS_AT_MOST]
    ]


class _Nowhere:
    """A file for data that nobody reads."""

    def write(self, data: Any) -> int:
        return len(data)


def _opaque(value: Any) -> list[tuple[Any, ...]]:
    """The objects in a value that show nothing, by their numbers, each with the objects around it from the inside out."""
    writer = Writer(_Nowhere(), holding=True)  # type: ignore[arg-type]
    writer.node(value)
    return writer.held


def _at(kept: list[tuple[Any, ...]], number: int) -> tuple[Any, ...]:
    return kept[number] if 0 <= number < len(kept) else ()


def _held(mine: tuple[Any, ...], twin: tuple[Any, ...], theirs: tuple[Any, ...]) -> tuple[bool | None, str]:
    if not mine or not theirs or type(mine[0]) is not type(theirs[0]):
        return None, "it was not found again in another process"
    if mine[0] is theirs[0]:
        return True, ITSELF
    said = _equal(mine[0], theirs[0])
    if said:
        return True, OWN
    # An object around them may know how to compare what it holds. Where it says no, that may be for rounding elsewhere.
    for one, other in zip(mine[1:], theirs[1:], strict=False):
        if _equal(one, other):
            return True, AROUND.format(type(one).__qualname__)
    if said is None:
        return None, "its == gives no plain yes or no"
    return (False, OWN) if twin and _equal(mine[0], twin[0]) else (None, IDENTITY)


def _equal(one: Any, other: Any) -> bool | None:
    """What ``==`` says where that is a plain truth value."""
    try:
        said = one == other
    except Exception:  # whatever it raises, it does not say
        return None
    numpy = sys.modules.get("numpy")
    plain = (bool,) if numpy is None else (bool, numpy.bool_)
    return bool(said) if isinstance(said, plain) else None
