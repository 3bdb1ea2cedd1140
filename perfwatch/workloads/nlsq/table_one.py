"""The first half of the table of least squares: requests, models, fits, steps, and which form to choose.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import Equality, Size, Stage, Variant

_HERE = "perfwatch.workloads.nlsq"
_RULES = f"{_HERE}.rules_one"
_PROGRESS = "progress summary on optimising a least-squares library"
_SUMMARY = "summary of examples for a least-squares library"

VALIDATE = Stage(
    name="validate",
    title="What is wrong with requests for fits",
    source=f"{_PROGRESS}: code complexity reduction",
    inputs=f"{_HERE}.validating:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_HERE}.validating:reference",
            note="one function of a complexity of 62",
        ),
        Variant(
            name="split",
            function=f"{_HERE}.validators:split",
            note="a function for each question: none more complex than 10",
        ),
    ),
    equality=Equality(note="the same errors and warnings of every request, in the same order"),
    sizes={
        "small": Size(
            items_count=148,
            extents={"points": 2_000, "rounds": 1},
            note="each family's request, sound and spoiled in 36 ways",
        ),
        "medium": Size(
            items_count=740, extents={"points": 20_000, "rounds": 5}, note="some 2 s, and 60 MB of data"
        ),
    },
    optimized="split",
)

QUADRATICS = Stage(
    name="quadratics",
    title="How far quadratic models of the cost fall, along paths of damped steps",
    source=f"{_PROGRESS}: medium priority, vectorise quadratic evaluations",
    inputs=f"{_HERE}.quadratics:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_HERE}.quadratics:reference",
            note="each step of each model in turn",
        ),
        Variant(
            name="vectorised",
            function=f"{_HERE}.quadratics:vectorised",
            note="every step of every model in one product of matrices",
        ),
    ),
    equality=Equality(rtol=1e-12, note="every value to 1e-12 of itself"),
    sizes={
        "small": Size(
            items_count=1_600,
            extents={"fits": 50, "points": 200, "dampings": 32},
            note="some 10 ms for the reference",
        ),
        "medium": Size(
            items_count=64_000,
            extents={"fits": 1_000, "points": 500, "dampings": 64},
            note="36 MB of Jacobians, 256 MB at the peak of the vectorised form",
            peak_bytes=256_000_000,
        ),
    },
    optimized="vectorised",
)

FIT = Stage(
    name="fit",
    title="Fits of an exponential, a line, several lines and a polynomial",
    source=f"{_PROGRESS}: performance breakdown at 100 to 50,000 points",
    inputs=f"{_HERE}.fit:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_HERE}.fit:reference",
            note="curve_fit by trust regions; the Jacobian is taken by differences",
            requires=("scipy",),
        ),
        Variant(
            name="analytic-jacobian",
            function=f"{_HERE}.fit:analytic_jacobian",
            note="the same with the derivative that each formula has",
            requires=("scipy",),
        ),
        Variant(
            name="jax-jacobian",
            function=f"{_HERE}.fit_jax:jax_jacobian",
            note="the same with derivatives by JAX, compiled by the first call of a size",
            requires=("scipy", "jax"),
        ),
    ),
    # Differences leave the minimum uncertain by about their own error, the root of the precision.
    equality=Equality(rtol=1e-6, note="every parameter and cost to 1e-6 of itself"),
    sizes={
        "small": Size(items_count=400, extents={"points": 100}, note="100 points for each of four models"),
        "medium": Size(items_count=4_000, extents={"points": 1_000}),
        "large": Size(items_count=40_000, extents={"points": 10_000}),
        "xlarge": Size(items_count=200_000, extents={"points": 50_000}, note="the sizes are the document's"),
    },
    optimized="analytic-jacobian",
)

TRF_STEP = Stage(
    name="trf-step",
    title="The trust-region steps of one fit",
    source=f"{_PROGRESS}: high priority 1 and 2, conversions and the fused inner loop",
    inputs=f"{_HERE}.trf_step:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_HERE}.trf_step_jax:reference",
            note="compiled parts in a Python loop; arrays are converted to NumPy at six places",
            requires=("jax",),
        ),
        Variant(
            name="no-conversions",
            function=f"{_HERE}.trf_step_jax:no_conversions",
            note="the same loop on the device's arrays",
            requires=("jax",),
        ),
        Variant(
            name="scan",
            function=f"{_HERE}.trf_step_jax:scan",
            note="the loop fused by lax.scan, over all steps that there may be",
            requires=("jax",),
        ),
        Variant(
            name="while",
            function=f"{_HERE}.trf_step_jax:while_loop",
            note="the loop fused by lax.while_loop, which ends with the last step",
            requires=("jax",),
        ),
        Variant(name="numpy", function=f"{_HERE}.trf_step:plain", note="the same loop by NumPy, without JAX"),
    ),
    equality=Equality(rtol=1e-10, note="parameters and cost to 1e-10 of themselves, and as many steps"),
    sizes={
        "small": Size(items_count=1_000, extents={"points": 1_000}),
        "medium": Size(items_count=10_000, extents={"points": 10_000}),
        "large": Size(items_count=100_000, extents={"points": 100_000}),
    },
    optimized="numpy",
)

SCALING = Stage(
    name="scaling",
    title="How the time of a fit grows with its points, in first calls and warm ones",
    source=f"{_PROGRESS}: 50x more data, 1.26x slower",
    inputs=f"{_HERE}.scaling:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_HERE}.scaling:reference",
            note="each size once, and once more",
            requires=("scipy",),
        ),
        Variant(
            name="exponent",
            function=f"{_HERE}.scaling:exponent",
            note="medians of several rounds, and the exponent with its interval",
            requires=("scipy",),
        ),
        Variant(
            name="jax-exponent",
            function=f"{_HERE}.scaling_jax:jax_exponent",
            note="the same with a Jacobian that each size's first call compiles",
            requires=("scipy", "jax"),
        ),
    ),
    equality=Equality(
        rule=f"{_RULES}:same_scaling",
        note="the table: the same sizes and parameters (1e-6), times above zero, an interval around each exponent",
    ),
    sizes={
        "small": Size(
            items_count=4,
            extents={"first": 100, "second": 400, "third": 1_600, "fourth": 6_400, "rounds": 5},
        ),
        "medium": Size(
            items_count=4,
            extents={"first": 100, "second": 1_000, "third": 10_000, "fourth": 50_000, "rounds": 15},
            note="the document's sizes",
        ),
    },
    # A table from single calls costs least: an interval worth the name takes more.
    optimized="reference",
)

DECIDE = Stage(
    name="decide",
    title="Which form of a fit the decision matrix recommends, and which one wins",
    source=f"{_SUMMARY}: decision matrix",
    inputs=f"{_HERE}.decide:inputs",
    variants=(
        Variant(
            name="reference",
            function=f"{_HERE}.decide:reference",
            note="the matrix is followed: what it recommends is run in each cell, alone",
            requires=("scipy",),
        ),
        Variant(
            name="measured",
            function=f"{_HERE}.decide:measured",
            note="every form is run in each cell, several times in turn",
            requires=("scipy",),
        ),
    ),
    equality=Equality(
        rule=f"{_RULES}:same_decisions",
        note="the table: the same cells and recommendations, parameters (1e-6), figures that agree with who won",
    ),
    sizes={
        "small": Size(
            items_count=9,
            extents={"few": 300, "many": 800, "most": 2_000, "repeats": 2, "rounds": 3},
            note="scaled down: what the matrix calls above a million points is 2,000 here",
        ),
        "medium": Size(
            items_count=9,
            extents={"few": 5_000, "many": 50_000, "most": 1_100_000, "repeats": 3, "rounds": 3},
            note="the matrix's own classes of points; a Jacobian of 211 MB, 0.5 GB at the peak. On disk: 18 MB, not 10 GB",
            peak_bytes=500_000_000,
        ),
    },
    # Following the matrix is cheaper than finding out; that is not what is asked.
    optimized="reference",
)

#: The stages of this half, in their natural order; ``decide`` stands at the end of all.
STAGES_ONE = (VALIDATE, QUADRATICS, FIT, TRF_STEP, SCALING)
