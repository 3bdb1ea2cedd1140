"""The Gaussian process of the stage ``bayesopt``, and the ways to keep it up to date.

An update is called with all observations so far and gives back the model to be used.
This module must not know how candidates are weighed.
"""

from __future__ import annotations

import copy
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.linalg import cho_solve, solve_triangular
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern
from sklearn.preprocessing import StandardScaler

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.floating[Any]]
    Update = Callable[[FloatArray, FloatArray], "Model"]

#: The variance of an observation, of the qualities' own: an experiment repeats within some percent.
NOISE_SHARE = 1e-4

REFIT_AFTER = 5
# The document's update fits at each observation up to so many.
FEW_OBSERVATIONS = 10


@dataclass(frozen=True, kw_only=True)
class Model:
    """A scaler and a fitted process over scaled recipes."""

    scaler: Any
    process: Any

    def predict(self, recipes: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and standard deviation of the quality, each of shape ``(recipes,)``."""
        mean, deviation = self.process.predict(self.scaler.transform(recipes), return_std=True)
        return mean, deviation

    def numbers(self) -> FloatArray:
        """Return what the model depends on beside the observations."""
        return np.concatenate([self.scaler.mean_, self.scaler.scale_, self.process.kernel_.theta])

    def held_bytes(self) -> int:
        """Return the bytes of the arrays that the process holds."""
        arrays = (self.process.X_train_, self.process.y_train_, self.process.L_, self.process.alpha_)
        return sum(array.nbytes for array in arrays)


def fit(scaler: Any, recipes: FloatArray, qualities: FloatArray) -> Model:
    """Fit a process with a search for its hyper-parameters, from the library's one start."""
    process = GaussianProcessRegressor(
        ConstantKernel(1.0) * Matern(1.0, nu=2.5), alpha=NOISE_SHARE, normalize_y=True
    )
    with warnings.catch_warnings():
        # Few observations may leave a hyper-parameter at its bound: that is no failure here.
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(scaler.transform(recipes), qualities)
    return Model(scaler=scaler, process=process)


class Refit:
    """Scaler and process from scratch, at each observation."""

    def __call__(self, recipes: FloatArray, qualities: FloatArray) -> Model:
        """Fit to all observations."""
        return fit(StandardScaler().fit(recipes), recipes, qualities)


class RefitSeldom:
    """The same, when there are five new observations; the model before that stays as it is."""

    def __init__(self) -> None:
        self._model: Model | None = None
        self._fitted_count = 0

    def __call__(self, recipes: FloatArray, qualities: FloatArray) -> Model:
        """Fit when enough has come, else give the model as it is."""
        if self._model is None or len(recipes) - self._fitted_count >= REFIT_AFTER:
            self._model = Refit()(recipes, qualities)
            self._fitted_count = len(recipes)
        return self._model


class Extend:
    """One fit; each observation after that is a new row of the covariance's Cholesky factor.

    Scaler and hyper-parameters stay those of the first fit. A new row costs one
    triangular solve, O(n^2) instead of O(n^3): G. H. Golub and C. F. Van Loan, Matrix
    Computations, 4th ed. (2013), section 4.2.
    """

    def __init__(self) -> None:
        self._model: Model | None = None

    def __call__(self, recipes: FloatArray, qualities: FloatArray) -> Model:
        """Fit the first time; after that extend."""
        if self._model is None:
            self._model = Refit()(recipes, qualities)
        elif len(recipes) > len(self._model.process.X_train_):
            scaled = self._model.scaler.transform(recipes)
            self._model = replace(self._model, process=_Extended(self._model.process, scaled, qualities))
        return self._model


class _Extended:
    """A process with more observations than ``earlier``; the names are scikit-learn's."""

    def __init__(self, earlier: Any, scaled: FloatArray, qualities: FloatArray) -> None:
        known_count = len(earlier.X_train_)
        self.kernel_ = earlier.kernel_
        self.X_train_ = scaled
        self.L_ = np.zeros((len(scaled), len(scaled)))
        self.L_[:known_count, :known_count] = earlier.L_
        for row in range(known_count, len(scaled)):
            self._add_row(row)
        self._level, self._spread = qualities.mean(), qualities.std() or 1.0
        self.y_train_ = (qualities - self._level) / self._spread
        self.alpha_ = cho_solve((self.L_, True), self.y_train_)

    def _add_row(self, row: int) -> None:
        covariance = self.kernel_(self.X_train_[: row + 1], self.X_train_[row : row + 1])[:, 0]
        beside = solve_triangular(self.L_[:row, :row], covariance[:row], lower=True)
        # The noise alone is left of a recipe's variance when it is performed once more.
        rest = max(covariance[row] + NOISE_SHARE - beside @ beside, NOISE_SHARE)
        self.L_[row, :row], self.L_[row, row] = beside, np.sqrt(rest)

    def predict(self, scaled: FloatArray, *, return_std: bool) -> tuple[FloatArray, FloatArray]:
        covariance = self.kernel_(scaled, self.X_train_)
        explained = solve_triangular(self.L_, covariance.T, lower=True)
        variance = self.kernel_.diag(scaled) - (explained**2).sum(axis=0)
        deviation = self._spread * np.sqrt(np.maximum(variance, 0.0))
        return self._level + self._spread * (covariance @ self.alpha_), deviation if return_std else variance


class SeedScaler:
    """The document's update: a scaler that is shown the last five rows, then a whole fit.

    Up to ten observations it fits at each of them, and shows the scaler rows that it has
    seen before; after that it fits when there are five new ones.
    """

    def __init__(self) -> None:
        self._model: Model | None = None
        self._fitted_count = 0

    def __call__(self, recipes: FloatArray, qualities: FloatArray) -> Model:
        """Fit as the document does, or give the model as it is."""
        if self._model is not None:
            if len(recipes) > FEW_OBSERVATIONS and len(recipes) - self._fitted_count < REFIT_AFTER:
                return self._model
            scaler = copy.copy(self._model.scaler).partial_fit(recipes[-REFIT_AFTER:])
        else:
            scaler = StandardScaler().fit(recipes)
        self._model = fit(scaler, recipes, qualities)
        self._fitted_count = len(recipes)
        return self._model


class SeedCache:
    """The document's cache: single precision, and a copy of each model under a hash of all recipes."""

    def __init__(self) -> None:
        self._kept: dict[tuple[int, int], Model] = {}

    def __call__(self, recipes: FloatArray, qualities: FloatArray) -> Model:
        """Fit, for no key is met twice."""
        key = (len(recipes), hash(tuple(tuple(row) for row in recipes.tolist())))
        if key not in self._kept:
            single, wanted = recipes.astype(np.float32), qualities.astype(np.float32)
            self._kept[key] = copy.deepcopy(fit(StandardScaler().fit(single), single, wanted))
        return self._kept[key]
