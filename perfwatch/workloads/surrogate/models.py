"""The three kinds of surrogate that are trained and compared: forest, network, Gaussian process.

Forest and process are scikit-learn's own, as the field uses them; the network is that of
``network``. This module must not time anything.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Protocol

from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel

from perfwatch.workloads.surrogate import network

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: In the document's order of preference where memory allows.
KINDS = ("gaussian_process", "network", "forest")

#: The share of the values' variance that counts as noise.
NOISE_SHARE = 1e-4


class Model(Protocol):
    """Whatever was trained."""

    def predict(self, designs: FloatArray) -> Any:
        """Return a value for each design."""


def fit_forest(designs: FloatArray, values: FloatArray, *, trees_count: int, seed: int) -> Model:
    """Fit a random forest, in this thread alone."""
    model: Model = RandomForestRegressor(trees_count, random_state=seed).fit(designs, values)
    return model


def fit_process(designs: FloatArray, values: FloatArray, *, search: bool = True) -> Model:
    """Fit a Gaussian process, with the library's search for its two hyper-parameters or with fixed ones."""
    process = GaussianProcessRegressor(
        ConstantKernel(1.0) * RBF(1.0),
        alpha=NOISE_SHARE,
        normalize_y=True,
        optimizer="fmin_l_bfgs_b" if search else None,
    )
    with warnings.catch_warnings():
        # Few designs may leave a hyper-parameter at its bound: that is no failure here.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model: Model = process.fit(designs, values)
    return model


def fit_network(designs: FloatArray, values: FloatArray, plan: network.Plan) -> Model:
    """Train the small network, a batch at a time."""
    model: Model = network.train(designs, values, plan)
    return model
