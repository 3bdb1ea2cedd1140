"""What is copied whole to add to it is collected in a list, and joined once."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.diagnose.kinds import Kind, Kinds
from perfwatch.diagnose.rewrites.edits import Edits
from perfwatch.diagnose.rewrites.rewrite import Asked, Changed, Refused
from perfwatch.diagnose.rewrites.safety import loops_of, scope_of
from perfwatch.diagnose.source import FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

_STACKS = ("numpy.concatenate", "numpy.vstack", "numpy.hstack")


@dataclass(frozen=True, eq=False, kw_only=True)
class _Growth:
    """One statement that makes a name longer: by what, and how all parts are joined in the end.

    ``join`` has a place for the name of the list of parts; two statements grow the same
    way where it is equal.
    """

    statement: ast.stmt
    part: str
    join: str


def collect(asked: Asked) -> Changed | Refused:
    """Collect the parts in a list, in the outermost loop where nobody else looks at what grows."""
    name = _grown(asked.statement)
    if name is None:
        return Refused(reason="what grows is no plain name: who else looks at it cannot be seen here")
    growth = _growth(asked, asked.statement, name)
    if growth is None:
        return Refused(reason=f"how {name} grows is not among the forms that can be joined later")
    place = _place(asked, name, growth.join)
    if place is None:
        return Refused(reason=f"{name} is read, or bound, elsewhere in the loop or out of sight of it")
    loop, statements = place
    edits = Edits(asked.module)
    parts = asked.fresh(f"{name}_parts")
    edits.before(loop, f"{parts} = [{name}]")
    for one in statements:
        edits.instead(one.statement, f"{parts}.append({one.part})")
    edits.after(loop, f"{name} = {growth.join.format(parts=parts)}")
    return Changed(
        text=edits.text(), summary=f"the parts of {name} are collected, and joined once after the loop"
    )


def _grown(statement: ast.stmt) -> str | None:
    target: ast.AST | None = None
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
        target = statement.targets[0]
    elif isinstance(statement, ast.AugAssign):
        target = statement.target
    return target.id if isinstance(target, ast.Name) else None


def _growth(asked: Asked, statement: ast.stmt, name: str) -> _Growth | None:
    if _grown(statement) != name:
        return None
    if isinstance(statement, ast.AugAssign):
        return _of_text(asked, statement, statement.value) if isinstance(statement.op, ast.Add) else None
    value = statement.value  # type: ignore[attr-defined]
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        return _of_text(asked, statement, value.right) if _is(value.left, name) else None
    if not isinstance(value, ast.Call) or any(isinstance(one, ast.Starred) for one in value.args):
        return None
    full = asked.module.dotted(value.func)
    if full == "numpy.append":
        return _of_append(asked, statement, value, name)
    if full in _STACKS or full == "pandas.concat":
        return _of_stack(asked, statement, value, name)
    return None


def _of_text(asked: Asked, statement: ast.stmt, added: ast.AST) -> _Growth | None:
    if Kinds(asked.program).of(asked.module, added) is not Kind.TEXT and not _is_text(added):
        return None
    return _Growth(statement=statement, part=asked.segment(added), join='"".join({parts})')


def _is_text(node: ast.AST) -> bool:
    """Whether an expression is a text by its form: a sum that one text is part of."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        return _is_text(node.left) or (isinstance(node.op, ast.Add) and _is_text(node.right))
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _of_append(asked: Asked, statement: ast.stmt, call: ast.Call, name: str) -> _Growth | None:
    prefix = _prefix(asked, call)
    if len(call.args) != 2 or call.keywords or not _is(call.args[0], name) or prefix is None:
        return None
    part = f"{prefix}.ravel({_copied(asked, call.args[1], prefix)})"
    return _Growth(
        statement=statement,
        part=part,
        join=f"{prefix}.concatenate([{prefix}.ravel(one) for one in {{parts}}])",
    )


def _of_stack(asked: Asked, statement: ast.stmt, call: ast.Call, name: str) -> _Growth | None:
    prefix = _prefix(asked, call)
    if len(call.args) != 1 or not isinstance(call.args[0], (ast.Tuple, ast.List)) or prefix is None:
        return None
    parts = call.args[0].elts
    if len(parts) != 2 or not _is(parts[0], name) or name in _names(parts[1]):
        return None
    if not all(isinstance(one.value, ast.Constant) and one.arg for one in call.keywords):
        return None
    words = [f", {one.arg}={asked.module.words(one.value)}" for one in call.keywords]
    frame = asked.module.dotted(call.func).startswith("pandas.")
    part = _copied_frame(asked, parts[1]) if frame else _copied(asked, parts[1], prefix)
    join = f"{asked.module.words(call.func)}({{parts}}{''.join(words)})"
    return _Growth(statement=statement, part=part, join=join)


def _prefix(asked: Asked, call: ast.Call) -> str | None:
    """What numpy or pandas is called here."""
    return asked.module.words(call.func.value) if isinstance(call.func, ast.Attribute) else None


def _copied(asked: Asked, part: ast.AST, prefix: str) -> str:
    """A part as it is now: what may be changed before the parts are joined is copied, as the join did."""
    words = asked.segment(part)
    fresh = isinstance(part, (ast.BinOp, ast.UnaryOp, ast.Constant, ast.ListComp))
    return words if fresh else f"{prefix}.array({words})"


def _copied_frame(asked: Asked, part: ast.AST) -> str:
    words = asked.segment(part)
    made = isinstance(part, ast.Call) and asked.module.dotted(part.func).startswith("pandas.")
    return words if made else f"{words}.copy()"


def _is(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _place(asked: Asked, name: str, join: str) -> tuple[ast.stmt, Sequence[_Growth]] | None:
    """The outermost loop in which the name only grows, all in one way, with the statements that make it grow."""
    module = asked.module
    scope = scope_of(module, asked.statement)
    uses = [one for one in ast.walk(scope) if isinstance(one, ast.Name) and one.id == name]
    if any(scope_of(module, one) is not scope for one in uses):
        return None
    declared = [one for one in ast.walk(module.tree) if isinstance(one, (ast.Global, ast.Nonlocal))]
    if any(name in one.names for one in declared):
        return None
    found: tuple[ast.stmt, Sequence[_Growth]] | None = None
    for loop in loops_of(module, asked.statement):
        grown = [_growth(asked, one, name) for one in ast.walk(loop) if isinstance(one, ast.stmt)]
        statements = [one for one in grown if one is not None and one.join == join]
        inside = {id(one) for growth in statements for one in ast.walk(growth.statement)}
        if any(id(one) not in inside for one in uses if one in ast.walk(loop)):
            break
        if any(_times(one.statement, name) > 2 for one in statements):
            break
        found = (loop, statements)
    if found is None or not _is_bound_before(scope, name, found[0]):
        return None
    return found


def _times(statement: ast.stmt, name: str) -> int:
    """How often a statement names what grows: once to read it and once to bind it, or more than that."""
    return sum(isinstance(one, ast.Name) and one.id == name for one in ast.walk(statement))


def _is_bound_before(scope: ast.AST, name: str, loop: ast.stmt) -> bool:
    if isinstance(scope, FUNCTIONS) and name in {
        one.arg for one in ast.walk(scope.args) if isinstance(one, ast.arg)
    }:
        return True
    return any(
        isinstance(one, ast.Name)
        and one.id == name
        and isinstance(one.ctx, ast.Store)
        and one.lineno < loop.lineno
        for one in ast.walk(scope)
    )
