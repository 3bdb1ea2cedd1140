"""Base against head by call path: the same function called on another way is another path.

A path is called slower or faster where its time with all callees differs by more than
its error. How a difference and its interval are made is told in ``time_per_call``. Of
all paths that are looked at, Holm's method holds the chance that even one is called so
without cause at 5%: a picture is believed as a whole. Paths that take less than half a
percent on both sides are not looked at, so that they cost the others nothing. A library
is the same on both sides wherever it is installed. This module must not name causes:
``functions`` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfwatch.compare.time_per_call import Level, time_difference
from perfwatch.records.comparison import Verdict
from perfwatch.records.pairing import Side
from perfwatch.records.profile import CallNode
from perfwatch.records.profile_difference import PathDifference, Place, SideProfile
from perfwatch.stats.location import mean
from perfwatch.stats.multiplicity import holm

if TYPE_CHECKING:
    from perfwatch.records.profile_difference import TimeDifference

#: A path that takes less than this share of a call on both sides is left out.
SHARE_AT_LEAST = 0.005
PATHS_AT_MOST = 400
#: The chance that any path of a picture is coloured without cause.
FALSE_CHANCE = 0.05
#: So many parts of a library's path say which file it is, wherever it is installed.
_LIBRARY_PARTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sided:
    """One side's processes, and the time of a call, by which their trees are scaled."""

    profiles: Sequence[SideProfile]
    level: Level


@dataclass(slots=True, kw_only=True)
class _Path:
    """A path while the trees are gone through: its times in each process of each side."""

    node: CallNode
    caller: int | None
    own: dict[Side, list[float]] = field(default_factory=dict)
    total: dict[Side, list[float]] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Merged:
    """The paths of all trees; a caller's position is before those of what it calls."""

    counts: Mapping[Side, int]
    paths: list[_Path] = field(default_factory=list)
    known: dict[tuple[int | None, Place], int] = field(default_factory=dict)

    def position(self, node: CallNode, caller: int | None, place: Place) -> int:
        """Return where the path stands; a new one is put at the end."""
        at = self.known.setdefault((caller, place), len(self.paths))
        if at == len(self.paths):
            self.paths.append(
                _Path(
                    node=node,
                    caller=caller,
                    own={side: [0.0] * count for side, count in self.counts.items()},
                    total={side: [0.0] * count for side, count in self.counts.items()},
                )
            )
        return at


def path_differences(
    base: Sided, head: Sided, renamed: Mapping[Place, Place]
) -> tuple[tuple[PathDifference, ...], int]:
    """Return the paths that take long enough to be looked at, and how many do not.

    ``renamed`` gives head's place of functions of base that have another one there.
    With fewer than two processes on a side nothing is told from its error.
    """
    sides = {Side.HEAD: head, Side.BASE: base}
    merged = _Merged(counts={side: len(one.profiles) for side, one in sides.items()})
    for side, one in sides.items():  # head first: what both have is described as it is in head
        for process, profile in enumerate(one.profiles):
            scale = one.level.time_ns / profile.whole_ns
            names = renamed if side is Side.BASE else {}
            for path, node in _walk(profile.tree, merged, names):
                path.own[side][process] += node.time_ns * scale
                path.total[side][process] += node.total_ns * scale
    kept = _kept(merged.paths, sides)
    return _judged([merged.paths[at] for at in kept], kept, sides), len(merged.paths) - len(kept)


def _walk(tree: CallNode, merged: _Merged, names: Mapping[Place, Place]) -> list[tuple[_Path, CallNode]]:
    """Each node of a tree with its path. Iterative: a tree may be as deep as the target's recursion."""
    found: list[tuple[_Path, CallNode]] = []
    waiting: list[tuple[CallNode, int | None]] = [(tree, None)]
    while waiting:
        node, caller = waiting.pop()
        at = merged.position(node, caller, _place(node, names))
        found.append((merged.paths[at], node))
        waiting.extend((child, at) for child in node.children)
    return found


def _place(node: CallNode, names: Mapping[Place, Place]) -> Place:
    if node.user:
        return names.get((node.file, node.function), (node.file, node.function))
    parts = node.file.replace("\\", "/").split("/")
    return "/".join(parts[-_LIBRARY_PARTS:]), node.function


def _kept(paths: Sequence[_Path], sides: Mapping[Side, Sided]) -> list[int]:
    """The positions of the longest paths, in their order; what is kept has its callers."""
    shares = [max(_mean(path, side) / one.level.time_ns for side, one in sides.items()) for path in paths]
    enough = [at for at, share in enumerate(shares) if share >= SHARE_AT_LEAST]
    longest = set(sorted(enough, key=lambda at: (-shares[at], at))[:PATHS_AT_MOST])
    kept: dict[int | None, None] = {None: None}
    for at in sorted(longest):
        if paths[at].caller in kept:
            kept[at] = None
    return [at for at in kept if at is not None]


def _mean(path: _Path, side: Side) -> float:
    return mean(path.total[side])


def _judged(
    paths: Sequence[_Path], positions: Sequence[int], sides: Mapping[Side, Sided]
) -> tuple[PathDifference, ...]:
    """The paths with their differences and words; each caller is given by its new position."""
    at = {old: new for new, old in enumerate(positions)}
    base, head = sides[Side.BASE].level, sides[Side.HEAD].level
    totals = [time_difference(one.total[Side.BASE], one.total[Side.HEAD], base, head) for one in paths]
    return tuple(
        PathDifference(
            function=one.node.function,
            file=one.node.file,
            line=one.node.line,
            user=one.node.user,
            own=time_difference(one.own[Side.BASE], one.own[Side.HEAD], base, head),
            total=total,
            verdict=verdict,
            caller=None if one.caller is None else at[one.caller],
            only_in=_only_in(one),
        )
        for one, total, verdict in zip(paths, totals, _verdicts(totals), strict=True)
    )


def _verdicts(totals: Sequence[TimeDifference]) -> list[Verdict]:
    """A word for each; a difference of which nothing is known counts among those that are looked at."""
    chances = holm([1.0 if one.p_value is None else one.p_value for one in totals])
    words = [Verdict.SLOWER if one.difference_ns > 0 else Verdict.FASTER for one in totals]
    return [
        word if chance <= FALSE_CHANCE else Verdict.UNDECIDED
        for word, chance in zip(words, chances, strict=True)
    ]


def _only_in(path: _Path) -> Side | None:
    if not any(path.total[Side.BASE]):
        return Side.HEAD
    return None if any(path.total[Side.HEAD]) else Side.BASE
