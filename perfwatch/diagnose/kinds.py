"""What sort of thing an expression is, as far as the source shows it: an array, a table, a list, a plain number.

Read from assignments, annotations and, for arguments, from the calls of the function;
flow is not followed, and what is bound to two sorts of thing is of neither. This module
must not run anything.
"""

from __future__ import annotations

import ast
from enum import StrEnum
from typing import TYPE_CHECKING

from perfwatch.diagnose.source import FUNCTIONS, Module, Program, called_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Kind(StrEnum):
    """Sorts of things that rules tell apart."""

    ARRAY = "array"
    FRAME = "frame"
    SERIES = "series"
    LIST = "list"
    SET = "set"
    DICT = "dict"
    TEXT = "text"
    NUMBER = "number"
    MODEL = "model"
    UNKNOWN = "unknown"


#: Longer chains of assignments are not followed.
_DEEP = 40
_NUMBERS = frozenset({"int", "float", "len", "abs", "round", "sum", "min", "max"})
_LISTS = frozenset({"list", "sorted"})
_NOT_ARRAYS = frozenset(["save", "savez", "savetxt", "seterr", "shape", "ndim", "size", "isscalar"])
_SCALARS_OF_ARRAYS = frozenset(
    ["sum", "mean", "std", "var", "min", "max", "dot", "trace", "prod", "median", "argmin", "argmax", "item"]
)
_FRAME_MAKERS = frozenset(
    ["DataFrame", "read_csv", "read_table", "read_parquet", "read_excel", "read_json", "merge", "concat"]
)
_MODEL_WORDS = ("sklearn.", "xgboost.", "lightgbm.", "statsmodels.", "hmmlearn.")


