"""What may be moved, kept or left out, by the form of the code; in doubt the answer is no.

It must not change anything, and must not know what for it is asked.
"""

from __future__ import annotations

import ast
import builtins
from typing import TYPE_CHECKING

from perfwatch.diagnose.kinds import Kind, Kinds
from perfwatch.diagnose.purity import is_pure
from perfwatch.diagnose.source import COMPREHENSIONS, FUNCTIONS, LOOPS, bound_in, names_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from perfwatch.diagnose.source import Function, Module, Program

_DEEP = 4
_IMMUTABLE = frozenset({Kind.NUMBER, Kind.TEXT})
_READERS = (ast.BinOp, ast.UnaryOp, ast.Compare, ast.FormattedValue, ast.BoolOp)


def loops_of(module: Module, node: ast.AST) -> list[ast.stmt]:
    """Return the loop statements around a node in its function, innermost first."""
    return [one for one in module.loops_around(node) if isinstance(one, LOOPS)]


def statement_of(module: Module, node: ast.AST) -> ast.stmt:
    """Return the statement that a node is, or stands in."""
    return next(one for one in (node, *module.above(node)) if isinstance(one, ast.stmt))


def scope_of(module: Module, node: ast.AST) -> ast.AST:
    """Return the function that a node stands in, else the module's tree."""
    return module.function_of(node) or module.tree


def is_conditional(module: Module, node: ast.AST, loop: ast.AST) -> bool:
    """Whether some turns of a loop may go by without the node: it is below a branch, or behind ``and`` and ``or``."""
    inside = node
    for one in module.above(node):
        if one is loop:
            return False
        if isinstance(one, ast.BoolOp) and inside is not one.values[0]:
            return True
        if isinstance(one, (ast.IfExp, ast.If, ast.While)) and inside is not one.test:
            return True
        if isinstance(one, (ast.Try, ast.TryStar, ast.Match, ast.Lambda)):
            return True
        if isinstance(one, COMPREHENSIONS) and any(each.ifs for each in one.generators):
            return True
        inside = one
    return True


def variables(module: Module, node: ast.AST) -> set[str]:
    """Return the names that an expression reads which are neither imports, functions, classes nor builtins."""
    classes = {one.name for one in ast.walk(module.tree) if isinstance(one, ast.ClassDef)}
    known = set(module.imports) | set(module.functions) | classes | set(dir(builtins))
    return names_in(node) - known


def is_untouched(
    program: Program, module: Module, loop: ast.AST, names: AbstractSet[str], harmless: ast.AST | None = None
) -> bool:
    """Whether a loop neither binds nor changes what these names stand for, in itself or through what it calls.

    ``harmless`` is a call of which it is known that it changes none of its arguments.
    """
    every = set(names) | set(_aliases(scope_of(module, loop), names))
    if every & bound_in(loop) or any(_changes_outside(function, every) for function in _functions(module)):
        return False
    for one in ast.walk(loop):
        if isinstance(one, ast.AugAssign) and root(one.target) in every:
            return False
        reached = isinstance(one, ast.Call) and one is not harmless and bool(_reaches(one) & every)
        if reached and not is_pure(program, module, one):  # type: ignore[arg-type]
            return False
    return True


def _aliases(scope: ast.AST, names: AbstractSet[str]) -> Iterator[str]:
    for one in ast.walk(scope):
        if isinstance(one, ast.Assign) and isinstance(one.value, (ast.Name, ast.Attribute, ast.Subscript)):
            targets = [each.id for each in one.targets if isinstance(each, ast.Name)]
            if root(one.value) in names:
                yield from targets


def _functions(module: Module) -> Iterator[Function]:
    for found in module.functions.values():
        yield from found


