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

    from perfwatch.diagnose.scene import Scene, Site
    from perfwatch.diagnose.source import Module

_REFERENCE = "https://docs.python.org/3/using/cmdline.html#cmdoption-X"
_LEAST_RATIO, _MOST_RATIO = 0.3, 0.7


def find(scene: Scene) -> Iterator[Suspect]:
    """Import statements at dear places, where importing has a third of the time: of what nobody asked, or of a run that is little else."""
    use = scene.evidence.cpu_use
    if use is None or not use.import_ratio or use.import_ratio < _LEAST_RATIO:
        return
    dear = [one for one in scene.sites if isinstance(one.statement, (ast.Import, ast.ImportFrom))]
    for site in dear[:3]:
        if site.share < LEAST_SHARE:
            continue
        used = _used(scene, site)
        if used and use.import_ratio < _MOST_RATIO:
            continue  # what the run needs is imported sooner or later
        took = site.share * scene.evidence.whole_ns
        idle = "" if used else "; nothing else that ran names it"
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=site.share,
            mechanism=f"{site.module.words(site.statement)} took {units.time(took)}; importing has {use.import_ratio:.0%} of the time{idle}",
            evidence={"import_ratio": use.import_ratio},
            advice=Advice(
                summary="Import it where it is needed, if it is needed at all, or import the one part that is; for many short runs, let "
                "one process do them all.",
                code="python -X importtime ...  # tells the parts",
                risk="An import that fails is noticed later.",
                reference=_REFERENCE,
            ),
            # An import may be there for what it does, and a start takes as long in a longer run.
            sure=Grade.HIGH if use.import_ratio >= _MOST_RATIO else Grade.MEDIUM,
        )


def _used(scene: Scene, site: Site) -> bool:
    """Whether a line that ran names what is imported; so it is, too, where that cannot be told."""
    names = {one.asname or one.name.partition(".")[0] for one in site.statement.names}  # type: ignore[attr-defined]
    counted = any(
        stat.hits_count for (file, _), stat in scene.evidence.lines.items() if file == site.module.file
    )
    return (
        not counted
        or "*" in names
        or any(
            node.id in names and _ran(scene, site.module, node.lineno) for node in site.module.nodes(ast.Name)
        )
    )


def _ran(scene: Scene, module: Module, line: int) -> bool:
    """Whether the statement at a line ran."""
    statement = module.statement_at(line)
    return (
        statement is not None and scene.evidence.hits(module.file, statement.lineno, statement.end_lineno) > 0
    )


RULE = Rule(
    slug="import-time",
    title="Start-up: imports",
    needs=frozenset({PassName.CPU}),
    shape="import statements at dear places, of names that no line that ran uses, with importing at a third of the time and more; of any, at 70%",
    limits="what an imported library does at its import is not looked into; an import that is there for its effects looks unused",
    source=_REFERENCE,
    find=find,
)
