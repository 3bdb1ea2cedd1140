"""Whether a call can be left out where it was made before with the same arguments, as far as the source shows it.

It must not run anything; in doubt the answer is no.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.source import (
    CHANGING,
    FUNCTIONS,
    Function,
    Module,
    Program,
    called_name,
    initialiser,
)

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_DEEP = 4
_PURE = frozenset({
    "len", "sorted", "sum", "min", "max", "abs", "round", "float", "int", "str", "tuple", "list", "set",
    "dict", "frozenset", "range", "enumerate", "zip", "any", "all", "pow", "divmod",
})  # fmt: skip
_PURE_METHODS = frozenset({
    "sum", "mean", "std", "var", "min", "max", "dot", "copy", "astype", "reshape", "ravel", "flatten",
    "transpose", "tolist", "to_numpy", "split", "strip", "lower", "upper", "join", "get", "keys",
    "values", "items", "groupby", "sort_values", "query", "merge", "corr", "cov", "quantile", "median",
    "cumsum", "argsort", "argmin", "argmax", "nonzero", "any", "all", "round", "total_seconds",
    "isoformat", "count", "index", "startswith", "endswith",
})  # fmt: skip
#: Methods of libraries that are known to change nothing that is read again.
_ASKING = frozenset(
    ["predict", "predict_proba", "decision_function", "transform", "score", "append", "info", "debug", "warning", "error",
     "format", "replace", "match", "search", "findall", "finditer", "sub"]
)  # fmt: skip
_FILLED = frozenset({"numpy.empty", "numpy.empty_like"})
_IMPURE_WORDS = (
    "random",
    "seed",
    "save",
    "load",
    "open",
    "time",
    "fromfile",
    "tofile",
    "put",
    "copyto",
    "shuffle",
    "empty",
)


def is_pure(program: Program, module: Module, call: ast.Call, depth: int = 0) -> bool:
    """Return whether a call reads its arguments, changes nothing and draws no chance."""
    if depth > _DEEP:
        return False
    if not all(
        is_pure(program, module, one, depth + 1)
        for argument in (*call.args, *(one.value for one in call.keywords), *_owner(call))
        for one in ast.walk(argument)
        if isinstance(one, ast.Call)
    ):
        return False
    full, name = module.dotted(call.func), called_name(call)
    if full in _PURE or full.startswith(("math.", "cmath.", "operator.", "statistics.")):
        return True
    if full in _FILLED and depth:
        return True  # inside a function it is what that function fills; by itself each turn wants its own
    if full.startswith(("numpy.", "scipy.", "pandas.")):
        return not any(word in full for word in _IMPURE_WORDS) and not any(
            one.arg == "out" for one in call.keywords
        )
    if full in {"json.loads", "json.dumps", "re.compile", "copy.deepcopy", "hashlib.sha256"}:
        return True
    found = program.defined(module, call)
    if found is not None:
        return is_pure_function(program, *found, depth)
    made = program.class_made(module, call)
    if made is not None:
        return makes_purely(program, *made, depth)
    return isinstance(call.func, ast.Attribute) and not full and name in _PURE_METHODS


def _owner(call: ast.Call) -> list[ast.expr]:
    """What a method is called of."""
    return [call.func.value] if isinstance(call.func, ast.Attribute) else []


def makes_purely(program: Program, module: Module, made: ast.ClassDef, depth: int = 0) -> bool:
    """Return whether making an object of a class changes nothing else, and no method changes the object later.

    A class that another one is the base of, or that has a class of its own, may do anything.
    """
    if made.bases or made.keywords or any(_is_method(one, "__new__", "__post_init__") for one in made.body):
        return False
    own = {one.arg for method in made.body if isinstance(method, FUNCTIONS) for one in method.args.args[:1]}
    for method in made.body:
        if not isinstance(method, FUNCTIONS) or method.name == "__init__":
            continue
        if any(_changes(one) and _root(one) in own for one in ast.walk(method)):
            return False
    begin = initialiser(made)
    return begin is None or _is_pure_body(program, module, begin, _own_names(begin) | own, depth)


def _is_method(node: ast.stmt, *names: str) -> bool:
    return isinstance(node, FUNCTIONS) and node.name in names


def _changes(node: ast.AST) -> bool:
    """Whether a node binds an attribute or an item, or is a method that changes what it is asked of."""
    if isinstance(node, (ast.Subscript, ast.Attribute)):
        return isinstance(node.ctx, (ast.Store, ast.Del)) or (
            isinstance(node, ast.Attribute) and node.attr in CHANGING
        )
    return False


def is_pure_function(program: Program, module: Module, function: Function, depth: int = 0) -> bool:
    """Return whether a function of the user's own binds nothing outside itself and calls what is pure; it may call itself."""
    return _is_pure_body(program, module, function, _own_names(function), depth)


