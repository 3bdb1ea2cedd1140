"""A set beside a list, to be asked what is in the list."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rewrites.edits import Edits
from perfwatch.diagnose.rewrites.rewrite import Asked, Changed, Refused
from perfwatch.diagnose.rewrites.safety import (
    is_untouched,
    loops_of,
    reads_what_changes,
    scope_of,
    statement_of,
)
from perfwatch.diagnose.source import FUNCTIONS, bound_in, header_parts

if TYPE_CHECKING:
    from collections.abc import Sequence


def ask_a_set(asked: Asked) -> Changed | Refused:
    """Put a set in front of the loop, keep it up with the list where that grows, and ask it."""
    found = _questions(asked)
    if not found:
        return Refused(reason="the line asks for an item's place or number, which a set does not know")
    name = found[0].comparators[0]
    if not isinstance(name, ast.Name):
        return Refused(reason="the list is no plain name: who changes it cannot be seen here")
    questions = [
        one for one in found if isinstance(one.comparators[0], ast.Name) and one.comparators[0].id == name.id
    ]
    bound = _bindings(asked, name)
    function = asked.module.function_of(name)
    if not bound and isinstance(function, FUNCTIONS) and name.id not in _arguments(function):
        return _of_the_module(asked, name, questions)
    loop = _loop(asked, name)
    if loop is None:
        return Refused(reason=f"{name.id} is made anew, or changed, between one question and the next")
    appends = _appends(asked, loop, name.id)
    if appends is None or not _is_else_untouched(asked, loop, name.id, appends):
        return Refused(reason=f"{name.id} is changed in the loop otherwise than by appending a name to it")
    edits = Edits(asked.module)
    known = asked.fresh(f"known_{name.id}")
    edits.before(loop, f"{known} = set({name.id})")
    for one in appends:
        edits.after(one, f"{known}.add({asked.module.words(one.value.args[0])})")  # type: ignore[attr-defined]
    for question in questions:
        edits.replace(question.comparators[0], known)
    return Changed(
        text=edits.text(), summary=f"a set of what is in {name.id} is made once, and asked instead"
    )


def _arguments(function: ast.AST) -> set[str]:
    return {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}  # type: ignore[attr-defined]


def _questions(asked: Asked) -> list[ast.Compare]:
    return [
        one
        for one in header_parts(asked.statement)
        if isinstance(one, ast.Compare) and len(one.ops) == 1 and isinstance(one.ops[0], (ast.In, ast.NotIn))
    ]


def _bindings(asked: Asked, name: ast.Name) -> list[ast.AST]:
    return [
        one
        for one in ast.walk(scope_of(asked.module, name))
        if isinstance(one, ast.Name) and one.id == name.id and isinstance(one.ctx, ast.Store)
    ]


def _loop(asked: Asked, name: ast.Name) -> ast.stmt | None:
    """The outermost statement to put the set in front of: a loop in which the list is always the same one."""
    found: ast.stmt | None = None
    if len(asked.module.loops_around(name)) > len(loops_of(asked.module, name)):
        found = statement_of(asked.module, name)  # a comprehension alone repeats the question
    for loop in loops_of(asked.module, name):
        if any(one in ast.walk(loop) for one in _bindings(asked, name)):
            break
        found = loop
    return None if found is not None and _is_elif(asked, found) else found


def _is_elif(asked: Asked, statement: ast.stmt) -> bool:
    line = asked.module.text.split("\n")[statement.lineno - 1]
    return line.lstrip().startswith("elif")


def _appends(asked: Asked, loop: ast.stmt, name: str) -> list[ast.Expr] | None:
    """The statements of a loop that append a name to the list; ``None`` where one appends something else."""
    found: list[ast.Expr] = []
    for one in ast.walk(loop):
        if not (
            isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr == "append"
        ):
            continue
        if not (isinstance(one.func.value, ast.Name) and one.func.value.id == name):
            continue
        statement = asked.module.parents.get(one)
        if not isinstance(statement, ast.Expr) or len(one.args) != 1 or not isinstance(one.args[0], ast.Name):
            return None
        found.append(statement)
    return found


def _is_else_untouched(asked: Asked, loop: ast.stmt, name: str, appends: Sequence[ast.Expr]) -> bool:
    """Whether nothing but these statements changes the list in the loop."""
    if not appends:
        return is_untouched(asked.program, asked.module, loop, {name})
    others = [
        one
        for one in ast.walk(loop)
        if isinstance(one, ast.Name) and one.id == name and not any(one in ast.walk(each) for each in appends)
    ]
    for one in others:
        parent = asked.module.parents.get(one)
        asks = isinstance(parent, ast.Compare)
        counts = isinstance(parent, ast.Call) and asked.module.dotted(parent.func) in {
            "len",
            "sum",
            "max",
            "min",
        }
        reads = isinstance(parent, ast.Subscript) and isinstance(parent.ctx, ast.Load)
        if not (asks or counts or reads):
            return False
    return True


def _of_the_module(asked: Asked, name: ast.Name, questions: Sequence[ast.Compare]) -> Changed | Refused:
    """Put the set beside a list that the module makes once and nobody changes."""
    module = asked.module
    made = [
        one
        for one in module.tree.body
        if isinstance(one, ast.Assign) and len(one.targets) == 1 and module.words(one.targets[0]) == name.id
    ]
    function = module.function_of(name)
    if not isinstance(function, FUNCTIONS) or reads_what_changes(asked.program, module, function) == name.id:
        return Refused(reason=f"{name.id} may change between one question and the next")
    if len(made) != 1 or name.id in bound_in(function):
        return Refused(reason=f"where {name.id} is made cannot be seen")
    edits = Edits(module)
    known = asked.fresh(f"{name.id}_SET" if name.id.isupper() else f"known_{name.id}")
    edits.after(made[0], f"{known} = frozenset({name.id})")
    for question in questions:
        edits.replace(question.comparators[0], known)
    return Changed(
        text=edits.text(), summary=f"a set of what is in {name.id} is made once, beside it, and asked instead"
    )
