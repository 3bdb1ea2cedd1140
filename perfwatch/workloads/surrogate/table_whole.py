"""The surrogate's whole: which form each stage takes in it, and how much work it does.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import OPTIMIZED, Equality, Size, Stage, Variant

_HERE = "perfwatch.workloads.surrogate"
_REQUIRES = ("scipy", "sklearn")

WHOLE = Stage(
    name="surrogate",
    title="Surrogate-gradient optimisation of a batch reactor: all stages, in one process",
    source="performance guide of a surrogate-gradient optimisation lab",
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
            note="every stage as the document advises, where its advice runs",
            requires=_REQUIRES,
        ),
    ),
    equality=Equality(
        rule=f"{_HERE}.rules_whole:same_optimisation",
        note="each stage's answer to what it was handed is its reference's, by the stage's own rule; of "
        "train the network's error, seed by seed, to a half",
    ),
    sizes={
        "small": Size(
            items_count=64,
            extents={
                "points": 64,
                "dimensions": 6,
                "steps": 1_200,
                "workers": 2,
                "cases": 2,
                "budget_kb": 100,
                "folds": 3,
                "trees": 10,
                "epochs": 6,
                "sessions": 2,
                "requests": 400,
                "places": 500,
                "kept": 128,
                "gradients": 40,
                "starts": 8,
                "iterations": 60,
                "descent": 200,
            },
            note="about half a second for the reference",
        ),
        "medium": Size(
            items_count=256,
            extents={
                "points": 256,
                "dimensions": 10,
                "steps": 2_400,
                "workers": 2,
                "cases": 3,
                "budget_kb": 1_000,
                "folds": 4,
                "trees": 50,
                "epochs": 30,
                "sessions": 3,
                "requests": 4_000,
                "places": 5_000,
                "kept": 1_024,
                "gradients": 200,
                "starts": 32,
                "iterations": 200,
                "descent": 2_000,
            },
            note="some 3 s for the reference",
        ),
    },
    optimized=OPTIMIZED,
)

#: The forms that stages take in ``seed-advice``; a stage that is not named takes its reference. The
#: document's form of ``multistart`` does not run, and so it is not among them.
SEED_ADVICE = {
    "collect": "seed-streaming",
    "train": "batched",
    "predict": "seed-disk-cache",
    "early-stop": "seed-patience",
}
