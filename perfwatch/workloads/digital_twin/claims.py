"""What the document states about its own advice, claim by claim, and what each is held against.

This module must hold the table alone and import no numerical library.
"""

from __future__ import annotations

from perfwatch.records.claim import Claim, ClaimKind, ClaimVerdict, Witness
from perfwatch.records.proof import AnswerRule, Experiment, Stated

_HERE = "perfwatch.workloads.digital_twin"
_DOCUMENT = "performance report on a CsPbBr3 digital twin, section"
_SCIENCE = ("scipy", "sklearn")
_MINUTE_NS, _SECOND_NS = 60e9, 1e9
_LEAK_BYTES = 100e6

_FASTER = Stated(text="faster", low=1.0)


def _between(stage: str, candidate: str, *sizes: str, rule: AnswerRule | None = None) -> Experiment:
    """A stage's reference against one of its variants."""
    word = f"workload:digital-twin/{stage}"
    return Experiment(
        name=f"{stage}@{candidate}",
        reference=f"{word}@reference",
        candidate=f"{word}@{candidate}",
        sizes=sizes,
        rule=rule or AnswerRule(),
    )


def _module(name: str, rule: AnswerRule, *sizes: str) -> Experiment:
    """A module of the document as it was found, against its advised form."""
    return Experiment(
        name=name,
        reference=f"{_HERE}.advised:{name}_plain",
        candidate=f"{_HERE}.advised:{name}_advised",
        inputs=f"{_HERE}.advised:{name}",
        sizes=sizes or ("small",),
        rule=rule,
    )


def _witness(function: str, judged: str, *sizes: str, unit: str = "") -> Witness:
    return Witness(
        function=f"{_HERE}.witnesses:{function}", judged=judged, sizes=sizes or ("small",), unit=unit
    )


def _times(text: str, low: float, high: float | None = None) -> Stated:
    return Stated(text=text, low=low, high=low if high is None else high)


def _amount(text: str, amount: float) -> Stated:
    """An amount stated as a baseline."""
    return Stated(text=text, low=amount, high=amount, nothing=0.0)


def _claim(id_: str, section: str, text: str, **more: object) -> Claim:
    return Claim(
        id=id_,
        text=text,
        source=f"{_DOCUMENT} {section}",
        workload="digital-twin",
        **more,  # type: ignore[arg-type]
    )


