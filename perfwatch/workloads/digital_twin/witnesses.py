"""Figures that claims about the digital twin are held against, where two forms side by side do not tell.

A witness is called with a size and a seed, in a process of its own, and returns figures by
name: shares of time, bytes that are held, how often something was used again. Whether a
model or an array is used again is told by its identity, never by what a cache says of itself.

Each imports what it measures alone: a process that counts records needs no models. This
module must not judge: what a figure means for a claim is decided elsewhere.
"""

from __future__ import annotations

import tracemalloc
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfwatch.workloads.digital_twin.parallel import SampleInputs

Figures = dict[str, float]

#: The stated baselines are for so many samples.
STATED_SAMPLES = 1_000
#: Candidates that the document weighs in each iteration.
CANDIDATES_COUNT = 1_000
#: A held amount from which a leak is worth a finding, as for any allocation.
LEAK_BYTES = 100_000_000


def share_of_the_fit(size: int, seed: int) -> Figures:
    """Time one iteration of the reference at ``size`` observations: the fit's share of it."""
    from perfwatch.workloads.digital_twin import bayesopt, surrogate

    campaign = bayesopt.draw_campaign(size, 2, seed, candidates_count=CANDIDATES_COUNT)
    qualities = bayesopt.quality(campaign.performed)
    # The first fit of a process also pays for what libraries put off until they are used.
    bayesopt.weigh_singly(
        surrogate.Refit()(campaign.performed, qualities), campaign.candidates[0][:10], float(qualities.max())
    )
    fit_ns, model = _timed(lambda: surrogate.Refit()(campaign.performed, qualities))
    rest_ns, _ = _timed(lambda: bayesopt.weigh_singly(model, campaign.candidates[1], float(qualities.max())))
    experiment_ns, _ = _timed(lambda: bayesopt.quality(campaign.candidates[1][:1]))
    whole_ns = fit_ns + rest_ns + experiment_ns
    return {"share": fit_ns / whole_ns, "fit_ns": fit_ns, "iteration_ns": whole_ns}


def models_used_again(size: str, seed: int) -> Figures:
    """Ask the document's cache for a model at each observation of a campaign: how many it hands out twice."""
    from perfwatch.workloads.digital_twin import bayesopt

    found = bayesopt.seed_cache(bayesopt.inputs(size, seed))
    asked_count = len(found.chosen)
    return {
        "hit_rate": (asked_count - found.models_count) / asked_count,
        "asked_count": asked_count,
        "kept_bytes": found.kept_bytes,
    }


def arrays_used_again(size: str, seed: int) -> Figures:
    """Ask the document's pool for a scratch array for each batch: how many had been used before."""
    from perfwatch.workloads.digital_twin import array_pool

    ensembles = array_pool.inputs(size, seed)
    found = array_pool.seed_pool(ensembles)
    asked_count = len(ensembles.line_ev)
    return {
        "hit_rate": found.reused_count / asked_count,
        "asked_count": asked_count,
        "kept_bytes": found.kept_bytes,
    }


def history_held(size: int, seed: int) -> Figures:
    """Let a search of ``size`` iterations keep every record: the bytes that are held by its end."""
    from perfwatch.workloads.digital_twin import history

    search = history.inputs("medium", seed)
    search = history.SearchInputs(
        start=search.start,
        moves=search.moves[:size],
        chances=search.chances[:size],
        kept_count=search.kept_count,
    )
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        records = history.reference(search)
        held = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    per_record = held / len(records)
    return {
        "held_bytes": held,
        "bytes_per_record": per_record,
        "records_to_100_mb_count": LEAK_BYTES / per_record,
    }


def error_of_the_constant_rate(size: str, seed: int) -> Figures:
    """Hold the document's constant rate against the growth law: in how many cases is it off, and how far."""
    from perfwatch.workloads.digital_twin import growth_ode

    crystals = growth_ode.inputs(size, seed)
    exact, linear = growth_ode.reference(crystals).edge_nm, growth_ode.seed_linear(crystals).edge_nm
    off = np.abs(linear / exact - 1).max(axis=1)
    return {
        "share_off_by_10_percent": float((off > 0.1).mean()),
        "greatest_ratio": float(np.maximum(linear / exact, exact / linear).max()),
        "cases_count": len(off),
    }


def error_of_rounded_keys(size: str, seed: int) -> Figures:
    """Hold rates from the document's rounded keys against exact ones."""
    from perfwatch.workloads.digital_twin import kinetics

    axes = kinetics.inputs(size, seed)
    exact, rounded = kinetics.reference(axes), kinetics.seed_cache(axes)
    grows = exact > 0
    off = np.abs(rounded[grows] / exact[grows] - 1)
    return {"greatest_error_ratio": float(off.max()), "median_error_ratio": float(np.median(off))}


def error_of_the_subsample(size: str, seed: int) -> Figures:
    """Hold the document's mean over 100 samples against the mean over all, and against itself."""
    from perfwatch.workloads.digital_twin import diversity

    samples = diversity.inputs(size, seed)
    exact = diversity.blocked(samples).mean_distance
    drawn = [diversity.seed_subsample(samples).mean_distance for _ in range(5)]
    return {
        "greatest_error_ratio": float(max(np.abs(one / exact - 1).max() for one in drawn)),
        "spread_ratio": float(np.ptp(drawn, axis=0).max() / exact.max()),
    }


def baselines(size: str, seed: int) -> Figures:
    """Time what the document gives baselines for, each by its slow form and for the stated amount of work."""
    from perfwatch.workloads.digital_twin import (
        diversity,
        growth_ode,
        kinetics,
        parameters,
        phases,
        physics,
        regions,
    )

    recipes = physics.inputs(size, seed)
    simulated_ns, _ = _timed(lambda: physics.reference(recipes))
    recipes_count = len(recipes.set_kelvin)
    wanted, rows = parameters.inputs(size, seed), phases.inputs(size, seed)
    drawn_ns, _ = _timed(lambda: parameters.reference(wanted))
    labelled_ns, _ = _timed(lambda: phases.reference(rows))
    rates = kinetics.inputs(size, seed)
    rates_ns, found = _timed(lambda: kinetics.reference(rates))
    crystals = growth_ode.draw_crystals(1, 50, seed)
    solved_ns, _ = _timed(lambda: growth_ode.reference(crystals))
    spread = diversity.draw_samples(STATED_SAMPLES, 1, seed)
    diverse_ns, _ = _timed(lambda: diversity.reference(spread))
    grouped = regions.draw_samples(STATED_SAMPLES, 1, seed, clusters_count=4)
    regions.reference(grouped)
    grouped_ns, _ = _timed(lambda: regions.reference(grouped))
    return {
        "training_ns": simulated_ns * STATED_SAMPLES / recipes_count,
        "sample_data_ns": drawn_ns * STATED_SAMPLES / wanted.samples_count
        + labelled_ns * STATED_SAMPLES / len(rows.probabilities),
        "iteration_ns": share_of_the_fit(20, seed)["iteration_ns"],
        "calculation_ns": rates_ns / found.size + solved_ns,
        "sampling_ns": diverse_ns + grouped_ns,
    }


def samples(size: int, seed: int) -> SampleInputs:
    """Return how many samples two processes are to draw: ``size``."""
    from perfwatch.workloads.digital_twin.parallel import SampleInputs

    return SampleInputs(samples_count=size, seed=seed, processes_count=2)


def _timed(call: Callable[[], Any]) -> tuple[int, Any]:
    started = perf_counter_ns()
    value = call()
    return perf_counter_ns() - started, value
