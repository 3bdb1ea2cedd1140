"""Models that are fitted again for each observation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_FITS = frozenset({"fit", "fit_transform", "fit_predict", "train"})
_REFERENCE = "https://scikit-learn.org/stable/glossary.html#term-warm_start"
_MANY = 8


def find(scene: Scene) -> Iterator[Suspect]:
    """``model.fit`` in a loop, of a model that is not the user's own."""
    for site, call, count in scene.repeated_calls(_MANY):
        name = called_name(call)
        if name not in _FITS or not (call.args or call.keywords) or not scene.is_library(site, call):
            continue
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=site.share,
            mechanism=f"{site.module.words(call.func)} begins from nothing: {each(scene, site)}",
            evidence={"fits_count": count},
            advice=Advice(
                summary="Refit every few observations, update the model with what is new (partial_fit, warm_start, a rank-one "
                "update), or search hyper-parameters less often than the data change.",
                risk="The model lags behind the data between two fits.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH if site.module.loops_around(call) or count >= 3 * _MANY else Grade.MEDIUM,
            effort=Grade.MEDIUM,
            risk=Grade.MEDIUM,
        )


RULE = Rule(
    slug="model-refit",
    title="A model fitted again and again",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="fit or its like of what is no function of the user's own, eight times and more",
    limits="cross-validation and model choice refit by their nature",
    source=_REFERENCE,
    find=find,
)
