"""Figures that claims about fits and their steps are held against, where two forms side by side do not tell.

A witness is called with a size (a number of points, or a factor) and a seed, in a process of its
own, and returns figures by name. What a compiler took of a first call is told by its own events.

Each imports what it measures alone. This module must not judge: what a figure means for a
claim is decided elsewhere.
"""

from __future__ import annotations

import statistics
from contextlib import contextmanager
from functools import partial
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from perfwatch.workloads.nlsq.datasets import Dataset
    from perfwatch.workloads.nlsq.trf_step import StepInputs

Figures = dict[str, float]

#: From so many points on the document tells how time grows.
FEWEST_POINTS = 1_000
WARM_CALLS = 15
#: A first call is made so often, each time of a Jacobian of which nothing is compiled.
FIRST_CALLS = 3
#: What JAX calls its events of tracing, lowering and compiling.
_COMPILING = "/jax/core/compile/"


def shares_of_a_first_call(size: int, seed: int) -> Figures:
    """Fit ``size`` points for the first time, and again: what compiling took, and what the fit itself takes."""
    from perfwatch.workloads.nlsq import scaling, scaling_jax
    from perfwatch.workloads.nlsq.fit import fit_one
    from perfwatch.workloads.nlsq.fit_jax import newly_compiled

    scaling_jax.warm_up()
    (dataset,) = _growing([size], seed)
    jacobian = newly_compiled(scaling.FAMILY)
    with _compiling_ns() as spent:
        first_ns = _timed(lambda: fit_one(dataset, jacobian))
    warm_ns = _warm_ns(lambda: fit_one(dataset, jacobian))
    # Events may tell of more than one thread's time; a call took no longer than it took.
    compile_ns = min(sum(spent), first_ns)
    return {
        "compile_share": compile_ns / first_ns,
        "algorithm_share": warm_ns / first_ns,
        "first_ns": first_ns,
        "compile_ns": compile_ns,
        "warm_ns": warm_ns,
    }


def slowdowns(size: int, seed: int) -> Figures:
    """Fit 1,000 points and ``size`` times as many: how much longer that takes, in first calls and warm ones."""
    from perfwatch.workloads.nlsq import scaling, scaling_jax
    from perfwatch.workloads.nlsq.fit import fit_one
    from perfwatch.workloads.nlsq.fit_jax import newly_compiled

    scaling_jax.warm_up()
    datasets = _growing([1, size], seed, FEWEST_POINTS)
    firsts: list[list[int]] = [[], []]
    for turn in range(FIRST_CALLS):
        # Now the few points come first and now the many.
        for index in ((0, 1), (1, 0))[(seed + turn) % 2]:
            firsts[index].append(_timed(partial(fit_one, datasets[index], newly_compiled(scaling.FAMILY))))
    first_ns = [statistics.median(calls) for calls in firsts]
    jacobian = newly_compiled(scaling.FAMILY)
    warm_ns = [_warm_ns(partial(fit_one, dataset, jacobian)) for dataset in datasets]
    return {
        "first_slowdown_ratio": first_ns[1] / first_ns[0],
        "warm_slowdown_ratio": warm_ns[1] / warm_ns[0],
        "first_few_ns": first_ns[0],
        "first_many_ns": first_ns[1],
        "warm_few_ns": warm_ns[0],
        "warm_many_ns": warm_ns[1],
    }


def shares_of_the_steps(size: int, seed: int) -> Figures:
    """Take the reference's steps at ``size`` points, and tell what its parts take of the time.

    A part is over when its answer is there. Evaluations are those of model, Jacobian, cost and
    gradient; the inner loop finds steps and decides about them; what is left to 1 is the
    decomposition of the Jacobian.
    """
    import jax

    from perfwatch.workloads.nlsq import trf_step, trf_step_jax
    from perfwatch.workloads.nlsq.precision import double_precision

    asked = steps(size, seed)
    ready: Callable[[Any], Any] = jax.block_until_ready
    spent = {"evaluations": 0, "conversions": 0, "decomposition": 0}

    def timed(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            began = perf_counter_ns()
            answer = ready(function(*arguments))
            spent[part] += perf_counter_ns() - began
            return answer

        return call

    with double_precision():
        parts = trf_step_jax.compiled_parts(asked)
        watched = trf_step.Parts(
            evaluate=timed("evaluations", parts.evaluate),
            decompose=timed("decomposition", parts.decompose),
            predict=parts.predict,
            cost_at=timed("evaluations", parts.cost_at),
        )
        convert = timed("conversions", np.asarray)

        def walk(times_count: int) -> None:
            for _ in range(times_count):
                trf_step.walk(asked, watched, lambda array: convert(ready(array)))

        walk(1)
        spent.update(dict.fromkeys(spent, 0))
        whole_ns = _timed(partial(walk, WARM_CALLS))
    return {f"{part}_share": took / whole_ns for part, took in spent.items()} | {
        "inner_loop_share": 1 - sum(spent.values()) / whole_ns,
        "steps_ns": whole_ns / WARM_CALLS,
    }


def steps(size: int, seed: int) -> StepInputs:
    """Return a fit of ``size`` points whose steps are to be taken."""
    from perfwatch.workloads.nlsq.trf_step import draw_steps

    return draw_steps(size, seed)


def _growing(factors: list[int], seed: int, points_count: int = 1) -> tuple[Dataset, ...]:
    """Return readings of one decay at several numbers of points."""
    from perfwatch.workloads.drawing import Draw
    from perfwatch.workloads.nlsq import scaling
    from perfwatch.workloads.nlsq.datasets import draw_dataset

    draw = Draw(seed)
    points = [points_count * factor for factor in factors]
    return scaling.draw_growing(draw, draw_dataset(draw, scaling.FAMILY, points[0]), points)


@contextmanager
def _compiling_ns() -> Iterator[list[int]]:
    """Collect what JAX says that it took to trace, lower and compile."""
    from jax import monitoring

    spent: list[int] = []

    def heard(event: str, duration_secs: float, **_about: Any) -> None:
        if event.startswith(_COMPILING):
            spent.append(round(duration_secs * 1e9))

    monitoring.register_event_duration_secs_listener(heard)
    # Not every version can take a listener back; this one ends with its process.
    yield spent


def _warm_ns(call: Callable[[], Any]) -> float:
    call()
    return statistics.median(_timed(call) for _ in range(WARM_CALLS))


def _timed(call: Callable[[], Any]) -> int:
    began = perf_counter_ns()
    call()
    return perf_counter_ns() - began
