"""Inverses that are computed to be multiplied."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.diagnose.wording import each_alone
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_INVERSES = (
    "numpy.linalg.inv",
    "scipy.linalg.inv",
    "numpy.linalg.pinv",
    "scipy.linalg.pinv",
    "jax.numpy.linalg.inv",
)
_READ = "its own elements"
_REFERENCE = "https://numpy.org/doc/stable/reference/generated/numpy.linalg.solve.html"


def find(scene: Scene) -> Iterator[Suspect]:
    """``np.linalg.inv(a)`` at a dear place."""
    for site in scene.sites:
        for call in site.calls():
            if site.module.dotted(call.func) not in _INVERSES or not call.args:
                continue
            matrix = site.module.words(call.args[0])
            used = _use(site, call)
            if used is _READ:
                continue
            by_least_squares = called_name(call) == "pinv"
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=site.own,
                mechanism=f"the inverse of {matrix} is computed as a matrix: {each_alone(scene, site)}",
                evidence={"inverses_count": site.hits},
                advice=Advice(
                    summary=f"Solve with {matrix} instead of inverting it; factor it once where it stays the same.",
                    code=f"np.linalg.lstsq({matrix}, {used or 'b'})"
                    if by_least_squares
                    else f"np.linalg.solve({matrix}, {used or 'b'})  # or scipy.linalg.cho_solve(cho_factor({matrix}), {used or 'b'})",
                    risk="Digits change, for the better: a solution has a smaller error than a product with an inverse.",
                    reference=_REFERENCE,
                ),
                sure=Grade.HIGH if used else Grade.LOW,
            )
            break


def _use(site: Site, call: ast.Call) -> str:
    """What an inverse is multiplied with, in the user's words; ``_READ`` where its own elements are asked for, else empty."""
    made, function = site.statement, site.module.function_of(call) or site.module.tree
    uses: list[ast.AST] = [call]
    if (
        isinstance(made, ast.Assign)
        and made.value is call
        and isinstance(made.targets[0], (ast.Name, ast.Attribute))
    ):
        name = site.module.words(made.targets[0])
        within = function if isinstance(made.targets[0], ast.Name) else site.module.tree
        uses = [
            one
            for one in ast.walk(within)
            if isinstance(one, (ast.Name, ast.Attribute))
            and isinstance(one.ctx, ast.Load)
            and ast.unparse(one) == name
        ]
    factors = [words for one in uses if (words := _factor(site, one))]
    read = any(_is_read(site, one) for one in uses)
    return _READ if read else factors[0] if factors else ""


def _factor(site: Site, node: ast.AST) -> str:
    """The other side of a product that a node stands in; empty where it stands in none."""
    above = site.module.parents.get(node)
    if isinstance(above, ast.BinOp) and isinstance(above.op, ast.MatMult):
        return site.module.words(above.right if above.left is node else above.left)
    if isinstance(above, ast.Attribute) and above.attr == "dot":
        product = site.module.parents.get(above)
        return site.module.words(product.args[0]) if isinstance(product, ast.Call) and product.args else ""
    if isinstance(above, ast.Call) and called_name(above) in {"dot", "matmul"} and len(above.args) == 2:
        return site.module.words(next(one for one in above.args if one is not node))
    return ""


def _is_read(site: Site, node: ast.AST) -> bool:
    above = site.module.parents.get(node)
    if isinstance(above, ast.Call):
        return called_name(above) in {"diag", "diagonal", "trace"}
    return isinstance(above, ast.Attribute) and above.attr in {"diagonal", "trace"}


RULE = Rule(
    slug="explicit-inverse",
    title="An explicit inverse",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="numpy.linalg.inv, pinv or scipy's",
    limits="where the inverse itself is the result there is nothing to win: one whose diagonal is read is left alone, one that is not seen to be multiplied is hardly sure",
    source=_REFERENCE + "; Higham 2002, Accuracy and Stability of Numerical Algorithms, section 14",
    find=find,
)
