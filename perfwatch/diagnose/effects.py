"""What a function surely does besides giving an answer: such a call cannot be left out, however often it is repeated.

It must not run anything. Where purity is in doubt, this is not the judge: it names
what is certain.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.source import (
    CHANGING,
    FUNCTIONS,
    LOOPS,
    Function,
    Module,
    Program,
    bound_in,
    called_name,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEP = 4
#: Modules whose functions draw, wait, tell the time or touch the world.
_WORLDLY = (
    "random.",
    "numpy.random.",
    "secrets.",
    "uuid.",
    "time.",
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "os.",
    "shutil.",
    "subprocess.",
    "socket.",
    "requests.",
    "urllib.request.",
    "logging.",
    "torch.rand",
)
_HARMLESS = ("os.path.", "os.fspath", "os.getcwd")
_TELLING = frozenset({"print", "input", "exec", "setattr", "delattr"})
#: The second argument of ``open``.
_MODE = 1


def effect_of(program: Program, module: Module, function: Function, depth: int = 0) -> str:
    """Return in words what a function does besides answering; empty where nothing is certain."""
    if depth == 0 and not any(
        isinstance(one, ast.Return) and one.value is not None for one in _own(function)
    ):
        return "it returns nothing"
    local = _bound(function)
    for one in ast.walk(function):
        if isinstance(one, (ast.Yield, ast.YieldFrom, ast.Await)):
            return "it is a generator or a coroutine"
        if isinstance(one, (ast.Global, ast.Nonlocal)):
            return f"it binds {one.names[0]}"
        changed = _changed_by(one)
        if changed and changed not in local:
            return f"it changes {changed}"
        if isinstance(one, ast.Call) and (said := _effect_of_call(program, module, one, depth)):
            return said
    return ""


def changing_reads(module: Module, function: Function) -> tuple[str, ...]:
    """Return the module's variables that a function reads and that something binds again or changes in place."""
    reads = {
        one.id for one in ast.walk(function) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)
    }
    return tuple(sorted((reads - _bound(function) - arguments_of(function)) & _changing(module)))


def arguments_of(function: Function) -> set[str]:
    """Return the names of a function's parameters."""
    given = function.args
    found = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return {one.arg for one in found if one is not None}


def _changing(module: Module) -> frozenset[str]:
    """The module's variables that are bound more than once, or changed in place after they were made."""
    bound: list[str] = []
    changed: set[str] = set()
    for one in ast.walk(module.tree):
        if isinstance(one, ast.Global):
            changed |= set(one.names)
        elif isinstance(one, FUNCTIONS):
            changed |= bound_in(one) - _bound(one) - arguments_of(one)
        elif isinstance(one, LOOPS) and module.function_of(one) is None:
            changed |= bound_in(one)
        elif isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store) and module.function_of(one) is None:
            bound.append(one.id)
    return frozenset((changed & set(bound)) | {name for name in bound if bound.count(name) > 1})


def _own(function: Function) -> Iterator[ast.AST]:
    """The nodes of a function, without those of functions inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        one = waiting.pop()
        yield one
        if not isinstance(one, (*FUNCTIONS, ast.Lambda)):
            waiting.extend(ast.iter_child_nodes(one))


def _bound(function: Function) -> set[str]:
    return {
        one.id for one in ast.walk(function) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }


def _changed_by(node: ast.AST) -> str:
    """The name of what a node changes in place; empty where it changes nothing."""
    if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, (ast.Store, ast.Del)):
        return _root(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING:
        return _root(node.func)
    return ""


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _effect_of_call(program: Program, module: Module, call: ast.Call, depth: int) -> str:
    full, name = module.dotted(call.func), called_name(call)
    if full in _TELLING or (full.startswith(_WORLDLY) and not full.startswith(_HARMLESS)):
        return f"it calls {full}"
    if full == "open" and set(_mode_of(call)) & set("wax+"):
        return "it writes a file"
    found = program.defined(module, call) if depth < _DEEP and isinstance(call.func, ast.Name) else None
    if found is None:
        return ""
    said = effect_of(program, *found, depth + 1)
    return f"it calls {name}, and {said}" if said else ""


def _mode_of(call: ast.Call) -> str:
    given = [one.value for one in call.keywords if one.arg == "mode"] or call.args[_MODE : _MODE + 1]
    value = given[0].value if given and isinstance(given[0], ast.Constant) else "r"
    return value if isinstance(value, str) else "r"
