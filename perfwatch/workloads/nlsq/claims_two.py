"""What the document states about pools, sparse Jacobians and streaming, claim by claim.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.records.claim import Claim, ClaimKind, ClaimVerdict, Witness
from perfwatch.records.proof import AnswerRule, Experiment, Stated

_HERE = "perfwatch.workloads.nlsq"
_DOCUMENT = "summary of examples for non-linear least squares at scale,"


def _between(stage: str, candidate: str, reference: str = "reference") -> Experiment:
    """Two variants of a stage, at its small size, by the stage's own rule."""
    word = f"workload:nlsq/{stage}"
    return Experiment(
        name=f"{stage}@{candidate}",
        reference=f"{word}@{reference}",
        candidate=f"{word}@{candidate}",
        sizes=("small",),
    )


def _advised(name: str, function: str, *sizes: str) -> Experiment:
    """Some work without a pool, and with the document's."""
    return Experiment(
        name=name,
        reference=f"{_HERE}.advised_two:{function}_alone",
        candidate=f"{_HERE}.advised_two:{function}_with_a_pool",
        inputs=f"{_HERE}.advised_two:{function}",
        sizes=sizes,
        rule=AnswerRule(exact=True),
    )


def _witness(function: str, judged: str, *sizes: str, unit: str = "") -> Witness:
    return Witness(
        function=f"{_HERE}.witnesses_two:{function}", judged=judged, sizes=sizes or ("small",), unit=unit
    )


def _times(text: str, low: float, high: float) -> Stated:
    return Stated(text=text, low=low, high=high)


def _range(text: str, low: float, high: float) -> Stated:
    """A stated range of a figure of which there may be none."""
    return Stated(text=text, low=low, high=high, nothing=0.0)


def _claim(id_: str, part: str, text: str, **more: object) -> Claim:
    return Claim(
        id=id_,
        text=text,
        source=f"{_DOCUMENT} {part}",
        workload="nlsq",
        **more,  # type: ignore[arg-type]
    )


_POOLS = (
    _claim(
        "C20a",
        "MemoryPool: performance metrics",
        "A memory pool saves 90 to 99% of allocations",
        kind=ClaimKind.HIT_RATE,
        stated=_range("90 to 99% fewer allocations", 0.90, 0.99),
        witness=_witness("buffers_used_again", "hit_rate"),
        first="allocates afresh on 'reuse' while it reports 99.9% reuse",
        expected=ClaimVerdict.REFUTED,
    ),
    _claim(
        "C20b",
        "MemoryPool: performance metrics",
        "A memory pool makes repeated operations 2 to 5 times as fast",
        kind=ClaimKind.SPEED,
        stated=_times("2-5x", 2.0, 5.0),
        experiment=_advised("repeated operations", "operations", "1000", "10000"),
        calls="warm calls of operations alone, by elements of a buffer",
        first="0.94 to 2.4 times the time of plain zeros",
        expected=ClaimVerdict.REFUTED,
    ),
    _claim(
        "C21",
        "recommendations: MemoryPool",
        "A pool around repeated fits speeds them up",
        kind=ClaimKind.SPEED,
        stated=Stated(text="faster", low=1.0),
        experiment=_advised("a pool around fits", "fits", "small"),
        witness=_witness("buffers_asked_for", "asked_count"),
        first="2.92 against 2.91 ms; the pool is never asked",
        expected=ClaimVerdict.REFUTED,
    ),
)

_SPARSE = (
    _claim(
        "C22a",
        "SparseJacobian: sparsity detection",
        "The pattern of a Jacobian shows in its first points",
        kind=ClaimKind.EQUIVALENCE,
        stated=Stated(text="the same fit", low=1.0),
        experiment=_between("sparse", "seed-sparse"),
        witness=_witness("sparsity_found", "reported_share"),
        requires=("scipy",),
        first="true sparsity 0.945; reports 1.000 on 20,000 points because it samples the first ones",
        expected=ClaimVerdict.DIFFERENT_ANSWER,
    ),
    _claim(
        "C22b",
        "SparseJacobian: performance metrics",
        "A sparse Jacobian takes 10 to 100 times less memory (pattern found over all points)",
        kind=ClaimKind.AMOUNT,
        stated=Stated(text="10-100x less", low=10.0, high=100.0),
        witness=_witness("memory_of_a_jacobian", "dense_over_sparse_ratio", "20000", "200000", unit="ratio"),
        requires=("scipy",),
        first="10 times less where the pattern is right",
        expected=ClaimVerdict.HOLDS,
    ),
)

