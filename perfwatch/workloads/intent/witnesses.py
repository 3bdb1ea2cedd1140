"""Figures that claims about the intent system are held against, where two forms side by side do not tell.

A witness is called with a size and a seed, in a process of its own, and returns figures by
name. How often something was computed is told by who computes, never by what a cache says of
itself. Times are medians over several calls, but for first ones.

Each imports what it measures alone. This module must not judge: what a figure means for a
claim is decided elsewhere.
"""

from __future__ import annotations

import gc
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from perfwatch.workloads.intent.caches import Cache
    from perfwatch.workloads.intent.pipeline import Session

Figures = dict[str, float]

#: Calls of which a median is taken.
CALLS_COUNT = 5
#: Thresholds of the garbage collector ten times those of Python 3.11, in every generation's first step.
TUNED_THRESHOLDS = (7_000, 100, 100)
#: Observations for which pauses are added up, and how often each setting has its turn.
OBSERVED_COUNT, TURNS_COUNT = 1_000, 2
#: Positions that a record of the log holds.
LOGGED_COUNT = 10
REPLAYS_COUNT = 10


def fair_pair(size: int, seed: int) -> Figures:
    """Time predictions with ``size`` points: scikit-learn with and without its search, and the document's fast form."""
    from perfwatch.workloads.intent import gp_inference

    # On matrices this small more threads only wait for each other, and for other programs.
    with threadpool_limits(1):
        asked = gp_inference.draw_queries(size, 1, seed)
        query, learnt = asked.queries[0], asked.experience
        searching_ns = _median_ns(lambda: gp_inference.Searched(learnt).predict(query))
        given_ns = _median_ns(lambda: gp_inference.Searched(learnt, kernel=asked.kernel).predict(query))
        fixed_ns = _median_ns(lambda: gp_inference.Fixed(learnt, asked.kernel).predict(query))
        kept = gp_inference.Factorised(learnt, asked.kernel)
        kept_ns = _median_ns(lambda: kept.predict(query))
    return {
        "unlike_gain_ratio": searching_ns / fixed_ns,
        "fair_gain_ratio": given_ns / fixed_ns,
        "fair_gain_with_kept_factor_ratio": given_ns / kept_ns,
        "search_share": 1 - given_ns / searching_ns,
    }


def compiled_loops(size: int, seed: int) -> Figures:
    """Time one covariance of ``size`` points: machine code, SciPy's distances, Python's own loops, and the first call."""
    from perfwatch.workloads.intent import gp_compiled, gp_inference

    with threadpool_limits(1):
        asked = gp_inference.draw_queries(size, 1, seed)
    points, kernel = asked.experience.features, asked.kernel
    found = np.empty((size, size))
    scales = (kernel.variance, -0.5 / kernel.length**2)
    # Compiled afresh: an earlier size of this process has paid for the module's own.
    first_ns, _ = _timed(lambda: gp_compiled.in_machine_code(gp_compiled.fill)(points, points, scales, found))
    compiled_ns = _median_ns(lambda: gp_compiled.covariance_by_loops(points, points, kernel))
    distances_ns = _median_ns(lambda: gp_inference.covariance_by_distances(points, points, kernel))
    loops_ns, _ = _timed(lambda: gp_compiled.fill(points, points, scales, found))
    return {
        "gain_over_python_loops_ratio": loops_ns / compiled_ns,
        "gain_over_scipy_ratio": distances_ns / compiled_ns,
        "first_call_ns": first_ns,
    }


def arrays_used_again(size: str, seed: int) -> Figures:
    """Ask a pool for a grid for each batch: how many had been used before, and what that costs without any use."""
    from perfwatch.workloads.intent import pool

    asked = pool.inputs(size, seed)
    found = pool.pool(asked)
    shape = (asked.cells_count, asked.cells_count)
    arrays = pool.Pool()
    arrays.give(arrays.take(shape))
    return {
        "hit_rate": found.reused_count / len(asked.places),
        "kept_bytes": found.kept_bytes,
        "fresh_untouched_ns": _median_ns(lambda: pool.Fresh().take(shape)),
        "pooled_untouched_ns": _median_ns(lambda: arrays.give(arrays.take(shape))),
    }