class Kinds:
    """Answers of what sort expressions are, remembered by node."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._bindings: dict[ast.AST, dict[str, list[ast.AST | Kind]]] = {}
        self._known: dict[ast.AST, Kind] = {}
        self._fields: dict[str, Kind] = {}
        self._readers: dict[type[ast.AST], Callable[..., Kind]] = {
            ast.Name: self._of_name,
            ast.Attribute: self._of_attribute,
            ast.Call: self._of_call,
            ast.Subscript: self._of_part,
            ast.BinOp: self._of_sum,
            ast.UnaryOp: self._of_sign,
            ast.IfExp: self._of_choice,
        }

    def of(self, module: Module, node: ast.AST, depth: int = 0) -> Kind:
        """Return the sort of an expression, ``UNKNOWN`` where the source does not show it."""
        if depth > _DEEP:
            return Kind.UNKNOWN
        if node not in self._known:
            self._known[node] = Kind.UNKNOWN  # what asks for itself on the way is of no sort
            self._known[node] = self._read(module, node, depth)
        return self._known[node]

    def _read(self, module: Module, node: ast.AST, depth: int) -> Kind:
        if type(node) in _BY_FORM:
            return _BY_FORM[type(node)]
        reader = self._readers.get(type(node))
        if reader is not None:
            return reader(module, node, depth)
        return _of_constant(node.value) if isinstance(node, ast.Constant) else Kind.UNKNOWN

    def _of_sign(self, module: Module, node: ast.UnaryOp, depth: int) -> Kind:
        return self.of(module, node.operand, depth + 1)

    def _of_choice(self, module: Module, node: ast.IfExp, depth: int) -> Kind:
        found = {self.of(module, node.body, depth + 1), self.of(module, node.orelse, depth + 1)}
        return found.pop() if len(found) == 1 else Kind.UNKNOWN

    def _of_sum(self, module: Module, node: ast.BinOp, depth: int) -> Kind:
        sides = {self.of(module, node.left, depth + 1), self.of(module, node.right, depth + 1)}
        for kind in (Kind.ARRAY, Kind.FRAME, Kind.SERIES):
            if kind in sides:
                return kind
        return sides.pop() if len(sides) == 1 else Kind.UNKNOWN

    def _of_call(self, module: Module, node: ast.Call, depth: int) -> Kind:
        full, name = module.dotted(node.func), called_name(node)
        if full in _NUMBERS or full.startswith(("math.", "random.")):
            return Kind.NUMBER
        if full in _LISTS or name == "tolist":
            return Kind.LIST
        if full in {"set", "frozenset"}:
            return Kind.SET
        if full in {"dict", "collections.defaultdict", "collections.Counter"}:
            return Kind.DICT
        if full in {"str", "open"} or name in {"join", "strip", "format", "lower", "upper"}:
            return Kind.TEXT
        if full.startswith("pandas."):
            return Kind.SERIES if name == "Series" else Kind.FRAME if name in _FRAME_MAKERS else Kind.UNKNOWN
        if full.startswith(_MODEL_WORDS) and name[:1].isupper():
            return Kind.MODEL
        if full.startswith(("numpy.", "scipy.", "jax.numpy.")):
            return self._of_numeric(module, node, name, depth)
        if isinstance(node.func, ast.Attribute) and not full:
            return self._of_method(module, node, name, depth)
        return self._returned(module, node, depth)

    def _of_numeric(self, module: Module, node: ast.Call, name: str, depth: int) -> Kind:
        """Of a function of numpy: an array, but for what reduces one, or maps plain numbers."""
        if name in _NOT_ARRAYS or name[:1].isupper():
            return Kind.UNKNOWN
        if name in _SCALARS_OF_ARRAYS and not node.keywords and len(node.args) == 1:
            return Kind.NUMBER
        kinds = {self.of(module, one, depth + 1) for one in node.args}
        return Kind.NUMBER if kinds == {Kind.NUMBER} and name in SCALAR_FUNCTIONS else Kind.ARRAY

    def _of_method(self, module: Module, node: ast.Call, name: str, depth: int) -> Kind:
        owner = self.of(module, node.func.value, depth + 1)  # type: ignore[attr-defined]
        if owner is Kind.ARRAY:
            return (
                Kind.NUMBER
                if name in _SCALARS_OF_ARRAYS and not node.args and not node.keywords
                else Kind.ARRAY
            )
        if name in {"random", "normal", "uniform", "standard_normal", "integers", "exponential", "poisson"}:
            return (
                Kind.ARRAY
                if node.keywords or len(node.args) > (1 if name == "random" else 2)
                else Kind.UNKNOWN
            )
        if name in {"to_numpy", "astype", "reshape", "predict", "transform"}:
            return Kind.ARRAY
        if owner is Kind.FRAME and name in {
            "copy",
            "reset_index",
            "sort_values",
            "dropna",
            "groupby",
            "query",
        }:
            return Kind.FRAME
        return Kind.LIST if owner is Kind.LIST and name == "copy" else Kind.UNKNOWN

    def _returned(self, module: Module, node: ast.Call, depth: int) -> Kind:
        """Of a call of the user's own function: what all of its returns are."""
        found = self._program.defined(module, node)
        if found is None:
            return Kind.UNKNOWN
        where, function = found
        told = _of_annotation(where.words(function.returns)) if function.returns else Kind.UNKNOWN
        if told is not Kind.UNKNOWN:
            return told
        returned = {
            self.of(where, one.value, depth + 2)
            for one in ast.walk(function)
            if isinstance(one, ast.Return) and one.value is not None
        }
        return returned.pop() if len(returned) == 1 else Kind.UNKNOWN

    def _of_part(self, module: Module, node: ast.Subscript, depth: int) -> Kind:
        owner = self.of(module, node.value, depth + 1)
        if owner is Kind.FRAME:
            named = isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str)
            return Kind.SERIES if named else Kind.FRAME
        if owner is Kind.ARRAY:
            return self._of_element(module, node, depth)
        return (
            owner if owner in {Kind.LIST, Kind.TEXT} and isinstance(node.slice, ast.Slice) else Kind.UNKNOWN
        )

    def _of_element(self, module: Module, node: ast.Subscript, depth: int) -> Kind:
        """Of a part of an array: a number where every axis is given one place."""
        places = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if any(isinstance(one, ast.Slice) for one in places):
            return Kind.ARRAY
        if len(places) >= 2 and all(self.of(module, one, depth + 1) is not Kind.ARRAY for one in places):
            return Kind.NUMBER
        return Kind.UNKNOWN

    def _of_attribute(self, module: Module, node: ast.Attribute, depth: int) -> Kind:
        if module.dotted(node) in {
            "math.pi",
            "numpy.pi",
            "numpy.e",
            "math.e",
            "math.inf",
            "numpy.inf",
            "numpy.nan",
        }:
            return Kind.NUMBER
        if node.attr in {"values", "T", "real", "imag", "flat"}:
            return Kind.ARRAY
        if isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
            return self._agreed(self._of_self(module, node), depth)
        return self._of_field(node.attr)

    def _of_field(self, name: str) -> Kind:
        """Of an attribute that classes of the user's declare: what all of them say that it is."""
        if name not in self._fields:
            told = {
                _of_annotation(module.words(one.annotation))
                for module in self._program.naming(name)
                for one in module.nodes(ast.AnnAssign)
                if isinstance(one.target, ast.Name) and one.target.id == name
                if isinstance(module.parents.get(one), ast.ClassDef)
            }
            self._fields[name] = told.pop() if len(told) == 1 else Kind.UNKNOWN
        return self._fields[name]

    def _of_self(self, module: Module, node: ast.Attribute) -> list[tuple[Module, ast.AST | Kind]]:
        function = module.function_of(node)
        owner = None if function is None else module.class_of(function)
        if owner is None:
            return []
        return [
            (module, value)
            for one in ast.walk(owner)
            for target, value in _assigned(one)
            if isinstance(target, ast.Attribute) and target.attr == node.attr
            if isinstance(target.value, ast.Name) and target.value.id == "self"
        ]

    def _of_name(self, module: Module, node: ast.Name, depth: int) -> Kind:
        scope = module.function_of(node)
        while True:
            values = self._bound(module, scope).get(node.id)
            if values:
                return self._agreed([(module, one) for one in values], depth)
            if scope is None:
                return Kind.UNKNOWN
            if isinstance(scope, FUNCTIONS) and node.id in _parameters(scope):
                return self._of_parameter(module, scope, node.id, depth)
            scope = module.function_of(scope)

    def values_of(self, module: Module, node: ast.AST) -> list[ast.AST | Kind]:
        """Return what a name is bound to in the scope that binds it; empty where none is seen to."""
        if not isinstance(node, ast.Name):
            return []
        scope = module.function_of(node)
        while True:
            values = self._bound(module, scope).get(node.id)
            if values or scope is None:
                return values or []
            scope = module.function_of(scope)

    def _of_parameter(self, module: Module, function: ast.AST, name: str, depth: int) -> Kind:
        """Of an argument: what its annotation says, else what all calls hand over."""
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]  # type: ignore[attr-defined]
        (argument,) = [one for one in arguments if one.arg == name] or [None]
        if argument is not None and argument.annotation is not None:
            told = _of_annotation(module.words(argument.annotation))
            if told is not Kind.UNKNOWN:
                return told
        place = [one.arg for one in arguments].index(name)
        is_method = module.class_of(function) is not None
        values: list[tuple[Module, ast.AST | Kind]] = []
        owner = module.class_of(function)
        made = owner is not None and function.name == "__init__"  # type: ignore[attr-defined]
        called = owner.name if owner is not None and made else function.name  # type: ignore[attr-defined]
        for where, call in self._program.calls_named(called)[:8]:
            at = place - (1 if made or (is_method and isinstance(call.func, ast.Attribute)) else 0)
            given = {one.arg: one.value for one in call.keywords}.get(name)
            if given is None and 0 <= at < len(call.args):
                given = call.args[at]
            if given is not None:
                values.append((where, given))
        return self._agreed(values, depth)

    def _agreed(self, values: list[tuple[Module, ast.AST | Kind]], depth: int) -> Kind:
        kinds = {
            value if isinstance(value, Kind) else self.of(where, value, depth + 1)
            for where, value in values[:8]
        } - {Kind.UNKNOWN}
        if len(kinds) == 2 and Kind.NUMBER in kinds and Kind.ARRAY in kinds:
            return Kind.ARRAY  # a total that begins at 0 and takes arrays
        return kinds.pop() if len(kinds) == 1 else Kind.UNKNOWN

    def _bound(self, module: Module, scope: ast.AST | None) -> dict[str, list[ast.AST | Kind]]:
        """What each name is bound to in one scope, by every assignment in it."""
        top: ast.AST = module.tree if scope is None else scope
        if top not in self._bindings:
            found: dict[str, list[ast.AST | Kind]] = {}
            for node in _own_nodes(top):
                for target, value in _assigned(node):
                    for name, what in _unpacked(target, value):
                        found.setdefault(name, []).append(what)
            self._bindings[top] = found
        return self._bindings[top]


