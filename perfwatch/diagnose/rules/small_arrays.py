"""Array functions on a few numbers at a time, in Python's own loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.kinds import Kind
from perfwatch.diagnose.loops import depends_on_itself
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.scene import LEAST_SHARE
from perfwatch.diagnose.source import COMPREHENSIONS, LOOPS, names_in
from perfwatch.diagnose.wording import times
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site
    from perfwatch.diagnose.source import Module

_REFERENCE = "https://numpy.org/doc/stable/user/basics.broadcasting.html"
_TURNS_AT_LEAST = 1_000
_THINGS_AT_LEAST = 4
#: A call of numpy's takes 0.5 to 5 microseconds whatever it is handed; a turn makes a few.
_TURN_NS_AT_MOST = 20_000


def find(scene: Scene) -> Iterator[Suspect]:
    """Dear loops whose turns are a few microseconds of array work: free of the turn before, or alike for many things."""
    yield from _free_turns(scene)
    yield from _alike(scene)


def _alike(scene: Scene) -> Iterator[Suspect]:
    """A function of the user's with such a loop in it, in which each turn needs the last, called for one thing after the other."""
    for site in scene.sites:
        for call in site.calls():
            found = scene.program.defined(site.module, call)
            if found is None or not _of_each(scene, site, call):
                continue
            module, function = found
            things = scene.calls_of(module, function)
            inner = [one for one in ast.walk(function) if isinstance(one, LOOPS)]
            turns = max((_turns(scene, module, one) for one in inner), default=0.0)
            share = min(site.share, scene.function_share(module, function))
            each_ns = share * scene.evidence.whole_ns / turns if turns else 0.0
            if things < _THINGS_AT_LEAST or turns < _TURNS_AT_LEAST / 2 or each_ns > _TURN_NS_AT_MOST:
                continue
            if share < LEAST_SHARE or not any(_works_on_arrays(scene, module, one) for one in inner):
                continue
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=share,
                mechanism=f"{function.name} goes through its loop for one thing after the other: {units.count(things)} things, "
                f"{times(turns)} in all, {units.time(each_ns)} a turn, and a call of NumPy's costs 0.5 to 5 µs whatever it is handed",
                evidence={"things_count": things, "turns_count": turns},
                advice=Advice(
                    summary="Take all of them through the loop together: one array with a row for each, and a mask for those that are done.",
                    code=f"{function.name}(rows)  # all at once",
                    risk="The loop runs until the last of them is done; sums may change their order.",
                    reference=_REFERENCE,
                ),
                sure=Grade.MEDIUM,
                effort=Grade.HIGH,
            )
            return


def _of_each(scene: Scene, site: Site, call: ast.Call) -> bool:
    """Whether a call is made for each thing that a loop or comprehension goes through, and of no turn before."""
    loop = scene.repeated_by(site, call)
    if loop is None or isinstance(loop, ast.While):
        return False
    parts = loop.generators if isinstance(loop, COMPREHENSIONS) else [loop]
    turned = {name for one in parts for name in names_in(getattr(one, "target", ast.Pass()))}
    if isinstance(loop, ast.For) and depends_on_itself(loop):
        return False
    return any(names_in(one) & turned for one in call.args)


def _turns(scene: Scene, module: Module, loop: ast.stmt) -> float:
    body: list[ast.stmt] = loop.body  # type: ignore[attr-defined]
    return max(scene.evidence.hits(module.file, one.lineno, one.end_lineno) for one in body)


def _free_turns(scene: Scene) -> Iterator[Suspect]:
    """Innermost loops over parts of arrays, each turn free of the turn before."""
    for module, loop, share in scene.loops:
        if not isinstance(loop, ast.For) or _has_dear_loop(scene, module, loop, share):
            continue
        turns = _turns(scene, module, loop)
        each_ns = share * scene.evidence.whole_ns / turns if turns else 0.0
        if turns < _TURNS_AT_LEAST or each_ns > _TURN_NS_AT_MOST or depends_on_itself(loop):
            continue
        if not _takes_parts(scene, module, loop) or not _works_on_arrays(scene, module, loop):
            continue
        statement = max(
            loop.body, key=lambda one: scene.evidence.share(module.file, one.lineno, one.end_lineno)
        )
        yield Suspect(
            module=module,
            node=statement,
            share=share,
            mechanism=f"each turn works on a small part of an array: {times(turns)}, {units.time(each_ns)} a turn, and a "
            "call of NumPy's costs 0.5 to 5 µs whatever it is handed",
            evidence={"turns_count": turns},
            advice=Advice(
                summary="Do it for all parts at once: a product of stacked matrices (@), einsum, or a reduction along an axis.",
                code='np.einsum("fdp,fdp->fd", a, a)',
                risk="Arrays in between need memory; sums change their order, and with it the last digits.",
                reference=_REFERENCE,
            ),
            sure=Grade.MEDIUM,
            effort=Grade.MEDIUM,
        )


def _has_dear_loop(scene: Scene, module: Module, loop: ast.For, share: float) -> bool:
    inner = [one for one in ast.walk(loop) if one is not loop and isinstance(one, (*LOOPS, *COMPREHENSIONS))]
    return any(scene.loop_share(module, one) > 0.5 * share for one in inner)


def _takes_parts(scene: Scene, module: Module, loop: ast.For) -> bool:
    """Whether what is handed on is a part that the loop's turn picks, ``x[i]``, or a row of an array that is gone through."""
    turned = names_in(loop.target)
    if scene.kinds.of(module, loop.iter) is Kind.ARRAY:
        return True
    return any(
        isinstance(one, ast.Subscript) and isinstance(one.ctx, ast.Load) and names_in(one.slice) & turned
        for statement in loop.body
        for one in ast.walk(statement)
    )


def _works_on_arrays(scene: Scene, module: Module, loop: ast.stmt) -> bool:
    """Whether the loop, or a function of the user's that it calls and that has no loop, multiplies matrices or reduces arrays."""
    calls = [one for one in ast.walk(loop) if isinstance(one, ast.Call)]
    called = [found for one in calls if (found := scene.program.defined(module, one)) is not None]
    plain = [
        (where, function)
        for where, function in called
        if not any(isinstance(one, (*LOOPS, *COMPREHENSIONS)) for one in ast.walk(function))
    ]
    return any(_has_array_work(where, scope) for where, scope in [(module, loop), *plain])


def _has_array_work(module: Module, scope: ast.AST) -> bool:
    return any(
        (isinstance(one, ast.BinOp) and isinstance(one.op, ast.MatMult))
        or (isinstance(one, ast.Call) and module.dotted(one.func) in _WORK)
        for one in ast.walk(scope)
    )


_WORK = frozenset(
    f"numpy.{name}"
    for name in (
        "dot",
        "matmul",
        "inner",
        "outer",
        "einsum",
        "cross",
        "linalg.norm",
        "linalg.solve",
        "linalg.inv",
        "linalg.det",
    )
)


RULE = Rule(
    slug="small-arrays",
    title="Array work in small pieces",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape=f"a loop of {_TURNS_AT_LEAST:,} turns and more over parts of arrays, below 20 µs each, that multiplies or solves, and needs no turn before; or half as many in a function that is called for one thing after the other",
    limits="whether a function's answer for one part hangs on another's, by what it keeps, is not told",
    source=_REFERENCE,
    find=find,
)
