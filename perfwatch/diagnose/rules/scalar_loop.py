"""Arithmetic on one number at a time, in Python's own loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.loops import TURNS_AT_LEAST, comprehended
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_REFERENCE = "https://numpy.org/doc/stable/user/basics.broadcasting.html"


def find(scene: Scene) -> Iterator[Suspect]:
    """Innermost dear loops of arithmetic, each turn of which could be done without the others."""
    for loop in (*scene.numeric_loops, *comprehended(scene)):
        if loop.sequential or loop.of_elements:
            continue
        yield Suspect(
            module=loop.module,
            node=loop.statement,
            share=loop.share,
            mechanism=loop.mechanism(scene),
            evidence={"turns_count": loop.turns},
            advice=Advice(
                summary="Write it with whole arrays: the same arithmetic once, on all elements, in compiled code.",
                risk="Arrays in between need memory; sums change their order, and with it the last digits.",
                reference=_REFERENCE,
            ),
            sure=Grade.MEDIUM,
            effort=Grade.MEDIUM,
        )


RULE = Rule(
    slug="scalar-loop",
    title="Arithmetic one number at a time",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape=f"a loop of {TURNS_AT_LEAST:,} turns and more whose body is arithmetic on numbers, with little time in libraries",
    limits="of a comprehension the functions are read that it calls itself, and not those that these call",
    source=_REFERENCE,
    find=find,
)
