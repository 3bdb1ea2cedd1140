"""Benchmarks of the smoothing functions, for pytest-benchmark."""

import numpy as np
import pytest

from smoothing import exponential, gaussian, make_signal, moving_average, moving_average_by_sums


@pytest.mark.benchmark(group="moving average")
@pytest.mark.parametrize("points", [200, 2000])
@pytest.mark.parametrize("function", [moving_average, moving_average_by_sums])
def test_moving_average(benchmark, function, points):
    signal = make_signal(points)
    smooth = benchmark(function, signal, 11)
    assert smooth.shape == signal.shape


@pytest.mark.benchmark(group="filters")
def test_exponential(benchmark):
    signal = make_signal(2000)
    smooth = benchmark(exponential, signal, alpha=0.2)
    assert smooth.std() < signal.std()


@pytest.mark.benchmark(group="filters")
def test_gaussian(benchmark):
    """Each round gets a signal of its own, made outside the measured time."""

    def fresh():
        return (make_signal(20_000),), {"sigma": 12.0}

    smooth = benchmark.pedantic(gaussian, setup=fresh, rounds=20)
    assert len(smooth) == 20_000


def test_both_moving_averages_agree():
    """Without the fixture: the test itself is what is timed."""
    signal = make_signal(1000)
    assert np.allclose(moving_average(signal, 21), moving_average_by_sums(signal, 21))
