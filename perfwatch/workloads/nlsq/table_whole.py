"""The whole of least squares: which form each stage takes in it, and how much work it does.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import OPTIMIZED, Equality, Expectation, Size, Stage, Variant

_HERE = "perfwatch.workloads.nlsq"

WHOLE = Stage(
    name="nlsq",
    title="A campaign of least-squares fits, from requests to the choice of a form: all stages, in one process",
    source="progress summary and summary of examples of a least-squares library",
    inputs=f"{_HERE}.whole:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_HERE}.whole:reference",
            note="every stage in its reference form; steps by NumPy, so that no compiler is needed",
            requires=("scipy",),
        ),
        Variant(
            name=OPTIMIZED,
            function=f"{_HERE}.whole:optimized",
            note="every stage in its best working form",
            requires=("scipy", "h5py"),
        ),
        Variant(
            name="seed-advice",
            function=f"{_HERE}.whole:seed_advice",
            note="every stage as the documents advise: another answer",
            expected=Expectation.DIFFERS,
            requires=("scipy", "h5py", "jax"),
        ),
    ),
    equality=Equality(
        rule=f"{_HERE}.rules_whole:same_campaign",
        note="each stage's answer to what it was handed is its reference's, by the stage's own rule",
    ),
    sizes={
        "small": Size(
            items_count=5_000,
            extents={
                "points": 500,
                "scans": 20,
                "dampings": 16,
                "first": 100,
                "second": 400,
                "third": 1_600,
                "fourth": 6_400,
                "rounds": 3,
                "fits": 8,
                "pooled": 1_000,
                "sparse": 5_000,
                "streamed": 20_000,
                "combined": 15_000,
                "peaks": 10,
                "few": 200,
                "many": 400,
                "most": 1_000,
                "repeats": 2,
            },
            note="half a second for the reference",
        ),
        "medium": Size(
            items_count=50_000,
            extents={
                "points": 5_000,
                "scans": 200,
                "dampings": 32,
                "first": 100,
                "second": 1_000,
                "third": 10_000,
                "fourth": 50_000,
                "rounds": 10,
                "fits": 40,
                "pooled": 5_000,
                "sparse": 50_000,
                "streamed": 200_000,
                "combined": 50_000,
                "peaks": 10,
                "few": 5_000,
                "many": 20_000,
                "most": 100_000,
                "repeats": 3,
            },
            note="some 5 s for the reference",
        ),
    },
    optimized=OPTIMIZED,
)

#: The form of a stage that stands for its reference in the whole, which must not need a compiler.
WITHOUT_COMPILER = {"trf-step": "numpy"}

#: The forms that stages take in ``seed-advice``; a stage that is not named takes its reference.
SEED_ADVICE = {
    "validate": "split",
    "quadratics": "vectorised",
    "trf-step": "no-conversions",
    "pool": "seed-pool",
    "sparse": "seed-sparse",
    "stream": "seed-stream",
    "combined": "together",
}
