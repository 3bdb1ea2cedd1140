"""A slower benchmark's calls as a flame graph of head, coloured where the record calls a path slower or faster.

It must not judge: whether a path differs by more than its error, the record says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.comparison import Verdict
from perfwatch.records.pairing import Side
from perfwatch.records.profile_difference import PathDifference
from perfwatch.report.flame_layout import Box, Tree, boxes
from perfwatch.report.flame_view import (
    FRAMES_LIMIT,
    HATCHED,
    Columns,
    Flame,
    Shown,
    kind_of,
    left_out_words,
    pooled,
)
from perfwatch.report.geometry import share
from perfwatch.report.places import place
from perfwatch.report.section import Table, table
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from perfwatch.records.profile_difference import ProfileDifference
    from perfwatch.report.names import Names

#: Shades of a colour, the greatest change in the strongest.
_SHADES = 4
_SIGNS = {Verdict.SLOWER: 1, Verdict.FASTER: -1}
_SAID = {
    Verdict.SLOWER: "slower",
    Verdict.FASTER: "faster",
    Verdict.UNDECIDED: "no change beyond its error",
}


@dataclass(slots=True)
class _Call:
    """A path of head with those that it calls; the root has no path of its own."""

    path: PathDifference | None
    total_ns: float
    children: list[_Call] = field(default_factory=list)


def difference_flame(found: ProfileDifference, names: Names) -> Flame | None:
    """Return head's calls, coloured by change; ``None`` where the record holds no paths of head."""
    root = _tree(found)
    if not root.children:
        return None
    made, narrowest = boxes(Tree(root, lambda one: one.total_ns, lambda one: one.children), FRAMES_LIMIT)
    most = max((abs(one.total.difference_ns) for one in found.paths if one.verdict in _SIGNS), default=0.0)
    columns = Columns()
    for box in made:
        columns.add(box, _shown(box, found, most))
    name = names.short(found.benchmark)
    coloured = sum(one.verdict in _SIGNS and one.only_in is not Side.BASE for one in found.paths)
    left_out = [left_out_words(made, narrowest), _not_looked_at(found.paths_left_out_count)]
    return Flame(
        title=f"Where {name} takes longer or less: head's calls, held against base",
        label=f"Differential flame graph of {name}",
        caption=(
            f"Width is head's time with callees per call, of {units.time(found.head_ns)}. {_coloured(coloured)} "
            "by more than the error allows (95%, over all paths together); the others are grey. Orange and + "
            f"took longer, blue and \N{MINUS SIGN} less; the stronger, the greater. {HATCHED}"
        ),
        left_out=" ".join(part for part in left_out if part),
        data=columns.packed({"total": "head, with callees", "own": "own", "share": "share"}),
        compared=True,
    )


def _not_looked_at(count: int) -> str:
    paths = "path" if count == 1 else "paths"
    too_little = "took too little time on both sides to be looked at"
    return f"{units.count(count)} {paths} {too_little}." if count else ""


def _coloured(count: int) -> str:
    if count == 0:
        return "No path differs"
    return "1 path differs" if count == 1 else f"{units.count(count)} paths differ"


def _tree(found: ProfileDifference) -> _Call:
    """Head's paths as a tree; base's own are listed elsewhere."""
    root = _Call(None, found.head_ns)
    calls: list[_Call | None] = []
    for path in found.paths:
        # A caller stands before those that it calls; what names none that does is shown at the root.
        known = path.caller is not None and 0 <= path.caller < len(calls)
        caller = calls[path.caller] if known and path.caller is not None else root
        call = _Call(path, path.total.head_ns) if path.only_in is not Side.BASE else None
        calls.append(call)
        if call is not None and caller is not None:
            caller.children.append(call)
    # A single root stands for itself: a box around it would say the same twice.
    return root.children[0] if len(root.children) == 1 else root


def _shown(box: Box[_Call], found: ProfileDifference, most_ns: float) -> Shown:
    call = box.node
    if call is None:
        return pooled(
            box, units.time(box.pooled_value), units.percent(share(box.pooled_value, found.head_ns))
        )
    part = units.percent(share(call.total_ns, found.head_ns))
    path = call.path
    if path is None:
        return Shown(name=visible(found.benchmark), total=units.time(call.total_ns), share=part)
    return Shown(
        name=visible(path.function),
        place=visible(place(path.file, path.line, "")) if path.file else "",
        total=units.time(path.total.head_ns),
        own=units.time(path.own.head_ns),
        share=part,
        note=_note(path),
        kind=kind_of(path.function, path.file, user=path.user),
        change=_shade(path, most_ns),
    )


def _note(path: PathDifference) -> str:
    said = "only in head, " if path.only_in is Side.HEAD else ""
    bounds = "" if path.total.interval_ns is None else f" {units.interval(path.total.interval_ns)}"
    difference = units.time(path.total.difference_ns)
    return (
        f"{said}{_SAID[path.verdict]}: {difference}{bounds} against {units.time(path.total.base_ns)} in base"
    )


def _shade(path: PathDifference, most_ns: float) -> int:
    """From 1 to 4 by the share of the greatest change, with the change's sign."""
    part = share(abs(path.total.difference_ns), most_ns) or 0.0
    return _SIGNS.get(path.verdict, 0) * max(1, min(_SHADES, round(_SHADES * part)))


def gone(found: ProfileDifference, names: Names) -> tuple[Table, ...]:
    """Return a table of the calls that took longer in base than their error, and were never seen in head; or nothing."""
    lost = [one for one in found.paths if one.only_in is Side.BASE and one.verdict is Verdict.FASTER]
    lost.sort(key=lambda one: one.total.difference_ns)
    return table(
        f"Calls of {names.short(found.benchmark)} that were seen in base alone",
        ("@Function", "@Called by", "#Total, base", "#Own, base", "#95% interval"),
        [_lost(one, found) for one in lost],
    )


def _lost(one: PathDifference, found: ProfileDifference) -> tuple[str, ...]:
    caller = "" if one.caller is None else found.paths[one.caller].function
    return (
        visible(f"{place(one.file, one.line, '')} {one.function}".strip()),
        visible(caller),
        units.time(one.total.base_ns),
        units.time(one.own.base_ns),
        units.interval(one.total.interval_ns),
    )
