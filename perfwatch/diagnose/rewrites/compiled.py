"""Numeric functions compiled with numba."""

from __future__ import annotations

import ast

from perfwatch.diagnose.rewrites.edits import Edits
from perfwatch.diagnose.rewrites.rewrite import Asked, Changed, Refused
from perfwatch.diagnose.rewrites.safety import enclosing_function, reads_what_changes

_BUILTINS = frozenset(
    {"range", "len", "abs", "min", "max", "float", "int", "enumerate", "zip", "round", "bool"}
)
#: Functions of numpy that numba knows, and answers as numpy does.
_NUMPY = frozenset(
    """
    exp log log2 log10 log1p expm1 sqrt sin cos tan arcsin arccos arctan arctan2 sinh cosh tanh floor ceil abs hypot
    zeros ones empty zeros_like ones_like empty_like full arange linspace array asarray sum mean prod dot argmin argmax
    maximum minimum sign isnan isfinite float64 int64
    """.split()  # noqa: SIM905 - a row a family
)
_METHODS = frozenset({"append", "sum", "copy", "mean", "min", "max"})
_STATEMENTS = (
    ast.For, ast.While, ast.If, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Return, ast.Expr, ast.Pass, ast.Break,
    ast.Continue, ast.Assert,
)  # fmt: skip
_FOREIGN = (
    ast.Dict, ast.DictComp, ast.Set, ast.SetComp, ast.GeneratorExp, ast.JoinedStr, ast.Lambda, ast.Await, ast.Yield,
    ast.YieldFrom, ast.NamedExpr, ast.Starred,
)  # fmt: skip


def compile_function(asked: Asked) -> Changed | Refused:
    """Put ``@numba.njit`` on the function that the line stands in, where numbers, arrays and tuples are all it knows."""
    module = asked.module
    function = enclosing_function(module, asked.statement)
    if function is None:
        return Refused(
            reason="the loop stands in no function at the module's own level, and only a function can be compiled"
        )
    if function.decorator_list:
        return Refused(reason=f"{function.name} has a decorator already")
    if "numba" not in asked.packages:
        return Refused(reason="the target's interpreter cannot import numba (pip install numba)")
    foreign = _foreign(asked, function)
    if foreign:
        return Refused(
            reason=f"{function.name} uses {foreign}, which is more than numbers, arrays and tuples"
        )
    changing = reads_what_changes(asked.program, module, function)
    if changing:
        return Refused(
            reason=f"{function.name} reads {changing}, which would be compiled in as it is at first"
        )
    edits = Edits(module)
    edits.need("import numba", function)
    edits.decorate(function, "numba.njit")
    return Changed(text=edits.text(), summary=f"{function.name} is compiled by numba")


def _foreign(asked: Asked, function: ast.FunctionDef) -> str:
    """The first thing in a function that is not arithmetic on numbers and arrays, in words; empty where there is none."""
    if function.args.vararg or function.args.kwarg or function.args.kwonlyargs:
        return "arguments that are gathered or named"
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    for statement in body:
        for one in ast.walk(statement):
            if isinstance(one, ast.stmt) and not isinstance(one, _STATEMENTS):
                return f"a statement such as {_short(asked, one)}"
            if isinstance(one, _FOREIGN) or (
                isinstance(one, ast.Constant) and isinstance(one.value, (str, bytes))
            ):
                return _short(asked, one)
            if isinstance(one, ast.Call) and not _is_known(asked, one):
                return f"{asked.module.words(one.func)}()"
    return ""


def _is_known(asked: Asked, call: ast.Call) -> bool:
    full = asked.module.dotted(call.func)
    if call.keywords:
        return False
    if full in _BUILTINS or full.startswith("math."):
        return True
    if full.startswith("numpy."):
        return full.removeprefix("numpy.") in _NUMPY
    return isinstance(call.func, ast.Attribute) and not full and call.func.attr in _METHODS


def _short(asked: Asked, node: ast.AST) -> str:
    words = asked.module.words(node)
    return words if len(words) <= 40 else f"{words[:40]}…"
