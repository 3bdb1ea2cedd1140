"""Calls whose answer never changes within the loop that repeats them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.purity import is_pure, touched_in
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.shapes import is_lasting
from perfwatch.diagnose.source import bound_in, initialiser, names_in
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site
    from perfwatch.diagnose.source import Function, Module

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
            mechanism=f"{called} is computed anew each time, and comes to the same: {each(scene, site)}",
            evidence={"calls_count": count},
            advice=Advice(
                summary="Compute it once, before the loop, or where its object is made.",
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
    if not loops:
        return _is_of_lasting_things(site.module, call) and is_pure(scene.program, site.module, call)
    reads = names_in(call)
    changed = bound_in(loops[0]) | touched_in(scene.program, site.module, loops[0])
    return not (reads & changed) and is_pure(scene.program, site.module, call)


def _is_of_lasting_things(module: Module, call: ast.Call) -> bool:
    """Whether all that a call in a function reads is bound once, outside it: attributes of its object, constants."""
    read = [
        one
        for argument in (*call.args, *(each.value for each in call.keywords))
        for one in ast.walk(argument)
        if isinstance(one, (ast.Name, ast.Attribute)) and _is_whole(module, one)
    ]
    return (
        module.function_of(call) is not None and bool(read) and all(is_lasting(module, one) for one in read)
    )


def _is_whole(module: Module, node: ast.AST) -> bool:
    """Whether a name is neither the beginning of a longer one nor what is called."""
    parent = module.parents.get(node)
    return not isinstance(parent, ast.Attribute) and getattr(parent, "func", None) is not node


def _share(scene: Scene, site: Site, call: ast.Call) -> float:
    """The call's part of its statement: the time of the user's function where it is one, else what it is of the statement's form."""
    found = scene.program.defined(site.module, call) or _initialiser(scene, site, call)
    if found is None:
        of_numbers = site.module.dotted(call.func).startswith("math.")
        part = _weight(call) / max(1, sum(map(_weight_alone, site.parts))) if of_numbers else 1.0
        return site.share * part
    module, function = found
    inside = scene.evidence.share(module.file, function.lineno, function.end_lineno)
    return min(site.share, inside) or site.share


def _initialiser(scene: Scene, site: Site, call: ast.Call) -> tuple[Module, Function] | None:
    made = scene.program.class_made(site.module, call)
    begin = None if made is None else initialiser(made[1])
    return None if made is None or begin is None else (made[0], begin)


def _weight(node: ast.AST) -> int:
    return sum(map(_weight_alone, ast.walk(node)))


def _weight_alone(node: ast.AST) -> int:
    """What an operation costs beside others of its statement, roughly: a call as much as four others."""
    if isinstance(node, ast.Call):
        return 4
    return int(isinstance(node, (ast.BinOp, ast.Subscript, ast.Attribute, ast.Compare)))


def _holds(outer: ast.AST, inner: ast.AST) -> bool:
    return any(one is inner for one in ast.walk(outer))


RULE = Rule(
    slug="loop-invariant",
    title="The same thing computed in each turn",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a pure call, or the making of an object that nothing changes later, of which no argument is bound or changed in the loop that repeats it, or in a function, of attributes and constants that are bound once",
    limits="what a method changes unseen inside its own object is not known; such calls are left alone",
    source=_REFERENCE,
    find=find,
)
