"""What the document states about its own advice, claim by claim, and what each is held against.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.records.claim import Claim, ClaimKind, ClaimVerdict, Witness
from perfwatch.records.proof import AnswerRule, Experiment, Stated

_HERE = "perfwatch.workloads.intent"
_DOCUMENT = "optimisation manual of a human-intent recognition system, section"
_SCIENCE = ("scipy", "sklearn")
_MICROSECOND_NS = 1e3


def _between(stage: str, reference: str, candidate: str, *sizes: str) -> Experiment:
    """Two variants of a stage."""
    word = f"workload:intent/{stage}"
    return Experiment(
        name=f"{stage}@{candidate}",
        reference=f"{word}@{reference}",
        candidate=f"{word}@{candidate}",
        sizes=sizes,
    )


def _witness(function: str, judged: str, *sizes: str, unit: str = "") -> Witness:
    return Witness(
        function=f"{_HERE}.witnesses:{function}", judged=judged, sizes=sizes or ("small",), unit=unit
    )


def _times(text: str, low: float, high: float) -> Stated:
    return Stated(text=text, low=low, high=high)


def _claim(id_: str, section: str, text: str, **more: object) -> Claim:
    return Claim(
        id=id_,
        text=text,
        source=f"{_DOCUMENT} {section}",
        workload="intent",
        **more,  # type: ignore[arg-type]
    )


_INFERENCE = (
    _claim(
        "C30",
        "2",
        "Compiling with numba makes Gaussian-process inference 5 to 10 times as fast",
        kind=ClaimKind.SPEED,
        stated=_times("5-10x", 5.0, 10.0),
        experiment=_between("gp-inference", "fixed-kernel", "numba", "small", "medium"),
        witness=_witness("compiled_loops", "gain_over_scipy_ratio", "60", "200"),
        requires=(*_SCIENCE, "numba"),
        first="no gain over SciPy's distances (0.11 against 0.19 ms at 200 points); 430 times only over a "
        "naive double loop; 0.8 s for the first call",
        expected=ClaimVerdict.REFUTED,
    ),
    _claim(
        "C31",
        "2, example 1",
        "Gaussian-process inference gets 5 to 50 times as fast (scikit-learn with its search, against a "
        "kernel that is given; the fair pair, both under one kernel, is among the figures)",
        kind=ClaimKind.SPEED,
        stated=_times("5-50x", 5.0, 50.0),
        experiment=_between("gp-inference", "reference", "seed-fixed-kernel", "small"),
        witness=_witness("fair_pair", "fair_gain_ratio", "60", "200"),
        requires=_SCIENCE,
        first="5 to 17 times, because the reference searches for hyper-parameters and the other does not",
        expected=ClaimVerdict.DIFFERENT_ANSWER,
    ),
)

_MEMORY = (
    _claim(
        "C32",
        "3",
        "Object pools take 50 to 90% less time for allocation (arrays of zeros, written to once)",
        kind=ClaimKind.SPEED,
        stated=_times("2-10x", 2.0, 10.0),
        experiment=Experiment(
            name="arrays from a pool",
            reference=f"{_HERE}.advised:taken_fresh",
            candidate=f"{_HERE}.advised:taken_from_pool",
            inputs=f"{_HERE}.advised:side",
            sizes=("100", "1000"),
            rule=AnswerRule(exact=True),
        ),
        witness=_witness("arrays_used_again", "hit_rate"),
        calls="warm calls, by cells along each side",
        first="3 to 12 times slower than fresh zeros; no array is ever used again",
        expected=ClaimVerdict.REFUTED,
    ),
    _claim(
        "C33",
        "4",
        "A cache hit is answered in microseconds (arguments of 64 bytes, 8 kB and 8 MB)",
        kind=ClaimKind.PLAUSIBILITY,
        stated=Stated(text="microseconds", low=1 * _MICROSECOND_NS, high=10 * _MICROSECOND_NS, nothing=0.0),
        witness=_witness("costs_of_a_cache", "hit_ns", "64", "8000", "8000000", unit="ns"),
        calls="a hit in memory, by the argument's bytes",
        first="8 MB: 1,260 µs for the key alone, where computing takes 134 µs",
        expected=ClaimVerdict.REFUTED,
    ),
)

_CONTROL = (
    _claim(
        "C35",
        "2",
        "Model-predictive control gets 2 to 10 times as fast with a warm start",
        kind=ClaimKind.SPEED,
        stated=_times("2-10x", 2.0, 10.0),
        experiment=_between("mpc", "reference", "warm-start", "small", "medium"),
    ),
    _claim(
        "C38",
        "2",
        "A GPU makes Gaussian-process inference 20 to 50 times as fast",
        kind=ClaimKind.SPEED,
        stated=_times("20-50x", 20.0, 50.0),
        experiment=_between("gp-inference", "fixed-kernel", "gpu", "small", "medium"),
        witness=_witness("gpu_at_hand", "gpus_count"),
        requires=(*_SCIENCE, "jax"),
    ),
    _claim(
        "C39a",
        "2",
        "Bayesian inference gets 3 to 15 times as fast with caching",
        kind=ClaimKind.SPEED,
        stated=_times("3-15x", 3.0, 15.0),
        experiment=_between("belief", "reference", "cached", "small"),
    ),
    _claim(
        "C39b",
        "4, example 3",
        "Caches are hit by 85 to 95% of calls for stable workloads (the pipeline's answers kept as the "
        "document does)",
        kind=ClaimKind.HIT_RATE,
        stated=Stated(text="85 to 95%", low=0.85, high=0.95, nothing=0.0),
        witness=_witness("hits_of_the_pipeline", "hit_rate", "moving", "resting", "replayed"),
        requires=_SCIENCE,
        calls="calls of the pipeline, by what the hand does",
    ),
    _claim(
        "C40",
        "3",
        "Tuning the garbage collector makes its pauses 10 to 30% shorter",
        kind=ClaimKind.AMOUNT,  # more saved is more: no share of a whole
        stated=Stated(text="10 to 30% shorter", low=0.1, high=0.3, nothing=0.0),
        witness=_witness("gc_pauses", "pauses_saved_share"),
        requires=_SCIENCE,
        calls="all pauses of the pipeline together",
    ),
)

#: All claims of the document, in the order of their ids.
CLAIMS = (*_INFERENCE, *_MEMORY, *_CONTROL)
