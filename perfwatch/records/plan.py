"""What is to be done, and how it is told while it happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from perfwatch.records.run import PassName
from perfwatch.records.witness import WitnessName

ALL_PASSES = tuple(PassName)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How to measure: which passes, within which limits.

    ``budget_ns`` bounds the measuring of the whole command, ``per_benchmark_ns``
    the timing of one benchmark, ``timeout_ns`` one execution of the target
    (``None``: bounded by the budget alone, and the first execution not at all).
    ``watch_after_ns`` is when a long first execution starts to be sampled, and no other
    follows it.
    ``witnesses`` are heard beside the times, in a gate.
    ``processes_count`` is how many timing processes are wanted at most,
    ``samples_count`` how many samples of a benchmark's first thread are enough.
    ``names`` are the only benchmarks to measure, by their exact names; those in
    ``left_out`` are not measured, whatever else chooses them. ``experiments`` lets the
    diagnosis try what it wants to know beyond the passes.
    """

    passes: tuple[PassName, ...] = ALL_PASSES
    budget_ns: int = 600_000_000_000
    per_benchmark_ns: int = 15_000_000_000
    processes_count: int = 5
    samples_count: int = 400
    python: str | None = None
    keyword: str | None = None
    names: frozenset[str] | None = None
    left_out: frozenset[str] = frozenset()
    prepare: str | None = None
    timeout_ns: int | None = None
    watch_after_ns: int = 60_000_000_000
    once: bool = False
    quick: bool = False
    witnesses: tuple[WitnessName, ...] = ()
    experiments: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How to decide: the margin that counts as no change, and the error rates.

    ``margin_ratio`` 0.01 is 1%; ``margins`` are those of some benchmarks, by a
    pattern of their names, the last that fits counts. ``sessions_needed_count`` is how many stored
    sessions of the same code a verdict on time against a stored baseline needs.
    """

    margin_ratio: float = 0.01
    margins: tuple[tuple[str, float], ...] = ()
    confidence_level: float = 0.95
    sessions_needed_count: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPass:
    """One line of the plan: a pass over a target, how often and how long."""

    target: str
    pass_name: PassName
    executions_count: int
    estimated_ns: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanMade:
    """The plan stands; estimates are ``None`` until the first execution is timed."""

    passes: tuple[PlannedPass, ...]
    budget_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StepStarted:
    """One execution begins. ``left_ns`` estimates what is left of the whole command."""

    target: str
    pass_name: PassName
    step: str
    done_count: int = 0
    total_count: int = 0
    left_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepEnded:
    """One execution ended after ``duration_ns``; ``summary`` is one line about it."""

    target: str
    pass_name: PassName
    step: str
    duration_ns: int
    summary: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """A sentence that the user should read now."""

    text: str


Event = PlanMade | StepStarted | StepEnded | Noted


class Progress(Protocol):
    """Whoever wants to know what happens while it happens."""

    def __call__(self, event: Event) -> None:
        """Receive one event; must return quickly and must not raise."""


@dataclass(slots=True)
class Recorded:
    """A progress that keeps the events, for tests and for quiet use."""

    events: list[Event] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        """Keep the event."""
        self.events.append(event)
