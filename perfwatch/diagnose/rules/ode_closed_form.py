"""Solvers of differential equations for systems that have a formula."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name, names_in
from perfwatch.diagnose.wording import each, times
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene
    from perfwatch.diagnose.source import Function

_REFERENCE = "https://docs.scipy.org/doc/scipy/reference/generated/scipy.linalg.expm.html"
#: Where the state stands among the arguments of the function that each solver calls.
_SOLVERS = {"scipy.integrate.solve_ivp": 1, "scipy.integrate.odeint": 0, "scipy.integrate.RK45": 1}
_CONSTANT, _LINEAR, _OTHER = 0, 1, 2


def find(scene: Scene) -> Iterator[Suspect]:
    """``solve_ivp`` and ``odeint`` of a right-hand side that is linear in the state, with coefficients that do not change."""
    for site in scene.sites:
        for call in site.calls():
            place = _SOLVERS.get(site.module.dotted(call.func))
            if place is None or not call.args:
                continue
            function = _defined(scene, call.args[0])
            if function is None or not is_linear(function, place):
                continue
            entered = scene.calls_of(site.module, function)
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=site.share,
                mechanism=f"{function.name} is linear in the state with constant coefficients, and was entered {times(entered)} "
                f"to find what a formula gives: {each(scene, site)}",
                evidence={"calls_count": entered},
                advice=Advice(
                    summary="Use the formula: the matrix exponential, or for one equation exp; all times and all systems at once.",
                    code="y = scipy.linalg.expm(A * t) @ y0",
                    risk="The solver's own error goes: digits change, for the better. Eigenvalues that coincide want expm, not eig.",
                    reference=_REFERENCE,
                ),
                sure=Grade.HIGH,
                effort=Grade.MEDIUM,
            )
            return


def _defined(scene: Scene, node: ast.AST) -> Function | None:
    """The user's function that is handed to the solver."""
    name = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    found = [function for _, function in scene.program.functions_named(name)]
    return found[0] if len(found) == 1 else None


def is_linear(function: Function, place: int) -> bool:
    """Return whether all that a function returns is linear in one argument, with coefficients free of time and state.

    ``place`` counts the arguments without ``self``. What is not plainly linear is not.
    """
    arguments = [one.arg for one in function.args.args if one.arg != "self"]
    if len(arguments) < 2:
        return False
    state, time = arguments[place], arguments[1 - place]
    known = {state: _LINEAR, time: _OTHER}
    returned: list[int] = []
    for statement in function.body:
        if isinstance(statement, ast.Assign):
            degree = _degree(statement.value, known)
            for target in statement.targets:
                known |= dict.fromkeys(names_in(target), degree)
        elif isinstance(statement, ast.Return) and statement.value is not None:
            returned.append(_degree(statement.value, known))
        elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
            return False
    return bool(returned) and max(returned) == _LINEAR


def _degree(node: ast.AST, known: dict[str, int]) -> int:
    """How an expression depends on the state: not at all, linearly, or otherwise."""
    if isinstance(node, ast.Name):
        return known.get(node.id, _CONSTANT)
    if isinstance(node, ast.Constant):
        return _CONSTANT
    if isinstance(node, (ast.List, ast.Tuple)):
        return max((_degree(one, known) for one in node.elts), default=_CONSTANT)
    if isinstance(node, ast.UnaryOp):
        return _degree(node.operand, known)
    if isinstance(node, ast.Subscript):
        placed = _degree(node.slice, known)
        return _OTHER if placed != _CONSTANT else _degree(node.value, known)
    if isinstance(node, ast.Attribute):
        return _degree(node.value, known)
    if isinstance(node, ast.BinOp):
        left, right = _degree(node.left, known), _degree(node.right, known)
        if isinstance(node.op, (ast.Add, ast.Sub)):
            return max(left, right)
        if isinstance(node.op, (ast.Mult, ast.MatMult)):
            return left + right if max(left, right) < _OTHER else _OTHER
        return (
            left if isinstance(node.op, ast.Div) and right == _CONSTANT else _constant_or_other(left, right)
        )
    if isinstance(node, ast.Call):
        parts = [*node.args, *(one.value for one in node.keywords), *_owner(node)]
        inside = max((_degree(one, known) for one in parts), default=_CONSTANT)
        wraps = called_name(node) in {"array", "asarray", "stack"} | (
            {"dot", "matmul"} if len(node.args) > 1 else set()
        )
        return inside if wraps or inside == _CONSTANT else _OTHER
    return _CONSTANT if not names_in(node) & set(known) else _OTHER


def _owner(call: ast.Call) -> list[ast.AST]:
    return [call.func.value] if isinstance(call.func, ast.Attribute) else []


def _constant_or_other(left: int, right: int) -> int:
    return _CONSTANT if max(left, right) == _CONSTANT else _OTHER


RULE = Rule(
    slug="ode-closed-form",
    title="A solver where a formula serves",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="scipy.integrate.solve_ivp or odeint of a function that returns a linear expression of the state with constant coefficients",
    limits="a right-hand side with branches, loops or calls is taken for nonlinear",
    source=_REFERENCE,
    find=find,
)
