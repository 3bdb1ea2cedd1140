"""The intent system's whole: which form each stage takes in it, and how much work it does.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import OPTIMIZED, Equality, Expectation, Size, Stage, Variant

_HERE = "perfwatch.workloads.intent"
_REQUIRES = ("scipy", "sklearn")

WHOLE = Stage(
    name="intent",
    title="Human-intent inference for a robot: all stages, in one process",
    source="optimisation manual of a human-intent recognition system, sections 2 to 5 and examples 1 to 3",
    inputs=f"{_HERE}.whole:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_HERE}.whole:reference",
            note="every stage in its reference form",
            requires=_REQUIRES,
        ),
        Variant(
            name=OPTIMIZED,
            function=f"{_HERE}.whole:optimized",
            note="every stage in its best working form",
            requires=_REQUIRES,
        ),
        Variant(
            name="seed-advice",
            function=f"{_HERE}.whole:seed_advice",
            note="every stage as the document advises: another answer",
            expected=Expectation.DIFFERS,
            requires=_REQUIRES,
        ),
    ),
    equality=Equality(
        rule=f"{_HERE}.rules_whole:same_system",
        note="each stage's answer to what it was handed is its reference's, by the stage's own rule",
    ),
    sizes={
        "small": Size(
            items_count=1,
            extents={
                "recordings": 4,
                "frames": 3_000,
                "kept": 1_000,
                "intents": 5,
                "cells": 300,
                "points": 50,
                "queries": 3,
                "steps": 20,
                "horizon": 10,
                "requests": 40,
                "cached": 3,
                "observations": 5,
                "few": 1,
                "some": 10,
                "many": 100,
                "calls": 1,
                "processes": 2,
            },
            note="half a second for the reference; 1 MB of files",
        ),
        "medium": Size(
            items_count=10,
            extents={
                "recordings": 12,
                "frames": 40_000,
                "kept": 2_000,
                "intents": 6,
                "cells": 800,
                "points": 150,
                "queries": 10,
                "steps": 200,
                "horizon": 20,
                "requests": 600,
                "cached": 8,
                "observations": 20,
                "few": 1,
                "some": 10,
                "many": 100,
                "calls": 5,
                "processes": 2,
            },
            note="some 5 s for the reference; 23 MB of files",
        ),
    },
    optimized=OPTIMIZED,
)

#: The forms that stages take in ``seed-advice``; a stage that is not named takes its reference.
SEED_ADVICE = {
    "files": "memmap",
    "pool": "temporary-array",
    "belief": "cached",
    "gp-inference": "seed-fixed-kernel",
    "mpc": "warm-start",
    "cache": "two-level",
    "pipeline": "seed-fixed-kernel",
    "load": "threads",
}
