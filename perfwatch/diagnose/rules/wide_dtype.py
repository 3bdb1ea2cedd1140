"""Arrays with wider elements than what is put into them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.memory import holders
from perfwatch.diagnose.naming import all_names
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.records.finding import Advice, Grade, Resource
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene
    from perfwatch.diagnose.source import Module

_REFERENCE = "https://numpy.org/doc/stable/user/basics.types.html"
_MAKERS = frozenset(
    ["zeros", "ones", "empty", "full", "zeros_like", "ones_like", "empty_like", "arange", "eye"]
)
_WIDE = frozenset(["float64", "int64", "float", "int", "double", "longlong", "complex128", "object"])
#: Whole numbers of unknown size: places, counts, draws.
_WHOLE_CALLS = frozenset(
    ["integers", "randint", "argmax", "argmin", "searchsorted", "digitize", "bincount", "ord", "len"]
)
_NEITHER, _WHOLE, _SMALL = 0, 1, 2
#: Of eight bytes an element, what goes: all but one, or half.
_SAVED = {_SMALL: 7 / 8, _WHOLE: 1 / 2, _NEITHER: 1 / 2}
_TYPES = {_SMALL: "int8", _WHOLE: "int32", _NEITHER: "float32"}
_SURE = {_SMALL: Grade.HIGH, _WHOLE: Grade.MEDIUM, _NEITHER: Grade.LOW}


def find(scene: Scene) -> Iterator[Suspect]:
    """The maker of an array that holds much of the peak, eight bytes an element, where small whole numbers are put in."""
    for holder in holders(scene):
        call = next((one for one in _calls(holder.statement) if _is_wide(holder.module, one)), None)
        if call is None:
            continue
        names = _bound(holder.statement)
        size = max(_taken(holder.module, names), _made_of(call))
        yield Suspect(
            module=holder.module,
            node=holder.statement,
            share=holder.share * _SAVED[size],
            resource=Resource.MEMORY,
            mechanism=f"eight bytes an element: {units.size(holder.held_bytes)} of the peak of {units.size(holder.peak_bytes)}"
            + (", and what is put in are small whole numbers" if size == _SMALL else "")
            + (", and what is put in are whole numbers" if size == _WHOLE else ""),
            evidence={"held_bytes": holder.held_bytes},
            advice=Advice(
                summary="Give it the type that its values need: int8 or uint8 for small whole numbers, int32 for larger ones, bool "
                "for yes and no, float32 where seven digits do.",
                code=f"{holder.module.words(call.func)}(..., dtype=np.{_TYPES[size]})",
                risk="Whole numbers beyond the type wrap around without a word; single precision has seven digits.",
                reference=_REFERENCE,
            ),
            sure=_SURE[size],
            risk=Grade.MEDIUM,
        )
        return


def _calls(statement: ast.AST) -> list[ast.Call]:
    return [one for one in ast.walk(statement) if isinstance(one, ast.Call)]


def _is_wide(module: Module, node: ast.Call) -> bool:
    """Whether a call makes a new array of eight bytes an element and more."""
    if not module.dotted(node.func).startswith("numpy."):
        return False
    told = next((module.words(one.value) for one in node.keywords if one.arg == "dtype"), None)
    makes = called_name(node) in _MAKERS or (called_name(node) in {"array", "asarray"} and told is not None)
    return makes and (told is None or told.rpartition(".")[2].strip("'\"") in _WIDE)


def _bound(statement: ast.AST) -> set[str]:
    """The names, and attributes, that a statement binds."""
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "") for one in targets} - {""}


def _taken(module: Module, names: set[str]) -> int:
    """How large what is put into parts of an array can be: the largest of it all."""
    values = [
        one.value
        for one in module.nodes(ast.Assign, ast.AugAssign)
        for target in (one.targets if isinstance(one, ast.Assign) else [one.target])
        if isinstance(target, ast.Subscript) and all_names(target.value) & names
        if not (isinstance(one, ast.AugAssign) and _size(one.value) == _SMALL)
    ]
    added = any(
        isinstance(one, ast.AugAssign)
        and isinstance(one.target, ast.Subscript)
        and all_names(one.target.value) & names
        for one in module.nodes(ast.Assign, ast.AugAssign)
    )
    smallest = min((_size(one) for one in values), default=_WHOLE if added else _NEITHER)
    return min(smallest, _WHOLE) if added else smallest


def _made_of(call: ast.Call) -> int:
    listed = bool(call.args) and called_name(call) in {"array", "asarray"}
    return _size(call.args[0]) if listed else _NEITHER


def _size(node: ast.AST) -> int:
    """Of what size an expression's values are by its form: a constant or a comparison, a count or a place, or neither."""
    if isinstance(node, (ast.Compare, ast.BoolOp)):
        return _SMALL
    if isinstance(node, ast.Constant):
        if not isinstance(node.value, int):
            return _NEITHER
        return _SMALL if abs(node.value) < 128 else _WHOLE
    if isinstance(node, ast.UnaryOp):
        return _size(node.operand)
    if (
        isinstance(node, ast.Call)
        and called_name(node) in {"sum", "astype"}
        and isinstance(node.func, ast.Attribute)
    ):
        return min(_size(node.func.value), _WHOLE) if called_name(node) == "sum" else _size(node.func.value)
    if isinstance(node, ast.Call) and called_name(node) in _WHOLE_CALLS:
        return _drawn(node)
    return min(map(_size, node.elts), default=_NEITHER) if isinstance(node, ast.List) else _NEITHER


def _drawn(call: ast.Call) -> int:
    """Draws are as large as their bounds; places and counts may be of any size."""
    bounds = [one.value for one in call.args[:2] if isinstance(one, ast.Constant)]
    drawn = called_name(call) in {"integers", "randint"} and bool(bounds)
    return _SMALL if drawn and all(isinstance(one, int) and abs(one) <= 128 for one in bounds) else _WHOLE


RULE = Rule(
    slug="wide-dtype",
    title="Wider elements than the values need",
    needs=frozenset({PassName.MEMORY}),
    shape="zeros, ones, empty, full or array of eight bytes an element that holds 5% of the peak and more",
    limits="values are judged by the form of what is assigned, not by looking at them; never changed without being asked",
    source=_REFERENCE,
    find=find,
)
