"""Loops whose turns call a function of the user's and could do so in any order, and how often they are entered.

It must not judge whether it pays to part them; in doubt the answer is that turns depend on each other.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.diagnose.effects import changing_reads
from perfwatch.diagnose.loops import depends_on_itself
from perfwatch.diagnose.purity import is_pure_function, touched_in
from perfwatch.diagnose.scene import Site
from perfwatch.diagnose.source import (
    COMPREHENSIONS,
    FUNCTIONS,
    Function,
    Module,
    bound_in,
    called_name,
    names_in,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

#: Callers of callers of callers are not followed further.
_DEEP = 4
#: What goes through a generator to its end; anything else may stop early.
_EXHAUSTING = frozenset({"list", "tuple", "set", "dict", "sum", "min", "max", "sorted", "fromiter"})
_LEAVING = (ast.Break, ast.Return, ast.Yield, ast.YieldFrom, ast.Await)


@dataclass(frozen=True, eq=False, kw_only=True)
class PartedLoop:
    """A call in a loop, or comprehension, whose turns do not depend on each other.

    ``loop`` is the outermost such, ``share`` what the call has of the time; ``where`` and ``function``
    are what is called.
    """

    site: Site
    call: ast.Call
    loop: ast.AST
    where: Module
    function: Function
    share: float

    @property
    def module(self) -> Module:
        """Where the loop stands."""
        return self.site.module

    @property
    def innermost(self) -> ast.AST:
        """The loop that the call itself stands in."""
        return self.module.loops_around(self.call)[0]


def parted_loops(scene: Scene) -> Iterator[PartedLoop]:
    """Yield the loops at dear places that call pure functions of modules of the user's, dearest first."""
    for site in scene.sites:
        for call in site.calls():
            found = scene.program.defined(site.module, call)
            loop = None if found is None else _outermost(scene, site.module, call)
            if found is None or loop is None or not _is_plain(*found):
                continue
            if is_pure_function(scene.program, *found) and not changing_reads(*found):
                share = min(site.share, scene.function_share(*found))
                yield PartedLoop(
                    site=site, call=call, loop=loop, where=found[0], function=found[1], share=share
                )


def entries_of(scene: Scene, module: Module, loop: ast.AST) -> float:
    """Return how often a loop was entered: as it was counted, else as the source shows it; 0 where neither tells."""
    first = loop.body[0].lineno if isinstance(loop, ast.For) else 0
    header = scene.evidence.line(module.file, loop.lineno)  # type: ignore[attr-defined]
    exact = header is not None and header.hits_count and header.hits_error_count is None
    if header is not None and exact:
        hits = header.hits_count or 0.0
        inside = scene.evidence.hits(module.file, first) if first else 0.0
        if not first or (inside and first != loop.lineno):  # type: ignore[attr-defined]
            return max(1.0, hits - inside)
    return _reached(scene, module, loop)


def _is_plain(module: Module, function: Function) -> bool:
    """Whether a function belongs to its module itself, so that another process finds it by its name, and is nothing but itself.

    What decorates it may keep its answers, which processes do not share, or compile it.
    """
    own = isinstance(module.parents.get(function), (ast.Module, ast.If))
    return own and isinstance(function, ast.FunctionDef) and not function.decorator_list


def _outermost(scene: Scene, module: Module, call: ast.Call) -> ast.AST | None:
    """The outermost loop around a call all of whose turns, and those of the loops inside it, could be done apart."""
    found = None
    for loop in module.loops_around(call):
        if not _is_apart(scene, module, loop, call):
            break
        found = loop
    return found


def _is_apart(scene: Scene, module: Module, loop: ast.AST, call: ast.Call) -> bool:
    if isinstance(loop, ast.GeneratorExp):
        user = module.parents.get(loop)
        if not isinstance(user, ast.Call) or called_name(user) not in _EXHAUSTING:
            return False
    elif not isinstance(loop, (ast.For, *COMPREHENSIONS)):
        return False
    if isinstance(loop, ast.For) and (
        depends_on_itself(loop) or any(isinstance(one, _LEAVING) for one in ast.walk(loop))
    ):
        return False
    return not _changed(scene, module, loop) & _fed(loop, call)


def _changed(scene: Scene, module: Module, loop: ast.AST) -> set[str]:
    """The names of what a loop's turns leave changed: totals, elements, and what methods or functions may change."""
    targets = names_in(loop.target) if isinstance(loop, ast.For) else set()
    stepped = {
        name for one in ast.walk(loop) if isinstance(one, ast.AugAssign) for name in names_in(one.target)
    }
    plain = {one.id for one in ast.walk(loop) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    in_place = bound_in(loop) - plain - targets
    named = {
        one.target.id
        for one in ast.walk(loop)
        if isinstance(one, ast.NamedExpr) and isinstance(one.target, ast.Name)
    }
    return in_place | stepped | named | touched_in(scene.program, module, loop)


def _fed(loop: ast.AST, call: ast.Call) -> set[str]:
    """The names that the arguments of a call are made of, through the loop's own assignments."""
    found = {name for one in (*call.args, *(each.value for each in call.keywords)) for name in names_in(one)}
    gone_through = [
        (one.target, one.iter) for one in ast.walk(loop) if isinstance(one, (ast.For, ast.comprehension))
    ]
    assigned = [
        (target, one.value) for one in ast.walk(loop) if isinstance(one, ast.Assign) for target in one.targets
    ]
    while True:
        more = {
            name
            for target, value in (*gone_through, *assigned)
            if names_in(target) & found
            for name in names_in(value)
        }
        if more <= found:
            return found
        found |= more


def _reached(scene: Scene, module: Module, node: ast.AST, depth: int = 0) -> float:
    """How often a place is reached as the source shows it; 0 where it is repeated so that nobody can tell."""
    if depth > _DEEP or module.loops_around(node):
        return 0.0
    function = module.function_of(node)
    if function is None:
        return 1.0
    if not isinstance(function, FUNCTIONS) or _is_handed_on(scene, function.name):
        return 0.0
    calls = scene.program.calls_named(function.name)
    if not calls:
        return 1.0  # the benchmark's own
    reached = [_reached(scene, where, call, depth + 1) for where, call in calls]
    return sum(reached) if all(reached) else 0.0


def _is_handed_on(scene: Scene, name: str) -> bool:
    """Whether a function is used by its name otherwise than in a call: whoever is handed it may call it again and again."""
    for module in scene.program.naming(name):
        called = {id(call.func) for call in module.calls.get(name, ())}
        for one in module.nodes(ast.Name, ast.Attribute):
            told = one.id if isinstance(one, ast.Name) else one.attr
            if told == name and id(one) not in called:
                return True
    return False
