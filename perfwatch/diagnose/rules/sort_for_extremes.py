"""Everything sorted to find a few."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name, names_in
from perfwatch.diagnose.wording import each_alone
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_REFERENCE = "https://numpy.org/doc/stable/reference/generated/numpy.partition.html"
_SORTS = frozenset({"sorted", "numpy.sort", "numpy.argsort"})


def find(scene: Scene) -> Iterator[Suspect]:
    """A sort of which only one end is used."""
    for site in scene.sites:
        for call in site.calls():
            full, name = site.module.dotted(call.func), called_name(call)
            if full not in _SORTS and not (not full and name in {"argsort", "sort_values"}):
                continue
            if _only_an_end(site, call):
                yield Suspect(
                    module=site.module,
                    node=site.statement,
                    share=site.own,
                    mechanism=f"{site.module.words(call)} sorts everything, and an end of it is used: {each_alone(scene, site)}",
                    evidence={"sorts_count": site.hits},
                    advice=Advice(
                        summary="Ask for the few themselves: np.partition or argpartition, heapq.nsmallest, min or max.",
                        code="np.argpartition(values, k)[:k]  # or heapq.nsmallest(k, items, key=...)",
                        risk="Equal values may come in another order.",
                        reference=_REFERENCE,
                    ),
                    sure=Grade.HIGH,
                )
                break


def _only_an_end(site: Site, call: ast.Call) -> bool:
    order = _unturned(site, call)
    parent = site.module.parents.get(order)
    if isinstance(parent, ast.Attribute):  # values.sort_values().head
        return parent.attr in {"head", "tail"}
    if isinstance(parent, ast.Subscript) and parent.value is order:
        return _is_an_end(parent.slice)
    if not (isinstance(site.statement, ast.Assign) and site.statement.value is order):
        return False
    targets = names_in(site.statement.targets[0])
    function = site.module.function_of(site.statement) or site.module.tree
    uses = [
        one
        for one in ast.walk(function)
        if isinstance(one, ast.Name) and one.id in targets and isinstance(one.ctx, ast.Load)
    ]
    return bool(uses) and all(
        isinstance(above := site.module.parents.get(_unturned(site, one)), ast.Subscript)
        and above.value is _unturned(site, one)
        and _is_an_end(above.slice)
        for one in uses
    )


def _unturned(site: Site, node: ast.AST) -> ast.AST:
    """Look through ``[::-1]``: the order turned round is the whole order still."""
    parent = site.module.parents.get(node)
    if not (
        isinstance(parent, ast.Subscript) and parent.value is node and isinstance(parent.slice, ast.Slice)
    ):
        return node
    whole = parent.slice.lower is None and parent.slice.upper is None
    return parent if whole and parent.slice.step is not None else node


def _is_an_end(place: ast.AST) -> bool:
    """Whether a slice takes the first few, or the last few: not all but a few, and no half of the whole."""
    if isinstance(place, ast.Tuple):
        *before, last = place.elts
        return all(
            isinstance(one, ast.Slice) and one.lower is one.upper is one.step is None for one in before
        ) and (isinstance(last, ast.Slice) and _is_an_end(last))
    if isinstance(place, ast.Slice):
        if place.step is not None or any(
            isinstance(one, ast.Call)
            or (isinstance(one, ast.BinOp) and isinstance(one.op, (ast.Div, ast.FloorDiv)))
            for one in ast.walk(place)
        ):
            return False
        if place.lower is None:
            return place.upper is not None and not isinstance(place.upper, ast.UnaryOp)
        return place.upper is None and isinstance(place.lower, ast.UnaryOp)
    plain = place.operand if isinstance(place, ast.UnaryOp) else place
    return isinstance(plain, ast.Constant) and isinstance(plain.value, int) and plain.value in {0, 1}


RULE = Rule(
    slug="sort-for-extremes",
    title="Everything sorted to find a few",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="sorted, sort_values, numpy.sort or argsort of which only a slice from one end is used",
    limits="what else uses a sorted thing that is handed on is not followed",
    source=_REFERENCE,
    find=find,
)
