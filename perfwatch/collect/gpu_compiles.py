"""What JAX compiled, how long it took, and why it compiled the same function again.

Pure. Of the worker's record it reads ``record["jax"]``::

    {"events":    [[event, function, ns], ...]   event: jaxpr_trace_duration,
                                                 jaxpr_to_mlir_module_duration,
                                                 backend_compile_duration
     "explained": [text, ...]                    JAX's own words on a cache miss
     "platforms": ["cpu"]}                       where it ran

The texts are the target's: they are searched, bounded and never evaluated.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perfwatch.records.gpu import GpuCompile

if TYPE_CHECKING:
    from collections.abc import Mapping

FUNCTIONS_AT_MOST = 200
CAUSES_AT_MOST = 5
CAUSE_CHARACTERS = 400
NAME_CHARACTERS = 200
UNNAMED = "(functions that this JAX does not name)"
_BACKEND = "backend_compile_duration"
_WRAPPED = re.compile(r"\A(?:jit|pjit|pmap|xmap|shard_map)\((.*)\)\Z", re.DOTALL)
_MISS = re.compile(r"CACHE MISS at (?P<place>[^\n]{1,400}?)(?: because)?:?\n(?P<rest>.*)\Z", re.DOTALL)
_FUNCTION = re.compile(
    r"(?:never seen function:\s*(?P<new>[^\n]{1,300}?) id=\d+|\bfor (?P<known>[^\n]{1,300}?) defined at)"
)
_REDEFINED = "another function defined on the same line"


def compiles_of(jax: Mapping[str, Any]) -> tuple[GpuCompile, ...]:
    """One row a function, the costliest first.

    ``compiles_count`` counts the backend's compilations; ``total_ns`` adds
    tracing, lowering and compiling. A function that was only traced, as a part
    of another, has no row: its time is in the other's.
    """
    totals: dict[str, list[int]] = {}
    for event, function, duration_ns in jax.get("events", ()):
        figures = totals.setdefault(_plain(str(function)), [0, 0])
        figures[0] += event == _BACKEND
        figures[1] += max(0, int(duration_ns))
    causes = _causes([str(text) for text in jax.get("explained", ())])
    compiled = sorted(
        ((name, figures) for name, figures in totals.items() if figures[0]),
        key=lambda item: (-item[1][1], item[0]),
    )
    rows = [
        GpuCompile(
            function=name[:NAME_CHARACTERS],
            compiles_count=count,
            total_ns=total,
            causes=tuple(causes.get(name, ())) if count > 1 else (),
        )
        for name, (count, total) in compiled[:FUNCTIONS_AT_MOST]
    ]
    rest = compiled[FUNCTIONS_AT_MOST:]
    if rest:
        count, total = (sum(figures[at] for _, figures in rest) for at in (0, 1))
        rows.append(
            GpuCompile(function=f"({len(rest)} further functions)", compiles_count=count, total_ns=total)
        )
    return tuple(rows)


def _plain(name: str) -> str:
    """``jit(f)`` and ``f`` are one function."""
    found = _WRAPPED.match(name)
    return (found[1] if found else name) or UNNAMED


def _causes(explained: list[str]) -> dict[str, list[str]]:
    """Why each function was traced again, each reason once; a function's first tracing needs none."""
    causes: dict[str, list[str]] = {}
    for text in explained:
        miss = _MISS.search(text)
        named = _FUNCTION.search(miss["rest"]) if miss else None
        if miss is None or named is None:
            continue
        if named["new"] is not None:
            if _REDEFINED not in " ".join(miss["rest"].split()):
                continue
            name, why = named["new"], "defined anew on the same line each time, so nothing is kept of it"
        else:
            name, why = named["known"], _reason(miss["rest"])
        known = causes.setdefault(_plain(name.strip()), [])
        cause = f"at {miss['place']}: {why}"[:CAUSE_CHARACTERS]
        if cause not in known and len(known) < CAUSES_AT_MOST:
            known.append(cause)
    return causes


def _reason(rest: str) -> str:
    """JAX's words without the line that names the function, on one line."""
    lines = [line.strip() for line in rest.splitlines()]
    said = [line for line in lines if line and not line.startswith(("for ", "all previously seen"))]
    return " ".join(said) or "its inputs differ from those before"
