"""Dotted names followed again in each turn."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.wording import times
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene
    from perfwatch.diagnose.source import Module

_REFERENCE = "https://docs.python.org/3/reference/datamodel.html#object.__getattr__"
_HOOKS = ("__getattr__", "__getattribute__")
_MANY = 10_000
_DEEP = 2
#: A long statement follows so many names.
_A_STATEMENT = 100


def find(scene: Scene) -> Iterator[Suspect]:
    """The dearest line that follows a chain of names through a ``__getattr__`` of the user's own."""
    for module in scene.program.naming("__getattr"):
        for hook in (one for name in _HOOKS for one in module.functions.get(name, ())):
            entered = scene.calls_of(module, hook)
            if entered < _MANY:
                continue
            share = scene.function_share(module, hook)
            found = _dearest_chain(scene, entered / _A_STATEMENT)
            if found is None:
                continue
            where, statement, chain = found
            yield Suspect(
                module=where,
                node=statement,
                share=share,
                mechanism=f"names like {chain} go through {hook.name}, which is Python: entered {times(entered)}, {share:.0%} of the time",
                evidence={"lookups_count": entered},
                advice=Advice(
                    summary=f"Read {chain} and its like into local names (or a dataclass with slots) once, before the loop.",
                    code=f"value = {chain}  # once",
                    risk="A value that changes meanwhile is not seen.",
                    reference=_REFERENCE,
                ),
                sure=Grade.HIGH,
            )
            return


def _dearest_chain(scene: Scene, least: float) -> tuple[Module, ast.stmt, str] | None:
    """The dearest statement with a chain of three names and more that ran often, outside the hooks themselves."""
    for site in scene.sites:
        if scene.function_name(site) in _HOOKS or site.hits < least:
            continue
        chains = [
            part
            for part in site.parts
            if isinstance(part, ast.Attribute) and _depth(part) >= _DEEP and not site.module.dotted(part)
        ]
        if chains:
            return site.module, site.statement, site.module.words(max(chains, key=_depth))
    return None


def _depth(node: ast.AST) -> int:
    depth = 0
    while isinstance(node, ast.Attribute):
        node, depth = node.value, depth + 1
    return depth if isinstance(node, ast.Name) else 0


RULE = Rule(
    slug="attribute-chains",
    title="Dotted names followed in each turn",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="chains of three names and more, in a programme whose own __getattr__ was entered 10,000 times and more",
    limits="plain attributes of plain objects cost tens of nanoseconds and are left alone",
    source=_REFERENCE,
    find=find,
)
