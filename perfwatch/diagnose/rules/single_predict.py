"""Models asked about one sample at a time."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.kinds import Kind
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.shapes import is_block, is_one_row
from perfwatch.diagnose.source import COMPREHENSIONS, called_name, names_in
from perfwatch.diagnose.wording import each, each_alone
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_ASKED = frozenset({
    "predict", "predict_proba", "predict_log_proba", "decision_function", "transform",
    "inverse_transform", "score_samples", "kneighbors", "query", "query_ball_point",
})  # fmt: skip
_REFERENCE = (
    "https://scikit-learn.org/stable/computing/computational_performance.html#bulk-versus-atomic-mode"
)
_VECTORISED = "https://numpy.org/doc/stable/user/basics.broadcasting.html"
_MANY = 50
#: What does not depend on the rows takes 0.05 to 5 ms a call in scikit-learn and scipy.
_OVERHEAD_NS = 5e6


def find(scene: Scene) -> Iterator[Suspect]:
    """``model.predict`` and its like, many times, with most of the time in the library."""
    for site, call, count in scene.repeated_calls(_MANY):
        name = called_name(call)
        if _is_own_in_turns(scene, site, call):
            yield _own(scene, site, call, count)
            continue
        if name not in _ASKED or not call.args or not scene.is_library(site, call):
            continue
        sure = _sure(scene, site, call)
        if sure is None:
            continue
        yield Suspect(
            module=site.module,
            node=site.statement,
            # What the user's own functions take in the same statement is theirs.
            share=site.own,
            mechanism=f"{site.module.words(call.func)} is asked one piece at a time: {each_alone(scene, site)}, "
            "of which most does not depend on how many rows are asked about",
            evidence={"calls_count": count},
            advice=Advice(
                summary=f"Gather the rows and call {name} once with all of them.",
                code=f"{site.module.words(call.func)}(np.vstack(rows))",
                risk="All rows are held at once; predict in blocks where they are many.",
                reference=_REFERENCE,
            ),
            sure=sure,
        )


def _is_own_in_turns(scene: Scene, site: Site, call: ast.Call) -> bool:
    """Whether a function of the user's that takes rows gets one, made of what the loop goes over."""
    loop = scene.repeated_by(site, call)
    if loop is None or scene.program.defined(site.module, call) is None:
        return False
    parts = loop.generators if isinstance(loop, COMPREHENSIONS) else [loop]
    turned = {name for one in parts for name in names_in(getattr(one, "target", ast.Pass()))}
    return any(_adds_an_axis(one) and names_in(one) & turned for one in call.args)


def _adds_an_axis(node: ast.AST) -> bool:
    """Whether one row is made by its form alone: a list of one is an argument of many functions that take no rows."""
    return is_one_row(node) and not isinstance(node, (ast.List, ast.Tuple))


def _own(scene: Scene, site: Site, call: ast.Call, count: float) -> Suspect:
    name = called_name(call)
    return Suspect(
        module=site.module,
        node=site.statement,
        share=site.share,
        mechanism=f"{name} takes rows, and is handed one at a time: {each(scene, site)}",
        evidence={"calls_count": count},
        advice=Advice(
            summary=f"Call {name} once with all the rows, instead of once for each.",
            code=f"{site.module.words(call.func)}(rows)",
            risk="All rows are held at once; go in blocks where they are many.",
            reference=_VECTORISED,
        ),
        sure=Grade.HIGH if isinstance(scene.repeated_by(site, call), COMPREHENSIONS) else Grade.MEDIUM,
    )


def _sure(scene: Scene, site: Site, call: ast.Call) -> Grade | None:
    """How sure it is that one row is asked about: by its form, else by the time; ``None`` where it is not so."""
    asked: ast.AST = call.args[0]
    owner = getattr(call.func, "value", None)
    if owner is not None and scene.kind(site, owner) in {Kind.FRAME, Kind.SERIES}:
        return None
    if isinstance(asked, (ast.Lambda, ast.Constant, ast.JoinedStr)):
        return None
    asked = _assigned(scene, site, asked)
    if is_block(asked):
        return None
    if is_one_row(asked):
        return Grade.HIGH
    return Grade.MEDIUM if scene.each_ns(site) < _OVERHEAD_NS else None


def _assigned(scene: Scene, site: Site, asked: ast.AST) -> ast.AST:
    """What a name was bound to, where that is one thing."""
    values = scene.kinds.values_of(site.module, asked)
    return values[0] if len(values) == 1 and isinstance(values[0], ast.AST) else asked


RULE = Rule(
    slug="single-predict",
    title="A model asked one row at a time",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="predict, transform, query or their like of what is no function of the user's own, or a function of the user's own that gets an item of the loop with an axis in front of it, 50 times and more",
    limits="whether the next question depends on the last answer is not told; what does not show by its form to be one row is known by the time alone",
    source=_REFERENCE,
    find=find,
)
