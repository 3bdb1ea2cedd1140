"""Which regions of the space of recipes are promising: clusters of the samples so far.

A hierarchical sampler works in levels. At each it groups all samples so far by k-means
(S. Lloyd, IEEE Trans. Inf. Theory 28 (1982) 129; started by k-means++, D. Arthur and
S. Vassilvitskii, SODA 2007, 1027) on standardised parameters, takes the box around each
group as a region, and draws the next samples in the regions.

This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.preprocessing import StandardScaler

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.digital_twin.table_two import REGIONS
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    LabelArray = NDArray[np.int32]

#: The recipe: temperature, duration, two precursors, ligand; each with its bounds.
LOWEST = np.array([373.15, 5.0, 2.0, 5.0, 10.0])
HIGHEST = np.array([473.15, 120.0, 40.0, 80.0, 400.0])

# The document's settings.
FEWER_STARTS, FEWER_ITERATIONS = 5, 100
CACHED_AT_MOST, CACHED_AFTERWARDS = 10, 5


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionInputs:
    """Samples of shape ``(samples, parameters)`` in the order in which they were drawn.

    ``level_counts`` says how many there were after each level; ``clusters_count`` groups
    are looked for, with k-means started from ``random_state``.
    """

    samples: FloatArray
    level_counts: tuple[int, ...]
    clusters_count: int
    random_state: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionOutputs:
    """The groups and regions of each level.

    ``labels`` holds each level's labels one after the other, of shape
    ``(sum(level_counts),)``; ``lowest`` and ``highest`` are the regions' corners, of
    shape ``(levels, clusters, parameters)``.
    """

    labels: LabelArray
    lowest: FloatArray
    highest: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> RegionInputs:
    """Draw samples for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(REGIONS, size)
    return draw_samples(extents["samples"], extents["levels"], seed, clusters_count=extents["clusters"])


def draw_samples(samples_count: int, levels_count: int, seed: int, *, clusters_count: int) -> RegionInputs:
    """Draw samples around ``clusters_count`` recipes, with one in ten spread evenly."""
    draw = Draw(seed)
    parameters_count = len(LOWEST)
    # A Latin square of places: no two recipes are alike in any parameter.
    order = np.argsort(draw.between(0.0, 1.0, clusters_count, parameters_count), axis=0)
    recipes = (order + 0.5) / clusters_count
    chosen = draw.below(clusters_count, samples_count)
    near = np.clip(recipes[chosen] + 0.06 * draw.bell(samples_count, parameters_count), 0.0, 1.0)
    even = draw.between(0.0, 1.0, samples_count, parameters_count)
    shares = np.where(draw.between(0.0, 10.0, samples_count, 1) < 1.0, even, near)
    return RegionInputs(
        samples=LOWEST + (HIGHEST - LOWEST) * shares,
        level_counts=tuple(samples_count * (level + 1) // levels_count for level in range(levels_count)),
        clusters_count=clusters_count,
        random_state=seed % 2**32,
    )


def reference(campaign: RegionInputs) -> RegionOutputs:
    """At each level fit a new scaler and a new k-means with the library's own settings."""
    return _each_level(campaign, lambda samples: _fitted(campaign, StandardScaler().fit_transform(samples)))


def seed_fewer(campaign: RegionInputs) -> RegionOutputs:
    """Ask for 5 starts of at most 100 iterations each, as the document advises; the library's default is 1."""

    def group(samples: FloatArray) -> LabelArray:
        scaled = StandardScaler().fit_transform(samples)
        return _fitted(campaign, scaled, n_init=FEWER_STARTS, max_iter=FEWER_ITERATIONS)

    return _each_level(campaign, group)


def seed_cache(campaign: RegionInputs) -> RegionOutputs:
    """Keep the first level's scaler, and keep labels under a hash of all samples, as the document advises.

    Each level has more samples than the one before, so that no key is ever met twice.
    """
    kept: dict[tuple[int, int], LabelArray] = {}
    scaler: StandardScaler | None = None

    def group(samples: FloatArray) -> LabelArray:
        nonlocal scaler
        key = (len(samples), hash(tuple(samples.ravel().tolist())))
        if key in kept:
            return kept[key]
        if scaler is None:
            scaler = StandardScaler().fit(samples)
        kept[key] = _fitted(campaign, scaler.transform(samples))
        if len(kept) > CACHED_AT_MOST:
            for old in list(kept)[:-CACHED_AFTERWARDS]:
                del kept[old]
        return kept[key if key in kept else next(reversed(kept))]

    return _each_level(campaign, group)


def minibatch(campaign: RegionInputs) -> RegionOutputs:
    """Let each step of k-means see a part of the samples (D. Sculley, WWW 2010, 1177)."""

    def group(samples: FloatArray) -> LabelArray:
        model = MiniBatchKMeans(campaign.clusters_count, random_state=campaign.random_state)
        return np.asarray(model.fit_predict(StandardScaler().fit_transform(samples)), dtype=np.int32)

    return _each_level(campaign, group)


def warm_start(campaign: RegionInputs) -> RegionOutputs:
    """Start each level's k-means from the centres of the level before; the scaler is fitted anew."""
    centres: FloatArray | None = None

    def group(samples: FloatArray) -> LabelArray:
        nonlocal centres
        scaler = StandardScaler().fit(samples)
        start = "k-means++" if centres is None else scaler.transform(centres)
        model = _model(campaign, init=start).fit(scaler.transform(samples))
        centres = scaler.inverse_transform(model.cluster_centers_)
        return np.asarray(model.labels_, dtype=np.int32)

    return _each_level(campaign, group)


def _model(campaign: RegionInputs, **settings: Any) -> KMeans:
    return KMeans(campaign.clusters_count, random_state=campaign.random_state, **settings)


def _fitted(campaign: RegionInputs, scaled: FloatArray, **settings: Any) -> LabelArray:
    return np.asarray(_model(campaign, **settings).fit_predict(scaled), dtype=np.int32)


def _each_level(campaign: RegionInputs, group: Callable[[FloatArray], LabelArray]) -> RegionOutputs:
    """Group the samples of each level, and take the boxes around the groups."""
    shape = (len(campaign.level_counts), campaign.clusters_count, campaign.samples.shape[1])
    lowest, highest = np.full(shape, np.nan), np.full(shape, np.nan)
    labels = []
    for level, count in enumerate(campaign.level_counts):
        samples = campaign.samples[:count]
        labels.append(group(samples))
        for cluster in range(campaign.clusters_count):
            members = samples[labels[-1] == cluster]
            if len(members):
                lowest[level, cluster] = members.min(axis=0)
                highest[level, cluster] = members.max(axis=0)
    return RegionOutputs(labels=np.concatenate(labels), lowest=lowest, highest=highest)
