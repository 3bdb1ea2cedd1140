"""What a progress summary states about fits, their compilation and their steps, claim by claim.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.records.claim import Claim, ClaimKind, ClaimVerdict, Witness
from perfwatch.records.proof import AnswerRule, Experiment, Stated

_HERE = "perfwatch.workloads.nlsq"
_WITNESSES = f"{_HERE}.witnesses_one"
_DOCUMENT = "progress summary on optimising a least-squares library,"
_FIRST_CALLS = "first calls"
_JAX = ("scipy", "jax")


def _witness(function: str, judged: str, *sizes: str) -> Witness:
    return Witness(function=f"{_WITNESSES}:{function}", judged=judged, sizes=sizes)


def _share(text: str, low: float, high: float) -> Stated:
    return Stated(text=text, low=low, high=high, nothing=0.0)


def _claim(id_: str, section: str, text: str, **more: object) -> Claim:
    return Claim(
        id=id_,
        text=text,
        source=f"{_DOCUMENT} {section}",
        workload="nlsq",
        requires=_JAX,
        **more,  # type: ignore[arg-type]
    )


def _first_call(id_: str, text: str, judged: str, stated: Stated, first: str) -> Claim:
    return _claim(
        id_,
        "performance breakdown",
        text,
        kind=ClaimKind.SHARE,
        stated=stated,
        witness=_witness("shares_of_a_first_call", judged, "100", "1000", "10000", "50000"),
        calls="first calls, by points",
        first=first,
        expected=ClaimVerdict.REFUTED,
    )


def _growth(id_: str, text: str, judged: str, calls: str, first: str) -> Claim:
    return _claim(
        id_,
        "performance breakdown",
        text,
        # How time follows size: more than stated is as much another law as less.
        kind=ClaimKind.EXPONENT,
        # Not faster, either: with more data no more than a little less time is left to chance.
        stated=Stated(text="1.26x for 50x the data", low=1.0, high=1.26, nothing=0.0),
        witness=_witness("slowdowns", judged, "50"),
        calls=calls,
        first=first,
        expected=ClaimVerdict.HOLDS if calls.startswith(_FIRST_CALLS) else ClaimVerdict.REFUTED,
    )


def _step_share(id_: str, text: str, judged: str, stated: Stated) -> Claim:
    return _claim(
        id_,
        "identified bottlenecks",
        text,
        kind=ClaimKind.SHARE,
        stated=stated,
        witness=_witness("shares_of_the_steps", judged, "1000", "50000"),
        calls="warm calls of the steps, by points",
    )


def _without_conversions(*sizes: str) -> Experiment:
    word = "workload:nlsq/trf-step"
    return Experiment(
        name="trf-step@no-conversions",
        reference=f"{word}@reference",
        candidate=f"{word}@no-conversions",
        sizes=sizes,
    )


#: The claims about fits and steps, in the order of their ids.
CLAIMS = (
    _claim(
        "C25",
        "high priority 1",
        "Leaving arrays on the device, without conversions to NumPy, makes the steps 10 to 20% faster",
        kind=ClaimKind.SPEED,
        stated=Stated(text="10 to 20% faster", low=1.1, high=1.2),
        # Each process compiles for seconds: one size leaves time for enough of them. C41d has the other.
        experiment=_without_conversions("medium"),
        first="19 to 24% slower in the library itself: control flow on device arrays costs more than converting",
        expected=ClaimVerdict.REFUTED,
    ),
    _first_call(
        "C26a",
        "Compilation is 60 to 75% of a first run",
        "compile_share",
        _share("60 to 75%", 0.60, 0.75),
        "95 to 99.7% of a first call",
    ),
    _first_call(
        "C26b",
        "The algorithm is 40 to 50% of a first run",
        "algorithm_share",
        _share("40 to 50%", 0.40, 0.50),
        "1.4 to 13 ms of a first call that compiles for 95 to 99.7% of its time",
    ),
    _claim(
        "C27",
        "high priority 2",
        "Fusing the inner loop by lax.scan makes it 1.2 to 1.3 times as fast",
        kind=ClaimKind.SPEED,
        stated=Stated(text="1.2-1.3x", low=1.2, high=1.3),
        experiment=Experiment(
            name="trf-step@scan",
            reference=f"{_HERE}.trf_step_jax:reference",
            candidate=f"{_HERE}.trf_step_jax:scan",
            inputs=f"{_WITNESSES}:steps",
            # The two ends: each further size takes the pairs of processes that these need.
            sizes=("10", "100000"),
            rule=AnswerRule(rtol=1e-10),
        ),
        calls="warm calls, by points",
        first="15.7 times at n = 3, 1.6 times at 1,000, 1.1 times at 100,000",
        expected=ClaimVerdict.UNDERSTATED,
    ),
    _growth(
        "C28",
        "50 times as many points take 1.26 times as long in first calls",
        "first_slowdown_ratio",
        "first calls, by the factor of points",
        "holds: compilation is most of a first call",
    ),
    _growth(
        "C29",
        "50 times as many points take 1.26 times as long in warm calls",
        "warm_slowdown_ratio",
        "warm calls, by the factor of points",
        "7.3 times as long",
    ),
    _step_share(
        "C41a",
        "Evaluations of the function and its Jacobian are some 40% of the algorithm's time",
        "evaluations_share",
        _share("some 40%", 0.35, 0.45),
    ),
    _step_share(
        "C41b",
        "The inner loop is 30 to 40% of the algorithm's time",
        "inner_loop_share",
        _share("30 to 40%", 0.30, 0.40),
    ),
    _step_share(
        "C41c",
        "Conversions between JAX and NumPy are 10 to 15% of the algorithm's time",
        "conversions_share",
        _share("10 to 15%", 0.10, 0.15),
    ),
    _claim(
        "C41d",
        "expected after the change",
        "Without the conversions a run is 3.6 to 6.1% faster",
        kind=ClaimKind.SPEED,
        stated=Stated(text="3.6 to 6.1% faster", low=1.036, high=1.061),
        experiment=_without_conversions("small"),
    ),
)
