"""Loops whose bodies are arithmetic on single numbers: what they work on, and whether a turn needs the turn before it.

It must not judge: rules do.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.diagnose.kinds import Kind
from perfwatch.diagnose.source import COMPREHENSIONS, LOOPS, Module, bound_in, header_parts, names_in
from perfwatch.diagnose.wording import times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

#: Fewer turns are not worth another form.
TURNS_AT_LEAST = 2_000
#: Most of a loop's time is the interpreter's own where libraries have less of it than this.
_LIBRARIES_AT_MOST = 0.5
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.Mod)
_NO_NUMBERS = frozenset({Kind.ARRAY, Kind.FRAME, Kind.SERIES, Kind.TEXT, Kind.LIST})


@dataclass(frozen=True, eq=False, kw_only=True)
class NumericLoop:
    """An innermost dear loop of arithmetic.

    ``statement`` is the dearest of its body. ``of_elements`` says that at least half of what
    it works on are elements of arrays, ``sequential`` that a turn reads what the one before wrote.
    """

    module: Module
    loop: ast.stmt
    statement: ast.AST
    share: float
    turns: float
    of_elements: bool
    sequential: bool

    def mechanism(self, scene: Scene) -> str:
        """Return how the cost comes about, in numbers."""
        each_ns = self.share * scene.evidence.whole_ns / self.turns
        what = "elements of arrays" if self.of_elements else "single numbers"
        return (
            f"the loop's body works on {what} and ran {times(self.turns)}: {self.share:.0%} of the time, "
            f"{each_ns:,.0f} ns a turn, nearly all of it the interpreter's"
        )


def numeric_loops(scene: Scene) -> Iterator[NumericLoop]:
    """Yield the innermost dear loops of arithmetic, dearest first."""
    for module, loop, share in scene.loops:
        inner = [one for one in ast.walk(loop) if one is not loop and isinstance(one, LOOPS)]
        if any(scene.loop_share(module, one) > 0.5 * share for one in inner):
            continue
        turns = max(
            (scene.evidence.hits(module.file, one.lineno, one.end_lineno) for one in loop.body),  # type: ignore[attr-defined]
            default=0.0,
        )
        arithmetic = _arithmetic(scene, module, loop)
        if turns < TURNS_AT_LEAST or not arithmetic or _libraries(scene, module, loop) > _LIBRARIES_AT_MOST:
            continue
        elements = [one for one in arithmetic if isinstance(one, ast.Subscript)]
        own = scene.evidence.own_share(module.file, loop.lineno, loop.end_lineno)
        sequential = depends_on_itself(loop)
        yield NumericLoop(
            module=module,
            loop=loop,
            statement=_dearest(scene, module, loop),
            # What the user's own functions take that it calls is theirs to explain, unless they go with it.
            share=min(share, own + _arithmetic_called(scene, module, loop)) if sequential else own,
            turns=turns,
            of_elements=len(elements) * 2 >= len(arithmetic),
            sequential=sequential,
        )


def _arithmetic_called(scene: Scene, module: Module, loop: ast.stmt) -> float:
    """The share of the user's functions of plain arithmetic that a loop calls and nobody else does: they are compiled with it."""
    calls = [one for one in ast.walk(loop) if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)]
    called = {
        id(found[1]): found for one in calls if (found := scene.program.defined(module, one)) is not None
    }
    return sum(
        scene.function_share(where, function)
        for where, function in called.values()
        if all(call in calls for _, call in scene.program.calls_named(function.name))
        and not any(isinstance(one, (*LOOPS, *COMPREHENSIONS)) for one in ast.walk(function))
        and _arithmetic(scene, where, function)
        and _libraries(scene, where, function) <= _LIBRARIES_AT_MOST
    )


def comprehended(scene: Scene) -> Iterator[NumericLoop]:
    """Yield the dear comprehensions whose items are arithmetic, their own or that of the user's functions that make them."""
    for site in scene.sites:
        for loop in (one for one in site.parts if isinstance(one, COMPREHENSIONS)):
            item = loop.value if isinstance(loop, ast.DictComp) else loop.elt
            turns = scene.times(site, item)
            made = [
                found
                for one in ast.walk(item)
                if isinstance(one, ast.Call)
                if (found := scene.program.defined(site.module, one))
            ]
            scopes = [(site.module, item), *made]
            arithmetic = [one for module, scope in scopes for one in _arithmetic(scene, module, scope)]
            # What loops itself is an inner loop's to explain; what is a library's, no loop's at all; and no
            # form of whole arrays tries and catches.
            others = any(
                _libraries(scene, module, scope) > _LIBRARIES_AT_MOST
                or any(isinstance(one, (*LOOPS, *COMPREHENSIONS, ast.Try)) for one in ast.walk(scope))
                for module, scope in made
            )
            if turns >= TURNS_AT_LEAST and arithmetic and not others:
                yield NumericLoop(
                    module=site.module,
                    loop=site.statement,
                    statement=site.statement,
                    share=site.share,
                    turns=turns,
                    of_elements=False,
                    sequential=False,
                )


