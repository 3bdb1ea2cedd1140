"""Slopes taken from differences of a function's values."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.scene import LEAST_SHARE
from perfwatch.diagnose.source import FUNCTIONS, called_name
from perfwatch.diagnose.wording import times
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from perfwatch.diagnose.scene import Scene, Site

_REFERENCE = "https://docs.jax.dev/en/latest/automatic-differentiation.html"
_MANY = 100
#: Functions of scipy's in which it takes derivatives from differences.
_SOLVERS_OWN = frozenset({"approx_derivative", "approx_fprime", "_dense_difference", "_sparse_difference"})


def find(scene: Scene) -> Iterator[Suspect]:
    """``(f(x + h) - f(x - h)) / (2 * h)`` many times, in the user's own lines or inside a solver of scipy's."""
    yield from _by_hand(scene)
    yield from _by_solver(scene)


def _by_solver(scene: Scene) -> Iterator[Suspect]:
    """Solvers of scipy's that were seen to take their derivatives from differences."""
    for site in scene.sites:
        solver = next((one for one in map(_solver_of(site), site.calls()) if one), "")
        if not solver:
            continue
        share = scene.evidence.in_library(_differences, site.module.file, scene.function_name(site))
        if share < LEAST_SHARE:
            continue
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=share,
            mechanism=f"{solver} has no derivative to go by and takes it from differences: {share:.0%} of the time passes in that, "
            "one evaluation more for each parameter and each step",
            evidence={"difference_ratio": share},
            advice=Advice(
                summary="Hand the Jacobian or gradient over: by its formula, or made by automatic differentiation.",
                code=f"{solver}(..., jac=jax.jacfwd(model))  # or the formula",
                risk="A formula has to be checked against the differences once.",
                reference="https://docs.scipy.org/doc/scipy/reference/optimize.html",
            ),
            sure=Grade.HIGH,
            effort=Grade.MEDIUM,
        )


def _solver_of(site: Site) -> Callable[[ast.Call], str]:
    def named(call: ast.Call) -> str:
        full = site.module.dotted(call.func)
        return called_name(call) if full.startswith("scipy.optimize.") else ""

    return named


def _differences(function: str, file: str) -> bool:
    return function in _SOLVERS_OWN and "scipy/optimize/" in file


def _by_hand(scene: Scene) -> Iterator[Suspect]:
    """Two evaluations beside each other whose difference is divided, on one line or on several."""
    told: set[int] = set()
    for site in scene.sites:
        function = site.module.function_of(site.statement)
        if not isinstance(function, FUNCTIONS) or id(function) in told or site.hits < _MANY:
            continue
        calls = _differenced(function)
        if not calls or not any(call in calls for call in site.calls()):
            continue
        told.add(id(function))
        lines = {call.lineno for call in calls}
        share = min(1.0, sum(scene.evidence.share(site.module.file, line) for line in sorted(lines)))
        name = called_name(calls[0])
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=share,
            mechanism=f"{name} is evaluated beside a point for every slope: {times(site.hits * _of(site, calls))}, {share:.0%} of the time",
            evidence={"evaluations_count": site.hits * _of(site, calls)},
            advice=Advice(
                summary=f"Differentiate {name} by its formula, or by automatic differentiation: one evaluation gives all slopes. Else hand "
                "all the shifted points over in one call, where it takes several.",
                code=f"value, slope = jax.value_and_grad({name})(x)",
                risk="A formula has to be checked against the differences once; automatic differentiation wants jax.numpy inside.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
            effort=Grade.MEDIUM,
        )


def _of(site: Site, calls: list[ast.Call]) -> int:
    """How many evaluations one turn makes, where each of them stands on a line that runs as often."""
    loops = site.module.loops_around(site.statement)
    return sum(site.module.loops_around(call) == loops for call in calls)


def _differenced(function: ast.AST) -> list[ast.Call]:
    """The two evaluations of one function whose difference is divided; empty where there are none."""
    values: dict[str, ast.AST] = {
        target.id: one.value
        for one in ast.walk(function)
        if isinstance(one, ast.Assign)
        for target in one.targets
        if isinstance(target, ast.Name)
    }
    for one in ast.walk(function):
        if not (isinstance(one, ast.BinOp) and isinstance(one.op, ast.Div)):
            continue
        if not (isinstance(one.left, ast.BinOp) and isinstance(one.left.op, ast.Sub)):
            continue
        first, second = (_evaluation(values, side) for side in (one.left.left, one.left.right))
        if first is not None and second is not None and _is_beside(values, first, second):
            return [first, second]
    return []


def _evaluation(values: dict[str, ast.AST], node: ast.AST) -> ast.Call | None:
    """The call that a side of a difference is: itself, by its name, or an item of what it returned."""
    node = values.get(node.id, node) if isinstance(node, ast.Name) else node
    while isinstance(node, ast.Subscript):
        node = node.value
    return node if isinstance(node, ast.Call) else None


def _is_beside(values: dict[str, ast.AST], first: ast.Call, second: ast.Call) -> bool:
    """Whether one function is asked at two places of which one is the other moved by a step."""
    if ast.dump(first.func) != ast.dump(second.func) or len(first.args) != len(second.args):
        return False
    pairs = [
        (_named(values, one), _named(values, other))
        for one, other in zip(first.args, second.args, strict=True)
        if ast.dump(one) != ast.dump(other)
    ]
    return len(pairs) == 1 and (_is_moved(*pairs[0]) or _is_moved(*pairs[0][::-1]))


def _named(values: dict[str, ast.AST], node: ast.AST) -> ast.AST:
    return values.get(node.id, node) if isinstance(node, ast.Name) else node


def _is_moved(one: ast.AST, other: ast.AST) -> bool:
    """Whether a place is another one plus or minus something: ``x + h`` beside ``x`` or ``x - h``."""
    if not (isinstance(one, ast.BinOp) and isinstance(one.op, (ast.Add, ast.Sub))):
        return False
    base = other.left if isinstance(other, ast.BinOp) and isinstance(other.op, (ast.Add, ast.Sub)) else other
    return ast.dump(one.left) == ast.dump(base)


RULE = Rule(
    slug="finite-differences",
    title="Slopes from differences",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="the difference of two values of one function, at a place and beside it, divided, a hundred times and more; or a solver of scipy's in whose own differences time was seen to pass",
    limits="a place that is moved in one of its elements by an assignment is not seen to be moved",
    source="https://docs.scipy.org/doc/scipy/reference/generated/scipy.optimize.approx_fprime.html",
    find=find,
)
