"""Two sides measured in turns: every batch of every pair of processes, as it was taken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """Who took a turn; the twin is another copy of base."""

    BASE = "base"
    HEAD = "head"
    TWIN = "twin"


class Stage(StrEnum):
    """What a pair was measured for: a screening that may peek, or a confirmation fixed beforehand."""

    SCREEN = "screen"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One batch of calls in one process, in nanoseconds.

    ``cpu_ns`` is the processor time of all threads of the process, ``thread_ns``
    that of the calling one (``None`` where nobody asked it: a whole program),
    ``children_ns`` that of children it waited for.
    ``waits_count`` is how often the process gave the processor away by itself
    (for input and output, a lock, a sleep). ``compile_ns`` is what of it numba and
    JAX took to compile ``compiles_count`` functions.
    """

    wall_ns: int
    cpu_ns: int
    thread_ns: int | None
    started_ns: int
    children_ns: int = 0
    waits_count: int = 0
    compile_ns: int = 0
    compiles_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quad:
    """Four turns in a row, the outer two of one side and the inner two of the other; each side's in order."""

    base: tuple[Turn, Turn]
    head: tuple[Turn, Turn]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraWork:
    """What each turn of head held beyond its calls, where a gate is tried on a slowdown of our making.

    ``percent`` in a hundred more: ``calls_count`` whole calls, and ``rounds_count``
    rounds of an empty loop, which stand for the rest. ``error_ratio`` is the
    standard error of what the rounds add, as a share of the turn. ``spent_ns`` is
    what finding their number took: no part of a gate.
    """

    percent: int
    calls_count: int
    rounds_count: int
    error_ratio: float
    spent_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstCall:
    """A benchmark's first call in one process, and what numba and JAX did in it by their own events.

    ``time_ns`` is its wall time, less what the calling thread stood in the queue
    for a processor. The compilers took ``compile_ns`` of it, to compile
    ``compiles_count`` functions and to load ``loads_count`` from a cache on disk;
    ``misses_count`` of those compiled were looked for in a cache in vain.
    """

    time_ns: int
    compile_ns: int = 0
    compiles_count: int = 0
    loads_count: int = 0
    misses_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PairTiming:
    """One benchmark in one pair of fresh processes.

    A turn is ``loops_count`` calls on either side. The first ``warmup_count``
    quads are warm-up. ``cold_ns`` are the first calls of base and head;
    ``first`` is who was started first. With ``against`` the twin, the place of
    head is taken by a copy of base. ``accelerator`` says that a process had a
    device open that computes beside the processor. ``processor`` is the number of
    the one that the calling threads of both sides were kept on (whole programs: at the
    same time), ``None`` where they ran wherever the system put them. ``spent_ns`` is what the pair cost, starts
    included, shared equally by the benchmarks that it hosted. ``first_calls`` are
    those of base and head more closely; ``None`` where they are all calls that there
    are (whole programs, a test's only call), and no other quantity than the time. ``extra`` is what
    head did on purpose beyond its calls.
    """

    benchmark: str
    pair: int
    loops_count: int
    quads: tuple[Quad, ...]
    cold_ns: tuple[int, int]
    stage: Stage = Stage.SCREEN
    against: Side = Side.HEAD
    first: Side = Side.BASE
    warmup_count: int = 0
    accelerator: bool = False
    processor: int | None = None
    spent_ns: int = 0
    extra: ExtraWork | None = None
    first_calls: tuple[FirstCall, FirstCall] | None = None

    @property
    def warm(self) -> tuple[Quad, ...]:
        """The quads behind the warm-up."""
        return self.quads[self.warmup_count :]


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """So many pairs in all are wanted of a benchmark, for this stage and against this side."""

    benchmark: str
    stage: Stage
    pairs_count: int
    against: Side = Side.HEAD
