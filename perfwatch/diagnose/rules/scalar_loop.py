"""Arithmetic on one number at a time, in Python's own loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.kinds import Kind
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import COMPREHENSIONS, LOOPS, bound_in, names_in
from perfwatch.diagnose.wording import times
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene
    from perfwatch.diagnose.source import Module

_NUMPY = "https://numpy.org/doc/stable/user/basics.broadcasting.html"
_NUMBA = "https://numba.readthedocs.io/en/stable/user/5minguide.html"
_MANY = 2_000
#: Most of a loop's time is the interpreter's own where libraries have less of it than this.
_LIBRARIES_AT_MOST = 0.5


def find(scene: Scene) -> Iterator[Suspect]:
    """The innermost dear loops whose bodies are arithmetic on numbers and elements."""
    for module, loop, share in scene.loops:
        inner = [one for one in ast.walk(loop) if one is not loop and isinstance(one, LOOPS)]
        if any(scene.loop_share(module, one) > 0.5 * share for one in inner):
            continue
        turns = max((scene.evidence.hits(module.file, one.lineno, one.end_lineno) for one in loop.body), default=0.0)  # type: ignore[attr-defined]
        arithmetic = _arithmetic(scene, module, loop)
        if turns < _MANY or not arithmetic or _libraries(scene, module, loop) > _LIBRARIES_AT_MOST:
            continue
        elements = [one for one in arithmetic if isinstance(one, ast.Subscript)]
        sequential = _depends_on_itself(loop)
        yield Suspect(
            module=module,
            node=_hottest(scene, module, loop),
            share=share,
            mechanism=f"the loop's body works on single numbers"
            f"{', most of them elements of arrays,' if len(elements) * 2 >= len(arithmetic) else ''} and ran {times(turns)}: "
            f"{share:.0%} of the time, {share * scene.evidence.whole_ns / turns:,.0f} ns a turn, nearly all of it the interpreter's",
            evidence={"turns_count": turns},
            advice=_compiled() if sequential else _whole_arrays(),
            sure=Grade.HIGH if elements or sequential else Grade.MEDIUM,
            effort=Grade.MEDIUM,
        )


def _arithmetic(scene: Scene, module: Module, loop: ast.AST) -> list[ast.AST]:
    """Sums, products and powers of numbers, and elements of arrays, in a loop's body."""
    found: list[ast.AST] = []
    for one in ast.walk(loop):
        if isinstance(one, ast.BinOp) and isinstance(one.op, (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.Mod)):
            kinds = {scene.kinds.of(module, one.left), scene.kinds.of(module, one.right)}
            if not kinds & {Kind.ARRAY, Kind.FRAME, Kind.SERIES, Kind.TEXT, Kind.LIST}:
                found.append(one)
        elif isinstance(one, ast.Subscript) and scene.kinds.of(module, one.value) is Kind.ARRAY:
            if not any(isinstance(part, ast.Slice) for part in ast.walk(one.slice)):
                found.append(one)
    return found if any(isinstance(one, ast.BinOp) for one in found) else []


def _libraries(scene: Scene, module: Module, loop: ast.AST) -> float:
    """The share of the loop's own time that passed in libraries."""
    spent = libraries = 0.0
    for line in range(loop.lineno, (loop.end_lineno or loop.lineno) + 1):  # type: ignore[attr-defined]
        stat = scene.evidence.line(module.file, line)
        if stat is not None and stat.total_ns:
            spent += stat.total_ns
            libraries += (stat.time_ns or 0.0) * (stat.library_ratio or 0.0)
    return libraries / spent if spent else 0.0


def _depends_on_itself(loop: ast.AST) -> bool:
    """Whether a turn reads what the turn before it wrote: a state, or an element before this one."""
    body = list(loop.body)  # type: ignore[attr-defined]
    bound = bound_in(ast.Module(body=body, type_ignores=[]))
    read_first: set[str] = set()
    written: set[str] = set()
    for statement in body:
        for one in ast.walk(statement):
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load) and one.id not in written:
                read_first.add(one.id)
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                written |= names_in(target) if isinstance(target, (ast.Name, ast.Tuple)) else set()
    states = {
        name
        for statement in ast.walk(ast.Module(body=body, type_ignores=[]))
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, (ast.Name, ast.Tuple))
        for name in names_in(target)
    }
    before = any(
        isinstance(one, ast.Subscript)
        and isinstance(one.ctx, ast.Load)
        and isinstance(one.slice, ast.BinOp)
        and isinstance(one.slice.op, ast.Sub)
        and names_in(one.value) & bound
        for one in ast.walk(loop)
    )
    return before or bool(states & read_first)


def _hottest(scene: Scene, module: Module, loop: ast.AST) -> ast.AST:
    """The statement of the loop's body with the most time."""
    statements = [
        one for one in ast.walk(loop) if isinstance(one, ast.stmt) and one is not loop and not getattr(one, "body", None)
    ]
    return max(
        statements,
        key=lambda one: scene.evidence.share(module.file, one.lineno, one.end_lineno),
        default=loop,
    )


def _whole_arrays() -> Advice:
    return Advice(
        summary="Write it with whole arrays: the same arithmetic once, on all elements, in compiled code.",
        risk="Arrays in between need memory; sums change their order, and with it the last digits.",
        reference=_NUMPY,
    )


def _compiled() -> Advice:
    return Advice(
        summary="Each turn needs the one before it, so whole arrays do not help: compile the function with numba.",
        code="@numba.njit\ndef ...",
        risk="The first call compiles, for a second or so; the function may use numbers, arrays and tuples only.",
        reference=_NUMBA,
    )


__all__ = ["COMPREHENSIONS", "RULE"]

RULE = Rule(
    slug="scalar-loop",
    title="Arithmetic one number at a time",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a loop of 2,000 turns and more whose body is arithmetic on numbers or elements of arrays, with little time in libraries",
    limits="loops that a comprehension makes are told by their line only",
    source=_NUMPY,
    find=find,
)
