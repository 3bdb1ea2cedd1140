"""Loops that cannot be written with whole arrays, and can be compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.loops import TURNS_AT_LEAST
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import FUNCTIONS
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_REFERENCE = "https://numba.readthedocs.io/en/stable/user/5minguide.html"


def find(scene: Scene) -> Iterator[Suspect]:
    """Innermost dear loops of arithmetic, each turn of which needs the turn before it."""
    for loop in scene.numeric_loops:
        if not loop.sequential:
            continue
        function = loop.module.function_of(loop.loop)
        name = function.name if isinstance(function, FUNCTIONS) else "..."
        yield Suspect(
            module=loop.module,
            node=loop.statement,
            share=loop.share,
            mechanism=f"{loop.mechanism(scene)}; each turn needs the one before it",
            evidence={"turns_count": loop.turns},
            advice=Advice(
                summary="Whole arrays do not help where each turn needs the last one: compile the function with numba.",
                code=f"@numba.njit\ndef {name}(...):",
                risk="The first call compiles, for a second or so; the function may use numbers, arrays and tuples only.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
            effort=Grade.MEDIUM,
        )


RULE = Rule(
    slug="compile-candidate",
    title="A sequential loop to be compiled",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape=f"a loop of {TURNS_AT_LEAST:,} turns and more of arithmetic in which a turn reads what the last one wrote",
    limits="objects, dictionaries and texts in the loop keep it from being compiled as it stands",
    source=_REFERENCE,
    find=find,
)
