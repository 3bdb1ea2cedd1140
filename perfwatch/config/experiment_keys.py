"""The setting that lists a project's experiments; must not run any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.config.answer_rules import RULE_READERS, read_rule, read_texts, read_word, read_yes
from perfwatch.config.entries import Reader, read_entries
from perfwatch.config.key import Key, WrongValueError
from perfwatch.config.quantities import parse_ratio
from perfwatch.config.stated import parse_stated
from perfwatch.records.proof import Experiment

if TYPE_CHECKING:
    from pathlib import Path

_AS_THEY_ARE = ("inputs", "sizes", "claim", "source", "stated")


def _sizes(value: object) -> tuple[str, ...]:
    wrong = not isinstance(value, list) or any(
        isinstance(one, bool) or not isinstance(one, int | float | str) or "," in str(one) for one in value
    )
    if wrong or not isinstance(value, list):
        raise ValueError(f"{value!r} is not a list of sizes, numbers or names")
    return tuple(str(one) for one in value)


_READERS: dict[str, Reader] = {
    "name": read_word,
    "reference": read_word,
    "candidate": read_word,
    "inputs": read_word,
    "sizes": _sizes,
    "output": read_texts,
    "margin": parse_ratio,
    "statistical": read_yes,
    "rule": read_word,
    **RULE_READERS,
    "claim": read_word,
    "source": read_word,
    "stated": parse_stated,
}


def _experiments(value: object, _base: Path) -> tuple[Experiment, ...]:
    found = []
    for index, one in enumerate(read_entries(value, _READERS, ("name", "reference", "candidate"))):
        rule = read_rule(one, index)
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