_BY_FORM: dict[type[ast.AST], Kind] = {
    ast.List: Kind.LIST,
    ast.ListComp: Kind.LIST,
    ast.Set: Kind.SET,
    ast.SetComp: Kind.SET,
    ast.Dict: Kind.DICT,
    ast.DictComp: Kind.DICT,
    ast.JoinedStr: Kind.TEXT,
}
#: Functions of numpy that have an equal in ``math``.
SCALAR_FUNCTIONS = frozenset({
    "exp", "log", "log2", "log10", "log1p", "expm1", "sqrt", "sin", "cos", "tan", "arcsin", "arccos",
    "arctan", "arctan2", "sinh", "cosh", "tanh", "floor", "ceil", "abs", "absolute", "power", "maximum",
    "minimum", "clip", "sign", "hypot", "deg2rad", "rad2deg", "round", "square", "float64",
})  # fmt: skip


def _of_constant(value: object) -> Kind:
    if isinstance(value, bool) or value is None:
        return Kind.UNKNOWN
    if isinstance(value, (int, float, complex)):
        return Kind.NUMBER
    return Kind.TEXT if isinstance(value, (str, bytes)) else Kind.UNKNOWN


def _of_annotation(text: str) -> Kind:
    plain = text.strip("'\"")
    for words, kind in (
        (("ndarray", "NDArray", "Array"), Kind.ARRAY),
        (("DataFrame",), Kind.FRAME),
        (("Series",), Kind.SERIES),
        (("float", "int"), Kind.NUMBER),
        (("str",), Kind.TEXT),
    ):
        if plain in words or plain.rpartition(".")[2].partition("[")[0] in words:
            return kind
    head = plain.partition("[")[0].lower()
    return {"list": Kind.LIST, "set": Kind.SET, "dict": Kind.DICT}.get(head, Kind.UNKNOWN)


