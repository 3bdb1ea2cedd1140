"""How long a hand still has to go, by a Gaussian process: with a search for its kernel, and without.

Earlier reaches are the training data: place and pace of a hand, and the seconds that were left.
The covariance is variance * exp(-d^2 / (2 length^2)), with white noise on each observation;
posterior mean and variance are those of C. E. Rasmussen and C. K. I. Williams, Gaussian
Processes for Machine Learning (2006), algorithm 2.1. The variance is that of an observation.

The reference searches for the kernel at each query, from the same start on the same data, and so it
finds the same one each time. The inputs hold that very kernel, found by the same search once,
as a robot is calibrated before it works: forms that do not search use it, and their answers
are the reference's to rounding. The document's own fast form takes a kernel that nobody
searched for, and answers otherwise. This module must not measure itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.spatial.distance import cdist
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.intent import reaching
from perfwatch.workloads.intent.table_one import GP_INFERENCE
from perfwatch.workloads.seeding import extents_of

FloatArray = NDArray[np.float64]

#: What is added to each diagonal element beside the noise, as scikit-learn does.
JITTER = 1e-10
#: Where a search begins, and the bounds that it keeps to.
START_VARIANCE, START_LENGTH, START_NOISE = 0.1, 1.0, 0.01
VARIANCE_BOUNDS, LENGTH_BOUNDS, NOISE_BOUNDS = (1e-3, 1e3), (1e-2, 1e2), (1e-6, 1e1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """The process's hyper-parameters: variance and noise in s^2, the length in units of the features."""

    variance: float
    length: float
    noise: float


