"""Figures that claims about the surrogate are held against, where two forms side by side do not tell.

A witness is called with a size and a seed, in a process of its own, and returns figures by
name. Whether a surrogate was loaded is told by how many had to be fitted, in processes that
were started for the question; an order is told by the share of its pairs that are as stated.

This module must not judge: what a figure means for a claim is decided elsewhere.
"""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from functools import partial
from itertools import combinations
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import numpy as np

import perfwatch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perfwatch.workloads.surrogate.collect import CollectInputs
    from perfwatch.workloads.surrogate.train import TrainInputs

Figures = dict[str, float]

DIMENSIONS = 10
#: The document's own forests, networks and numbers of predictions.
TREES_COUNT = 100
EPOCHS_COUNT = 200
PREDICTED_COUNT = 1_000
REPEATS_COUNT = 3

#: Programs that share a folder of surrogates, one after the other.
PROGRAMS_COUNT = 3
_PROGRAM = "from perfwatch.workloads.surrogate.witnesses import session; import sys; session(*sys.argv[1:])"


# Surrogates on disk


def surrogates_found_again(size: int, seed: int) -> Figures:
    """Start programs one after the other that keep the surrogate of the same data on disk under two keys.

    ``hit_rate`` is the share of the later programs that loaded it under the document's
    key, ``content_hit_rate`` under a digest of its data.
    """
    # Whoever started this process may have taken the salt from its hashes: a user's program has it.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}
    own = str(Path(perfwatch.__file__).parents[1])
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, (own, environment.get("PYTHONPATH", ""))))
    with TemporaryDirectory(prefix="surrogates-") as folder:
        said = [
            json.loads(
                subprocess.run(
                    [sys.executable, "-c", _PROGRAM, folder, str(size), str(seed)],
                    env=environment,
                    capture_output=True,
                    check=True,
                    text=True,
                ).stdout
            )
            for _ in range(PROGRAMS_COUNT)
        ]
    later = said[1:]
    return {
        "hit_rate": sum(not one["seed_fits"] for one in later) / len(later),
        "content_hit_rate": sum(not one["content_fits"] for one in later) / len(later),
        "keys_count": float(len({one["seed_key"] for one in said})),
        "programs_count": float(PROGRAMS_COUNT),
    }


def session(folder: str, points_count: str, seed: str) -> None:
    """Do what one program does: obtain the surrogate of the data under each key, and say how."""
    from perfwatch.workloads.seeding import generator
    from perfwatch.workloads.surrogate import process, reactor
    from perfwatch.workloads.surrogate.disk_cache import SurrogateCache, content_key, seed_key

    designs = generator(int(seed)).random((int(points_count), DIMENSIONS))
    values = reactor.shortfalls(designs, 2 * DIMENSIONS)
    said: dict[str, Any] = {"seed_key": seed_key(designs, values, "")}
    for name, key in (("seed", seed_key), ("content", content_key)):
        cache = SurrogateCache(Path(folder, name), key)
        cache.obtain(designs, values, "", lambda: process.fit(designs, values))
        said[f"{name}_fits"] = cache.fits_count
    sys.stdout.write(json.dumps(said))


# Orders


def order_of_times(size: int, seed: int) -> Figures:
    """Time training and 1,000 predictions of the three kinds, and hold the document's two orders against it."""
    data = _data(size, seed)
    asked = np.resize(data.unseen, (PREDICTED_COUNT, DIMENSIONS))
    trained_ns, predicted_ns = {}, {}
    for kind, fit in _trainings(data, EPOCHS_COUNT).items():
        trained_ns[kind], model = _timed(fit)
        predicted_ns[kind], _ = _timed(partial(model.predict, asked))
    trained = as_stated(trained_ns, ("forest", "network", "process"))
    predicted = as_stated(predicted_ns, ("network", "forest", "process"))
    return {
        "share_in_order": (trained + predicted) / 2,
        "training_share_in_order": trained,
        "prediction_share_in_order": predicted,
        **{f"{kind}_training_ns": taken for kind, taken in trained_ns.items()},
        **{f"{kind}_prediction_ns": taken for kind, taken in predicted_ns.items()},
    }


