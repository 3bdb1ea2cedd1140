"""Membership asked of a list."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.kinds import Kind
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_REFERENCE = "https://wiki.python.org/moin/TimeComplexity"
_FEW = 10


def find(scene: Scene) -> Iterator[Suspect]:
    """``x in a_list`` and ``a_list.index(x)`` or ``count(x)`` where that is asked again and again."""
    for site in scene.sites:
        for part in site.parts:
            owner = _asked(part)
            if owner is None or scene.kind(site, owner) is not Kind.LIST or _is_short(scene, site, owner):
                continue
            count = scene.times(site, part)
            if not site.module.loops_around(part) and count < 100:
                continue
            name = site.module.words(owner)
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=_searching(scene, site),
                mechanism=f"{name} is a list, which is searched from its beginning each time: {each(scene, site)}",
                evidence={"searches_count": count},
                advice=Advice(
                    summary="Search a set instead: it finds an item in the same time however many there are.",
                    code=f"known = set({name})  # once, before the loop\n... in known",
                    risk="Items must be hashable; a set has no order and no duplicates.",
                    reference=_REFERENCE,
                ),
                sure=Grade.HIGH,
            )
            break


def _searching(scene: Scene, site: Site) -> float:
    """The part of a statement's time that is neither the user's functions' nor a library's."""
    stats = [scene.evidence.line(site.module.file, line) for line in range(site.first, site.last + 1)]
    spent = sum((one.time_ns or 0.0) for one in stats if one is not None)
    libraries = sum((one.time_ns or 0.0) * (one.library_ratio or 0.0) for one in stats if one is not None)
    return site.own * (1 - libraries / spent) if spent else site.own


def _is_short(scene: Scene, site: Site, owner: ast.AST) -> bool:
    """Whether a list is written out, and a few items long: a set would not be faster."""
    if isinstance(owner, ast.List):
        return True
    values = scene.kinds.values_of(site.module, owner)
    return bool(values) and all(isinstance(one, ast.List) and 0 < len(one.elts) <= _FEW for one in values)


def _asked(part: ast.AST) -> ast.AST | None:
    """The thing that is searched, where a node searches one."""
    if isinstance(part, ast.Compare) and len(part.ops) == 1 and isinstance(part.ops[0], (ast.In, ast.NotIn)):
        return part.comparators[0]
    if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute) and len(part.args) == 1:
        return part.func.value if part.func.attr in {"index", "count", "remove"} else None
    return None


RULE = Rule(
    slug="list-membership",
    title="Membership asked of a list",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="in, not in, index, count or remove of what was made a list, repeated",
    limits="a list that comes from where the source does not show it is not known as one",
    source=_REFERENCE,
    find=find,
)