#: What the document's example gives its fast form; it has no noise, and so the least that can be factorised.
SEED_KERNEL = Kernel(variance=1.0, length=1.0, noise=NOISE_BOUNDS[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Experience:
    """What a process learns from: ``features`` of shape ``(points, 4)``, seconds ``left_s`` of shape ``(points,)``."""

    features: FloatArray
    left_s: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class GpInputs:
    """The training data, the kernel that a search on them finds, and ``queries`` of shape ``(queries, 4)``."""

    experience: Experience
    kernel: Kernel
    queries: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class GpOutputs:
    """The seconds left at each query and the variance of an observation, both of shape ``(queries,)``."""

    mean_s: FloatArray
    variance_s2: FloatArray


class Predicting(Protocol):
    """Anything that answers one query."""

    def predict(self, query: FloatArray) -> tuple[float, float]:
        """Return mean and variance at one query of shape ``(4,)``."""


#: How a covariance of two sets of points is evaluated, without noise.
Covariance = Callable[[FloatArray, FloatArray, Kernel], FloatArray]


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> GpInputs:
    """Draw reaches and queries for ``size``, and calibrate the kernel; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(GP_INFERENCE, size)
    return draw_queries(extents["points"], extents["queries"], seed)


def draw_queries(points_count: int, queries_count: int, seed: int) -> GpInputs:
    """Draw training data and as many queries, all from reaches to the same goals."""
    draw = Draw(seed)
    goals = reaching.draw_goals(draw, 5)
    experience = draw_experience(draw, goals, points_count)
    queries, _ = reaching.draw_experience(draw, goals, queries_count)
    return GpInputs(experience=experience, kernel=searched_kernel(experience), queries=queries)


def draw_experience(draw: Draw, goals: FloatArray, points_count: int) -> Experience:
    """Draw training data from reaches to the goals."""
    drawn, left_s = reaching.draw_experience(draw, goals, points_count)
    return Experience(features=drawn, left_s=left_s)


def reference(asked: GpInputs) -> GpOutputs:
    """Fit scikit-learn's process for each query, with a search for its kernel."""
    return answered_by(asked, Searched(asked.experience))


def fixed_kernel(asked: GpInputs) -> GpOutputs:
    """Factorise the covariance for each query, under the calibrated kernel."""
    return answered_by(asked, Fixed(asked.experience, asked.kernel))


def cholesky_cache(asked: GpInputs) -> GpOutputs:
    """Factorise once under the calibrated kernel, and solve for each query."""
    return answered_by(asked, Factorised(asked.experience, asked.kernel))


def seed_fixed_kernel(asked: GpInputs) -> GpOutputs:
    """Factorise for each query under the document's kernel, which nobody searched for."""
    return answered_by(asked, Fixed(asked.experience, SEED_KERNEL))


def answered_by(asked: GpInputs, model: Predicting) -> GpOutputs:
    """Ask a model one query after the other."""
    found = np.array([model.predict(query) for query in asked.queries]).reshape(-1, 2)
    return GpOutputs(mean_s=found[:, 0].copy(), variance_s2=found[:, 1].copy())


def fitted(experience: Experience, *, kernel: Kernel | None = None) -> GaussianProcessRegressor:
    """Return scikit-learn's process, with a search for its kernel unless one is given."""
    begin = kernel or Kernel(variance=START_VARIANCE, length=START_LENGTH, noise=START_NOISE)
    smooth = ConstantKernel(begin.variance, VARIANCE_BOUNDS) * RBF(begin.length, LENGTH_BOUNDS)
    model = GaussianProcessRegressor(
        kernel=smooth + WhiteKernel(begin.noise, NOISE_BOUNDS),
        alpha=JITTER,
        optimizer=None if kernel else "fmin_l_bfgs_b",
    )
    return model.fit(experience.features, experience.left_s - experience.left_s.mean())


def searched_kernel(experience: Experience) -> Kernel:
    """Return the hyper-parameters that scikit-learn's search finds."""
    found = fitted(experience).kernel_
    return Kernel(
        variance=float(found.k1.k1.constant_value),
        length=float(found.k1.k2.length_scale),
        noise=float(found.k2.noise_level),
    )


class Searched:
    """Fits at each query: the search, the factorisation and the prediction.

    With a ``kernel`` there is no search, and everything else is as without: the fair counterpart of the others.
    """

    def __init__(self, experience: Experience, *, kernel: Kernel | None = None) -> None:
        self._experience = experience
        self._kernel = kernel

    def predict(self, query: FloatArray) -> tuple[float, float]:
        """Return mean and variance at one query."""
        model = fitted(self._experience, kernel=self._kernel)
        mean, deviation = model.predict(query[np.newaxis], return_std=True)
        return float(mean[0] + self._experience.left_s.mean()), float(deviation[0] ** 2)


class Fixed:
    """Factorises at each query, under a kernel that is given; ``covariance`` is how that is evaluated."""

    def __init__(
        self, experience: Experience, kernel: Kernel, *, covariance: Covariance | None = None
    ) -> None:
        self._experience = experience
        self._kernel = kernel
        self._covariance = covariance or covariance_by_distances

    def predict(self, query: FloatArray) -> tuple[float, float]:
        """Return mean and variance at one query."""
        return Factorised(self._experience, self._kernel, covariance=self._covariance).predict(query)


class Factorised:
    """Factorises once, when it is made."""

    def __init__(
        self, experience: Experience, kernel: Kernel, *, covariance: Covariance | None = None
    ) -> None:
        self._features = experience.features
        self._kernel = kernel
        self._covariance = covariance or covariance_by_distances
        self._offset_s = float(experience.left_s.mean())
        matrix = self._covariance(self._features, self._features, kernel)
        matrix[np.diag_indices_from(matrix)] += kernel.noise + JITTER
        self._factor, lower = cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)
        self._weights = cho_solve(
            (self._factor, lower), experience.left_s - self._offset_s, check_finite=False
        )

    def predict(self, query: FloatArray) -> tuple[float, float]:
        """Return mean and variance at one query."""
        near = self._covariance(query[np.newaxis], self._features, self._kernel)[0]
        explained = solve_triangular(self._factor, near, lower=True, check_finite=False)
        left = self._kernel.variance + self._kernel.noise - float(explained @ explained)
        return self._offset_s + float(near @ self._weights), left


def covariance_by_distances(first: FloatArray, second: FloatArray, kernel: Kernel) -> FloatArray:
    """Return the covariance of two sets of points without noise, from SciPy's squared distances."""
    scaled = cdist(first, second, "sqeuclidean")
    scaled *= -0.5 / kernel.length**2
    np.exp(scaled, out=scaled)
    scaled *= kernel.variance
    return np.asarray(scaled)
