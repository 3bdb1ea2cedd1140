"""The nouns of the bundled workloads: workload, stage, variant, size.

This module must not import the science: functions are named by text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from perfwatch.records.proof import AnswerRule

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The extra that brings a package, where it is not the one of all workloads.
_EXTRAS = {"jax": "jax", "jaxlib": "jax"}

#: The name that every stage gives to its best working variant.
OPTIMIZED = "optimized"

#: What a case is run with when nothing else is asked for.
DEFAULT_SIZE = "small"
DEFAULT_SEED = 0


def install_line(packages: Iterable[str]) -> str:
    """Return the command that brings packages which a variant or a claim requires."""
    extras = sorted({_EXTRAS.get(name, "workloads") for name in packages}) or ["workloads"]
    return f"pip install 'perfwatch[{','.join(extras)}]'"


class Expectation(StrEnum):
    """What is known beforehand of a variant: it works, does not run, or answers otherwise."""

    WORKS = "works"
    FAILS = "fails"
    DIFFERS = "differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One form of a stage's computation.

    ``function`` is ``"module:function"``; it takes what the stage's inputs return
    and gives back the outputs. ``note`` is one sentence for a list, ``requires`` the
    packages that it imports beside NumPy.
    """

    name: str
    function: str
    note: str
    expected: Expectation = Expectation.WORKS
    requires: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Equality:
    """When a candidate's outputs count as the reference's.

    Each element must satisfy ``|candidate - reference| <= atol + rtol * |reference|``.

    ``rule`` is ``"module:function"`` where that is not the question: it is called with
    three sequences, the inputs, the reference's outputs and the candidate's, one item
    for each of the first ``seeds_count`` seeds, and returns why the answers are not the
    same, in one sentence, or an empty text. ``note`` says in words what counts as equal.
    """

    rtol: float = 0.0
    atol: float = 0.0
    rule: str = ""
    seeds_count: int = 1
    note: str = ""


def rule_of_equality(equality: Equality) -> AnswerRule:
    """Return an equality as the rule by which answers are compared."""
    if equality.rule:
        return AnswerRule(function=equality.rule, seeds_count=equality.seeds_count)
    if equality.rtol == equality.atol == 0:
        return AnswerRule(exact=True)
    return AnswerRule(rtol=equality.rtol, atol=equality.atol)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much work one call does: ``items_count`` items, and the extents of the data by name.

    ``peak_bytes`` is about the most that a working variant holds at once; it stands where
    a machine may not have as much, and there it is refused before anything is drawn.
    """

    items_count: int
    extents: dict[str, int]
    note: str = ""
    peak_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One computation of a workload, in several forms.

    ``inputs`` is ``"module:function"``, called as ``inputs(size, seed)``. ``reference``
    and ``optimized`` are names of variants; ``source`` says where the computation
    comes from.
    """

    name: str
    title: str
    source: str
    inputs: str
    variants: tuple[Variant, ...]
    equality: Equality
    sizes: dict[str, Size]
    optimized: str
    reference: str = "reference"

    def __post_init__(self) -> None:
        """Refuse a stage whose named variants do not exist or do not work."""
        working = {variant.name for variant in self.variants if variant.expected is Expectation.WORKS}
        for name in (self.reference, self.optimized):
            if name not in working:
                raise ValueError(f"stage {self.name!r} has no working variant {name!r}")
        if DEFAULT_SIZE not in self.sizes:
            raise ValueError(f"stage {self.name!r} has no size {DEFAULT_SIZE!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """A system of stages, and the program that runs them all in one process.

    ``whole`` is a stage like the others, named as its workload is: what its inputs
    return is all that the program begins with, and its variants are the forms that
    its stages take.
    """

    name: str
    title: str
    source: str
    stages: tuple[Stage, ...]
    whole: Stage

    def __post_init__(self) -> None:
        """Refuse a whole that cannot be told by its workload's name."""
        if self.whole.name != self.name:
            raise ValueError(f"the whole of workload {self.name!r} is named {self.whole.name!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadCase:
    """One variant of one stage, ready to be run: ``function(inputs(size, seed))``.

    ``workload``, ``stage`` (the workload's own name for its whole) and ``variant`` are names; ``function`` and ``inputs``
    are ``"module:function"``.
    """

    workload: str
    stage: str
    variant: str
    function: str
    inputs: str
    sizes: dict[str, Size] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The benchmark's name: ``physics@reference``."""
        return f"{self.stage}@{self.variant}"

    @property
    def group(self) -> str:
        """The benchmark's group: the stage, whose variants are worth seeing side by side."""
        return self.stage
