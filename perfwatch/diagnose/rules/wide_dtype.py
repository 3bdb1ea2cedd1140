"""Arrays with wider elements than what is put into them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.memory import holders
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name, names_in
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
_SMALL_CALLS = frozenset({
    "integers", "randint", "choice", "argmax", "argmin", "searchsorted", "digitize", "sign", "bincount",
    "ord", "len", "round", "rint", "floor",
})  # fmt: skip


def find(scene: Scene) -> Iterator[Suspect]:
    """The maker of an array that holds much of the peak, eight bytes an element, where small whole numbers are put in."""
    for holder in holders(scene):
        call = next((one for one in _calls(holder.statement) if _is_wide(holder.module, one)), None)
        if call is None:
            continue
        names = _bound(holder.statement)
        small = _takes_small(holder.module, names) or _made_of_small(call)
        yield Suspect(
            module=holder.module,
            node=holder.statement,
            share=holder.share * (7 / 8 if small else 1 / 2),
            resource=Resource.MEMORY,
            mechanism=f"eight bytes an element: {units.size(holder.held_bytes)} of the peak of {units.size(holder.peak_bytes)}"
            + (", and what is put in are small whole numbers" if small else ""),
            evidence={"held_bytes": holder.held_bytes},
            advice=Advice(
                summary="Give it the type that its values need: int8 or uint8 for small whole numbers, bool for yes and no, "
                "float32 where seven digits do.",
                code=f"{holder.module.words(call.func)}(..., dtype=np.{'int8' if small else 'float32'})",
                risk="Whole numbers beyond the type wrap around without a word; single precision has seven digits.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH if small else Grade.LOW,
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


def _takes_small(module: Module, names: set[str]) -> bool:
    """Whether everything that is put into parts of an array is a small whole number, a count or a comparison."""
    values = [
        one.value
        for one in ast.walk(module.tree)
        if isinstance(one, ast.Assign)
        for target in one.targets
        if isinstance(target, ast.Subscript) and _names(target.value) & names
    ]
    return bool(values) and all(_is_small(one) for one in values)


def _names(node: ast.AST) -> set[str]:
    return names_in(node) | {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}


def _made_of_small(call: ast.Call) -> bool:
    return bool(call.args) and called_name(call) in {"array", "asarray"} and _is_small(call.args[0])


def _is_small(node: ast.AST) -> bool:
    """Whether an expression is a small whole number by its form: a constant, a comparison, a count of some, a place."""
    if isinstance(node, (ast.Compare, ast.BoolOp)):
        return True
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, bool)) and abs(node.value) < 128
    if isinstance(node, ast.UnaryOp):
        return _is_small(node.operand)
    if isinstance(node, ast.Call):
        if called_name(node) in {"sum", "astype"} and isinstance(node.func, ast.Attribute):
            return _is_small(node.func.value)
        return called_name(node) in _SMALL_CALLS
    return isinstance(node, ast.List) and all(_is_small(one) for one in node.elts)


RULE = Rule(
    slug="wide-dtype",
    title="Wider elements than the values need",
    needs=frozenset({PassName.MEMORY}),
    shape="zeros, ones, empty, full or array of eight bytes an element that holds 5% of the peak and more",
    limits="values are judged by the form of what is assigned, not by looking at them; never changed without being asked",
    source=_REFERENCE,
    find=find,
)
