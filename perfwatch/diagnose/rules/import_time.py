"""A program that mostly imports."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.scene import LEAST_SHARE
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_REFERENCE = "https://docs.python.org/3/using/cmdline.html#cmdoption-X"
_LEAST_RATIO, _MOST_RATIO = 0.3, 0.7


def find(scene: Scene) -> Iterator[Suspect]:
    """Import statements at dear places, where importing has a third of the time."""
    use = scene.evidence.cpu_use
    if use is None or not use.import_ratio or use.import_ratio < _LEAST_RATIO:
        return
    dear = [one for one in scene.sites if isinstance(one.statement, (ast.Import, ast.ImportFrom))]
    for site in dear[:3]:
        if site.share < LEAST_SHARE:
            continue
        took = site.share * scene.evidence.whole_ns
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=site.share,
            mechanism=f"{site.module.words(site.statement)} took {units.time(took)}; importing has {use.import_ratio:.0%} of the time",
            evidence={"import_ratio": use.import_ratio},
            advice=Advice(
                summary="Import it where it is needed, if it is needed at all, or import the one part that is; for many short runs, let "
                "one process do them all.",
                code="python -X importtime ...  # tells the parts",
                risk="An import that fails is noticed later.",
                reference=_REFERENCE,
            ),
            # A start takes as long in a longer run: of a part of the time it is a hint.
            sure=Grade.HIGH if use.import_ratio >= _MOST_RATIO else Grade.LOW,
        )


RULE = Rule(
    slug="import-time",
    title="Start-up: imports",
    needs=frozenset({PassName.CPU}),
    shape="import statements at dear places, with importing at a third of the time and more",
    limits="what an imported library does at its import is not looked into",
    source=_REFERENCE,
    find=find,
)
