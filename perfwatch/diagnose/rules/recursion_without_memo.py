"""Recursion that asks the same questions again."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.recursion import comes_again, keeps
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import FUNCTIONS, called_name
from perfwatch.diagnose.wording import times
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_REFERENCE = "https://docs.python.org/3/library/functools.html#functools.cache"
_MANY = 2_000


def find(scene: Scene) -> Iterator[Suspect]:
    """A function that calls itself twice and more, without keeping its answers."""
    seen: set[int] = set()
    for site in scene.sites:
        function = site.module.function_of(site.statement)
        if not isinstance(function, FUNCTIONS) or id(function) in seen:
            continue
        seen.add(id(function))
        own = [
            one
            for one in ast.walk(function)
            if isinstance(one, ast.Call) and called_name(one) == function.name
        ]
        entered = scene.calls_of(site.module, function)
        if entered < _MANY or keeps(site.module, function) or not comes_again(site.module, function, own):
            continue
        last = function.end_lineno or function.lineno
        share = max(scene.evidence.share(site.module.file, line) for line in range(function.lineno, last + 1))
        arguments = ", ".join(one.arg for one in function.args.args if one.arg != "self")
        statement = next((one for one in site.module.above(own[0]) if isinstance(one, ast.stmt)), function)
        yield Suspect(
            module=site.module,
            node=statement,
            share=share,
            mechanism=f"{function.name} calls itself at {len(own)} places and was entered {times(entered)}; nothing keeps its answers",
            evidence={"calls_count": entered},
            advice=Advice(
                summary=f"Keep the answers of {function.name} by its arguments ({arguments}), or fill a table from the small cases up.",
                code=f"@functools.cache\ndef {function.name}({arguments}): ...",
                risk="Answers are kept as long as the function lives; arguments must be hashable.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
        )


RULE = Rule(
    slug="recursion-without-memo",
    title="The same questions again",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a function that calls itself at two places and more, or in a loop, each time a step from its own arguments, with no cache, entered 2,000 times and more",
    limits="whether questions come again is told by the form of the arguments: a step back or forward does, a child or a half does not",
    source=_REFERENCE,
    find=find,
)
