"""How far two levels lie apart, and how sure that is.

This module must not pronounce verdicts: it gives intervals and p values.
Values are meant to be logarithms of times, so that a difference is the
logarithm of a ratio; any unit works.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.stats.interval import variance
from perfwatch.stats.location import mean
from perfwatch.stats.sessions import between_session_variance
from perfwatch.stats.student import quantile, tail

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Head minus base, its standard error, and the degrees of freedom of that error."""

    value: float
    standard_error: float
    dof: float


def welch(base: Sequence[float], head: Sequence[float]) -> Difference | None:
    """Return mean(head) - mean(base) for two samples of unequal spread and count.

    Method: Welch 1947 with Satterthwaite's degrees of freedom,
    V = v(base)/n(base) + v(head)/n(head), dof = V^2 / sum((v/n)^2 / (n - 1)).

    Edge cases: fewer than two values on a side give ``None``, for one value says
    nothing of its spread. One constant side leaves the other's spread; two
    constant sides have a standard error of 0: their difference is exact.
    """
    base_variance, head_variance = variance(base), variance(head)
    if base_variance is None or head_variance is None:
        return None
    parts = (
        (base_variance / len(base), len(base) - 1),
        (head_variance / len(head), len(head) - 1),
    )
    return Difference(
        value=mean(head) - mean(base),
        standard_error=math.sqrt(math.fsum(part for part, _ in parts)),
        dof=_satterthwaite(parts),
    )


def against_sessions(sessions: Sequence[Sequence[float]], head: Sequence[float]) -> Difference | None:
    """Return mean(head) minus the level of several sessions of one code, head being a session of its own.

    Derivation. Head's mean carries one fresh session effect and the mean of its
    n processes; the base level, a mean over K sessions, carries K of them:

        Var = [between + v(head)/n] + of_means/K

    in the words of ``sessions``; ``of_means`` already holds what processes add.
    The bracket is never taken below ``of_means``. If head has as many processes
    and the same spread as a session, that makes Var = of_means * (1 + 1/K) and
    the statistic exactly Student's t with K - 1 degrees of freedom: the
    prediction of one more session from K (Hahn and Meeker 1991, section 4.7).
    A head with wilder processes widens it through v(head)/n. The degrees of
    freedom are Satterthwaite's, and K - 1 at most.

    Without that floor and that ceiling, the plain method of moments has up to 10%
    false alarms at a nominal 5% (5 sessions of 5 processes, spreads of 0 to 3
    times the spread between processes); with them about 5% at most, and 6%
    where head has two processes twice as wild as base's.

    Edge cases: fewer than two sessions, or fewer than two values in head, give
    ``None``; empty sessions do not count; constants everywhere give an exact
    difference with a standard error of 0.
    """
    spread, head_variance = between_session_variance(sessions), variance(head)
    if spread is None or head_variance is None:
        return None
    count = spread.dof + 1
    fresh = max(spread.of_means, spread.between + head_variance / len(head))
    shared = spread.of_means / count + spread.between
    whole = spread.of_means / count + fresh
    dof = _satterthwaite(((shared, spread.dof), (max(0.0, whole - shared), len(head) - 1)))
    return Difference(
        value=mean(head) - spread.level, standard_error=math.sqrt(whole), dof=min(dof, spread.dof)
    )


def interval(difference: Difference, confidence: float = 0.95) -> tuple[float, float]:
    """Return the two-sided Student interval of the difference, in its unit."""
    if not 0 < confidence < 1:
        raise ValueError("a confidence level lies strictly between 0 and 1")
    reach = quantile((1 + confidence) / 2, difference.dof) * difference.standard_error
    return difference.value - reach, difference.value + reach


def p_beyond(difference: Difference, margin: float) -> float:
    """Return the two-sided p value against "the true difference lies within ``margin`` of 0".

    It is 2 * P(T >= (|difference| - margin) / standard error), 1 at most: below
    alpha exactly where the interval at 1 - alpha lies wholly beyond the margin.
    With a standard error of 0 it is 0 beyond the margin and 1 elsewhere.
    """
    excess = abs(difference.value) - margin
    if difference.standard_error == 0:
        return 0.0 if excess > 0 else 1.0
    return min(1.0, 2 * tail(excess / difference.standard_error, difference.dof))


def p_equivalent(difference: Difference, margin: float) -> float:
    """Return the p value against "the true difference lies ``margin`` or more away from 0".

    Method: two one-sided tests, the larger p of the two (Schuirmann 1987): below
    alpha exactly where the interval at 1 - 2 * alpha lies wholly inside the
    margin. With a standard error of 0 it is 0 inside the margin and 1 elsewhere.
    """
    room = margin - abs(difference.value)
    if difference.standard_error == 0:
        return 0.0 if room > 0 else 1.0
    return tail(room / difference.standard_error, difference.dof)


def _satterthwaite(parts: tuple[tuple[float, int], ...]) -> float:
    """Degrees of freedom of a sum of variances, each with its own (Satterthwaite 1946).

    Shares of the whole are squared, not the variances: those may be too small for floats.
    """
    whole = math.fsum(part for part, _ in parts)
    if whole == 0:
        return float(min(dof for _, dof in parts))
    return 1 / math.fsum((part / whole) ** 2 / dof for part, dof in parts)
