"""Caches that are asked, and do not have it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import COMPREHENSIONS
from perfwatch.diagnose.wording import times
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene
    from perfwatch.diagnose.source import Function, Module

_CACHES = frozenset({"functools.lru_cache", "functools.cache", "joblib.Memory.cache"})
_REFERENCE = "https://docs.python.org/3/library/functools.html#functools.lru_cache"
_HIT_AT_LEAST = 0.7
_MANY = 100


def find(scene: Scene) -> Iterator[Suspect]:
    """Functions behind a cache that were entered nearly as often as they were called."""
    for module in scene.program.naming("cache"):
        for function in (one for named in module.functions.values() for one in named):
            decorator = _cache_of(module, function)
            if decorator is None:
                continue
            if not _is_counted(scene, function.name):
                continue
            asked, entered = scene.asked(function.name), scene.calls_of(module, function)
            if entered < _MANY or asked < entered or (hit := 1 - entered / asked) >= _HIT_AT_LEAST:
                continue
            share = scene.function_share(module, function)
            yield Suspect(
                module=module,
                node=function,
                share=share,
                mechanism=f"{function.name} is behind a cache, was called {times(asked)} and computed {times(entered)}: "
                f"the cache had the answer in {units.portion(hit)} of all calls",
                evidence={"calls_count": asked, "computed_count": entered, "hit_ratio": hit},
                advice=_advice(module, decorator),
                sure=Grade.HIGH,
            )


def _is_counted(scene: Scene, name: str) -> bool:
    """Whether each call stands on a line of its own count: none in a comprehension, none by somebody it is handed to."""
    sites = scene.program.calls_named(name)
    if any(isinstance(one, COMPREHENSIONS) for module, call in sites for one in module.loops_around(call)):
        return False
    called = {id(call.func) for _, call in sites}
    return not any(
        one.id == name and isinstance(one.ctx, ast.Load) and id(one) not in called
        for module in scene.program.naming(name)
        for one in module.nodes(ast.Name)
    )


def _cache_of(module: Module, function: Function) -> ast.expr | None:
    for one in function.decorator_list:
        if module.dotted(one.func if isinstance(one, ast.Call) else one) in _CACHES:
            return one
    return None


def _advice(module: Module, decorator: ast.expr) -> Advice:
    bounded = isinstance(decorator, ast.Call) or not module.dotted(decorator).endswith(".cache")
    if bounded:
        return Advice(
            summary="Let the cache hold all that is asked again before it is thrown out: a least-recently-used one that is a little "
            "too small for a cycle has none of it.",
            code="@lru_cache(maxsize=None)",
            risk="The cache holds every answer until the program ends.",
            reference=_REFERENCE,
        )
    return Advice(
        summary="The arguments hardly ever come again: round them to what matters, or leave the cache out.",
        risk="Rounded arguments give rounded answers.",
        reference=_REFERENCE,
    )


RULE = Rule(
    slug="cache-misses",
    title="A cache that does not hit",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a function under functools.lru_cache or cache that was computed in 30% of its calls and more, 100 times at least",
    limits="calls are counted at the lines that make them; a function that is called in a comprehension, or handed on, is left alone",
    source=_REFERENCE,
    find=find,
)
