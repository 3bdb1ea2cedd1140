"""Where a slower benchmark spends what it lost: call trees of both sides, and their difference by function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from perfwatch.records.comparison import Verdict
from perfwatch.records.pairing import Side
from perfwatch.records.profile import CallNode, LineStat

#: A function by its file, relative to its side's root, and its qualified name.
Place = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SideProfile:
    """The call tree of one benchmark in one process of one side, scaled to one call of ``whole_ns``.

    ``samples_count`` samples stand behind it. ``lines`` are there where the sampler
    saw them.
    """

    benchmark: str
    side: Side
    tree: CallNode
    whole_ns: float
    samples_count: int
    tool: str = ""
    lines: tuple[LineStat, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """What the sources of both sides say of their functions, with the places that head gives them.

    ``functions`` have other code in head than in base, ``new`` are in head alone;
    ``renamed`` gives the place in base of those whose code only moved or got
    another name. ``lines`` gives, for files that differ, head's number of each line
    of base that is there again, as it was or edited in its place.
    """

    functions: frozenset[Place] = frozenset()
    new: frozenset[Place] = frozenset()
    renamed: Mapping[Place, Place] = field(default_factory=dict)
    lines: Mapping[str, Mapping[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeDifference:
    """A time per call on both sides, and how far they lie apart, in nanoseconds.

    ``interval_ns`` bounds the difference with 95% confidence; ``q_value`` is the
    false discovery rate over all functions at which it would just be a discovery.
    Both are ``None`` where a side has fewer than two processes.
    """

    base_ns: float
    head_ns: float
    difference_ns: float
    interval_ns: tuple[float, float] | None = None
    p_value: float | None = None
    q_value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDifference:
    """One line of a function, by its number in head, and how its own time differs."""

    line: int
    own: TimeDifference


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameDifference:
    """One function on both sides.

    ``own`` is the time while it was the innermost function of the user's,
    library calls included; ``total`` has its callees, too. ``charged`` is its own
    time and that of callees which the change did not touch, down to the next
    function that it did. ``line`` is where it begins, in head where head has it.

    ``only_in`` names the side on whose stacks alone it was seen. ``renamed_from``
    is its name in base, or what was called in its place there. ``moved`` says where a cost that only changed its place is
    made up for. ``named`` says that the evidence suffices to call it slower.
    """

    function: str
    file: str
    line: int
    own: TimeDifference
    total: TimeDifference
    charged: TimeDifference
    touched: bool = False
    only_in: Side | None = None
    renamed_from: str = ""
    moved: str = ""
    named: bool = False
    lines: tuple[LineDifference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PathDifference:
    """One function as it is called on one way from the root, on both sides.

    ``caller`` is the position of the one that calls it, in the list that this stands
    in; ``None`` for a root. ``own`` is its time without any callee, a library's
    neither; ``total`` has them all. ``verdict`` is ``slower`` or ``faster`` where
    ``total`` differs by more than its error, else ``undecided``. ``only_in`` names
    the side that alone was seen calling it so. ``function`` is its name in head,
    where head has it.
    """

    function: str
    file: str
    line: int
    user: bool
    own: TimeDifference
    total: TimeDifference
    verdict: Verdict
    caller: int | None = None
    only_in: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileDifference:
    """Which functions of one slower benchmark take longer per call, the likeliest cause first.

    Each side was executed ``processes_counts`` times (base, head) under ``tool``,
    which took ``samples_counts`` samples in all. ``summary`` puts it into one
    sentence. ``paths`` are the functions by the way that calls took to them, callers
    before those they call; ``paths_left_out_count`` are those that took too little.
    """

    benchmark: str
    base_ns: float
    head_ns: float
    processes_counts: tuple[int, int]
    samples_counts: tuple[int, int]
    summary: str
    tool: str = ""
    frames: tuple[FrameDifference, ...] = ()
    paths: tuple[PathDifference, ...] = ()
    paths_left_out_count: int = 0
