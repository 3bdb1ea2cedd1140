"""The setting that lists a project's experiments; must not run any."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfwatch.config.entries import Reader, read_entries
from perfwatch.config.key import Key, WrongValueError
from perfwatch.config.quantities import parse_ratio
from perfwatch.config.stated import parse_stated
from perfwatch.records.proof import AnswerRule, Experiment, Ignored

if TYPE_CHECKING:
    from pathlib import Path

_AS_THEY_ARE = ("inputs", "sizes", "claim", "source", "stated")
_WAYS = ("exact", "statistical", "rule", "rtol", "atol")


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is not a text")
    return value.strip()


def _yes(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")  # noqa: TRY004 - one kind of error for a wrong value
    return value


def _tolerance(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError(f"{value!r} is not a number of 0 or more")
    return float(value)


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list")  # noqa: TRY004 - one kind of error for a wrong value
    return tuple(_text(one) for one in value)


def _sizes(value: object) -> tuple[str, ...]:
    wrong = not isinstance(value, list) or any(
        isinstance(one, bool) or not isinstance(one, int | float | str) or "," in str(one) for one in value
    )
    if wrong or not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list of sizes, numbers or names")
    return tuple(str(one) for one in value)


def _ignored(value: object) -> tuple[Ignored, ...]:
    known = [one.value for one in Ignored]
    for one in (texts := _texts(value)):
        if one not in known:
            raise ValueError(f"{one!r} is nothing that an answer has ({', '.join(known)})")
    return tuple(Ignored(one) for one in texts)


_READERS: dict[str, Reader] = {
    "name": _text,
    "reference": _text,
    "candidate": _text,
    "inputs": _text,
    "sizes": _sizes,
    "output": _texts,
    "margin": parse_ratio,
    "rtol": _tolerance,
    "atol": _tolerance,
    "exact": _yes,
    "statistical": _yes,
    "rule": _text,
    "ignore": _ignored,
    "claim": _text,
    "source": _text,
    "stated": parse_stated,
}


def _experiments(value: object, _base: Path) -> tuple[Experiment, ...]:
    found = []
    for index, one in enumerate(read_entries(value, _READERS, ("name", "reference", "candidate"))):
        ways = [way for way in _WAYS if one.get(way)]
        if len(ways) > 1 and ways != ["rtol", "atol"]:
            raise WrongValueError(
                f"{ways[0]} and {ways[1]} do not go together: each says when two answers are the same",
                within=(index,),
            )
        rule = AnswerRule(
            rtol=one.get("rtol"),  # type: ignore[arg-type]
            atol=one.get("atol"),  # type: ignore[arg-type]
            exact=bool(one.get("exact")),
            statistical=bool(one.get("statistical")),
            function=str(one.get("rule", "")),
            ignored=one.get("ignore", ()),  # type: ignore[arg-type]
        )
        if "claim" in one and "stated" not in one:
            raise WrongValueError("a claim needs stated = ..., how many times as fast", within=(index,))
        fields = {"output": "files", "margin": "margin_ratio"} | {name: name for name in _AS_THEY_ARE}
        more = {field: one[key] for key, field in fields.items() if key in one}
        found.append(
            Experiment(
                name=str(one["name"]),
                reference=str(one["reference"]),
                candidate=str(one["candidate"]),
                rule=rule,
                **more,  # type: ignore[arg-type]
            )
        )
    return tuple(found)


EXPERIMENT_KEYS = (
    Key(
        name="experiments",
        field="experiments",
        kind="list of tables with name, reference, candidate and more",
        doc="What a bare `perfwatch prove` proves: optimisations that are to stay right and fast.",
        example='[{ name = "fast fit", reference = "pkg.fit:plain", candidate = "pkg.fit:fast" }]',
        default="none",
        read=_experiments,
    ),
)