def _arithmetic(scene: Scene, module: Module, loop: ast.AST) -> list[ast.AST]:
    """Sums, products and powers of numbers, and elements of arrays, in a loop's body."""
    found: list[ast.AST] = []
    for one in ast.walk(loop):
        if isinstance(one, ast.BinOp) and isinstance(one.op, _OPERATORS):
            if not {scene.kinds.of(module, one.left), scene.kinds.of(module, one.right)} & _NO_NUMBERS:
                found.append(one)
        elif _is_element(scene, module, one):
            found.append(one)
    return found if any(isinstance(one, ast.BinOp) for one in found) else []


def _is_element(scene: Scene, module: Module, node: ast.AST) -> bool:
    """Whether a node is one place, and no stretch, of an array."""
    if not isinstance(node, ast.Subscript) or scene.kinds.of(module, node.value) is not Kind.ARRAY:
        return False
    return not any(isinstance(part, ast.Slice) for part in ast.walk(node.slice))


def _libraries(scene: Scene, module: Module, loop: ast.AST) -> float:
    """The share of the loop's own time that passed in libraries."""
    spent = libraries = 0.0
    for line in range(loop.lineno, (loop.end_lineno or loop.lineno) + 1):  # type: ignore[attr-defined]
        stat = scene.evidence.line(module.file, line)
        if stat is not None and stat.total_ns:
            spent += stat.total_ns
            libraries += (stat.time_ns or 0.0) * (stat.library_ratio or 0.0)
    return libraries / spent if spent else 0.0


def depends_on_itself(loop: ast.AST) -> bool:
    """Whether a turn reads what the turn before it wrote: a state, or an element before this one."""
    body = ast.Module(body=list(loop.body), type_ignores=[])  # type: ignore[attr-defined]
    bound = bound_in(body)
    before = any(
        isinstance(one, ast.Subscript)
        and isinstance(one.ctx, ast.Load)
        and any(
            _is_another(place)
            for place in (one.slice.elts if isinstance(one.slice, ast.Tuple) else [one.slice])
        )
        and names_in(one.value) & bound
        for one in ast.walk(loop)
    )
    return before or bool(_assigned(body) & _read_first(body)) or _is_stepped(body)


def _is_stepped(body: ast.Module) -> bool:
    """Whether a state is moved by a step that depends on it: ``x += dt * f(x)``; a total's does not."""
    return any(
        isinstance(one, ast.AugAssign)
        and isinstance(one.target, ast.Name)
        and (one.target.id in names_in(one.value) or one.target.id in _feeding(body, names_in(one.value)))
        for one in ast.walk(body)
    )


def _feeding(body: ast.Module, names: set[str]) -> set[str]:
    """The names from which the loop's own assignments make others."""
    return {
        name
        for one in ast.walk(body)
        if isinstance(one, ast.Assign) and any(names_in(target) & names for target in one.targets)
        for name in names_in(one.value)
    }


def _is_another(place: ast.AST) -> bool:
    """Whether an index is another turn's: ``i - 1``, ``i + 1``, or ``-1`` of what grows."""
    if isinstance(place, ast.UnaryOp):
        return isinstance(place.op, ast.USub) and isinstance(place.operand, ast.Constant)
    return isinstance(place, ast.BinOp) and isinstance(place.op, (ast.Add, ast.Sub))


def _assigned(body: ast.Module) -> set[str]:
    """Names that plain assignments bind; a total that is only added to is none of them."""
    return {
        name
        for statement in ast.walk(body)
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, (ast.Name, ast.Tuple))
        for name in names_in(target)
    }


def _read_first(body: ast.Module) -> set[str]:
    """Names that a turn reads before it has bound them."""
    found: set[str] = set()
    written: set[str] = set()
    for one in _as_it_runs(body.body):
        if isinstance(one.ctx, ast.Load):
            found |= {one.id} - written
        else:
            written.add(one.id)
    return found


def _as_it_runs(statements: list[ast.stmt]) -> Iterator[ast.Name]:
    """Yield the names of statements in the order in which they are read and bound; branches one after the other."""
    for statement in statements:
        blocks = [getattr(statement, name, []) for name in ("body", "orelse", "finalbody")]
        blocks += [handler.body for handler in getattr(statement, "handlers", [])]
        names = [one for one in header_parts(statement) if isinstance(one, ast.Name)]
        yield from (one for one in names if isinstance(one.ctx, ast.Load))
        yield from (one for one in names if not isinstance(one.ctx, ast.Load))
        for block in blocks:
            yield from _as_it_runs(block)


def _dearest(scene: Scene, module: Module, loop: ast.AST) -> ast.AST:
    """The simple statement of the loop's body with the most time."""
    statements = [
        one
        for one in ast.walk(loop)
        if isinstance(one, ast.stmt) and one is not loop and not getattr(one, "body", None)
    ]
    return max(
        statements,
        key=lambda one: scene.evidence.own_share(module.file, one.lineno, one.end_lineno),
        default=loop,
    )
