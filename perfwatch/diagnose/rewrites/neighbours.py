"""Pairs below a radius searched with a tree, where two loops looked at all pairs.

The body of the loops stays the user's own, with its own test: the tree only leaves
out pairs that are too far apart for it.
"""

from __future__ import annotations

import ast
import copy
from typing import TYPE_CHECKING

from perfwatch.diagnose.rewrites.distance import Distance, distance_of
from perfwatch.diagnose.rewrites.edits import Edits
from perfwatch.diagnose.rewrites.rewrite import Asked, Changed, Refused
from perfwatch.diagnose.rewrites.safety import is_untouched, scope_of, variables

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Pairs at the radius itself, give or take rounding, are left to the user's own test.
_WIDER = "(1 + 1e-9)"


def search_a_tree(asked: Asked) -> Changed | Refused:
    """Let two loops over indices that act on pairs below a radius go over those pairs alone."""
    inner, outer = asked.statement, asked.module.parents.get(asked.statement)
    if not (isinstance(inner, ast.For) and isinstance(outer, ast.For) and outer.body == [inner]):
        return Refused(reason="the pairs are not gone through by two loops, one right inside the other")
    stop = _stop(outer, inner)
    if stop is None:
        return Refused(reason="the loops do not go over range(n) and range(i + 1, n)")
    if "scipy" not in asked.packages:
        return Refused(reason="the target's interpreter cannot import scipy (pip install scipy)")
    *before, test = inner.body
    temporaries = _temporaries(before)
    if (
        temporaries is None
        or not isinstance(test, ast.If)
        or test.orelse
        or not _is_closed(asked, outer, temporaries)
    ):
        return Refused(
            reason="the loop does more with a pair than to test its distance and act where it is below a radius"
        )
    radius = _radius(asked, test.test, temporaries, (outer.target.id, inner.target.id))  # type: ignore[attr-defined]
    if radius is None:
        return Refused(
            reason="the test is no Euclidean distance of two points of one list that is held against a radius"
        )
    distance, bound = radius
    points = distance.points.format(stop=stop)
    reads = variables(asked.module, ast.parse(points)) | variables(asked.module, bound)
    if not is_untouched(asked.program, asked.module, outer, reads - {"one"}):
        return Refused(reason="the points, or the radius, may change while the loops go on")
    edits = Edits(asked.module)
    edits.need("from scipy.spatial import cKDTree", asked.top())
    within = ast.unparse(bound) if isinstance(bound, (ast.Name, ast.Constant)) else f"({ast.unparse(bound)})"
    reach = f"{within} ** 0.5" if distance.squared else within
    edits.replace(outer.iter, f"sorted(cKDTree({points}).query_pairs({reach} * {_WIDER}))")
    edits.replace(outer.target, f"{outer.target.id}, {inner.target.id}")  # type: ignore[attr-defined]
    edits.unnest(outer)
    return Changed(
        text=edits.text(),
        summary="a tree finds the pairs that are near enough, and the loop's own test goes over these",
    )


def _stop(outer: ast.For, inner: ast.For) -> str | None:
    """The end of both ranges, where the loops go over each pair once."""
    if (
        not (isinstance(outer.target, ast.Name) and isinstance(inner.target, ast.Name))
        or outer.orelse
        or inner.orelse
    ):
        return None
    first, second = (ast.unparse(one.iter).replace(" ", "") for one in (outer, inner))
    start = f"range({outer.target.id}+1,"
    if not (second.startswith(start) and isinstance(inner.iter, ast.Call) and len(inner.iter.args) == 2):
        return None
    stop = ast.unparse(inner.iter.args[1])
    plain = stop.replace(" ", "")
    return stop if first in {f"range({plain})", f"range({plain}-1)"} else None


def _temporaries(statements: list[ast.stmt]) -> Mapping[str, ast.expr] | None:
    """What the body gives names to in front of its test, each name once; ``None`` where it does anything else."""
    found: dict[str, ast.expr] = {}
    for one in statements:
        if not (isinstance(one, ast.Assign) and len(one.targets) == 1):
            return None
        target = one.targets[0]
        if not isinstance(target, ast.Name) or target.id in found:
            return None
        found[target.id] = one.value
    return found


def _is_closed(asked: Asked, outer: ast.For, temporaries: Mapping[str, ast.expr]) -> bool:
    """Whether nobody asks after the loops for what their last turn left, and nothing ends them early."""
    if any(
        isinstance(one, (ast.Break, ast.Continue, ast.Yield, ast.YieldFrom, ast.Await))
        for one in ast.walk(outer)
    ):
        return False
    own = {*temporaries, outer.target.id, outer.body[0].target.id}  # type: ignore[attr-defined]
    for one in ast.walk(scope_of(asked.module, outer)):
        if isinstance(one, ast.Name) and one.id in own and isinstance(one.ctx, ast.Load):
            around = list(asked.module.loops_around(one))
            if outer not in around and not any(one.id in _targets(each) for each in around):
                return False
    return True


def _targets(loop: ast.AST) -> set[str]:
    targets = (
        [loop.target]
        if isinstance(loop, ast.For)
        else [one.target for one in getattr(loop, "generators", ())]
    )
    return {one.id for target in targets for one in ast.walk(target) if isinstance(one, ast.Name)}


def _radius(
    asked: Asked, test: ast.expr, temporaries: Mapping[str, ast.expr], pair: tuple[str, str]
) -> tuple[Distance, ast.expr] | None:
    """The distance that a test holds against a radius, and that radius."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1):
        return None
    left, right = test.left, test.comparators[0]
    if isinstance(test.ops[0], (ast.Gt, ast.GtE)):
        left, right = right, left
    elif not isinstance(test.ops[0], (ast.Lt, ast.LtE)):
        return None
    written_out = _Inlined(temporaries).visit(copy.deepcopy(left))
    names = {one.id for one in ast.walk(right) if isinstance(one, ast.Name)}
    if names & {*pair, *temporaries} or any(isinstance(one, ast.Call) for one in ast.walk(right)):
        return None
    found = distance_of(asked.module, written_out, pair)
    return None if found is None else (found, right)


class _Inlined(ast.NodeTransformer):
    """Puts what names stand for in their place."""

    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.AST:
        value = self._values.get(node.id)
        # A name stands for what was written in front of it, so this comes to an end.
        return node if value is None else self.visit(copy.deepcopy(value))
