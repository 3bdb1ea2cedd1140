"""The table of the surrogate's stages: searches on the surrogate, and the choice of one.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import Equality, Expectation, Size, Stage
from perfwatch.workloads.surrogate.table_one import HERE, RULES, SOURCE, variant

MULTISTART = Stage(
    name="multistart",
    title="The least value of a surrogate, by descents from many starts",
    source=f"{SOURCE} Parallel Processing: parallel multi-start optimisation",
    inputs=f"{HERE}.multistart:inputs",
    variants=(
        variant("multistart:reference", "one start after the other", "scipy"),
        variant(
            "multistart:seed_processes",
            "a local function for a pool of processes: it does not pickle",
            "scipy",
            "multiprocessing",
            expected=Expectation.FAILS,
        ),
        variant("multistart:processes", "a share of the starts for each process", "scipy", "multiprocessing"),
        variant("multistart:batched", "all starts as rows of one array", "scipy"),
    ),
    equality=Equality(atol=1e-6, note="the same optimum: each coordinate, and the value, to 1e-6"),
    sizes={
        "small": Size(
            items_count=16,
            extents={"points": 128, "dimensions": 6, "starts": 16, "iterations": 60, "workers": 2},
        ),
        "medium": Size(
            items_count=64,
            extents={"points": 512, "dimensions": 10, "starts": 64, "iterations": 600, "workers": 2},
            note="a second or so for the reference",
        ),
    },
    optimized="batched",
)

EARLY_STOP = Stage(
    name="early-stop",
    title="One long descent, and when it may end",
    source=f"{SOURCE} Optimization Tuning: early stopping",
    inputs=f"{HERE}.early_stop:inputs",
    variants=(
        variant("early_stop:reference", "all steps, with a new optimiser for each", "scipy"),
        variant(
            "early_stop:seed_patience",
            "20 steps without improvement end it; a new optimiser for each",
            "scipy",
        ),
        variant("early_stop:patience", "20 steps without improvement end it; one optimiser", "scipy"),
    ),
    equality=Equality(
        rule=f"{RULES}:as_low",
        note="the surrogate's value where it ends, at most 1e-4 above the reference's, and as stated",
    ),
    sizes={
        "small": Size(items_count=400, extents={"points": 128, "dimensions": 6, "steps": 400}),
        "medium": Size(
            items_count=4_000,
            extents={"points": 512, "dimensions": 10, "steps": 4_000},
            note="some 2 s for the reference",
        ),
    },
    optimized="patience",
)

TUNE = Stage(
    name="tune",
    title="The covariance and its length that predict best",
    source=f"{SOURCE} Optimization Tuning: hyper-parameters",
    inputs=f"{HERE}.tune:inputs",
    variants=(
        variant("tune:reference", "every candidate of the grid, the data prepared for each", "scipy"),
        variant("tune:halving", "all candidates on few data, the better half of them on more", "scipy"),
        variant("tune:cached_data", "every candidate of the grid, the data prepared once", "scipy"),
    ),
    equality=Equality(
        rule=f"{RULES}:same_winner", seeds_count=4, note="the same winner, and its error to 1e-9 of itself"
    ),
    sizes={
        "small": Size(items_count=20, extents={"points": 256, "dimensions": 4, "folds": 4}),
        "medium": Size(
            items_count=20,
            extents={"points": 400, "dimensions": 10, "folds": 5},
            note="some 4 s for the reference",
        ),
    },
    optimized="halving",
)

SELECT = Stage(
    name="select",
    title="The choice of a surrogate that memory allows",
    source=f"{SOURCE} Memory Management: memory-conscious model selection",
    inputs=f"{HERE}.selection:inputs",
    variants=(
        variant(
            "selection:reference",
            "by the document's estimates; the chosen kind is trained",
            "scipy",
            "sklearn",
        ),
        variant(
            "selection:measured",
            "by the measured peaks of all three kinds, each trained at each size",
            "scipy",
            "sklearn",
        ),
    ),
    equality=Equality(
        rule=f"{RULES}:sound_table",
        note="the table itself: the same cases, figures that are finite and positive, and a choice within its budget",
    ),
    sizes={
        "small": Size(
            items_count=3,
            extents={
                "points": 128,
                "dimensions": 4,
                "cases": 3,
                "budget_kb": 100,
                "trees": 10,
                "epochs": 5,
            },
        ),
        "medium": Size(
            items_count=5,
            extents={
                "points": 1_024,
                "dimensions": 10,
                "cases": 5,
                "budget_kb": 2_000,
                "trees": 30,
                "epochs": 10,
            },
            note="some 4 s for the reference; 60 MB for the greatest Gaussian process",
        ),
    },
    optimized="reference",
)

#: All of this file's stages, in their natural order.
STAGES_TWO = (MULTISTART, EARLY_STOP, TUNE, SELECT)
