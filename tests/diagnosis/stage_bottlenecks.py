"""The bottleneck that the documents name in each stage of the bundled workloads, and what the diagnosis makes of it.

What removing it wins is measured: the time of the stage's reference over that of its optimised
form, each in its kept run; of a bottleneck of memory, that of its peaks. Where that is 1.05 and more,
and a peak at least what the rules of memory look at, the reference must be told of it, by one
of the rules given and in one of the functions given, and the optimised form must not. Where it
is less, nobody must be told. This module must not run a stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose import diagnose
from perfwatch.diagnose.memory import PEAK_AT_LEAST
from perfwatch.records.finding import Resource
from perfwatch.records.run import Run
from perfwatch.store.documents import unpack
from perfwatch.workloads.catalogue import WORKLOADS

if TYPE_CHECKING:
    from perfwatch.records.finding import Finding

EVIDENCE = Path(__file__).parent / "evidence" / "stages"
FORMS = ("reference", "optimized")
STAGES = tuple(f"{workload.name}/{stage.name}" for workload in WORKLOADS for stage in workload.stages)
#: What wins less is not worth telling.
WORTH = 1.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Bottleneck:
    """What a document says makes a stage slow, by the rules that would say so and the functions it stands in.

    ``missed`` is why the diagnosis does not find it, where it is known not to; empty where it must.
    """

    text: str
    rules: frozenset[str]
    functions: frozenset[str]
    missed: str = ""
    resource: Resource = Resource.TIME


def _bottleneck(text: str, rules: str, functions: str, missed: str = "") -> Bottleneck:
    return Bottleneck(
        text=text, rules=frozenset(rules.split()), functions=frozenset(functions.split()), missed=missed
    )


_LOOPS = "compile-candidate scalar-loop array-elements"
DOCUMENTED = {
    "digital-twin/physics": _bottleneck("scalar mathematics in loops", _LOOPS, "reference"),
    "digital-twin/dataset": _bottleneck("one simulation for each sample", _LOOPS, "reference"),
    "digital-twin/history": Bottleneck(
        text="a list of dicts that grows with every iteration",
        rules=frozenset({"unbounded-growth", "quadratic-growth"}),
        functions=frozenset({"reference"}),
        resource=Resource.MEMORY,
    ),
    "digital-twin/phases": _bottleneck(
        "argmax over cumulative probabilities", "sort-for-extremes", "reference"
    ),
    "digital-twin/parameters": _bottleneck(
        "three arrays for each parameter", "narrowed-later fresh-memory needless-copy", "reference"
    ),
    "digital-twin/parallel": _bottleneck("a pool over small batches", "tiny-tasks", "_gathered"),
    "digital-twin/bayesopt": _bottleneck(
        "the acquisition, one candidate at a time", "single-predict", "weigh_singly predict Model.predict"
    ),
    "digital-twin/kinetics": _bottleneck(
        "the same exponentials again", "same-arguments scalar-ufunc", "_map_rates growth_rate _surface_factor"
    ),
    "digital-twin/growth-ode": _bottleneck(
        "solve_ivp for one crystal at a time", "scipy-callback ode-closed-form", "integrate"
    ),
    "digital-twin/diversity": _bottleneck(
        "every distance held at once",
        "all-pairs fresh-memory peak-temporaries",
        "diversity reference.<locals>.diversity",
    ),
    "digital-twin/regions": _bottleneck("k-means fitted anew at each level", "model-refit", "_fitted"),
    "digital-twin/shared-cache": _bottleneck("every answer computed afresh", "same-arguments", "__call__"),
    "digital-twin/array-pool": _bottleneck(
        "a fresh scratch array for each batch", "fresh-memory", "take _Fresh.take"
    ),
    "surrogate/collect": _bottleneck(
        "one evaluation after the other", "side-by-side single-predict", "reference"
    ),
    "surrogate/train": _bottleneck("the network's gradient row by row", "single-predict", "gradient_singly"),
    "surrogate/predict": _bottleneck("one point at a time", "single-predict", "_singly"),
    "surrogate/gradient": _bottleneck("finite differences", "finite-differences", "reference"),
    "surrogate/multistart": _bottleneck("one start after the other", "small-arrays", "reference"),
    "surrogate/early-stop": _bottleneck("a fixed number of iterations", "same-arguments", "reference"),
    "surrogate/tune": _bottleneck(
        "everything refitted for each setting", "model-refit same-arguments loop-invariant", "reference"
    ),
    "surrogate/select": _bottleneck("the choice of the model", "model-refit", "reference"),
    "nlsq/validate": _bottleneck(
        "one function of great complexity", "attribute-chains exceptions-as-flow", "validate"
    ),
    "nlsq/quadratics": _bottleneck("quadratic models one by one", "small-arrays", "reference"),
    "nlsq/fit": _bottleneck("no Jacobian is handed over", "finite-differences", "fit_one"),
    "nlsq/trf-step": _bottleneck("array conversions in every step", "jax-scalar-flow jax-retrace", "walk"),
    "nlsq/scaling": _bottleneck("more data, slower", "finite-differences", "fit_one"),
    "nlsq/pool": _bottleneck("fresh buffers in every iteration", "fresh-memory loop-invariant", "_fit"),
    "nlsq/sparse": _bottleneck("a dense Jacobian", "dense-for-sparse", "dense_equations"),
    "nlsq/stream": _bottleneck("all the data in memory", "whole-file peak-temporaries", "reference"),
    "nlsq/combined": _bottleneck(
        "plain fit: dense, fresh buffers, whole data", "dense-for-sparse", "dense_equations"
    ),
    "nlsq/decide": _bottleneck("the wrong method for the size", "dense-for-sparse", "reference"),
    "intent/gp-inference": _bottleneck("hyper-parameters searched at each query", "model-refit", "fitted"),
    "intent/mpc": _bottleneck("solved cold at each step", "loop-invariant same-arguments", "_program"),
    "intent/belief": _bottleneck(
        "the whole history at each update", "same-arguments quadratic-growth", "_from_the_beginning"
    ),
    "intent/pipeline": _bottleneck("the stages' reference forms", "model-refit single-predict", "fitted"),
    "intent/files": _bottleneck(
        "arrays loaded whole, one by one", "sorted-again whole-file io-bound", "reference"
    ),
    "intent/cache": _bottleneck("no cache", "same-arguments", "reference"),
    "intent/pool": _bottleneck("fresh arrays", "fresh-memory", "take"),
    "intent/load": _bottleneck("one user after the other", "lock-bound", "reference"),
}


def case_of(stage: str, form: str) -> str:
    """Return the name by which a form of a stage is measured."""
    return f"{stage}@{form}"


def evidence_of(stage: str, form: str) -> Path:
    """Return the file that keeps the run of a form of a stage."""
    return EVIDENCE / f"{stage.replace('/', '.')}.{form}.run"


@cache
def stored(stage: str, form: str) -> Run:
    """Return the run of a form of a stage that was recorded."""
    return unpack(evidence_of(stage, form).read_bytes(), Run)


def won(stage: str) -> float:
    """Return the reference's time over that of the optimised form: what removing the bottleneck wins.

    It is 1 where the reference is its own best form: then there is nothing to remove.
    """
    workload, name = stage.split("/")
    (known,) = [one for each in WORKLOADS if each.name == workload for one in each.stages if one.name == name]
    if known.optimized == known.reference:
        return 1.0
    slow, fast = (stored(stage, form).benchmarks[0].timing for form in FORMS)
    assert slow is not None
    assert slow.median_ns
    assert fast is not None
    assert fast.median_ns
    return slow.median_ns / fast.median_ns


def is_worth_it(stage: str) -> bool:
    """Return whether removing the bottleneck wins what is worth telling."""
    if DOCUMENTED[stage].resource is Resource.TIME:
        return won(stage) >= WORTH
    before, after = peaks(stage)
    return before >= PEAK_AT_LEAST and before >= WORTH * after


def peaks(stage: str) -> tuple[float, float]:
    """Return the peaks of memory of the reference and of the optimised form, in bytes."""
    slow, fast = (stored(stage, form).benchmarks[0].profiles.memory for form in FORMS)
    assert slow is not None
    assert fast is not None
    return slow.peak_bytes, fast.peak_bytes


def told_of(stage: str, form: str) -> list[Finding]:
    """Return the findings that name the documented bottleneck in a form of a stage."""
    known = DOCUMENTED[stage]
    return [
        one
        for one in diagnose(stored(stage, form)).ranked
        if one.rule in known.rules and one.function in known.functions
    ]


def row(stage: str) -> str:
    """Return the stage's row of the page: what is documented, what removing it wins, and what the diagnosis says."""
    known, found = DOCUMENTED[stage], told_of(stage, "reference")
    if found:
        said = f"`{found[0].rule}` at {Path(found[0].file).name}:{found[0].line_start}, at most {found[0].ceiling_ratio:.2f}x"
    elif is_worth_it(stage):
        said = f"nothing: {known.missed}"
    else:
        said = "nothing, and there is nothing to win"
    gain = f"{won(stage):.2f}x"
    if known.resource is Resource.MEMORY:
        gain = " to ".join(units.size(one) for one in peaks(stage))
    return f"| {stage} | {known.text} | {gain} | {said} |"
