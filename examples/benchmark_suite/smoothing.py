"""Four ways to smooth a noisy signal."""

import numpy as np


def make_signal(points, seed=0):
    """A damped oscillation with noise."""
    rng = np.random.default_rng(seed)
    time = np.linspace(0.0, 10.0, points)
    return np.exp(-time / 5) * np.sin(6 * time) + rng.normal(scale=0.1, size=points)


def moving_average(signal, width):
    """Mean over a window of odd width; the ends repeat the outermost value."""
    padded = np.pad(signal, width // 2, mode="edge")
    return np.array([padded[i : i + width].mean() for i in range(len(signal))])


def moving_average_by_sums(signal, width):
    """The same from one cumulative sum."""
    sums = np.cumsum(np.concatenate([[0.0], np.pad(signal, width // 2, mode="edge")]))
    return (sums[width:] - sums[:-width]) / width


def exponential(signal, alpha):
    """Exponential smoothing, point after point."""
    smooth = [signal[0]]
    for value in signal[1:]:
        smooth.append(alpha * value + (1 - alpha) * smooth[-1])
    return np.array(smooth)


def gaussian(signal, sigma):
    """Convolution with a Gaussian of deviation sigma, cut at four deviations."""
    reach = int(4 * sigma)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    return np.convolve(np.pad(signal, reach, mode="edge"), weights / weights.sum(), mode="valid")
