"""From a slower benchmark to the functions that made it so: call trees of both sides in, differences out.

How a difference and its interval are made is told in ``time_per_call``. Over all
functions, Benjamini and Hochberg's q at 5%.

What a function is charged with decides: its own time and that of callees that the
change left alone, so that a loop that calls them more often is named, and not they. A
function that is new in head is charged to the changed one that calls it: code that was
only taken out of a function, or put into one, makes no difference there. A cost is
only *moved* where the function, or one that holds nearly all of its time, takes as
long as before with all callees. This module must not measure and must not read sources.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfwatch.compare.call_paths import Sided, path_differences
from perfwatch.compare.frames import Frames, Times, frames_of
from perfwatch.compare.function_lines import LineTimes, line_differences
from perfwatch.compare.function_words import summary_of
from perfwatch.compare.time_per_call import (
    FALSE_RATE,
    Level,
    is_more,
    level_of,
    ratio_error,
    time_difference,
    with_q,
)
from perfwatch.records.comparison import Verdict
from perfwatch.records.pairing import Side
from perfwatch.records.profile_difference import (
    FrameDifference,
    Place,
    ProfileDifference,
    TimeDifference,
)
from perfwatch.stats.location import mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfwatch.records.comparison import Comparison
    from perfwatch.records.profile_difference import SideProfile, Touched

#: A function with less than this share of the whole change is no answer to what was asked.
PART_AT_LEAST = 0.1
#: A change that a function around it makes up for to this share is moved.
MADE_UP = 0.5
#: So much of a function's time must lie within another one, for that to make up for it.
WITHIN = 0.9
FRAMES_AT_MOST = 20
#: Functions of one side alone with less than this share of the time are not held for each other.
RENAMED_AT_LEAST = 0.01
_FIGURES = ("own", "total", "charged")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """One side's processes: times by function in each, the time of a call, and all samples."""

    frames: tuple[Frames, ...]
    level: Level

    def values(self, figure: str, place: Place) -> list[float]:
        return [getattr(one, figure).get(place, 0.0) for one in self.frames]

    def added(self, figure: str, place: Place) -> Times:
        found: Times = {}
        for one in self.frames:
            for other, time_ns in getattr(one, figure).get(place, {}).items():
                found[other] = found.get(other, 0.0) + time_ns
        return found

    @property
    def places(self) -> set[Place]:
        return {place for one in self.frames for place in one.total}

    def mean(self, figure: str, place: Place) -> float:
        return mean(self.values(figure, place))


def profile_differences(
    comparisons: Sequence[Comparison], profiles: Sequence[SideProfile], touched: Touched
) -> tuple[ProfileDifference, ...]:
    """Return a difference for each benchmark that is slower and of which both sides have trees."""
    red = [one for one in comparisons if one.verdict is Verdict.SLOWER]
    trees = {one.benchmark: [tree for tree in profiles if tree.benchmark == one.benchmark] for one in red}
    found = [profile_difference(one, trees[one.benchmark], touched) for one in red]
    return tuple(one for one in found if one is not None)


def named_in(comparison: Comparison, differences: Sequence[ProfileDifference]) -> Comparison:
    """Return the comparison with the function in its reason, where one is known."""
    found = next((one for one in differences if one.benchmark == comparison.benchmark), None)
    if found is None or comparison.verdict is not Verdict.SLOWER:
        return comparison
    return replace(comparison, reason=f"{comparison.reason}; {found.summary}")


def profile_difference(
    comparison: Comparison, profiles: Sequence[SideProfile], touched: Touched
) -> ProfileDifference | None:
    """Return the difference by function of one benchmark, from the trees of its own processes.

    ``None`` where a side has no tree, or the comparison no times. With one process
    on a side there are differences without intervals, and nothing is named.
    """
    mine = {side: [one for one in profiles if one.side is side] for side in (Side.BASE, Side.HEAD)}
    if not all(mine.values()) or not comparison.base_value or not comparison.head_value:
        return None
    values = {Side.BASE: comparison.base_value, Side.HEAD: comparison.head_value}
    levels = {side: level_of(values[side], mine[side]) for side in mine}
    levels[Side.HEAD] = replace(levels[Side.HEAD], error_ratio=ratio_error(comparison.interval))
    names = {old: new for new, old in touched.renamed.items()}
    base, head = (_seen(mine[side], levels[side], touched.functions, names) for side in mine)
    like = _alike(base, head)
    paying = touched.functions.union(like.values())
    base = _seen(mine[Side.BASE], levels[Side.BASE], paying, names | like)
    head = _seen(mine[Side.HEAD], levels[Side.HEAD], paying, {})
    old = {new: before for before, new in (names | like).items()}
    frames = _ordered(_judged(_frames(base, head, touched, old), base, head))
    sides = (
        LineTimes(profiles=mine[Side.BASE], level=levels[Side.BASE]),
        LineTimes(profiles=mine[Side.HEAD], level=levels[Side.HEAD]),
    )
    frames = tuple(
        replace(one, lines=line_differences(one, sides, touched)) if one.named else one for one in frames
    )
    paths, paths_left_out_count = path_differences(
        Sided(profiles=mine[Side.BASE], level=levels[Side.BASE]),
        Sided(profiles=mine[Side.HEAD], level=levels[Side.HEAD]),
        names | like,
    )
    plain = ProfileDifference(
        benchmark=comparison.benchmark,
        base_ns=base.level.time_ns,
        head_ns=head.level.time_ns,
        processes_counts=(len(base.frames), len(head.frames)),
        samples_counts=(base.level.samples_count, head.level.samples_count),
        tool=", ".join(sorted({one.tool for one in profiles if one.tool})),
        frames=frames[:FRAMES_AT_MOST],
        paths=paths,
        paths_left_out_count=paths_left_out_count,
        summary="",
    )
    return replace(plain, summary=summary_of(plain, _deepest(frames, head)))


