"""Answers of a pure function are kept by its arguments."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.kinds import Kind, Kinds
from perfwatch.diagnose.purity import is_pure_function
from perfwatch.diagnose.rewrites.edits import Edits
from perfwatch.diagnose.rewrites.rewrite import Asked, Changed, Refused
from perfwatch.diagnose.rewrites.safety import enclosing_function, is_only_read, reads_what_changes
from perfwatch.diagnose.source import header_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

_UNHASHABLE = frozenset({Kind.ARRAY, Kind.LIST, Kind.DICT, Kind.SET, Kind.FRAME, Kind.SERIES})
_MUTABLE = (ast.List, ast.ListComp, ast.Dict, ast.DictComp, ast.Set, ast.SetComp, ast.GeneratorExp)


def keep_answers(asked: Asked) -> Changed | Refused:
    """Put ``functools.cache`` on the function that the line stands in and calls, or on the one that it calls."""
    refusals = []
    for function in _candidates(asked):
        why = _why_not(asked, function)
        if not why:
            edits = Edits(asked.module)
            edits.need("import functools", function)
            edits.decorate(function, "functools.cache")
            return Changed(
                text=edits.text(), summary=f"the answers of {function.name} are kept by its arguments"
            )
        refusals.append(why)
    return Refused(
        reason=refusals[0]
        if refusals
        else "no function of this file whose answers could be kept is called on the line"
    )


def _candidates(asked: Asked) -> Iterator[ast.FunctionDef]:
    """Functions at the module's own level that the line is, or calls: one that calls itself comes first."""
    if isinstance(asked.statement, ast.FunctionDef):
        yield asked.statement
        return
    around = enclosing_function(asked.module, asked.statement)
    found = [
        defined[1]
        for call in header_parts(asked.statement)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        if (defined := asked.program.defined(asked.module, call)) is not None and defined[0] is asked.module
    ]
    for one in sorted(dict.fromkeys(found), key=lambda each: each is not around):
        if isinstance(one, ast.FunctionDef):
            yield one


def _why_not(asked: Asked, function: ast.FunctionDef) -> str:
    """Why a function's answers cannot be kept; empty where they can."""
    program, module, name = asked.program, asked.module, function.name
    if module.parents.get(function) is not module.tree:
        return f"{name} is no function at the module's own level"
    if function.decorator_list:
        return f"{name} has a decorator already"
    if not is_pure_function(program, module, function):
        return f"{name} is not pure as far as the source shows it: it changes, prints, draws or asks for something besides its arguments"
    changing = reads_what_changes(program, module, function)
    if changing:
        return f"{name} reads {changing}, which may change from call to call"
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    if not arguments and not function.args.vararg:
        return f"{name} takes no arguments"
    for one in arguments:
        why = _unhashable(asked, function, one.arg)
        if why:
            return why
    if _returns_what_changes(asked, function):
        return f"{name} returns something that its callers may change, and all of them would get the same one"
    return ""


def _unhashable(asked: Asked, function: ast.FunctionDef, name: str) -> str:
    """Why an argument cannot be a key: its form at the calls, or objects whose fields are asked for."""
    for one in ast.walk(function):
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == name:
            return f"{name} is an object whose fields {function.name} reads: the object may change and its key stay"
    kinds = Kinds(asked.program)
    use = ast.Name(id=name, ctx=ast.Load())
    first = function.body[0]
    ast.copy_location(use, first)
    asked.module.parents[use] = first
    kind = kinds.of(asked.module, use)
    del asked.module.parents[use]
    return f"{name} is {_named(kind)}, which cannot be a key" if kind in _UNHASHABLE else ""


def _named(kind: Kind) -> str:
    words = {Kind.ARRAY: "an array", Kind.FRAME: "a table", Kind.SERIES: "a column of a table"}
    return words.get(kind, f"a {kind.value}")


def _returns_what_changes(asked: Asked, function: ast.FunctionDef) -> bool:
    """Whether an answer can be changed, and one of the callers does more with it than read it."""
    kinds = Kinds(asked.program)
    returned = [
        one.value for one in ast.walk(function) if isinstance(one, ast.Return) and one.value is not None
    ]
    fixed = (ast.BinOp, ast.Compare, ast.UnaryOp, ast.JoinedStr, ast.Constant)

    def is_fixed(value: ast.AST) -> bool:
        if isinstance(value, _MUTABLE) or kinds.of(asked.module, value) in _UNHASHABLE:
            return False
        if isinstance(value, ast.Tuple):
            return all(map(is_fixed, value.elts))
        if isinstance(value, ast.IfExp):
            return is_fixed(value.body) and is_fixed(value.orelse)
        if (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Name)
            and value.func.id == function.name
        ):
            return True
        return isinstance(value, fixed) or kinds.of(asked.module, value) in {Kind.NUMBER, Kind.TEXT}

    if all(map(is_fixed, returned)):
        return False
    calls = asked.program.calls_named(function.name)
    return not all(is_only_read(asked.program, where, call) for where, call in calls)
