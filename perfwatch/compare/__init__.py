"""Base against head: what changed, with the evidence for it, in one word of four.

Two kinds of evidence, each with its own rules: ``stored`` runs, which were not
measured side by side, and pairs of processes that took turns (``paired``,
``verdicts``). This room must not measure, read a store or print, and must not
decide exit codes.
"""

from __future__ import annotations

from perfwatch.compare.amounts import decide_amount, differ, side_by_side
from perfwatch.compare.margins import amounts_each, verdicts_each, void_reason_each, wanted_each
from perfwatch.compare.paired import wanted
from perfwatch.compare.stored import (
    NOT_SIDE_BY_SIDE,
    TIME,
    compare,
    decide,
    environment_difference,
    process_values,
    summarise,
)
from perfwatch.compare.verdicts import presence, smallest_visible, verdicts, void_reason

__all__ = [
    "NOT_SIDE_BY_SIDE",
    "TIME",
    "amounts_each",
    "compare",
    "decide",
    "decide_amount",
    "differ",
    "environment_difference",
    "presence",
    "process_values",
    "side_by_side",
    "smallest_visible",
    "summarise",
    "verdicts",
    "verdicts_each",
    "void_reason",
    "void_reason_each",
    "wanted",
    "wanted_each",
]
