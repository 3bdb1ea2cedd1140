"""Inverses that are computed to be multiplied."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_INVERSES = (
    "numpy.linalg.inv",
    "scipy.linalg.inv",
    "numpy.linalg.pinv",
    "scipy.linalg.pinv",
    "jax.numpy.linalg.inv",
)
_REFERENCE = "https://numpy.org/doc/stable/reference/generated/numpy.linalg.solve.html"


def find(scene: Scene) -> Iterator[Suspect]:
    """``np.linalg.inv(a)`` at a dear place."""
    for site in scene.sites:
        for call in site.calls():
            if site.module.dotted(call.func) not in _INVERSES or not call.args:
                continue
            matrix = site.module.words(call.args[0])
            parent = site.module.parents.get(call)
            multiplied = isinstance(parent, ast.BinOp) and isinstance(parent.op, ast.MatMult)
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=site.share,
                mechanism=f"the inverse of {matrix} is computed as a matrix: {each(scene, site)}",
                evidence={"inverses_count": site.hits},
                advice=Advice(
                    summary=f"Solve with {matrix} instead of inverting it; factor it once where it stays the same.",
                    code=f"np.linalg.solve({matrix}, b)  # or scipy.linalg.cho_solve(cho_factor({matrix}), b)",
                    risk="Digits change, for the better: a solution has a smaller error than a product with an inverse.",
                    reference=_REFERENCE,
                ),
                sure=Grade.HIGH if multiplied else Grade.MEDIUM,
            )
            break


RULE = Rule(
    slug="explicit-inverse",
    title="An explicit inverse",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="numpy.linalg.inv, pinv or scipy's",
    limits="where the inverse itself is the result, there is nothing to win",
    source=_REFERENCE + "; Higham 2002, Accuracy and Stability of Numerical Algorithms, section 14",
    find=find,
)
