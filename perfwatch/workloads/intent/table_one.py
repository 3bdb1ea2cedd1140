"""The first half of this workload's stages: inference and control.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import Equality, Expectation, Size, Stage, Variant

_HERE = "perfwatch.workloads.intent"
_SOURCE = "optimisation manual of a human-intent recognition system,"
_GP = ("scipy", "sklearn")


def variant(
    function: str, note: str, *requires: str, name: str = "", expected: Expectation = Expectation.WORKS
) -> Variant:
    """Return the variant named as its function is, with hyphens, unless a name is given."""
    return Variant(
        name=name or function.partition(":")[2].replace("_", "-"),
        function=f"{_HERE}.{function}",
        note=note,
        expected=expected,
        requires=requires,
    )


GP_INFERENCE = Stage(
    name="gp-inference",
    title="How long a hand still has to go, by a Gaussian process",
    source=f"{_SOURCE} example 1: optimising GP inference",
    inputs=f"{_HERE}.gp_inference:inputs",
    variants=(
        variant(
            "gp_inference:reference", "scikit-learn's process, its kernel searched for at each query", *_GP
        ),
        variant(
            "gp_inference:seed_fixed_kernel",
            "the document's kernel of length 1 and variance 1, which nobody searched for",
            *_GP,
            expected=Expectation.DIFFERS,
        ),
        variant("gp_inference:fixed_kernel", "the kernel found once; a factorisation for each query", *_GP),
        variant("gp_inference:cholesky_cache", "the kernel found once, and one factorisation", *_GP),
        variant(
            "gp_compiled:compiled",
            "fixed-kernel with the covariance in machine code, compiled by the first call",
            *_GP,
            "numba",
            name="numba",
        ),
        variant(
            "gp_gpu:gpu",
            "one factorisation on a GPU, all queries at once; needs JAX with a GPU (pip install 'jax[cuda12]')",
            *_GP,
            "jax",
            "jax_plugins",
        ),
    ),
    equality=Equality(
        rtol=1e-6,
        note="mean and variance to 1e-6, at the same hyper-parameters: the inputs hold those that the "
        "reference's own search finds",
    ),
    sizes={
        "small": Size(items_count=4, extents={"points": 60, "queries": 4}),
        "medium": Size(
            items_count=20, extents={"points": 200, "queries": 20}, note="some 5 s for the reference"
        ),
    },
    optimized="cholesky-cache",
)

MPC = Stage(
    name="mpc",
    title="Control of a robot's hand, some steps ahead at each step",
    source=f"{_SOURCE} section 2: algorithm optimiser, and example 3",
    inputs=f"{_HERE}.mpc:inputs",
    variants=(
        variant("mpc:reference", "matrices built at each step, and solved from cold"),
        variant("mpc:warm_start", "matrices built at each step, solved from the last step's controls"),
        variant("mpc:condensed", "matrices built once, and solved from cold"),
        variant("mpc:riccati", "no matrices: each minimum by a Riccati recursion, from cold"),
    ),
    equality=Equality(atol=1e-6, note="controls within 1e-6 m/s^2"),
    sizes={
        "small": Size(items_count=40, extents={"steps": 40, "horizon": 15}),
        "medium": Size(
            items_count=100,
            extents={"steps": 100, "horizon": 30},
            note="a second at most, and some 10 s for riccati",
        ),
    },
    optimized="condensed",
)

BELIEF = Stage(
    name="belief",
    title="Which goal a hand is heading for, after each movement",
    source=f"{_SOURCE} section 2: algorithm optimiser, Bayesian inference",
    inputs=f"{_HERE}.belief:inputs",
    variants=(
        variant("belief:reference", "from the prior through the whole history, after each movement"),
        variant("belief:recursive", "from the belief before the movement"),
        variant("belief:log_space", "the same in logarithms, all intents at once"),
        variant("belief:cached", "through the whole history; what a movement told is kept"),
    ),
    equality=Equality(rtol=1e-9, note="every belief to 1e-9 of itself"),
    sizes={
        "small": Size(items_count=120, extents={"movements": 120, "intents": 5}),
        "medium": Size(
            items_count=1_000,
            extents={"movements": 1_000, "intents": 6},
            note="some 5 s for the reference",
        ),
    },
    optimized="recursive",
)

PIPELINE = Stage(
    name="pipeline",
    title="From an observation to a control, again and again",
    source=f"{_SOURCE} example 3: comprehensive system optimisation",
    inputs=f"{_HERE}.pipeline:inputs",
    variants=(
        variant("pipeline:reference", "every part in its reference form", *_GP),
        variant("pipeline:fixed_kernel", "no search for the kernel", *_GP),
        variant("pipeline:cholesky_cache", "no search, and one factorisation", *_GP),
        variant("pipeline:numba", "no search, the covariance in machine code", *_GP, "numba"),
        variant("pipeline:gpu", "the process on a GPU", *_GP, "jax", "jax_plugins"),
        variant("pipeline:warm_start", "controls begun with the last ones", *_GP),
        variant("pipeline:condensed", "the matrices of the control built once", *_GP),
        variant("pipeline:riccati", "no matrices of the control", *_GP),
        variant("pipeline:recursive", "belief carried from movement to movement", *_GP),
        variant("pipeline:log_space", "belief carried in logarithms", *_GP),
        variant("pipeline:cached", "belief from the history, each movement weighed once", *_GP),
        variant(
            "pipeline:all_parts",
            "cholesky-cache, recursive, condensed and warm-start together",
            *_GP,
        ),
        variant(
            "pipeline:seed_fixed_kernel",
            "the document's kernel, which nobody searched for",
            *_GP,
            expected=Expectation.DIFFERS,
        ),
    ),
    equality=Equality(
        rule=f"{_HERE}.rules:same_session",
        note="as of its parts: belief to 1e-9, mean and variance to 1e-6, controls within 1e-6 m/s^2",
    ),
    sizes={
        "small": Size(items_count=8, extents={"observations": 8, "points": 60, "intents": 5, "horizon": 10}),
        "medium": Size(
            items_count=40,
            extents={"observations": 40, "points": 150, "intents": 5, "horizon": 10},
            note="some 5 s for the reference",
        ),
    },
    optimized="all-parts",
)

#: All of this file's stages, in their natural order.
STAGES_ONE = (GP_INFERENCE, MPC, BELIEF, PIPELINE)
