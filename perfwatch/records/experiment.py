"""What a diagnosis wants to know beyond the passes, and what came of trying it.

These experiments are the diagnosis's own: those that a user lists for ``perfwatch prove``
are in ``proof``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class ExperimentKind(StrEnum):
    """What is tried.

    ``one-thread``: the target with the pools of BLAS and OpenMP at one thread, in turns
    with the target as it is. ``arguments``: one execution in which some functions' arguments
    are digested at each entry. ``one-process``: the target with the work of its process pools done
    in the process that hands it over, in turns with the target as it is. ``side-by-side``: several copies
    of the benchmark at the same time, in turns with one alone; and a pool's start.
    ``limit``: one execution in which one statement is watched, and
    after it what the machine can do at most: the fastest products of matrices and passes over memory.
    """

    ONE_THREAD = "one-thread"
    ARGUMENTS = "arguments"
    ONE_PROCESS = "one-process"
    SIDE_BY_SIDE = "side-by-side"
    LIMIT = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionPlace:
    """A function of the user's: its simple name, and the first line of its code (its decorator's, where it has one)."""

    file: str
    line: int
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementPlace:
    """A statement of the user's: its lines, its text on one line, and the function that it stands in."""

    function: FunctionPlace
    line_start: int
    line_end: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """What a rule wants tried on one benchmark.

    ``share_ratio`` is the share of the benchmark's time that the answer is about: what is
    dearest is tried first. ``functions`` are those whose arguments are wanted; of ``side-by-side``
    the one whose calls are. ``statement`` is the one that is held against the machine's limit.
    """

    kind: ExperimentKind
    target: str
    benchmark: str
    share_ratio: float
    functions: tuple[FunctionPlace, ...] = ()
    statement: StatementPlace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExperimentOutcome:
    """What one experiment brought, for one function where it was about functions.

    ``figures`` are by name, unit in the name. Of ``one-thread``, with the times of one
    execution or call: ``wall_ns``, ``cpu_ns``, ``one_thread_wall_ns``, ``one_thread_cpu_ns``,
    ``executions_count``, ``speed_ratio`` (how many times as fast with one thread) and
    ``least_speed_ratio`` (that of the worst pair). Of ``arguments``: ``calls_count`` (entries that
    were digested), ``distinct_count``, ``opaque_count`` (entries with an argument that is known by its
    identity alone), ``unhashable_count`` (entries with an argument that no dictionary takes as a key)
    and ``digest_ns``. Of ``one-process``: ``wall_ns``, ``one_process_wall_ns``, ``executions_count``, ``speed_ratio`` and
    ``least_speed_ratio``, as of ``one-thread``. Of ``side-by-side``: ``wall_ns`` (one call, alone), ``copies_wall_ns`` (the
    time in which ``copies_count`` copies together did as much), ``executions_count``, ``speed_ratio``, ``least_speed_ratio``,
    ``pool_start_ns`` (a pool of as many workers: start, a trivial task each, end) and, where it is known,
    ``calls_count`` (of the function). Of ``limit``, for one execution of the ``statement``, by the mean over
    ``executions_count``: ``wall_ns``, ``flops_count``, ``moved_bytes``, ``arithmetic_ns`` and ``memory_ns`` (what its
    operations would take at the speed of the fastest product and of the fastest pass over memory, each counted where it
    is the longer one), ``reached_ratio`` (their sum over ``wall_ns``); the speeds that were tried:
    ``product_flops_per_s``, ``memory_bytes_per_s`` and ``tried_bytes`` at a time; and ``rows_count``,
    ``inner_count`` and ``columns_count`` of its largest product, where it has one. ``note`` says what the figures lack, ``absent`` why there are none.
    """

    kind: ExperimentKind
    target: str
    benchmark: str
    function: FunctionPlace | None = None
    statement: StatementPlace | None = None
    figures: dict[str, float] = field(default_factory=dict)
    note: str = ""
    absent: str = ""