_STREAMS = (
    _claim(
        "C23a",
        "StreamingOptimizer: performance metrics",
        "Streaming goes through 1,000 to 10,000 points a second",
        kind=ClaimKind.AMOUNT,
        stated=_range("1K to 10K points/s", 1e3, 1e4),
        witness=_witness("throughput", "points_per_second_count", unit="count"),
        requires=("h5py",),
        first="760,000 points a second",
        expected=ClaimVerdict.UNDERSTATED,
    ),
    _claim(
        "C23b",
        "integration tests; configuration options",
        "Streaming with the documented settings finds parameters within 1%",
        kind=ClaimKind.EQUIVALENCE,
        stated=Stated(text="error < 0.01", low=1.0),
        experiment=_between("stream", "seed-stream"),
        witness=_witness("error_of_documented_settings", "greatest_error_ratio"),
        requires=("h5py",),
        first="parameters 13 to 29% off",
        expected=ClaimVerdict.DIFFERENT_ANSWER,
    ),
    _claim(
        "C23c",
        "StreamingOptimizer: known limitations",
        "Streaming is 4 to 5 times slower than a fit in memory (that is the candidate here)",
        kind=ClaimKind.SPEED,
        stated=_times("4-5x", 4.0, 5.0),
        experiment=_between("stream", "reference", reference="hdf5-stream"),
        requires=("h5py",),
        first="5 times slower",
        expected=ClaimVerdict.HOLDS,
    ),
)

_UNMEASURED_YET = (
    _claim(
        "C36a",
        "SparseJacobian: performance metrics",
        "A sparse Jacobian makes computing 1.5 to 5 times as fast",
        kind=ClaimKind.SPEED,
        stated=_times("1.5-5x", 1.5, 5.0),
        experiment=_between("sparse", "sparse"),
        requires=("scipy",),
    ),
    _claim(
        "C36b",
        "SparseJacobian: sparsity examples",
        "Jacobians of piecewise models are 80 to 95% sparse",
        kind=ClaimKind.SHARE,
        stated=_range("80 to 95%", 0.80, 0.95),
        witness=_witness("sparsity_of_pieces", "zero_share", "4", "8", "16"),
        calls="by pieces",
    ),
    _claim(
        "C36c",
        "SparseJacobian: sparsity examples",
        "Jacobians of multi-component models are 90 to 98% sparse",
        kind=ClaimKind.SHARE,
        stated=_range("90 to 98%", 0.90, 0.98),
        witness=_witness("sparsity_of_peaks", "zero_share", "3", "10", "20"),
        calls="by peaks",
    ),
    _claim(
        "C37a",
        "MemoryPool: performance metrics",
        "The pool's own structures add less than 5% to the memory of its buffers",
        kind=ClaimKind.SHARE,
        stated=_range("less than 5%", 1e-9, 0.05),
        witness=_witness("overhead_of_a_pool", "overhead_share", "100", "2000", "50000"),
        calls="by points of a fit",
    ),
    _claim(
        "C37b",
        "StreamingOptimizer: performance metrics",
        "Streaming takes 1 to 10 MB, whatever the size of the data",
        kind=ClaimKind.MEMORY,
        stated=_range("1 to 10 MB", 1e6, 10e6),
        witness=_witness("footprint", "peak_bytes", "20000", "200000", "1000000", unit="bytes"),
        requires=("h5py",),
        calls="by points",
    ),
    _claim(
        "C37c",
        "StreamingOptimizer: performance metrics",
        "Streaming converges within 5 to 50 epochs",
        kind=ClaimKind.AMOUNT,
        stated=_range("5 to 50 epochs", 5.0, 50.0),
        witness=_witness("epochs_to_converge", "epochs_count", "20000", "200000", unit="count"),
        requires=("h5py",),
        calls="by points, batches of 10,000",
    ),
)

#: All claims about this file's part of the table, in the order of their ids.
CLAIMS = (*_POOLS, *_SPARSE, *_STREAMS, *_UNMEASURED_YET)
