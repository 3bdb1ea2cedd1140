"""What a rule is: a name, the evidence it needs, and a function from a scene to suspects.

A rule is pure: it reads a scene and returns; it must not measure, and knows of no other rule.
What it would know more of it asks for, and finds the outcome in the evidence of the next look.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from perfwatch.diagnose.scene import Scene
from perfwatch.diagnose.source import Module
from perfwatch.records.experiment import Experiment
from perfwatch.records.finding import Advice, Grade, Resource
from perfwatch.records.run import PassName


@dataclass(frozen=True, eq=False, kw_only=True)
class Suspect:
    """A place that a rule found guilty, before it is ranked among the others.

    ``node`` is the statement or expression that should change, ``share`` what of the
    ``resource`` the change is about, ``mechanism`` how the cost comes about, in numbers; ``evidence``
    holds these by name. ``sure`` says how well code and evidence agree. ``last_line`` stands
    where what should change goes on beyond the node.
    """

    module: Module
    node: ast.AST
    share: float
    mechanism: str
    advice: Advice
    evidence: dict[str, float] = field(default_factory=dict)
    sure: Grade = Grade.MEDIUM
    effort: Grade = Grade.LOW
    risk: Grade = Grade.LOW
    resource: Resource = Resource.TIME
    last_line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table.

    ``slug`` never changes; ``needs`` are the passes without which the rule has nothing to
    say. ``shape`` says in a sentence what it looks for in the code, ``limits`` what it
    cannot see, ``source`` what it rests on. ``ask`` says what the rule wants tried first.
    """

    slug: str
    title: str
    needs: frozenset[PassName]
    shape: str
    limits: str
    source: str
    find: Callable[[Scene], Iterable[Suspect]]
    ask: Callable[[Scene], Iterable[Experiment]] | None = None
