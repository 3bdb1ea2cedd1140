"""What a change did to single functions, as bounded diffs of their lines, while both trees are there.

It must not import or run what it reads, and must not choose which functions matter.
"""

from __future__ import annotations

import difflib
from functools import cache
from typing import TYPE_CHECKING

from perfwatch.builds.touched import definitions, source_of
from perfwatch.records.hunk import Hunk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from perfwatch.records.profile_difference import Place, Touched

#: More functions than this are no change that a reader takes in.
FUNCTIONS_AT_MOST = 200
#: So many lines of a diff, and of what stayed so many around each change.
LINES_AT_MOST = 40
CONTEXT_LINES = 2
#: A line of the source is kept up to here.
WIDTH_AT_MOST = 400


def hunks(base: Path, head: Path, touched: Touched) -> Mapping[Place, Hunk]:
    """Return what differs in each function that a change touched or added, by its place in head.

    Functions that either side's source cannot be read of are left out, and so are those whose text is
    the same (another constant in a decorator's file touches nothing here).
    """

    @cache
    def texts(root: Path, file: str) -> Mapping[str, tuple[int, list[str]]]:
        return _texts(source_of(root, file))

    found = {}
    for place in sorted(touched.functions | touched.new)[:FUNCTIONS_AT_MOST]:
        file, function = place
        old_file, old_function = touched.renamed.get(place, place)
        _, before = texts(base, old_file).get(old_function, (0, []))
        first, after = texts(head, file).get(function, (0, []))
        made = _hunk(place, first, before, after) if after else None
        if made is not None:
            found[place] = made
    return found


def _texts(source: bytes) -> dict[str, tuple[int, list[str]]]:
    """Return each function's first line and its text, decorators included; of several with one name, the last."""
    lines = source.decode("utf-8", "replace").splitlines()
    try:
        functions = list(definitions(source))
    except (ValueError, SyntaxError, RecursionError):
        return {}  # a newer Python's source does not parse here
    found = {}
    for name, function in sorted(functions, key=lambda one: one[1].lineno):
        first = min([function.lineno, *(one.lineno for one in function.decorator_list)])
        found[name] = (first, lines[first - 1 : function.end_lineno])
    return found


def _hunk(place: Place, first: int, before: list[str], after: list[str]) -> Hunk | None:
    diff = list(difflib.unified_diff(before, after, n=CONTEXT_LINES, lineterm=""))[2:]
    if not diff:
        return None
    # Where the first stretch begins in head: "@@ -1,7 +12,8 @@" is its twelfth line.
    begins = int(diff[0].split("+", 1)[1].split(" ", 1)[0].split(",", 1)[0])
    shown = ["" if line.startswith("@@") else line[:WIDTH_AT_MOST] for line in diff[1:]]
    return Hunk(
        file=place[0],
        function=place[1],
        line=first + max(0, begins - 1),
        lines=tuple(shown[:LINES_AT_MOST]),
        left_out_count=max(0, len(shown) - LINES_AT_MOST),
    )
