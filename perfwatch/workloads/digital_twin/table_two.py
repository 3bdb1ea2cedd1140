"""The second half of the digital twin's table: workers, optimisation, growth law, sampling, caches.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import Equality, Expectation, Size, Stage, Variant

_HERE = "perfwatch.workloads.digital_twin"
_RULES = f"{_HERE}.rules_two"
_SOURCE = "performance report on a CsPbBr3 digital twin, section"


def _variant(function: str, note: str, *requires: str, expected: Expectation = Expectation.WORKS) -> Variant:
    """Return the variant named as its function is, with hyphens."""
    return Variant(
        name=function.partition(":")[2].replace("_", "-"),
        function=f"{_HERE}.{function}",
        note=note,
        expected=expected,
        requires=requires,
    )


PARALLEL = Stage(
    name="parallel",
    title="A data set of syntheses, drawn by several processes",
    source=f"{_SOURCE} 2.3: parallel processing",
    inputs=f"{_HERE}.parallel:inputs",
    variants=(
        _variant(
            "parallel:reference",
            "a pool of processes draws batches of 1,000 samples, which are pickled and sent back",
            "multiprocessing",
        ),
        _variant(
            "parallel:large_batches",
            "one batch for each process, of 5,000 samples at least, sent back",
            "multiprocessing",
        ),
        _variant(
            "parallel:shared_memory",
            "the same batches, written into memory that all processes see",
            "multiprocessing",
        ),
        _variant("parallel:serial", "all samples in this process"),
    ),
    equality=Equality(note="every value of the table, whoever drew it"),
    sizes={
        "small": Size(
            items_count=20_000,
            extents={"samples": 20_000, "processes": 2},
            note="the size at which the pool was first found not to pay",
        ),
        "medium": Size(
            items_count=2_000_000,
            extents={"samples": 2_000_000, "processes": 2},
            note="some 4 s for one process: far above the size from which two can pay; 128 MB of samples",
        ),
    },
    optimized="serial",
)

BAYESOPT = Stage(
    name="bayesopt",
    title="Bayesian optimisation of a recipe",
    source=f"{_SOURCE}s 3.1 and 3.2: update of the model, acquisition function",
    inputs=f"{_HERE}.bayesopt:inputs",
    variants=(
        _variant(
            "bayesopt:reference",
            "a whole fit for each observation, candidates weighed one at a time",
            "sklearn",
            "scipy",
        ),
        _variant(
            "bayesopt:batch_acquisition", "the same fits, all candidates weighed at once", "sklearn", "scipy"
        ),
        _variant(
            "bayesopt:refit_every_5",
            "all at once; a fit when there are five new observations",
            "sklearn",
            "scipy",
        ),
        _variant(
            "bayesopt:cholesky_update",
            "all at once; one fit, each observation a new row of the factor",
            "sklearn",
            "scipy",
        ),
        _variant(
            "bayesopt:seed_scaler",
            "all at once; fits every 5, the scaler shown the last five rows by partial_fit",
            "sklearn",
            "scipy",
        ),
        _variant(
            "bayesopt:seed_cache",
            "all at once; single precision, and models kept under a key of all data",
            "sklearn",
            "scipy",
        ),
    ),
    # 24 seeds: enough that a campaign which chooses by chance is never taken for the same,
    # while models refitted less often are shown to lose less than the margin.
    equality=Equality(
        rule=f"{_RULES}:same_campaign",
        seeds_count=24,
        note="the same model weighs and chooses alike (1e-9); other models find a best quality shown to be "
        "less than 10% below (signed-rank test, level 0.01)",
    ),
    sizes={
        "small": Size(
            items_count=1_000,
            extents={"observations": 8, "iterations": 20, "candidates": 50},
            note="a whole campaign from 8 recipes on",
        ),
        "medium": Size(
            items_count=10_000,
            extents={"observations": 20, "iterations": 10, "candidates": 1_000},
            note="20 to 30 observations; some 5 s for the reference",
        ),
        "large": Size(
            items_count=10_000,
            extents={"observations": 190, "iterations": 10, "candidates": 1_000},
            note="190 to 200 observations: where the share of the fits is said to have grown",
        ),
    },
    optimized="batch-acquisition",
)

GROWTH_ODE = Stage(
    name="growth-ode",
    title="The size of crystals over time, from the growth law",
    source=f"{_SOURCE} 4.2: integration of the particle size",
    inputs=f"{_HERE}.growth_ode:inputs",
    variants=(
        _variant("growth_ode:reference", "solve_ivp, RK45, one crystal at a time", "scipy"),
        _variant(
            "growth_ode:seed_linear",
            "one constant rate wherever S lies between 1 and 5",
            "scipy",
            expected=Expectation.DIFFERS,
        ),
        _variant(
            "growth_ode:quadrature",
            "the separable law integrated for the time and inverted, all at once",
            "scipy",
        ),
        _variant("growth_ode:lsoda", "solve_ivp, LSODA, one crystal at a time", "scipy"),
    ),
    equality=Equality(
        rule=f"{_RULES}:follows_the_growth_law",
        note="1e-6 of the edge from a solution with a tolerance of 1e-13",
    ),
    sizes={
        "small": Size(items_count=96, extents={"cases": 96, "times": 50}),
        "medium": Size(
            items_count=4_000, extents={"cases": 4_000, "times": 50}, note="some 5 s for the reference"
        ),
    },
    optimized="quadrature",
)

DIVERSITY = Stage(
    name="diversity",
    title="The mean distance between the samples of a campaign, after each level",
    source=f"{_SOURCE} 5.1: distance calculation",
    inputs=f"{_HERE}.diversity:inputs",
    variants=(
        _variant("diversity:reference", "normalised column by column; every distance is held", "scipy"),
        _variant("diversity:matrix_normalise", "normalised at once; every distance is held", "scipy"),
        _variant(
            "diversity:seed_subsample",
            "100 samples by chance wherever there are more than 1,000: another quantity",
            "scipy",
            expected=Expectation.DIFFERS,
        ),
        _variant("diversity:blocked", "distances are added up block by block, in bounded memory", "scipy"),
    ),
    equality=Equality(
        rule=f"{_RULES}:same_mean_distance",
        seeds_count=4,
        note="1e-12 of the mean distance; a sampled one is reported with its greatest error",
    ),
    sizes={
        "small": Size(
            items_count=4_000,
            extents={"samples": 4_000, "levels": 5},
            note="8 million distances at the last level: 64 MB",
        ),
        "medium": Size(
            items_count=10_000,
            extents={"samples": 10_000, "levels": 15},
            note="some 4 s for the reference; 400 MB at the last level",
            peak_bytes=400_000_000,
        ),
        "large": Size(
            items_count=20_000,
            extents={"samples": 20_000, "levels": 2},
            note="above the 10,000 samples from which sampling is said to pay; 1.6 GB for the reference",
            peak_bytes=1_600_000_000,
        ),
    },
    optimized="blocked",
)

REGIONS = Stage(
    name="regions",
    title="The promising regions after each level, by k-means",
    source=f"{_SOURCE} 5.2: clustering",
    inputs=f"{_HERE}.regions:inputs",
    variants=(
        _variant("regions:reference", "scaler and k-means fitted anew at each level", "sklearn"),
        _variant(
            "regions:seed_cache",
            "the first level's scaler; labels kept under a hash of all samples, which never recurs",
            "sklearn",
        ),
        _variant(
            "regions:seed_fewer", "n_init=5 and max_iter=100 where the library has 1 and 300", "sklearn"
        ),
        _variant(
            "regions:minibatch",
            "k-means on parts of the samples; wider groups in some campaigns",
            "sklearn",
            expected=Expectation.DIFFERS,
        ),
        _variant("regions:warm_start", "k-means started from the centres of the level before", "sklearn"),
    ),
    equality=Equality(
        rule=f"{_RULES}:same_regions",
        seeds_count=16,
        note="boxes around the groups, whose inertia is shown to be less than 1% above (signed-rank test, level 0.01)",
    ),
    sizes={
        "small": Size(items_count=4_000, extents={"samples": 4_000, "levels": 10, "clusters": 4}),
        "medium": Size(
            items_count=100_000,
            extents={"samples": 100_000, "levels": 100, "clusters": 4},
            note="some 5 s for the reference",
        ),
    },
    optimized="warm-start",
)

SHARED_CACHE = Stage(
    name="shared-cache",
    title="Gaps that several parts of the twin ask for again and again",
    source=f"{_SOURCE} 6.1: shared computation caching",
    inputs=f"{_HERE}.shared_cache:inputs",
    variants=(
        _variant("shared_cache:reference", "every answer computed afresh", "scipy"),
        _variant("shared_cache:bounded_cache", "the answers used last are kept", "scipy"),
        _variant(
            "shared_cache:seed_cache", "answers are kept; the older half is forgotten when full", "scipy"
        ),
    ),
    equality=Equality(rule=f"{_RULES}:same_gaps", note="every gap to the last bit"),
    sizes={
        "small": Size(items_count=15_000, extents={"requests": 15_000, "kept": 256}),
        "medium": Size(
            items_count=100_000, extents={"requests": 100_000, "kept": 256}, note="some 5 s for the reference"
        ),
    },
    optimized="bounded-cache",
)

ARRAY_POOL = Stage(
    name="array-pool",
    title="Emission spectra of ensembles, with fresh or pooled scratch arrays",
    source=f"{_SOURCE} 6.2: memory pool for large arrays",
    inputs=f"{_HERE}.array_pool:inputs",
    variants=(
        _variant("array_pool:reference", "a fresh scratch array for each batch"),
        _variant("array_pool:seed_pool", "a pool whose key never matches, and which fills with zeros"),
        _variant("array_pool:pool", "a pool by shape and kind of number, as the arrays are"),
    ),
    equality=Equality(rule=f"{_RULES}:same_spectra", note="every value of the spectra"),
    sizes={
        "small": Size(
            items_count=100,
            extents={"batches": 100, "crystals": 1_000, "energies": 1_000},
            note="100 scratch arrays of 4 MB: the claim's own extent",
        ),
        "medium": Size(
            items_count=400,
            extents={"batches": 400, "crystals": 1_000, "energies": 1_000},
            note="a second at most: a pool that loses its arrays keeps 1.6 GB here",
            peak_bytes=1_600_000_000,
        ),
    },
    optimized="pool",
)

#: All of this file's stages, in their natural order.
STAGES_TWO = (PARALLEL, BAYESOPT, GROWTH_ODE, DIVERSITY, REGIONS, SHARED_CACHE, ARRAY_POOL)