def _seen(
    profiles: Sequence[SideProfile],
    level: Level,
    touched: frozenset[Place],
    names: Mapping[Place, Place],
) -> _Seen:
    return _Seen(
        frames=tuple(frames_of(one.tree, level.time_ns / one.whole_ns, touched, names) for one in profiles),
        level=level,
    )


def _alike(base: _Seen, head: _Seen) -> dict[Place, Place]:
    """Base's place → head's, for functions of one side alone that stand in each other's place.

    They have the same caller, and the same bare name, or neither caller has another such function.
    """
    gone, new = _alone(base, head), _alone(head, base)
    found: dict[Place, Place] = {}
    for place, caller in new.items():
        others = [one for one, known in gone.items() if known == caller and one not in found]
        same = [one for one in others if one[1].rpartition(".")[2] == place[1].rpartition(".")[2]]
        alone = len(others) == 1 and sum(known == caller for known in new.values()) == 1
        if len(same) == 1 or alone:
            found[(same or others)[0]] = place
    return found


def _alone(side: _Seen, other: _Seen) -> dict[Place, Place | None]:
    """Functions that one side alone has, with the function that calls each most."""
    floor = RENAMED_AT_LEAST * side.level.time_ns
    found: dict[Place, Place | None] = {}
    for place in sorted(side.places - other.places):
        if side.mean("total", place) >= floor:
            callers = side.added("callers", place)
            found[place] = max(callers, key=callers.__getitem__) if callers else None
    return found


def _frames(base: _Seen, head: _Seen, touched: Touched, old: Mapping[Place, Place]) -> list[FrameDifference]:
    places = sorted(base.places | head.places)
    figures = {figure: with_q([_difference(base, head, figure, p) for p in places]) for figure in _FIGURES}
    lines = _lines(head) | {place: line for place, line in _lines(base).items() if place not in _lines(head)}
    return [
        FrameDifference(
            function=place[1],
            file=place[0],
            line=lines.get(place, 0),
            own=own,
            total=total,
            charged=charged,
            touched=place in touched.functions or place in touched.new,
            only_in=_only_in(place, base, head),
            renamed_from="" if place not in old else old[place][1],
        )
        for place, own, total, charged in zip(places, *figures.values(), strict=True)
    ]


def _lines(side: _Seen) -> dict[Place, int]:
    return {place: line for one in side.frames for place, line in one.lines.items()}


def _only_in(place: Place, base: _Seen, head: _Seen) -> Side | None:
    if place not in base.places:
        return Side.HEAD
    return None if place in head.places else Side.BASE


def _difference(base: _Seen, head: _Seen, figure: str, place: Place) -> TimeDifference:
    values = base.values(figure, place), head.values(figure, place)
    return time_difference(*values, base.level, head.level)


def _judged(frames: Sequence[FrameDifference], base: _Seen, head: _Seen) -> list[FrameDifference]:
    """Say of each what is only moved, and which are named."""
    by_place = {(one.file, one.function): one for one in frames}
    whole = head.level.time_ns - base.level.time_ns
    found = []
    for one in frames:
        moved = _moved(one, by_place, head) if is_more(one.charged) else ""
        slower = is_more(one.charged) and one.charged.difference_ns >= PART_AT_LEAST * whole > 0
        found.append(replace(one, moved=moved, named=slower and not moved))
    return found


def _moved(one: FrameDifference, by_place: Mapping[Place, FrameDifference], head: _Seen) -> str:
    place = (one.file, one.function)
    around = head.added("within", place)
    inside = around[place]
    for outer, time_ns in sorted(around.items(), key=lambda item: (item[0] != place, item[0])):
        total = by_place[outer].total
        unchanged = abs(total.difference_ns) <= MADE_UP * one.charged.difference_ns
        if time_ns >= WITHIN * inside and unchanged and not (total.p_value or 0.0) <= FALSE_RATE:
            who = "it takes" if outer == place else f"{outer[1]}() around it takes"
            return f"{who} as long as before with all callees: the cost only changed its place"
    return ""


def _ordered(frames: Sequence[FrameDifference]) -> tuple[FrameDifference, ...]:
    """The named ones first, among them those that the change touched; then by how far own time differs."""
    return tuple(
        sorted(
            frames,
            key=lambda one: (
                not one.named,
                one.named and not one.touched,
                -one.charged.difference_ns if one.named else -abs(one.own.difference_ns),
                one.file,
                one.function,
            ),
        )
    )


def _deepest(frames: Sequence[FrameDifference], head: _Seen) -> FrameDifference | None:
    """The callee in whose own time most of the first named function's charge lies, where it is not its own."""
    if not frames or not frames[0].named:
        return None
    first = frames[0]
    least = first.charged.difference_ns / 2
    if first.own.difference_ns >= least:
        return None
    payer = (first.file, first.function)
    callees = [
        one
        for one in frames[1:]
        if is_more(one.own)
        and one.own.difference_ns >= least
        and head.added("payers", (one.file, one.function)).get(payer, 0.0)
        >= one.own.head_ns * len(head.frames) / 2
    ]
    return max(callees, key=lambda one: one.own.difference_ns, default=None)