def _changes_outside(function: Function, names: AbstractSet[str]) -> bool:
    """Whether a function changes one of these names where it is not its own."""
    declared = {
        name
        for one in ast.walk(function)
        if isinstance(one, (ast.Global, ast.Nonlocal))
        for name in one.names
    }
    arguments = {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}
    stored = {
        one.id for one in ast.walk(function) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
    own = (arguments | stored) - declared
    return bool((declared | (bound_in(function) - own)) & names)


def _reaches(call: ast.Call) -> set[str]:
    """The names whose things a call is handed as they are, or whose method it is."""
    found = {root(call.func.value)} if isinstance(call.func, ast.Attribute) else set()
    for argument in (*call.args, *(one.value for one in call.keywords)):
        inner = argument.value if isinstance(argument, ast.Starred) else argument
        if isinstance(inner, (ast.Tuple, ast.List, ast.Dict, ast.Set)):
            found |= names_in(inner)
        found.add(root(inner))
    return found - {""}


def root(node: ast.AST) -> str:
    """Return the name at the root of ``a.b[c]``, empty where there is none."""
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def is_only_read(program: Program, module: Module, node: ast.AST, depth: int = 0) -> bool:
    """Whether what an expression answers is read where it stands, and never changed, kept or handed on."""
    if Kinds(program).of(module, node) in _IMMUTABLE:
        return True
    parent = module.parents.get(node)
    if depth > _DEEP or parent is None:
        return False
    if isinstance(parent, _READERS) or (isinstance(parent, ast.Subscript) and parent.slice is node):
        return True
    if isinstance(parent, (ast.For, ast.comprehension)):
        return parent.iter is node
    if isinstance(parent, (ast.Subscript, ast.Attribute, ast.keyword)):
        if isinstance(parent, (ast.Subscript, ast.Attribute)) and not isinstance(parent.ctx, ast.Load):
            return False
        return is_only_read(program, module, parent, depth + 1)
    if isinstance(parent, ast.Call):
        return is_pure(program, module, parent) and (
            node is not parent.func or is_only_read(program, module, parent, depth + 1)
        )
    if isinstance(parent, ast.Assign) and len(parent.targets) == 1:
        return _is_name_only_read(program, module, parent.targets[0], depth)
    return isinstance(parent, ast.Expr)


def _is_name_only_read(program: Program, module: Module, target: ast.AST, depth: int) -> bool:
    if not isinstance(target, ast.Name):
        return False
    scope = scope_of(module, target)
    if scope is module.tree:
        return False  # whoever imports the module may change it
    uses = [one for one in ast.walk(scope) if isinstance(one, ast.Name) and one.id == target.id]
    if any(scope_of(module, one) is not scope for one in uses):
        return False
    stored = [one for one in uses if isinstance(one.ctx, (ast.Store, ast.Del))]
    if any(isinstance(module.parents.get(one), ast.AugAssign) for one in stored):
        return False
    return all(is_only_read(program, module, one, depth + 1) for one in uses if isinstance(one.ctx, ast.Load))


def reads_what_changes(program: Program, module: Module, function: Function, depth: int = 0) -> str:
    """Return a name outside a function that it reads and that may not stay the same; empty where there is none."""
    if depth > _DEEP:
        return function.name
    own = {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}
    own |= {
        one.id for one in ast.walk(function) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
    for name in sorted(variables(module, function) - own):
        bound = [
            one
            for one in ast.walk(module.tree)
            if isinstance(one, ast.Name) and one.id == name and not isinstance(one.ctx, ast.Load)
        ]
        once = len(bound) == 1 and scope_of(module, bound[0]) is module.tree
        if not once or loops_of(module, bound[0]) or _is_changed(module, name):
            return name
    for one in ast.walk(function):
        found = program.defined(module, one) if isinstance(one, ast.Call) else None
        if found is not None and found[1] is not function:
            inner = reads_what_changes(program, *found, depth=depth + 1)
            if inner:
                return inner
    return ""


def _is_changed(module: Module, name: str) -> bool:
    """Whether something that a name of the module stands for is changed in place anywhere in it."""
    stored = {
        one.id
        for one in ast.walk(module.tree)
        if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
    }
    if name in stored and name in _changed_in_place(module.tree):
        return True
    return any(_changes_outside(function, {name}) for function in _functions(module))


def _changed_in_place(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for one in ast.walk(tree):
        if isinstance(one, (ast.Subscript, ast.Attribute)) and not isinstance(one.ctx, ast.Load):
            found.add(root(one))
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute):
            # Of methods only those that are known to change their owner: bound_in knows them.
            found |= bound_in(one) & {root(one.func)}
        elif isinstance(one, ast.AugAssign):
            found.add(root(one.target))
    return found


def enclosing_function(module: Module, node: ast.AST) -> ast.FunctionDef | None:
    """Return the plain function at the module's own level that a node is, or stands in; methods and nested ones are none."""
    found = node if isinstance(node, FUNCTIONS) else module.function_of(node)
    if isinstance(found, ast.FunctionDef) and module.parents.get(found) is module.tree:
        return found
    return None
