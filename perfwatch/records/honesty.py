"""The honesty ledger: what each pass cost, lost, could not place and did not see."""

from __future__ import annotations

from dataclasses import dataclass

from perfwatch.records.run import PassName, PassState


@dataclass(frozen=True, slots=True, kw_only=True)
class PassLedger:
    """One pass over one benchmark, and how far to believe it.

    ``overhead_ratio`` is the time of one execution under the tool over that of
    a clean one. ``unattributed_ratio`` is the share that belongs to no line of
    the user's: of the samples for the CPU pass, of the peak for the memory pass,
    ``None`` for the others. ``uncovered`` says in sentences what the pass did not
    see, and why.
    """

    target: str
    benchmark: str
    name: PassName
    state: PassState
    tool: str = ""
    version: str = ""
    overhead_ratio: float | None = None
    samples_count: int | None = None
    lost_count: int | None = None
    unattributed_ratio: float | None = None
    uncovered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A line on which passes contradict each other: ``sentence`` says which, and which to believe."""

    target: str
    benchmark: str
    file: str
    line: int
    function: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Honesty:
    """The ledger of a run.

    ``lost_count`` sums the losses of all passes; it is ``None`` where no pass
    counts them. ``not_run`` names the passes that no benchmark has.
    """

    passes: tuple[PassLedger, ...] = ()
    disagreements: tuple[Disagreement, ...] = ()
    lost_count: int | None = None
    not_run: tuple[PassName, ...] = ()
