"""Suspects of one rule that are one: the same cause, at several statements of one function or class.

It must not judge whether they are guilty.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfwatch.diagnose.source import FUNCTIONS
from perfwatch.records.finding import Resource

if TYPE_CHECKING:
    import ast
    from collections.abc import Sequence

    from perfwatch.diagnose.rule import Suspect
    from perfwatch.diagnose.scene import Scene


def together(scene: Scene, suspects: Sequence[Suspect]) -> list[Suspect]:
    """Return the suspects of one rule, those of one class or function joined into the dearest of them.

    The share of what was joined is the time that its statements spend themselves, or in libraries, so that one that
    calls another is not counted twice; it is never less than the dearest one's. Peaks of memory are not joined:
    two statements may hold it one after the other.
    """
    groups: dict[tuple[str, int], list[Suspect]] = {}
    for one in suspects:
        alone = one.resource is Resource.MEMORY
        groups.setdefault((one.module.file, id(one) if alone else id(_home(one))), []).append(one)
    return [_joined(scene, group) for group in groups.values()]


def _home(suspect: Suspect) -> ast.AST:
    """The class that a suspect stands in, else its function, else its module."""
    function = suspect.module.function_of(suspect.node)
    if not isinstance(function, FUNCTIONS):
        return suspect.module.tree if function is None else function
    return suspect.module.class_of(function) or function


def _joined(scene: Scene, group: list[Suspect]) -> Suspect:
    first = max(group, key=lambda one: one.share)
    others = [one for one in group if one is not first and not _overlap(one, first)]
    if not others:
        return first
    own = [
        scene.evidence.own_share(
            one.module.file, _line(one), getattr(one.node, "end_lineno", None) or _line(one)
        )
        for one in (first, *others)
    ]
    lines = ", ".join(str(line) for line in sorted({_line(one) for one in others}))
    return replace(
        first,
        share=max(first.share, min(1.0, sum(own))),
        mechanism=f"{first.mechanism}; the same at line{'s' if ',' in lines else ''} {lines}",
    )


def _line(suspect: Suspect) -> int:
    return int(suspect.node.lineno)  # type: ignore[attr-defined]


def _overlap(one: Suspect, other: Suspect) -> bool:
    return _line(one) == _line(other)
