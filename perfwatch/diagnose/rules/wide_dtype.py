"""Arrays with wider elements than what is put into them."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.memory import holders
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.sizes import NEITHER, SMALL, WHOLE, made_of, taken
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
#: Of eight bytes an element, what goes: all but one, or half.
_SAVED = {SMALL: 7 / 8, WHOLE: 1 / 2, NEITHER: 1 / 2}
_TYPES = {SMALL: "int8", WHOLE: "int32", NEITHER: "float32"}
_SURE = {SMALL: Grade.HIGH, WHOLE: Grade.MEDIUM, NEITHER: Grade.LOW}


def find(scene: Scene) -> Iterator[Suspect]:
    """The maker of an array that holds much of the peak, eight bytes an element, where small whole numbers are put in."""
    for holder in holders(scene):
        call = next((one for one in _calls(holder.statement) if _is_wide(holder.module, one)), None)
        if call is None:
            continue
        names = _bound(holder.statement)
        size = max(taken(holder.module, names), made_of(call))
        yield Suspect(
            module=holder.module,
            node=holder.statement,
            share=holder.share * _SAVED[size],
            resource=Resource.MEMORY,
            mechanism=f"eight bytes an element: {units.size(holder.held_bytes)} of the peak of {units.size(holder.peak_bytes)}"
            + (", and what is put in are small whole numbers" if size == SMALL else "")
            + (", and what is put in are whole numbers" if size == WHOLE else ""),
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


RULE = Rule(
    slug="wide-dtype",
    title="Wider elements than the values need",
    needs=frozenset({PassName.MEMORY}),
    shape="zeros, ones, empty, full or array of eight bytes an element that holds 5% of the peak and more",
    limits="values are judged by the form of what is assigned, not by looking at them; never changed without being asked",
    source=_REFERENCE,
    find=find,
)