def _is_pure_body(
    program: Program, module: Module, function: Function, own: AbstractSet[str], depth: int
) -> bool:
    for one in ast.walk(function):
        if isinstance(one, (ast.Global, ast.Nonlocal, ast.Yield, ast.YieldFrom, ast.Await)):
            return False
        if isinstance(one, ast.Return) and isinstance(one.value, ast.GeneratorExp):
            return False  # it can be gone through once
        changes = isinstance(one, (ast.Subscript, ast.Attribute)) and isinstance(
            one.ctx, (ast.Store, ast.Del)
        )
        if changes and _root(one) not in own:
            return False
        if isinstance(one, ast.Call) and not _allowed(program, module, one, (function, own), depth):
            return False
    return True


def _allowed(
    program: Program, module: Module, call: ast.Call, inside: tuple[Function, AbstractSet[str]], depth: int
) -> bool:
    function, own = inside
    changes_own = isinstance(call.func, ast.Attribute) and _root(call.func) in own and called_name(call) in {
        "append", "extend", "add", "update", "sort", "insert", "pop", "setdefault", "discard", "remove"
    }  # fmt: skip
    # What a call of the function to itself does is what the rest of it does.
    itself = isinstance(call.func, ast.Name) and call.func.id == function.name
    if itself and program.defined(module, call) == (module, function):
        return all(
            _allowed(program, module, one, (function, own), depth)
            for part in (*call.args, *(each.value for each in call.keywords))
            for one in ast.walk(part)
            if isinstance(one, ast.Call)
        )
    return changes_own or is_pure(program, module, call, depth + 1)


def touched_in(program: Program, module: Module, loop: ast.AST) -> set[str]:
    """Return the names of things that calls in a loop may change unseen: their methods', and what functions are handed."""
    found: set[str] = set()
    for one in ast.walk(loop):
        if not isinstance(one, ast.Call) or is_pure(program, module, one):
            continue
        full = module.dotted(one.func)
        if isinstance(one.func, ast.Attribute) and not full and called_name(one) not in _ASKING:
            found.add(_root(one.func))
        users = program.defined(module, one) is not None
        if users or full.startswith(("numpy.", "random.")):
            found |= {_root(part) for part in one.args}
    return found - {""}


def _own_names(function: Function) -> set[str]:
    """Names that a function makes itself: each time bound in it to something new, and no argument of it.

    ``state = self.state`` is another name for what was there before, and so is what a loop goes over.
    """
    arguments = {
        one.arg for one in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    }
    made: set[str] = set()
    taken: set[str] = set()
    for one in ast.walk(function):
        if isinstance(one, ast.Assign):
            names = {target.id for target in one.targets if isinstance(target, ast.Name)}
            (taken if isinstance(one.value, _ALIASES) else made).update(names)
    # A name for something that was there before, ``state = self.state``, is no thing of its own.
    return made - taken - arguments


_ALIASES = (ast.Name, ast.Attribute, ast.Subscript, ast.IfExp, ast.BoolOp, ast.Tuple, ast.Starred)


def _root(node: ast.AST) -> str:
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
