"""Exceptions raised and caught in the ordinary course of things."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.wording import times
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene
    from perfwatch.diagnose.source import Module

_REFERENCE = "https://docs.python.org/3/faq/design.html#how-fast-are-exceptions"
_MANY = 5_000
#: Raising and catching takes 0.2 to 2 microseconds in CPython 3.11, through a few frames up to ten times as long.
_EXCEPTION_NS = 20_000


def find(scene: Scene) -> Iterator[Suspect]:
    """``try`` statements whose handlers ran thousands of times."""
    seen: set[int] = set()
    for site in scene.sites:
        for one in [site.statement, *site.module.above(site.statement)]:
            if not isinstance(one, ast.Try) or id(one) in seen:
                continue
            seen.add(id(one))
            caught = max(
                (
                    scene.evidence.hits(site.module.file, handler.lineno)
                    or scene.evidence.hits(site.module.file, handler.body[0].lineno)
                    for handler in one.handlers
                ),
                default=0.0,
            )
            tried = scene.evidence.hits(site.module.file, one.body[0].lineno)
            if caught < _MANY or caught < 0.2 * tried:
                continue
            whole = scene.evidence.share(site.module.file, one.lineno, one.end_lineno)
            # What the attempt does besides is not the exceptions' fault.
            share = min(whole, caught * _EXCEPTION_NS / scene.evidence.whole_ns)
            yield Suspect(
                module=site.module,
                # What raises on purpose is answered where it is caught.
                node=one.handlers[0] if _raises_itself(scene, site.module, one) else one.body[0],
                last_line=one.handlers[0].lineno,
                share=share,
                mechanism=f"of {times(tried)} the attempt failed {times(caught)}, each time with an exception raised and caught: {share:.0%} of the time",
                evidence={"exceptions_count": caught, "attempts_count": tried},
                advice=Advice(
                    summary="Ask before trying (get, in, a check of the value), so that an exception stays the exception.",
                    reference=_REFERENCE,
                ),
                sure=Grade.HIGH,
            )


def _raises_itself(scene: Scene, module: Module, attempt: ast.Try) -> bool:
    """Whether the attempt calls a function of the user's that raises."""
    calls = [one for part in attempt.body for one in ast.walk(part) if isinstance(one, ast.Call)]
    called = [found[1] for one in calls if (found := scene.program.defined(module, one)) is not None]
    return any(isinstance(one, ast.Raise) for function in called for one in ast.walk(function))


RULE = Rule(
    slug="exceptions-as-flow",
    title="Exceptions in the ordinary course",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a handler that ran 5,000 times and more, in a fifth of all attempts at least",
    limits="exceptions that a library raises and catches inside itself are not seen",
    source=_REFERENCE,
    find=find,
)
