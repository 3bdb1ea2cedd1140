"""The same functions as an asv-style module: what is measured follows from each name's prefix."""

import sys
from pathlib import Path

import numpy as np

# Under asv the package would be installed; here the module lies one folder up.
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from smoothing import exponential, gaussian, make_signal, moving_average, moving_average_by_sums


class MovingAverage:
    """Both forms, at two lengths."""

    params = ([200, 2000], ["slices", "sums"])
    param_names = ["points", "form"]

    def setup(self, points, form):
        self.signal = make_signal(points)
        self.function = {"slices": moving_average, "sums": moving_average_by_sums}[form]

    def time_smooth(self, points, form):
        self.function(self.signal, 11)

    def peakmem_smooth(self, points, form):
        self.function(self.signal, 11)

    def mem_result(self, points, form):
        return self.function(self.signal, 11)

    def track_error(self, points, form):
        """Root mean square distance from the other form."""
        other = moving_average(self.signal, 11)
        return float(np.sqrt(np.mean((self.function(self.signal, 11) - other) ** 2)))

    track_error.unit = "1"


class Filters:
    """The two filters at one length."""

    def setup(self):
        self.signal = make_signal(2000)

    def time_exponential(self):
        exponential(self.signal, alpha=0.2)

    def time_gaussian(self):
        gaussian(self.signal, sigma=12.0)


def track_points_kept():
    """How many points a Gaussian leaves: all of them."""
    return len(gaussian(make_signal(500), sigma=3.0))


track_points_kept.unit = "points"