def order_of_memory(size: int, seed: int) -> Figures:
    """Train the three kinds, and hold the document's order against the bytes that each model holds.

    Bytes are those of the pickled model: the same measure for all kinds, whatever they
    are made of. ``..._peak_bytes`` are the most that training held.
    """
    from perfwatch.workloads.surrogate.selection import traced

    held, peaks = {}, {}
    # What a network holds does not depend on how often it saw the data.
    for kind, fit in _trainings(_data(size, seed), 1, search=False).items():
        peak, model = traced(fit)
        held[kind], peaks[kind] = float(len(pickle.dumps(model))), float(peak)
    order = ("forest", "network", "process")
    return {
        "share_in_order": as_stated(held, order),
        "peak_share_in_order": as_stated(peaks, order),
        **{f"{kind}_held_bytes": amount for kind, amount in held.items()},
        **{f"{kind}_peak_bytes": amount for kind, amount in peaks.items()},
    }


def as_stated(amounts: dict[str, float], order: Sequence[str]) -> float:
    """Return the share of the order's pairs whose first amount is the smaller one."""
    pairs = list(combinations(order, 2))
    return sum(amounts[first] < amounts[second] for first, second in pairs) / len(pairs)


# Exponents


def exponents_of_the_process(size: int, seed: int) -> Figures:
    """Fit the Gaussian process to a quarter, a half and all of ``size`` data: how memory and time grow."""
    from perfwatch.workloads.surrogate.selection import measured_fit

    counts = (size // 4, size // 2, size)
    taken = [
        measured_fit(_trainings(_data(count, seed), 1, search=False)["process"], repeats_count=REPEATS_COUNT)
        for count in counts
    ]
    times, peaks = zip(*taken, strict=True)
    return {
        "memory_exponent": exponent(counts, peaks),
        "time_exponent": exponent(counts, times),
        "peak_bytes": peaks[-1],
        "fit_ns": times[-1],
    }


def exponent(counts: Sequence[float], amounts: Sequence[float]) -> float:
    """Return the slope of a line through the logarithms, by least squares."""
    return float(np.polyfit(np.log(counts), np.log(amounts), 1)[0])


# Data


def many_points(size: int, seed: int) -> CollectInputs:
    """Ask for many points of a black box that costs next to nothing: what is held is the question."""
    from perfwatch.workloads.surrogate.collect import CollectInputs
    from perfwatch.workloads.surrogate.sampling import drawn_shift

    return CollectInputs(
        points_count=size, steps_count=1, shift=drawn_shift(DIMENSIONS, seed), workers_count=1
    )


def _data(points_count: int, seed: int) -> TrainInputs:
    from perfwatch.workloads.surrogate.train import draw_data

    shape = (points_count, DIMENSIONS)
    return draw_data(shape, seed, trees_count=TREES_COUNT, epochs_count=EPOCHS_COUNT)


def _trainings(data: TrainInputs, epochs_count: int, *, search: bool = True) -> dict[str, Callable[[], Any]]:
    from perfwatch.workloads.surrogate import models, network

    plan = network.Plan(epochs_count=epochs_count, seed=data.seed)
    return {
        "forest": lambda: models.fit_forest(
            data.designs, data.values, trees_count=data.trees_count, seed=data.seed
        ),
        "network": lambda: models.fit_network(data.designs, data.values, plan),
        "process": lambda: models.fit_process(data.designs, data.values, search=search),
    }


def _timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the median time of some calls in ns, and what the last of them gave."""
    taken, value = [], None
    for _ in range(REPEATS_COUNT):
        began = perf_counter_ns()
        value = call()
        taken.append(perf_counter_ns() - began)
    return float(median(taken)), value
