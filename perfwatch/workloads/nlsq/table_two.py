"""The second part of the table of least squares: pools of buffers, sparse Jacobians, streamed data.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.workloads.definition import Equality, Expectation, Size, Stage, Variant

_HERE = "perfwatch.workloads.nlsq"
_RULES = f"{_HERE}.rules_two"
_SOURCE = "summary of examples for non-linear least squares at scale,"


def _variant(function: str, note: str, *requires: str, expected: Expectation = Expectation.WORKS) -> Variant:
    """Return the variant named as its function is, with hyphens."""
    return Variant(
        name=function.partition(":")[2].replace("_", "-"),
        function=f"{_HERE}.{function}",
        note=note,
        expected=expected,
        requires=requires,
    )


POOL = Stage(
    name="pool",
    title="Repeated fits with fresh or pooled buffers",
    source=f"{_SOURCE} MemoryPool and TRFMemoryPool",
    inputs=f"{_HERE}.pool:inputs",
    variants=(
        _variant("pool:reference", "fresh zeros for each buffer of each step"),
        _variant("pool:seed_pool", "a pool that allocates afresh what it counts as used again"),
        _variant("pool:memory_pool", "a pool by shape and kind of number, as the buffers are"),
        _variant("pool:trf_pool", "one buffer for each part of a step, made beforehand"),
    ),
    equality=Equality(rule=f"{_RULES}:same_bits", note="every fitted parameter and cost to the last bit"),
    sizes={
        "small": Size(
            items_count=480_000,
            extents={"fits": 40, "points": 2_000, "peaks": 3},
            note="40 fits of six steps; a Jacobian of 144 kB",
        ),
        "medium": Size(
            items_count=6_000_000,
            extents={"fits": 20, "points": 50_000, "peaks": 10},
            note="20 fits of six steps; a Jacobian of 12 MB",
        ),
    },
    optimized="trf-pool",
)

SPARSE = Stage(
    name="sparse",
    title="A fit of many peaks with a dense or a sparse Jacobian",
    source=f"{_SOURCE} SparseJacobian",
    inputs=f"{_HERE}.sparse:inputs",
    variants=(
        _variant("sparse:reference", "every entry of the Jacobian is computed and held"),
        _variant(
            "sparse_rows:seed_sparse",
            "what the first 200 points show to be needed: none of a scan's peaks reach there",
            "scipy",
            expected=Expectation.DIFFERS,
        ),
        _variant(
            "sparse_rows:sparse",
            "what a sample over all points shows to be needed, in compressed sparse rows",
            "scipy",
        ),
    ),
    equality=Equality(
        rule=f"{_RULES}:same_sparse_fit",
        note="parameters within 1e-6, and a pattern that covers every entry above 1% of its column's largest",
    ),
    sizes={
        "small": Size(
            items_count=20_000,
            extents={"points": 20_000, "peaks": 10},
            note="30 parameters: a Jacobian of 4.8 MB",
        ),
        "medium": Size(
            items_count=200_000,
            extents={"points": 200_000, "peaks": 10},
            note="some 2 s for the reference; a Jacobian of 48 MB",
        ),
        "large": Size(
            items_count=1_000_000,
            extents={"points": 1_000_000, "peaks": 10},
            note="a Jacobian of 240 MB: 0.6 GB at the reference's peak",
            peak_bytes=600_000_000,
        ),
    },
    optimized="sparse",
)

STREAM = Stage(
    name="stream",
    title="A decay fitted in memory, or streamed from a file",
    source=f"{_SOURCE} StreamingOptimizer",
    inputs=f"{_HERE}.stream:inputs",
    variants=(
        _variant("stream:reference", "all data in memory; damped steps over every point"),
        _variant(
            "stream_hdf5:seed_stream",
            "batches from HDF5 with the document's settings",
            "h5py",
            expected=Expectation.DIFFERS,
        ),
        _variant(
            "stream_hdf5:hdf5_stream",
            "batches from HDF5 with Adam, warm-up, clipping, a falling rate and checkpoints",
            "h5py",
        ),
    ),
    equality=Equality(
        rule=f"{_RULES}:same_streamed_fit",
        note="parameters within 1%; going on from the last checkpoint ends with the same bytes",
    ),
    sizes={
        "small": Size(items_count=100_000, extents={"points": 100_000}),
        "medium": Size(
            items_count=2_000_000, extents={"points": 2_000_000}, note="a second for either; 32 MB on disk"
        ),
    },
    # With the data in memory nothing is read twice: streaming is for data that do not fit.
    optimized="reference",
)

COMBINED = Stage(
    name="combined",
    title="Many peaks, 50,000 points, 30 parameters: plain, or pooled, sparse and streamed together",
    source=f"{_SOURCE} combined example",
    inputs=f"{_HERE}.combined:inputs",
    variants=(
        _variant("combined:reference", "all points in memory, every entry of the Jacobian"),
        _variant(
            "combined_hdf5:together",
            "passes over an HDF5 file in batches, with sparse Jacobians and pooled buffers",
            "scipy",
            "h5py",
        ),
    ),
    equality=Equality(rule=f"{_RULES}:same_combined_fit", note="parameters within 1%"),
    sizes={
        "small": Size(
            items_count=50_000,
            extents={"points": 50_000, "peaks": 10},
            note="the example's own extent; a Jacobian of 12 MB",
        ),
        "medium": Size(
            items_count=500_000,
            extents={"points": 500_000, "peaks": 10},
            note="a Jacobian of 120 MB: 0.3 GB at the reference's peak; the streamed form holds 1 MB",
            peak_bytes=300_000_000,
        ),
    },
    optimized="together",
)

#: All of this file's stages, in their natural order.
STAGES_TWO = (POOL, SPARSE, STREAM, COMBINED)
