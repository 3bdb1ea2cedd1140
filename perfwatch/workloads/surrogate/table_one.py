"""The table of the surrogate's stages: data, training, predictions, gradients.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import Equality, Expectation, Size, Stage, Variant

HERE = "perfwatch.workloads.surrogate"
RULES = f"{HERE}.rules"
SOURCE = "performance guide of a surrogate-gradient optimisation lab, section"


def variant(function: str, note: str, *requires: str, expected: Expectation = Expectation.WORKS) -> Variant:
    """Return the variant named as its function is, with hyphens."""
    return Variant(
        name=function.partition(":")[2].replace("_", "-"),
        function=f"{HERE}.{function}",
        note=note,
        expected=expected,
        requires=requires,
    )


COLLECT = Stage(
    name="collect",
    title="An expensive black box, evaluated at Sobol points",
    source=f"{SOURCE}s Memory Management and Parallel Processing: collecting data",
    inputs=f"{HERE}.collect:inputs",
    variants=(
        variant("collect:reference", "one point after the other", "scipy"),
        variant("collect:processes", "processes evaluate batches of points", "scipy", "multiprocessing"),
        variant("collect:threads", "threads of this process evaluate the points", "scipy"),
        variant("collect_joblib:joblib", "joblib's processes evaluate batches of points", "scipy", "joblib"),
        variant("collect:streaming", "chunk by chunk into arrays made once: one chunk beside them", "scipy"),
        variant(
            "collect:seed_streaming", "chunk by chunk; all chunks are kept, and stacked at the end", "scipy"
        ),
    ),
    equality=Equality(rule=f"{RULES}:same_data", note="every design and every value, to the last bit"),
    sizes={
        "small": Size(
            items_count=128, extents={"points": 128, "dimensions": 6, "steps": 1_200, "workers": 2}
        ),
        "medium": Size(
            items_count=2_048,
            extents={"points": 2_048, "dimensions": 10, "steps": 2_400, "workers": 2},
            note="some 3 s for the reference",
        ),
    },
    optimized="processes",
)

TRAIN = Stage(
    name="train",
    title="A forest, a small network and a Gaussian process, trained on the same data",
    source=f"{SOURCE}s Performance Overview and Memory Management: surrogate models, batches",
    inputs=f"{HERE}.train:inputs",
    variants=(
        variant("train:reference", "the network's gradient design by design", "scipy", "sklearn"),
        variant("train:batched", "the network's gradient by matrices of a batch", "scipy", "sklearn"),
        variant("train:float32", "the same in single precision", "scipy", "sklearn"),
        variant(
            "train_jax:jax_jit",
            "the network by JAX's value_and_grad, each step compiled as one",
            "scipy",
            "sklearn",
            "jax",
        ),
        variant(
            "train_jax:jax_eager",
            "the network by JAX's value_and_grad, not compiled",
            "scipy",
            "sklearn",
            "jax",
        ),
    ),
    equality=Equality(
        rule=f"{RULES}:same_fit",
        seeds_count=8,
        note="forest to 1e-9 and process to 1e-6 of each prediction; the network's error shown to be less than "
        "25% above the reference's (signed-rank test, level 0.01)",
    ),
    sizes={
        "small": Size(items_count=64, extents={"points": 64, "dimensions": 2, "trees": 20, "epochs": 10}),
        "medium": Size(
            items_count=1_024,
            extents={"points": 1_024, "dimensions": 10, "trees": 100, "epochs": 60},
            note="some 5 s for the reference; 50 MB for the Gaussian process",
        ),
        "large": Size(
            items_count=4_992,
            extents={"points": 4_992, "dimensions": 50, "trees": 100, "epochs": 60},
            note="minutes, and some 2 GB, for the Gaussian process: 0.2 GB for each matrix of its search",
            peak_bytes=2_000_000_000,
        ),
    },
    optimized="batched",
)

PREDICT = Stage(
    name="predict",
    title="A surrogate asked for many designs, some of them often, in several sessions",
    source=f"{SOURCE}s Caching Strategies and Parallel Processing: caches, vectorised operations",
    inputs=f"{HERE}.predict:inputs",
    variants=(
        variant("predict:reference", "fitted in each session, one design at a time", "scipy"),
        variant("predict:batch", "fitted in each session, 64 designs at a time", "scipy"),
        variant("predict:lru_cache", "one at a time; the latest predictions of a session are kept", "scipy"),
        variant(
            "predict:seed_disk_cache",
            "one at a time; the surrogate kept on disk under Python's hash(), which other processes never meet",
            "scipy",
        ),
        variant(
            "predict:disk_cache",
            "one at a time; the surrogate kept on disk under a digest of its data, for any process",
            "scipy",
        ),
        variant(
            "predict:smart_cache", "one at a time; the predictions asked for most often are kept", "scipy"
        ),
        variant("predict:vectorised", "fitted once, all designs at once", "scipy"),
    ),
    # Products of matrices add in another order than products of vectors: rounding alone tells them apart.
    equality=Equality(rtol=1e-9, note="every prediction to 1e-9 of itself"),
    sizes={
        "small": Size(
            items_count=1_200,
            extents={
                "points": 128,
                "dimensions": 6,
                "sessions": 3,
                "requests": 400,
                "places": 600,
                "kept": 128,
            },
        ),
        "medium": Size(
            items_count=60_000,
            extents={
                "points": 512,
                "dimensions": 10,
                "sessions": 3,
                "requests": 20_000,
                "places": 30_000,
                "kept": 4_096,
            },
            note="some 4 s for the reference; 0.5 GB for the vectorised form",
            peak_bytes=500_000_000,
        ),
        "large": Size(
            items_count=200_000,
            extents={
                "points": 1_024,
                "dimensions": 10,
                "sessions": 4,
                "requests": 50_000,
                "places": 100_000,
                "kept": 4_096,
            },
            note="some 3.3 GB for the vectorised form, which holds a number for each design and observation",
            peak_bytes=3_300_000_000,
        ),
    },
    optimized="batch",
)

GRADIENT = Stage(
    name="gradient",
    title="The gradient of a surrogate at many designs",
    source=f"{SOURCE} Performance Overview: gradients of a surrogate",
    inputs=f"{HERE}.gradient:inputs",
    variants=(
        variant("gradient:reference", "central differences, one prediction after the other", "scipy"),
        variant("gradient:analytic", "the derivative of the process's mean, all places at once", "scipy"),
        variant("gradient_jax:autodiff", "derived by JAX, compiled, in double precision", "scipy", "jax"),
    ),
    # Beside a slope of about 0.1 what is smaller than 1e-7 is the rounding of a difference.
    equality=Equality(rtol=1e-5, atol=1e-7, note="every slope to 1e-5 of itself, or 1e-7"),
    sizes={
        "small": Size(items_count=200, extents={"points": 128, "dimensions": 6, "places": 200}),
        "medium": Size(
            items_count=5_000,
            extents={"points": 512, "dimensions": 10, "places": 5_000},
            note="some 2 s for the reference",
        ),
    },
    optimized="analytic",
)

#: All of this file's stages, in their natural order.
STAGES_ONE = (COLLECT, TRAIN, PREDICT, GRADIENT)
