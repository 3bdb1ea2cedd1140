"""Models asked about one sample at a time."""

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

_ASKED = frozenset({
    "predict", "predict_proba", "predict_log_proba", "decision_function", "transform",
    "inverse_transform", "score_samples", "kneighbors", "query", "query_ball_point",
})  # fmt: skip
_REFERENCE = (
    "https://scikit-learn.org/stable/computing/computational_performance.html#bulk-versus-atomic-mode"
)
_MANY = 50


def find(scene: Scene) -> Iterator[Suspect]:
    """``model.predict`` and its like, many times, with most of the time in the library."""
    for site, call, count in scene.repeated_calls(_MANY):
        name = called_name(call)
        if name not in _ASKED or not call.args or scene.program.defined(site.module, call) is not None:
            continue
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=site.share,
            mechanism=f"{site.module.words(call.func)} is asked one piece at a time: {each(scene, site)}, "
            "most of which does not depend on how many rows are asked about",
            evidence={"calls_count": count},
            advice=Advice(
                summary=f"Gather the rows and call {name} once with all of them.",
                code=f"{site.module.words(call.func)}(np.vstack(rows))",
                risk="All rows are held at once; predict in blocks where they are many.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
        )


RULE = Rule(
    slug="single-predict",
    title="A model asked one row at a time",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="predict, transform, query or their like of what is no function of the user's own, 50 times and more",
    limits="whether the next question depends on the last answer is not told",
    source=_REFERENCE,
    find=find,
)
