"""Base against head: what changed, with the evidence for it, in one word of four.

Two kinds of evidence, each with its own rules: ``stored`` runs, which were not
measured side by side, and pairs of processes that took turns (``paired``,
``verdicts``). This room must not measure, read a store or print, and must not
decide exit codes.
"""

from __future__ import annotations

from perfwatch.compare.amounts import decide_amount, differ, side_by_side
from perfwatch.compare.controls import controls_reason, voided
from perfwatch.compare.environments import environment_difference
from perfwatch.compare.first_calls import first_calls, material
from perfwatch.compare.frames import user_files
from perfwatch.compare.functions import named_in, profile_differences
from perfwatch.compare.modules import module_totals
from perfwatch.compare.paired import wanted
from perfwatch.compare.recompiling import recompiling
from perfwatch.compare.reds import slower
from perfwatch.compare.stored import (
    NOT_SIDE_BY_SIDE,
    TIME,
    compare,
    decide,
    process_values,
    summarise,
)
from perfwatch.compare.verdicts import presence, smallest_visible, verdicts, void_reason

__all__ = [
    "NOT_SIDE_BY_SIDE",
    "TIME",
    "compare",
    "controls_reason",
    "decide",
    "decide_amount",
    "differ",
    "environment_difference",
    "first_calls",
    "material",
    "module_totals",
    "named_in",
    "presence",
    "process_values",
    "profile_differences",
    "recompiling",
    "side_by_side",
    "slower",
    "smallest_visible",
    "summarise",
    "user_files",
    "verdicts",
    "void_reason",
    "voided",
    "wanted",
]
