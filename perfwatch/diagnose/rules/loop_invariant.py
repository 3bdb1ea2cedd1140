"""Calls whose answer never changes within the loop that repeats them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.purity import is_pure, touched_in
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import COMPREHENSIONS, LOOPS, bound_in, names_in
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_REFERENCE = "https://en.wikipedia.org/wiki/Loop-invariant_code_motion"
_MANY = 20
#: What costs no more than asking for a value that was kept.
_CHEAP = frozenset({"range", "len", "enumerate", "zip", "abs", "min", "max", "float", "int", "iter", "next"})


def find(scene: Scene) -> Iterator[Suspect]:
    """A call in a loop, of which nothing that it reads is bound or changed in the loop."""
    for site in scene.sites:
        found = [one for one in site.calls() if _is_invariant(scene, site, one)]
        # Of calls inside each other the outermost alone: it holds the others.
        whole = [one for one in found if not any(one is not other and _holds(other, one) for other in found)]
        count = scene.times(site, whole[0]) if whole else 0
        if not whole or count < _MANY:
            continue
        called = site.module.words(whole[0])
        share = _share(scene, site, whole[0])
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=share,
            mechanism=f"{called} is computed anew in each turn of the loop, and comes to the same: {each(scene, site)}",
            evidence={"calls_count": count},
            advice=Advice(
                summary="Compute it once, before the loop.",
                code=f"value = {called}  # before the loop",
                risk="It is computed even where the loop has no turn.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
        )


def _is_invariant(scene: Scene, site: Site, call: ast.Call) -> bool:
    if site.module.dotted(call.func) in _CHEAP or isinstance(site.module.parents.get(call), ast.Expr):
        return False  # what nobody takes the value of is called for what it does
    loops = site.module.loops_around(call)
    if not loops or not isinstance(loops[0], (*LOOPS, *COMPREHENSIONS)):
        return False
    reads = names_in(call)
    changed = bound_in(loops[0]) | touched_in(scene.program, site.module, loops[0])
    return not (reads & changed) and is_pure(scene.program, site.module, call)


def _share(scene: Scene, site: Site, call: ast.Call) -> float:
    """The call's part of its statement: the user's function's own time where it is one, else the statement's."""
    found = scene.program.defined(site.module, call)
    if found is None:
        return site.share
    module, function = found
    inside = scene.evidence.share(module.file, function.lineno, function.end_lineno)
    return min(site.share, inside) or site.share


def _holds(outer: ast.AST, inner: ast.AST) -> bool:
    return any(one is inner for one in ast.walk(outer))


RULE = Rule(
    slug="loop-invariant",
    title="The same thing computed in each turn",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a pure call in a loop, of which no argument is bound or changed in the loop",
    limits="what a method changes unseen inside its own object is not known; such calls are left alone",
    source=_REFERENCE,
    find=find,
)