_ADVICE = (
    _claim(
        "C01",
        "2.1",
        "A choice with probabilities for each row is much faster than argmax over cumulative probabilities",
        kind=ClaimKind.SPEED,
        stated=Stated(text="much faster", low=1.0),
        experiment=_between("phases", "seed-choice", "small"),
        first="157 to 177 times slower at 1,000 to 100,000 rows, with the same distribution",
        expected=ClaimVerdict.REFUTED,
    ),
    _claim(
        "C02",
        "2.2",
        "numpy.random.lognormal(..., out=...) draws into an array that is there already",
        kind=ClaimKind.RUNS,
        stated=Stated(text="draws in place", low=1.0),
        experiment=_between("parameters", "seed-out", "small"),
        first="TypeError; a form in place that works is 2.3 times as fast",
        expected=ClaimVerdict.FAILS,
    ),
    _claim(
        "C03",
        "4.2",
        "For 1 < S < 5 a constant rate is the analytical solution of the growth law",
        kind=ClaimKind.EQUIVALENCE,
        stated=Stated(text="the same sizes", low=1.0),
        experiment=_between("growth-ode", "seed-linear", "small"),
        witness=_witness("error_of_the_constant_rate", "share_off_by_10_percent"),
        requires=_SCIENCE,
        first="200 times as fast; more than 10% wrong in 54% of 48 cases, at worst 20-fold",
        expected=ClaimVerdict.DIFFERENT_ANSWER,
    ),
    _claim(
        "C04",
        "4.1",
        "Exponentials can be kept under keys rounded to 0.1 °C and two digits of radius",
        kind=ClaimKind.EQUIVALENCE,
        stated=Stated(text="the same rates", low=1.0),
        experiment=_between("kinetics", "seed-cache", "small"),
        witness=_witness("error_of_rounded_keys", "greatest_error_ratio"),
        requires=_SCIENCE,
        first="no gain; up to 26% wrong, by the order of calls; grows without bound",
        expected=ClaimVerdict.DIFFERENT_ANSWER,
    ),
    _claim(
        "C05",
        "3.2",
        "Weighing all candidates at once is much faster than one at a time",
        kind=ClaimKind.SPEED,
        stated=Stated(text="much faster", low=1.0),
        experiment=Experiment(
            name="acquisition",
            reference=f"{_HERE}.bayesopt:weigh_singly",
            candidate=f"{_HERE}.bayesopt:weigh_together",
            inputs=f"{_HERE}.advised:acquisition",
            sizes=("20", "200"),
            # Improvements lie between 0 and 1: what is far below the greatest decides nothing.
            rule=AnswerRule(rtol=1e-9, atol=1e-12),
        ),
        calls="warm calls on 100 candidates, a tenth of the document's",
        requires=_SCIENCE,
        first="487 times as fast, greatest difference 2e-16, the same argmax",
        expected=ClaimVerdict.HOLDS,
    ),
    _claim(
        "C06",
        "3.1",
        "The whole refit of the Gaussian process at each observation is the bottleneck",
        kind=ClaimKind.SHARE,
        stated=Stated(text="the greatest part of an iteration", low=0.5, high=1.0, nothing=0.5),
        witness=_witness("share_of_the_fit", "share", "20", "40", "100", "200"),
        calls="the reference's iteration, by observations",
        requires=_SCIENCE,
        first="2% of an iteration at 20 to 40 observations, 4% at 100, 25% at 200",
        expected=ClaimVerdict.REFUTED,
    ),
    _claim(
        "C07",
        "3.1",
        "Single precision, and a cache of models keyed by all data, speed the process up",
        kind=ClaimKind.SPEED,
        stated=_FASTER,
        experiment=Experiment(
            name="fits",
            reference=f"{_HERE}.advised:fits_plain",
            candidate=f"{_HERE}.advised:fits_cached",
            inputs=f"{_HERE}.advised:campaign",
            sizes=("6",),
            # Single precision is what is advised: the question is time.
            rule=AnswerRule(rtol=1e-2, atol=1e-3),
        ),
        witness=_witness("models_used_again", "hit_rate"),
        requires=_SCIENCE,
        first="18 against 17 ms; no model is ever found again, a copy is kept for each step",
        expected=ClaimVerdict.REFUTED,
    ),
    _claim(
        "C08",
        "3.1",
        "Showing the scaler the last five rows by partial_fit keeps it right",
        kind=ClaimKind.EQUIVALENCE,
        stated=Stated(text="a right scaler", low=1.0),
        experiment=_between(
            "bayesopt",
            "seed-scaler",
            "small",
            rule=AnswerRule(function=f"{_HERE}.rules_two:right_scaler", seeds_count=3),
        ),
        requires=_SCIENCE,
    ),
    _claim(
        "C09",
        "6.2",
        "A pool of arrays reduces allocation",
        kind=ClaimKind.HIT_RATE,
        stated=Stated(text="most arrays are used again", low=0.5, high=1.0, nothing=0.0),
        witness=_witness("arrays_used_again", "hit_rate"),
        requires=_SCIENCE,
        first="0 of 100 arrays used again, 400 MB kept",
        expected=ClaimVerdict.REFUTED,
    ),
    _claim(
        "C10",
        "1.3",
        "The history of a training that keeps every record is a memory leak",
        kind=ClaimKind.MEMORY,
        stated=Stated(text="a leak: 100 MB and more", low=_LEAK_BYTES, nothing=0.0),
        witness=_witness("history_held", "held_bytes", "100", "1000", "5000", unit="bytes"),
        requires=_SCIENCE,
        first="1.5 kB a record: 25 kB as used, 149 MB only after 100,000 iterations",
        expected=ClaimVerdict.OVERSTATED,
    ),
    _claim(
        "C11",
        "2.3",
        "Larger batches make a pool of processes pay",
        kind=ClaimKind.SPEED,
        stated=_FASTER,
        experiment=Experiment(
            name="large batches",
            reference=f"{_HERE}.parallel:serial",
            candidate=f"{_HERE}.parallel:large_batches",
            inputs=f"{_HERE}.witnesses:samples",
            sizes=("20000", "200000"),
            rule=AnswerRule(exact=True),
        ),
        requires=_SCIENCE,
        calls="two processes against none, by samples",
        first="20,000 samples: 0.046 s in one process, 0.077 s in two",
        expected=ClaimVerdict.REFUTED,
    ),
    _claim(
        "C12",
        "5.1",
        "100 samples are enough for the mean distance of more than 1,000",
        kind=ClaimKind.EQUIVALENCE,
        stated=Stated(text="the same diversity", low=1.0),
        experiment=_between("diversity", "seed-subsample", "small"),
        witness=_witness("error_of_the_subsample", "greatest_error_ratio"),
        requires=_SCIENCE,
        first="off by up to 8.6%, another figure each time; nothing to gain below 10,000 samples",
        expected=ClaimVerdict.DIFFERENT_ANSWER,
    ),
    _claim(
        "C13",
        "5.2",
        "k-means with n_init=5 and max_iter=100 does less",
        kind=ClaimKind.SPEED,
        stated=_FASTER,
        experiment=_between("regions", "seed-fewer", "small"),
        requires=_SCIENCE,
        first="3.6 against 0.9 ms: the library's own default is one initialisation",
        expected=ClaimVerdict.REFUTED,
    ),
)

