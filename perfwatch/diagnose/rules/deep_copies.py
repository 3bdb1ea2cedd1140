"""Whole structures copied in depth, again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.wording import each_alone
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_REFERENCE = "https://docs.python.org/3/library/copy.html"
_MANY = 20


def find(scene: Scene) -> Iterator[Suspect]:
    """``copy.deepcopy`` of anything, repeated."""
    for site, call, count in scene.repeated_calls(_MANY):
        if site.module.dotted(call.func) != "copy.deepcopy" or not call.args:
            continue
        what = site.module.words(call.args[0])
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=site.own,
            mechanism=f"{what} is copied with all that it holds, object by object: {each_alone(scene, site)}",
            evidence={"copies_count": count},
            advice=Advice(
                summary=f"Copy only what is changed afterwards: the arrays or the one level of {what} that is.",
                code=f"{what}.copy()  # or dataclasses.replace({what}, ...)",
                risk="What is not copied is shared: a change in place is seen by both.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
            risk=Grade.MEDIUM,
        )


RULE = Rule(
    slug="deepcopy",
    title="Deep copies in a loop",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="copy.deepcopy at a place that runs 20 times and more",
    limits="whether the copy is changed afterwards is not told",
    source=_REFERENCE,
    find=find,
)
