"""Tell functions that numba compiled: no line of theirs is ever traced.

It must not import numba; where the target did not, there is nothing to tell.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any

from .cpu import is_library

if TYPE_CHECKING:
    from collections.abc import Callable

FUNCTIONS_AT_MOST = 50
_WHY = (
    "numba compiles it (njit): its lines run as machine code, and its time stands at the line that calls it"
)


def compiled_functions(seen: set[tuple[str, int]], resolved: Callable[[str], str]) -> list[dict[str, Any]]:
    """The target's own functions that a numba dispatcher stands for, but for those that were traced.

    ``seen`` are the traced ones: resolved file and first line.
    """
    if "numba" not in sys.modules:
        return []
    found: dict[tuple[str, str, int], dict[str, Any]] = {}
    for one in gc.get_objects():
        if not str(type(one).__module__).startswith("numba."):
            continue
        try:
            # Not by getattr: objects of numba's answer to any name, or fail at it.
            function = object.__getattribute__(one, "__dict__").get("py_func")
        except AttributeError:
            continue
        code = getattr(function, "__code__", None)
        if code is None:
            continue
        place = (resolved(code.co_filename), code.co_name, code.co_firstlineno)
        if (place[0], place[2]) not in seen and not (os.path.isabs(place[0]) and is_library(place[0])):  # noqa: PTH117
            named = {"file": code.co_filename, "line": place[2], "name": place[1], "why": _WHY}
            found.setdefault(place, named)
    return [found[place] for place in sorted(found)][:FUNCTIONS_AT_MOST]
