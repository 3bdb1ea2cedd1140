"""Models that are fitted again for each observation."""

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

    from perfwatch.diagnose.scene import Scene
    from perfwatch.diagnose.source import Module

_FITS = frozenset({"fit", "fit_transform", "fit_predict", "train"})
_REFERENCE = "https://scikit-learn.org/stable/glossary.html#term-warm_start"
_MANY = 4
#: Arguments by which a model, or a fit of it, is told where to begin.
_STARTS = frozenset(
    {"init", "coef_init", "intercept_init", "means_init", "start_params", "init_model", "xgb_model"}
)


def find(scene: Scene) -> Iterator[Suspect]:
    """``model.fit`` in a loop, of a model that is not the user's own."""
    for site, call, count in scene.repeated_calls(_MANY):
        name = called_name(call)
        if name not in _FITS or not (call.args or call.keywords) or not scene.is_library(site, call):
            continue
        if _goes_on(site.module, call):
            continue
        yield Suspect(
            module=site.module,
            node=site.statement,
            # What the user's own functions take in the same statement is theirs.
            share=site.own,
            mechanism=f"{site.module.words(call.func)} begins from nothing: {each_alone(scene, site)}",
            evidence={"fits_count": count},
            advice=Advice(
                summary="Refit every few observations, update the model with what is new (partial_fit, warm_start, a rank-one "
                "update), or search hyper-parameters less often than the data change.",
                risk="The model lags behind the data between two fits.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH if site.module.loops_around(call) or count >= 6 * _MANY else Grade.MEDIUM,
            effort=Grade.MEDIUM,
            risk=Grade.MEDIUM,
        )


def _goes_on(module: Module, call: ast.Call) -> bool:
    """Whether a fit is seen to start from what an earlier one found: its model, or the fit itself, is handed a start."""
    owner = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    made = [owner]
    if isinstance(owner, ast.Name):
        within = module.function_of(call) or module.tree
        made = [
            one.value
            for one in ast.walk(within)
            if isinstance(one, ast.Assign)
            and any(isinstance(target, ast.Name) and target.id == owner.id for target in one.targets)
        ]
    handed = [
        keyword
        for one in (call, *made)
        if isinstance(one, ast.Call)
        for keyword in one.keywords
        if keyword.arg
    ]
    return any(
        one.arg == "warm_start" or (one.arg in _STARTS and not isinstance(one.value, ast.Constant))
        for one in handed
    )


RULE = Rule(
    slug="model-refit",
    title="A model fitted again and again",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="fit or its like of what is no function of the user's own, four times and more, and not handed where an earlier fit ended",
    limits="cross-validation and model choice refit by their nature",
    source=_REFERENCE,
    find=find,
)
