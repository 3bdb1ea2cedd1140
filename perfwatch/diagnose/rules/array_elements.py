"""Elements of arrays taken one by one in Python's own loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.loops import TURNS_AT_LEAST
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_REFERENCE = "https://numpy.org/doc/stable/user/basics.indexing.html#slicing-and-striding"


def find(scene: Scene) -> Iterator[Suspect]:
    """Innermost dear loops that mostly read or write elements of arrays, each turn for itself."""
    for loop in scene.numeric_loops:
        if loop.sequential or not loop.of_elements:
            continue
        yield Suspect(
            module=loop.module,
            node=loop.statement,
            share=loop.share,
            mechanism=loop.mechanism(scene),
            evidence={"turns_count": loop.turns},
            advice=Advice(
                summary="Take slices instead of elements: shifted views for neighbours, np.where for branches, so that one "
                "statement does all turns.",
                risk="Arrays in between need memory; sums change their order, and with it the last digits.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
            effort=Grade.MEDIUM,
        )


RULE = Rule(
    slug="array-elements",
    title="Elements of arrays one by one",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape=f"a loop of {TURNS_AT_LEAST:,} turns and more, half of whose arithmetic is on elements of NumPy arrays",
    limits="an array that is handed in from where the source does not show it is not known as one",
    source=_REFERENCE,
    find=find,
)
