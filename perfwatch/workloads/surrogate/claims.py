"""What the document states about its own advice, claim by claim, and what each is held against.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.records.claim import Claim, ClaimKind, ClaimVerdict, Witness
from perfwatch.records.proof import AnswerRule, Experiment, Stated

_HERE = "perfwatch.workloads.surrogate"
_DOCUMENT = "performance guide of a surrogate-gradient optimisation lab, section"
_FITS = ("scipy",)
_MODELS = ("scipy", "sklearn")


def _witness(function: str, judged: str, *sizes: str, unit: str = "") -> Witness:
    return Witness(function=f"{_HERE}.witnesses:{function}", judged=judged, sizes=sizes, unit=unit)


def _claim(id_: str, section: str, text: str, **more: object) -> Claim:
    return Claim(
        id=id_,
        text=text,
        source=f"{_DOCUMENT} {section}",
        workload="surrogate",
        **more,  # type: ignore[arg-type]
    )


#: All claims of the document, in the order of their ids.
CLAIMS = (
    _claim(
        "C15",
        "Persistent Caching",
        "Later runs of a program load the surrogate from the cache on disk (its key by hash())",
        kind=ClaimKind.HIT_RATE,
        stated=Stated(text="later runs load it", low=1.0, high=1.0, nothing=0.0),
        witness=_witness("surrogates_found_again", "hit_rate", "64"),
        requires=_FITS,
        calls="programs one after the other, each a process of its own",
        first="the hash of bytes is salted for each process: 3 processes, 3 keys",
        expected=ClaimVerdict.REFUTED,
    ),
    _claim(
        "C16",
        "Parallel Multi-Start Optimization",
        "Starts can be handed to a pool of processes as a local function",
        kind=ClaimKind.RUNS,
        stated=Stated(text="it runs in parallel", low=1.0),
        experiment=Experiment(
            name="multistart@seed-processes",
            reference="workload:surrogate/multistart@reference",
            candidate="workload:surrogate/multistart@seed-processes",
            sizes=("small",),
        ),
        requires=_FITS,
        first="AttributeError: a local object cannot be pickled",
        expected=ClaimVerdict.FAILS,
    ),
    _claim(
        "C17",
        "Memory Optimization Strategies",
        "Collecting data in chunks saves memory",
        kind=ClaimKind.MEMORY_RATIO,
        stated=Stated(text="less memory", low=0.01, high=0.8),
        experiment=Experiment(
            name="collect@seed-streaming",
            reference=f"{_HERE}.collect:reference",
            candidate=f"{_HERE}.collect:seed_streaming",
            inputs=f"{_HERE}.witnesses:many_points",
            sizes=("65536",),
            rule=AnswerRule(exact=True),
        ),
        requires=_FITS,
        first="peak 64 against 32 MB: all chunks are kept, and then stacked",
        expected=ClaimVerdict.REFUTED,
    ),
    _claim(
        "C18",
        "Performance Hierarchy",
        "Training: forest before small network before Gaussian process of small data; "
        "predicting: network before forest before Gaussian process",
        kind=ClaimKind.ORDER,
        stated=Stated(text="both orders, every pair", low=1.0, high=1.0, nothing=0.0),
        witness=_witness("order_of_times", "share_in_order", "200"),
        requires=_MODELS,
        calls="200 points in 10 dimensions, 200 epochs, 1,000 predictions",
        first="trained: forest 0.14 s, process 0.21 s, network 8.1 s; predicted: network 0.5, process 6.9, forest 28.6 ms",
        expected=ClaimVerdict.OVERSTATED,
    ),
    _claim(
        "C19",
        "Performance Hierarchy",
        "The memory of a Gaussian process scales as the cube of the number of data",
        kind=ClaimKind.EXPONENT,
        stated=Stated(text="n^3", low=3.0, high=3.0, nothing=0.0),
        witness=_witness("exponents_of_the_process", "memory_exponent", "1600"),
        requires=_MODELS,
        calls="a fit at fixed hyper-parameters, 400 to 1,600 points",
        first="memory n^2, time n^3",
        expected=ClaimVerdict.REFUTED,
    ),
    _claim(
        "C42",
        "Performance Hierarchy",
        "Memory: forest below network below Gaussian process",
        kind=ClaimKind.ORDER,
        stated=Stated(text="the order, every pair", low=1.0, high=1.0, nothing=0.0),
        witness=_witness("order_of_memory", "share_in_order", "200", "2000"),
        requires=_MODELS,
        calls="bytes that a trained model holds, by points in 10 dimensions",
    ),
)
