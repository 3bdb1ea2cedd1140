"""Which calls hand work to a pool of processes. It must not know of measurements."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.source import called_name

if TYPE_CHECKING:
    from perfwatch.diagnose.scene import Site

_HANDS_OVER = frozenset({
    "map", "imap", "imap_unordered", "starmap", "submit", "apply_async", "apply", "map_async",
    "starmap_async",
})  # fmt: skip
_MAKERS = frozenset({"ProcessPoolExecutor", "Pool", "get_reusable_executor"})


def is_handed_to_pool(site: Site, call: ast.Call) -> bool:
    """Whether a call hands work to processes: a method of what a maker of pools made, or ``Parallel(…)(…)``."""
    if isinstance(call.func, ast.Call):
        return site.module.dotted(call.func.func) == "joblib.Parallel"
    if called_name(call) not in _HANDS_OVER or not isinstance(call.func, ast.Attribute):
        return False
    owner = call.func.value
    if isinstance(owner, ast.Call):
        return called_name(owner) in _MAKERS
    name = site.module.words(owner)
    made = [
        value
        for one in site.module.nodes(ast.Assign, ast.withitem)
        for target, value in (
            [(each, one.value) for each in one.targets]
            if isinstance(one, ast.Assign)
            else [(one.optional_vars, one.context_expr)]
            if isinstance(one, ast.withitem) and one.optional_vars is not None
            else []
        )
        if isinstance(value, ast.Call) and site.module.words(target) == name
    ]
    return any(called_name(one) in _MAKERS for one in made)
