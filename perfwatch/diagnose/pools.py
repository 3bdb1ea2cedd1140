"""Which calls hand work to a pool of processes. It must not know of measurements."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.source import Module, Program, called_name

if TYPE_CHECKING:
    from perfwatch.diagnose.scene import Scene, Site

_HANDS_OVER = frozenset({
    "map", "imap", "imap_unordered", "starmap", "submit", "apply_async", "apply", "map_async",
    "starmap_async",
})  # fmt: skip
_MAKERS = frozenset({"ProcessPoolExecutor", "Pool", "get_reusable_executor"})


def is_handed_to_pool(scene: Scene, site: Site, call: ast.Call) -> bool:
    """Whether a call hands work to processes: a method of what a maker of pools made or lent, or ``Parallel(…)(…)``."""
    if isinstance(call.func, ast.Call):
        return site.module.dotted(call.func.func) == "joblib.Parallel"
    if called_name(call) not in _HANDS_OVER or not isinstance(call.func, ast.Attribute):
        return False
    owner = call.func.value
    if isinstance(owner, ast.Call):
        return called_name(owner) in _MAKERS
    made = _named(site.module, site.module.words(owner))
    return any(called_name(one) in _MAKERS or _lends(scene.program, site.module, one) for one in made)


def hands_over(_function: str, file: str) -> bool:
    """Whether a library's function is one of those that hand work to processes and wait for it."""
    return (
        file.startswith(("multiprocessing/", "concurrent/futures/", "joblib/"))
        or "multiprocessing/connection" in file
    )


def _named(module: Module, name: str) -> list[ast.Call]:
    """The calls whose results go by a name in a module."""
    return [
        value
        for one in module.nodes(ast.Assign, ast.withitem)
        for target, value in (
            [(each, one.value) for each in one.targets]
            if isinstance(one, ast.Assign)
            else [(one.optional_vars, one.context_expr)]
            if isinstance(one, ast.withitem) and one.optional_vars is not None
            else []
        )
        if isinstance(value, ast.Call) and module.words(target) == name
    ]


def _lends(program: Program, module: Module, call: ast.Call) -> bool:
    """Whether a call is of a function of the user's own that makes a pool and returns or yields it."""
    found = program.defined(module, call)
    if found is None:
        return False
    where, function = found
    return any(
        called_name(made) in _MAKERS
        for one in ast.walk(function)
        if isinstance(one, (ast.Return, ast.Yield)) and one.value is not None
        for made in (
            [one.value]
            if isinstance(one.value, ast.Call)
            else [
                each for each in _named(where, where.words(one.value)) if where.function_of(each) is function
            ]
        )
    )
