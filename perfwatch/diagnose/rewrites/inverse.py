"""Systems solved where an inverse was multiplied."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rewrites.edits import Edits
from perfwatch.diagnose.rewrites.rewrite import Asked, Changed, Refused
from perfwatch.diagnose.rewrites.safety import is_untouched, scope_of, statement_of, variables
from perfwatch.diagnose.source import bound_in, header_parts

if TYPE_CHECKING:
    from perfwatch.diagnose.source import Module

_INVERSES = frozenset({"numpy.linalg.inv", "scipy.linalg.inv"})


def solve(asked: Asked) -> Changed | Refused:
    """Turn ``inv(a) @ b`` into ``solve(a, b)``, also where the inverse has a name that is used once."""
    module = asked.module
    calls = [
        one
        for one in header_parts(asked.statement)
        if isinstance(one, ast.Call)
        and module.dotted(one.func) in _INVERSES
        and len(one.args) == 1
        and not one.keywords
    ]
    if not calls:
        return Refused(reason="the line has no inverse of one matrix that could be left out")
    call = calls[0]
    if not isinstance(call.func, ast.Attribute):
        return Refused(reason="inv was imported by its own name, and solve was not")
    used = _use(asked, call)
    if isinstance(used, Refused):
        return used
    edits = Edits(module)
    product = _product(asked, used)
    if product is None:
        return Refused(reason="the inverse is used for more than one product with a vector or a matrix")
    whole, left, right = product
    solved = f"{module.words(call.func.value)}.solve({asked.segment(call.args[0])}, {asked.segment(right)})"
    edits.replace(whole, solved if left is None else f"{asked.operand(left)} @ {solved}")
    if used is not call:
        edits.remove(statement_of(module, call))
    return Changed(
        text=edits.text(),
        summary=f"the system of {module.words(call.args[0])} is solved, and its inverse never made",
    )


def _use(asked: Asked, call: ast.Call) -> ast.AST | Refused:
    """The inverse where it is used: the call itself, or the one place where its name is read."""
    module = asked.module
    statement = module.parents.get(call)
    if not (isinstance(statement, ast.Assign) and len(statement.targets) == 1):
        return call
    target = statement.targets[0]
    scope = scope_of(module, statement)
    if not isinstance(target, ast.Name) or scope is module.tree:
        return Refused(reason="who uses the inverse cannot be seen here")
    uses = [one for one in ast.walk(scope) if isinstance(one, ast.Name) and one.id == target.id]
    reads = [one for one in uses if isinstance(one.ctx, ast.Load)]
    if len(reads) != 1 or len(uses) != 2 or scope_of(module, reads[0]) is not scope:
        return Refused(
            reason=f"{target.id} is used at {len(reads)} places, each of which would solve the system anew"
        )
    if module.loops_around(reads[0]) != module.loops_around(call):
        return Refused(
            reason=f"{target.id} is made outside of the loop that uses it: factor the matrix once instead"
        )
    between = _between(module, statement, statement_of(module, reads[0]))
    names = variables(module, call)
    if between is None or any(
        names & bound_in(one) or not is_untouched(asked.program, module, one, names) for one in between
    ):
        return Refused(reason=f"what {target.id} is made of changes before it is used")
    return reads[0]


def _between(module: Module, first: ast.stmt, last: ast.stmt) -> list[ast.stmt] | None:
    """The statements between two of one block; ``None`` where they are not of one."""
    parent = module.parents.get(first)
    for name in ("body", "orelse", "finalbody"):
        block = getattr(parent, name, None)
        if isinstance(block, list) and first in block and last in block:
            return block[block.index(first) + 1 : block.index(last)]
    return None


def _product(asked: Asked, used: ast.AST) -> tuple[ast.AST, ast.AST | None, ast.AST] | None:
    """The whole product, what stands left of the inverse in it, and what stands right."""
    module = asked.module
    parent = module.parents.get(used)
    if isinstance(parent, ast.Attribute) and parent.attr == "dot":
        call = module.parents.get(parent)
        if isinstance(call, ast.Call) and len(call.args) == 1 and not call.keywords:
            return call, None, call.args[0]
    if not (isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.MatMult)):
        return None
    if parent.left is used:
        return parent, None, parent.right
    above = module.parents.get(parent)
    if isinstance(above, ast.BinOp) and isinstance(above.op, ast.MatMult) and above.left is parent:
        return above, parent.left, above.right
    return None