def _assigned(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST | Kind]]:
    """Yield what a statement binds, and to what."""
    if isinstance(node, ast.Assign):
        for target in node.targets:
            yield target, node.value
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
        if node.value is not None:
            yield node.target, node.value
    elif isinstance(node, ast.AugAssign):
        if not isinstance(node.op, ast.Add):
            yield node.target, node.value
    elif isinstance(node, (ast.For, ast.comprehension)) and isinstance(node.iter, ast.Call):
        made = node.iter.func.id if isinstance(node.iter.func, ast.Name) else ""
        if made == "range":
            yield node.target, Kind.NUMBER
        elif made == "enumerate" and isinstance(node.target, ast.Tuple) and node.target.elts:
            yield node.target.elts[0], Kind.NUMBER


def _unpacked(target: ast.AST, value: ast.AST | Kind) -> Iterator[tuple[str, ast.AST | Kind]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, (ast.Tuple, ast.List)):
        values = value.elts if isinstance(value, (ast.Tuple, ast.List)) else None
        for place, one in enumerate(target.elts):
            known = values is not None and len(values) == len(target.elts)
            yield from _unpacked(one, values[place] if known and values else Kind.UNKNOWN)


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope without those of functions and classes inside it; comprehensions count as its own."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
            waiting.extend(ast.iter_child_nodes(node))


def _parameters(function: ast.AST) -> set[str]:
    arguments = function.args  # type: ignore[attr-defined]
    return {one.arg for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
