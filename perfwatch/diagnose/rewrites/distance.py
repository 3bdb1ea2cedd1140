"""Expressions that are the Euclidean distance of two points of one list; it must not change anything."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.diagnose.source import Module, called_name

if TYPE_CHECKING:
    from collections.abc import Sequence


_NORMS = frozenset({"numpy.linalg.norm", "scipy.linalg.norm"})
_BETWEEN = frozenset({"math.dist", "scipy.spatial.distance.euclidean"})
_ROOTS = frozenset({"math.sqrt", "numpy.sqrt"})
_HYPOTENUSES = frozenset({"math.hypot", "numpy.hypot"})
_SUMS = frozenset({"sum", "numpy.sum"})
_PRODUCTS = frozenset({"numpy.dot", "numpy.inner", "numpy.vdot"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """A distance, or its square, of points; ``points`` is an expression with a place for how many there are."""

    points: str
    squared: bool


def distance_of(module: Module, node: ast.expr, pair: tuple[str, str]) -> Distance | None:
    """Return what distance an expression is between the two points that a pair of index names means."""
    form = _Form(module=module, pair=pair)
    if isinstance(node, ast.Call):
        name = module.dotted(node.func)
        points = None
        if name in _NORMS and len(node.args) == 1 and not node.keywords:
            points = form.of_vector(node.args[0])
        elif name in _BETWEEN and len(node.args) == 2 and not node.keywords:
            points = form.of_two(node.args[0], node.args[1])
        elif name in _HYPOTENUSES:
            points = form.of_columns(node.args)
        elif name in _ROOTS and len(node.args) == 1:
            points = form.of_square(node.args[0])
        if points is not None:
            return Distance(points=points, squared=False)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow) and ast.unparse(node.right) == "0.5":
        points = form.of_square(node.left)
        return None if points is None else Distance(points=points, squared=False)
    points = form.of_square(node)
    return None if points is None else Distance(points=points, squared=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """Reads expressions of two points, named by their indices."""

    module: Module
    pair: tuple[str, str]

    def of_square(self, node: ast.expr) -> str | None:
        """The points of a squared distance: a sum of squares, or the sum of a squared vector."""
        if isinstance(node, ast.Call):
            return self._of_call(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            return self.of_vector(node.left) if ast.dump(node.left) == ast.dump(node.right) else None
        terms = [_root_of(one) for one in _terms(node)]
        return self.of_columns([one for one in terms if one is not None]) if None not in terms else None

    def _of_call(self, node: ast.Call) -> str | None:
        if self.module.dotted(node.func) in _PRODUCTS and len(node.args) == 2:
            return self.of_vector(node.args[0]) if ast.dump(node.args[0]) == ast.dump(node.args[1]) else None
        summed: ast.expr | None = None
        if self.module.dotted(node.func) in _SUMS and len(node.args) == 1 and not node.keywords:
            summed = node.args[0]
        elif (
            isinstance(node.func, ast.Attribute)
            and called_name(node) == "sum"
            and not node.args
            and not node.keywords
        ):
            summed = node.func.value
        vector = None if summed is None else _root_of(summed)
        return None if vector is None else self.of_vector(vector)

    def of_vector(self, node: ast.expr) -> str | None:
        """The points of a difference of two whole points."""
        if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)):
            return None
        return self.of_two(node.left, node.right)

    def of_two(self, one: ast.expr, other: ast.expr) -> str | None:
        """The list that two points are taken from, one by each index."""
        owners = [self._owner(point) for point in (one, other)]
        if None in owners or owners[0][0] != owners[1][0] or {owners[0][1], owners[1][1]} != set(self.pair):  # type: ignore[index]
            return None
        return f"{owners[0][0]}[:{{stop}}]"  # type: ignore[index]

    def _owner(self, point: ast.expr) -> tuple[str, str] | None:
        """Whose part a point is, and by which of the two indices."""
        if not (isinstance(point, ast.Subscript) and isinstance(point.slice, ast.Name)):
            return None
        names = {one.id for one in ast.walk(point.value) if isinstance(one, ast.Name)}
        calls = any(isinstance(one, ast.Call) for one in ast.walk(point.value))
        return (
            None
            if calls or names & set(self.pair) or point.slice.id not in self.pair
            else (_escaped(point.value), point.slice.id)
        )

    def of_columns(self, differences: Sequence[ast.expr]) -> str | None:
        """The points of differences in each direction."""
        columns = [self._column(one) for one in differences]
        if not columns or None in columns or len(set(columns)) != len(columns):
            return None
        listed = ", ".join(str(one) for one in columns)
        return f"list(zip({listed}))" if len(columns) > 1 else f"[[one] for one in {listed}]"

    def _column(self, node: ast.expr) -> str | None:
        if not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub)):
            return None
        sides = [self._coordinate(node.left), self._coordinate(node.right)]
        if None in sides or sides[0][0] != sides[1][0] or {sides[0][1], sides[1][1]} != set(self.pair):  # type: ignore[index]
            return None
        return sides[0][0]  # type: ignore[index]

    def _coordinate(self, node: ast.expr) -> tuple[str, str] | None:
        """The column that ``x[i]``, ``p[i][0]`` or ``p[i, 0]`` is taken from, and the index."""
        if not isinstance(node, ast.Subscript):
            return None
        if isinstance(node.slice, ast.Constant):
            owner = self._owner(node.value)
            return (
                None
                if owner is None
                else (f"[one[{node.slice.value!r}] for one in {owner[0]}[:{{stop}}]]", owner[1])
            )
        if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
            index, place = node.slice.elts
            whole = ast.Subscript(value=node.value, slice=index, ctx=ast.Load())
            owner = self._owner(whole)
            if owner is None or not isinstance(place, ast.Constant):
                return None
            return f"{owner[0]}[:{{stop}}, {place.value!r}]", owner[1]
        owner = self._owner(node)
        return None if owner is None else (f"{owner[0]}[:{{stop}}]", owner[1])


def _escaped(node: ast.expr) -> str:
    """An expression's words, to stand in a text with places."""
    return ast.unparse(node).replace("{", "{{").replace("}", "}}")


def _terms(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_terms(node.left), *_terms(node.right)]
    return [node]


def _root_of(node: ast.expr) -> ast.expr | None:
    """What is squared: of ``x ** 2`` or ``x * x``."""
    if not isinstance(node, ast.BinOp):
        return None
    if isinstance(node.op, ast.Pow) and isinstance(node.right, ast.Constant) and node.right.value == 2:
        return node.left
    if isinstance(node.op, ast.Mult) and ast.dump(node.left) == ast.dump(node.right):
        return node.left
    return None
