"""``perfwatch.prove``: the door from Python to a proof; it must not compare or judge."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from perfwatch.api.asked import asked_for
from perfwatch.api.measuring import environ_of_workers, in_order_on_sigterm, refuse
from perfwatch.api.subjects import importable_name
from perfwatch.errors import UsageError
from perfwatch.records.proof import PROOF_MARGIN_RATIO, AnswerRule, Experiment, Ignored, Proof

if TYPE_CHECKING:
    from perfwatch.records.plan import Event

#: A function, or the text ``package.module:function``.
Named = str | Callable[..., Any]
_WAYS = ("exact", "statistical", "rule", "rtol", "atol")


class ProofOptions(TypedDict, total=False):
    """What a proof may be asked for besides; as the options of ``perfwatch prove``."""

    sizes: Sequence[int | float | str]
    rtol: float
    atol: float
    exact: bool
    statistical: bool
    rule: Named
    ignore: Sequence[str]
    margin: float
    name: str
    budget: str | float
    timeout: str | float
    progress: Callable[[Event], None]


_RULES = ("sizes", "rtol", "atol", "exact", "statistical", "rule", "ignore", "margin")


def prove(reference: Named, candidate: Named, inputs: Named | None, options: ProofOptions) -> Proof:
    """See ``perfwatch.prove``."""
    refuse("prove")
    mine = {name: value for name, value in options.items() if name in _RULES}
    asked = asked_for("prove", {name: value for name, value in options.items() if name not in _RULES})
    experiment = _experiment(_word(reference), _word(candidate), inputs, mine)
    if "name" in options:
        experiment = replace(experiment, name=str(options["name"]))
    # What compares arrays is loaded only by whoever has some to compare.
    from perfwatch import pipeline
    from perfwatch.pipeline.proving import prove as proved
    from perfwatch.target.choice import TargetChoice

    place = pipeline.Place(
        cwd=Path.cwd(),
        environ=environ_of_workers(),
        command=f"perfwatch.prove({experiment.name})",
        aside=True,
    )
    choice = TargetChoice(root=asked.config.root, cwd=place.cwd)
    with in_order_on_sigterm():
        return proved(experiment, choice, asked.config, place, asked.progress)


def _word(side: Named) -> str:
    return side if isinstance(side, str) else importable_name(side)


def _experiment(reference: str, candidate: str, inputs: Named | None, given: dict[str, Any]) -> Experiment:
    ways = [way for way in _WAYS if given.get(way) not in (None, False)]
    if len(ways) > 1 and ways != ["rtol", "atol"]:
        raise _wrong(
            f"{ways[0]} and {ways[1]} do not go together", "Keep one: each says when answers are the same."
        )
    if inputs is not None and not (isinstance(inputs, str) or callable(inputs)):
        raise _wrong(
            f"inputs is a {type(inputs).__name__}, and no function",
            "Hand over the function that makes the arguments: each side gets arguments of its own.",
        )
    for name in ("rtol", "atol", "margin"):
        value = given.get(name)
        if value is not None and not (isinstance(value, int | float) and 0 <= value < math.inf):
            raise _wrong(f"{name}={value!r} is not a number of 0 or more", f"Write {name}=0.01")
    known = [one.value for one in Ignored]
    for one in given.get("ignore", ()):
        if one not in known:
            raise _wrong(f"ignore={one!r} is nothing that an answer has", f"Choose from {', '.join(known)}.")
    rule = given.get("rule")
    return Experiment(
        name=f"{reference} → {candidate}",
        reference=reference,
        candidate=candidate,
        inputs=None if inputs is None else _word(inputs),
        sizes=tuple(map(str, given.get("sizes", ()))),
        margin_ratio=given.get("margin", PROOF_MARGIN_RATIO),
        rule=AnswerRule(
            rtol=given.get("rtol"),
            atol=given.get("atol"),
            exact=bool(given.get("exact")),
            statistical=bool(given.get("statistical")),
            function="" if rule is None else _word(rule),
            ignored=tuple(Ignored(one) for one in given.get("ignore", ())),
        ),
    )


def _wrong(what: str, do: str) -> UsageError:
    return UsageError(
        f"perfwatch.prove: {what}.", means="Nothing was called, and nothing was measured.", do=do
    )