def costs_of_a_cache(size: int, seed: int) -> Figures:
    """Time what a cache costs for an argument of ``size`` bytes: its key, a hit, a miss, and computing instead."""
    from perfwatch.workloads.intent import caches
    from perfwatch.workloads.intent.cache import DISK_BYTES, TTL_S, features_of

    argument = np.random.Generator(np.random.PCG64(seed)).random((size // 16, 2))
    near = caches.MemoryCache(8, TTL_S)
    with tempfile.TemporaryDirectory(prefix="perfwatch-intent-") as folder:
        far = caches.DiskCache(Path(folder), DISK_BYTES)
        return {
            "hashing_ns": _median_ns(lambda: caches.key_of(argument)),
            "miss_ns": _median_ns(lambda: _missed(near, argument)),
            "hit_ns": _hit_ns(near, argument),
            "disk_miss_ns": _median_ns(lambda: _missed(far, argument)),
            "disk_hit_ns": _hit_ns(far, argument),
            "computing_a_mean_ns": _median_ns(argument.mean),
            "computing_features_ns": _timed(lambda: features_of(argument))[0],
        }


def _missed(cache: Cache, argument: Any) -> None:
    """Ask for what is not there, and keep an answer that cost nothing: what a miss costs beside computing."""
    from perfwatch.workloads.intent import caches

    key = caches.key_of(argument)
    assert cache.get(key[::-1]) is None  # noqa: S101 - nobody keeps anything under that
    cache.put(key, argument[:4])


def _hit_ns(cache: Cache, argument: Any) -> float:
    """Time asking for what is there."""
    from perfwatch.workloads.intent import caches

    caches.answered(cache, argument, lambda given: given[:4])
    return _median_ns(lambda: caches.answered(cache, argument, _never))


def _never(argument: Any) -> Any:
    raise AssertionError(f"what is kept was computed, for {argument.shape}")


def hits_of_the_pipeline(size: str, seed: int) -> Figures:
    """Keep the pipeline's answers as the document does, by observation and robot: how many calls need not compute.

    ``size`` says what the hand does: it is ``moving`` or ``resting`` under the tracker's noise, or one
    recorded session is ``replayed`` ten times, to the last bit.
    """
    from perfwatch.workloads.intent import caches, load

    asked = load.inputs("small", seed)
    server = load.Server(asked.session)
    observations = _observations(size, seed, asked.session.track.goals)
    kept = caches.MemoryCache(1_000, 1_800.0)
    computed_count = 0
    for positions, robot in observations:

        def compute(_: Any, positions: Any = positions, robot: Any = robot) -> Any:
            nonlocal computed_count
            computed_count += 1
            return server.answer(positions, robot)

        caches.answered(kept, np.concatenate([positions[-1], robot]), compute)
    return {
        "hit_rate": 1 - computed_count / len(observations),
        "asked_count": len(observations),
        "computed_count": computed_count,
    }


def _observations(motion: str, seed: int, goals: Any) -> list[tuple[Any, Any]]:
    """Return what the pipeline is asked: the last positions of a hand, and the robot's state."""
    from perfwatch.workloads.drawing import Draw
    from perfwatch.workloads.intent import reaching

    draw = Draw(seed)
    count = 60 // (REPLAYS_COUNT if motion == "replayed" else 1)
    track = reaching.draw_reach(draw, goals, count + 4).positions
    if motion == "resting":
        track = goals[0] + reaching.NOISE_M * draw.bell(count + 4, 2)
    once = [(track[number : number + 5], np.zeros(4)) for number in range(count)]
    return once * (REPLAYS_COUNT if motion == "replayed" else 1)


def gc_pauses(size: str, seed: int) -> Figures:
    """Add up the collector's pauses while the pipeline works and keeps a log: as Python is, and tuned.

    What a session makes it also frees, so that without a log nothing would ever be collected: a
    record of a few lists for each observation is what grows.

    Tuned means that what is there before the first observation is never looked at again
    (``gc.freeze``), and that ten times as many objects are made before a collection.
    """
    from perfwatch.workloads.intent import pipeline

    asked = pipeline.inputs(size, seed)
    positions = np.tile(asked.track.positions, (-(-OBSERVED_COUNT // len(asked.track.positions)) + 1, 1))
    asked = replace(asked, track=replace(asked.track, positions=positions))
    pauses: dict[bool, list[int]] = {False: [], True: []}
    for turn in range(TURNS_COUNT):
        # One, other, other, one: whatever drifts with time meets both alike.
        for tuned in (False, True) if turn % 2 else (True, False):
            with threadpool_limits(1), _collecting(tuned=tuned) as seen:
                _logged(pipeline.Session(asked, pipeline.FAST), positions)
            pauses[tuned] += seen
    plain_ns, tuned_ns = (sum(pauses[tuned]) for tuned in (False, True))
    observed_count = OBSERVED_COUNT * TURNS_COUNT
    return {
        "pauses_saved_share": 1 - tuned_ns / plain_ns if plain_ns else 0.0,
        "gc_pause_ns_per_observation": plain_ns / observed_count,
        "tuned_gc_pause_ns_per_observation": tuned_ns / observed_count,
        "longest_pause_ns": max(pauses[False], default=0),
        "longest_tuned_pause_ns": max(pauses[True], default=0),
        "collections_count": len(pauses[False]),
        "tuned_collections_count": len(pauses[True]),
    }


def _logged(session: Session, positions: Any) -> list[dict[str, Any]]:
    """Let a session observe, and return its log."""
    log = []
    for number in range(OBSERVED_COUNT):
        decision = session.observe()
        log.append(
            {
                "recent": positions[max(0, number + 1 - LOGGED_COUNT) : number + 1].tolist(),
                "belief": decision.belief.tolist(),
                "control": decision.control.tolist(),
                "left_s": decision.mean_s,
            }
        )
    return log


@contextmanager
def _collecting(*, tuned: bool) -> Iterator[list[int]]:
    """Note each pause of the collector meanwhile, in nanoseconds; its settings are as before afterwards."""
    pauses: list[int] = []
    begun: list[int] = []

    def note(phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            begun[:] = [perf_counter_ns()]
        elif begun:
            pauses.append(perf_counter_ns() - begun[0])

    before = gc.get_threshold()
    gc.collect()
    if tuned:
        gc.freeze()
        gc.set_threshold(*TUNED_THRESHOLDS)
    gc.callbacks.append(note)
    try:
        yield pauses
    finally:
        gc.callbacks.remove(note)
        gc.set_threshold(*before)
        gc.unfreeze()


def gpu_at_hand(size: str, seed: int) -> Figures:  # noqa: ARG001 - a GPU is there or not
    """Say that JAX has a GPU; raises ``TargetError`` where it has none, so that nothing is measured."""
    import jax

    from perfwatch.workloads.intent import gp_gpu

    gp_gpu.gpu_at_hand()
    return {"gpus_count": float(len(jax.devices("gpu")))}


def _median_ns(call: Callable[[], Any]) -> float:
    call()
    return float(median(_timed(call)[0] for _ in range(CALLS_COUNT)))


def _timed(call: Callable[[], Any]) -> tuple[int, Any]:
    started = perf_counter_ns()
    value = call()
    return perf_counter_ns() - started, value
