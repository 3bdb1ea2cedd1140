"""How an entry of the settings says when two answers are the same; must not compare any."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfwatch.config.key import WrongValueError
from perfwatch.records.proof import AnswerRule, Ignored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.config.entries import Reader

_WAYS = ("exact", "statistical", "rule", "rtol", "atol")


def read_word(value: object) -> str:
    """Return a text without the blanks around it."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is not a text")
    return value.strip()


def read_texts(value: object) -> tuple[str, ...]:
    """Return a list of texts."""
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list")  # noqa: TRY004 - one kind of error for a wrong value
    return tuple(read_word(one) for one in value)


def read_yes(value: object) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")  # noqa: TRY004 - one kind of error for a wrong value
    return value


def _tolerance(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{value!r} is not a number of 0 or more")
    return float(value)


def _ignored(value: object) -> tuple[Ignored, ...]:
    known = [one.value for one in Ignored]
    for one in (texts := read_texts(value)):
        if one not in known:
            raise ValueError(f"{one!r} is nothing that an answer has ({', '.join(known)})")
    return tuple(Ignored(one) for one in texts)


#: The keys of a rule that one entry can tell by itself.
RULE_READERS: Mapping[str, Reader] = {
    "rtol": _tolerance,
    "atol": _tolerance,
    "exact": read_yes,
    "ignore": _ignored,
}


def read_rule(entry: Mapping[str, object], index: int) -> AnswerRule:
    """Return the rule of an entry that was read; ``index`` is its place in its list.

    Raises ``WrongValueError`` for two ways to say when answers are the same.
    """
    ways = [way for way in _WAYS if entry.get(way)]
    if len(ways) > 1 and ways != ["rtol", "atol"]:
        raise WrongValueError(
            f"{ways[0]} and {ways[1]} do not go together: each says when two answers are the same",
            within=(index,),
        )
    return AnswerRule(
        rtol=entry.get("rtol"),  # type: ignore[arg-type]
        atol=entry.get("atol"),  # type: ignore[arg-type]
        exact=bool(entry.get("exact")),
        statistical=bool(entry.get("statistical")),
        function=str(entry.get("rule", "")),
        ignored=entry.get("ignore", ()),  # type: ignore[arg-type]
    )
