"""Random generators that are made for each draw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.wording import each_alone
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_MAKERS = ("numpy.random.default_rng", "numpy.random.RandomState", "numpy.random.Generator", "random.Random",
           "numpy.random.seed", "numpy.random.SeedSequence", "numpy.random.PCG64")  # fmt: skip
_REFERENCE = "https://numpy.org/doc/stable/reference/random/generator.html"


def find(scene: Scene) -> Iterator[Suspect]:
    """A generator made, or seeded, where draws are made many times."""
    for site, call, count in scene.repeated_calls():
        if site.module.dotted(call.func) in _MAKERS:
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=site.own,
                mechanism=f"a random generator is made anew: {each_alone(scene, site)}",
                evidence={"generators_count": count},
                advice=Advice(
                    summary="Make one generator and hand it on: making one costs as much as thousands of draws.",
                    code=f"rng = {site.module.words(call)}  # once",
                    risk="Draws come from one stream instead of many that begin alike: other numbers.",
                    reference=_REFERENCE,
                ),
                sure=Grade.HIGH,
                risk=Grade.MEDIUM,
            )
            return


RULE = Rule(
    slug="generator-rebuilt",
    title="Random generators built per call",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="numpy.random.default_rng, RandomState, seed or random.Random at a place that runs many times",
    limits="one generator for each independent stream is right where streams are handed to workers",
    source=_REFERENCE,
    find=find,
)
