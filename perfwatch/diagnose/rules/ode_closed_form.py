"""Solvers of differential equations for systems that have a formula."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.linear import is_linear
from perfwatch.diagnose.rule import Rule, Suspect
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


RULE = Rule(
    slug="ode-closed-form",
    title="A solver where a formula serves",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="scipy.integrate.solve_ivp or odeint of a function that returns a linear expression of the state with constant coefficients",
    limits="a right-hand side with branches, loops or calls is taken for nonlinear",
    source=_REFERENCE,
    find=find,
)
