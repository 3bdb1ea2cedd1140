"""A verdict on one benchmark and one metric, with everything it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: How the metric of a figure begins that the target recorded itself: no name of its own can be taken for one of ours.
OWN = "own:"


class Verdict(StrEnum):
    """The words of a comparison; time and amounts have words of their own."""

    SLOWER = "slower"
    FASTER = "faster"
    HIGHER = "higher"
    LOWER = "lower"
    SAME = "same"
    UNDECIDED = "undecided"
    NEW = "new"
    REMOVED = "removed"
    FAILED = "failed"
    ACCEPTED = "accepted"


#: The metrics that are times: of warm calls, of the first call, and of what was compiled in it.
TIMES = ("time", "cold", "compile")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Base against head for one benchmark and one metric.

    ``ratio`` is head over base; ``interval`` bounds it at ``confidence_level``.
    ``margin_ratio`` is the change that still counts as none (0.01 is 1%),
    ``noise_floor_ratio`` the smallest change this measurement could have told
    from nothing. ``reason`` is one sentence. ``base_run`` is a run's id.
    ``direction`` says of a figure of the target's own which is better, ``lower``
    or ``higher``; of every other metric it is the lower one.
    """

    benchmark: str
    metric: str
    verdict: Verdict
    reason: str
    clock: str | None = None
    base_run: str | None = None
    base_value: float | None = None
    head_value: float | None = None
    ratio: float | None = None
    interval: tuple[float, float] | None = None
    confidence_level: float | None = None
    p_value: float | None = None
    q_value: float | None = None
    margin_ratio: float | None = None
    noise_floor_ratio: float | None = None
    direction: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """A stored run that others are held against, and how it was chosen.

    ``name`` is the baseline's name, or ``None`` where it is merely the last
    comparable run. ``chosen`` says so in words, with id, age and commit.
    """

    run_id: str
    chosen: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How many comparisons ended in each verdict, and how many findings there are."""

    slower: int = 0
    faster: int = 0
    same: int = 0
    undecided: int = 0
    higher: int = 0
    lower: int = 0
    new: int = 0
    removed: int = 0
    failed: int = 0
    accepted: int = 0
    findings: int = 0