_FACTORS = (
    _claim(
        "C14a",
        "8",
        "working_enhanced_training: 4 times as fast once vectorised",
        kind=ClaimKind.SPEED,
        stated=_times("4x", 4.0),
        experiment=_between("physics", "vectorised", "small"),
        first="the authors' own fast version is 18 to 20 times as fast, with other numbers",
        expected=ClaimVerdict.DIFFERENT_ANSWER,
    ),
    _claim(
        "C14b",
        "8",
        "generate_sample_data: 4 times as fast as advised (parameters and phases)",
        kind=ClaimKind.SPEED,
        stated=_times("4x", 4.0),
        experiment=_module("sample_data", AnswerRule(statistical=True)),
    ),
    _claim(
        "C14c",
        "8",
        "ml_optimization: 5 times as fast as advised (refit every 5, all candidates at once)",
        kind=ClaimKind.SPEED,
        stated=_times("5x", 5.0),
        experiment=Experiment(
            name="ml_optimization",
            reference=f"{_HERE}.bayesopt:reference",
            candidate=f"{_HERE}.bayesopt:seed_scaler",
            inputs=f"{_HERE}.advised:campaign",
            sizes=("10",),
            rule=AnswerRule(function=f"{_HERE}.rules_two:same_campaign", seeds_count=16),
        ),
        requires=_SCIENCE,
    ),
    _claim(
        "C14d",
        "8",
        "advanced_physics: 5 times as fast as advised (rounded keys, constant rate)",
        kind=ClaimKind.SPEED,
        stated=_times("5x", 5.0),
        experiment=_module("advanced_physics", AnswerRule(rtol=1e-6)),
        requires=_SCIENCE,
    ),
    _claim(
        "C14e",
        "8",
        "adaptive_sampling: 3.75 times as fast as advised (subsample, cached regions)",
        kind=ClaimKind.SPEED,
        stated=_times("3.75x", 3.75),
        experiment=_module("adaptive_sampling", AnswerRule(rtol=1e-2)),
        requires=_SCIENCE,
    ),
)


def _baseline(id_: str, text: str, figure: str, amount_ns: float, stated: str) -> Claim:
    return _claim(
        id_,
        "8",
        f"{text} takes {stated}",
        kind=ClaimKind.PLAUSIBILITY,
        stated=_amount(stated, amount_ns),
        witness=_witness("baselines", figure, unit="ns"),
        requires=_SCIENCE,
        first="the stated baselines are off by 2,600 to 14,000 times",
        expected=ClaimVerdict.REFUTED,
    )


_BASELINES = (
    _baseline("C14f", "Simulating 1,000 samples one by one", "training_ns", 2 * _MINUTE_NS, "some 2 min"),
    _baseline("C14g", "Drawing 1,000 samples", "sample_data_ns", 1 * _MINUTE_NS, "some 1 min"),
    _baseline("C14h", "One iteration of the optimisation", "iteration_ns", 5 * _SECOND_NS, "some 5 s"),
    _baseline(
        "C14i",
        "One calculation of growth: a rate and a solution",
        "calculation_ns",
        10 * _SECOND_NS,
        "some 10 s",
    ),
    _baseline("C14j", "Judging and grouping 1,000 samples", "sampling_ns", 30 * _SECOND_NS, "some 30 s"),
)


def _whole(candidate: str) -> Experiment:
    """The whole twin in its reference form, against another."""
    return Experiment(
        name=f"digital-twin@{candidate}",
        reference="workload:digital-twin@reference",
        candidate=f"workload:digital-twin@{candidate}",
        sizes=("small",),
    )


_OVERALL = (
    _claim(
        "C14k",
        "8",
        "The peak of memory falls by 50 to 70% (the whole, every stage in its best working form)",
        kind=ClaimKind.MEMORY_RATIO,
        stated=Stated(text="50 to 70% less", low=0.3, high=0.5),
        experiment=_whole("optimized"),
        requires=_SCIENCE,
    ),
    _claim(
        "C14l",
        "10",
        "The whole gets 3 to 5 times as fast (every stage as advised, where the advice runs)",
        kind=ClaimKind.SPEED,
        stated=_times("3-5x", 3.0, 5.0),
        experiment=_whole("seed-advice"),
        requires=_SCIENCE,
        expected=ClaimVerdict.DIFFERENT_ANSWER,
    ),
)

#: All claims of the document, in the order of their ids.
CLAIMS = (*_ADVICE, *_FACTORS, *_BASELINES, *_OVERALL)
