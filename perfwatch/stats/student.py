"""Student's t distribution for any positive real number of degrees of freedom.

This module must not choose confidence levels or degrees of freedom.

Method: with x = dof / (dof + t^2), the tail beyond t > 0 is I_x(dof/2, 1/2) / 2,
where I is the regularised incomplete beta function (Abramowitz and Stegun 1964,
26.5.27 and 26.7.1). I is a continued fraction (DLMF 8.17.22), evaluated by the
modified Lentz algorithm (Thompson and Barnett 1986); it is used on the side of
the distribution where it converges fast, hence without cancellation in the tail.

Edge cases: t = 0 gives 1/2; infinite t gives 0 or 1; infinite dof is the normal
distribution; dof <= 0, a probability outside (0, 1) and NaN raise ``ValueError``.
Tails agree with scipy.stats.t to better than 1e-9 of their size for dof up to
1e8; beyond that precision fades slowly, and no measurement here has that many.
"""

from __future__ import annotations

import math

_EPSILON = 1e-16
#: The fraction settles within a few dozen steps; this bounds the absurd.
_STEPS = 10_000
_TINY = 1e-300


def cdf(t: float, dof: float) -> float:
    """Return P(T <= t) for Student's t with ``dof`` degrees of freedom."""
    _check(dof)
    if math.isnan(t):
        raise ValueError("t is not a number")
    tail, _ = _areas(abs(t), dof)
    return tail if t < 0 else 1.0 - tail


def tail(t: float, dof: float) -> float:
    """Return P(T >= t), to full relative precision for large t, where 1 - cdf(t) has none."""
    return cdf(-t, dof)


def quantile(p: float, dof: float) -> float:
    """Return the t for which P(T <= t) = p; minus or plus infinity beyond the range of floats.

    Newton's iteration inside a bracket that doubles outwards and is halved
    where a step would leave it.
    """
    _check(dof)
    if not 0.0 < p < 1.0:
        raise ValueError("a quantile needs a probability strictly between 0 and 1")
    outside = min(p, 1.0 - p)
    if outside == 0.5:
        return 0.0
    magnitude = _solve(outside, dof)
    return -magnitude if p < 0.5 else magnitude


def _check(dof: float) -> None:
    if not dof > 0:
        raise ValueError("Student's t needs more than 0 degrees of freedom")


def _solve(outside: float, dof: float) -> float:
    """Find t > 0 with ``outside`` as the area beyond it."""
    low, high = 0.0, 1.0
    while _areas(high, dof)[0] > outside:
        low, high = high, high * 2
        if math.isinf(high):
            return high
    t = (low + high) / 2
    for _ in range(200):
        beyond, between = _areas(t, dof)
        # Near the middle the tail loses digits and the area from 0 keeps them.
        excess = beyond - outside if outside < 0.25 else (0.5 - outside) - between
        if excess > 0:
            low = t
        else:
            high = t
        density = _density(t, dof)
        step = t + excess / density if density > 0 else math.nan
        following = step if low < step < high else (low + high) / 2
        if abs(following - t) <= 4e-16 * t:
            return following
        t = following
    return t


def _density(t: float, dof: float) -> float:
    if math.isinf(dof):
        return math.exp(-t * t / 2) / math.sqrt(2 * math.pi)
    exponent = (dof + 1) / 2 * _log_one_plus_square(t, dof)
    return math.exp(-exponent - _log_beta_half(dof / 2) - math.log(dof) / 2)


def _areas(t: float, dof: float) -> tuple[float, float]:
    """Return the area beyond t >= 0 and the area between 0 and t."""
    if t == 0:
        return 0.5, 0.0
    if math.isinf(t):
        return 0.0, 0.5
    if math.isinf(dof):
        return math.erfc(t / math.sqrt(2)) / 2, math.erf(t / math.sqrt(2)) / 2
    half = dof / 2
    log_x = -_log_one_plus_square(t, dof)
    log_y = 2 * math.log(t) - math.log(dof) + log_x
    x, y = math.exp(log_x), math.exp(log_y)
    front = math.exp(half * log_x + log_y / 2 - _log_beta_half(half))
    if x < (half + 1) / (half + 2.5):
        beyond = front * _fraction(half, 0.5, x) / half / 2
        return beyond, 0.5 - beyond
    between = front * _fraction(0.5, half, y)
    return 0.5 - between, between


def _log_one_plus_square(t: float, dof: float) -> float:
    """Return log(1 + t^2 / dof), where t^2 itself may pass the range of floats."""
    if t > 1e150:
        return 2 * math.log(t) - math.log(dof)
    return math.log1p(t * t / dof)


def _log_beta_half(a: float) -> float:
    """Return the logarithm of B(a, 1/2).

    The difference of two log gammas cancels for large a; its asymptotic series
    (DLMF 5.11.13, taken to logarithms) does not.
    """
    if a < 40:
        return math.lgamma(a) + math.lgamma(0.5) - math.lgamma(a + 0.5)
    series = -1 / (8 * a) + 1 / (192 * a**3) - 1 / (640 * a**5) + 17 / (14336 * a**7)
    return math.lgamma(0.5) - math.log(a) / 2 - series


def _fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function at x."""
    c = 1.0
    d = 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _away_from_zero(1 + term * d)
            c = _away_from_zero(1 + term / c)
            change = c * d
            value *= change
        if abs(change - 1) <= _EPSILON:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
