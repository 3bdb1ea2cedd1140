"""How often chance alone brings a statistic of fit this far.

Two tails, each a number between 0 and 1: that of chi-square, and that of the distance
between two empirical distributions. No files, no clock, no arrays.
"""

from __future__ import annotations

import math

#: A sum or fraction has converged when a term no longer changes it.
_PRECISION = 1e-15
_MOST_TERMS = 10_000
#: Stands for a denominator of zero in the continued fraction.
_TINY = 1e-300


def chi_square_tail(statistic: float, dof: int) -> float:
    """Return the probability that chi-square of ``dof`` degrees of freedom is ``statistic`` or more.

    That is the regularised upper incomplete gamma function Q(dof / 2, statistic / 2): its
    complement's series below the mean, its own continued fraction above.
    Source: M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions (1964),
    26.4.19, 6.5.29 and 6.5.31; the fraction evaluated as by W. J. Lentz, Appl. Opt. 15 (1976) 668.

    Raises ``ValueError`` for no degree of freedom, or for a statistic that is negative or no number.
    """
    if dof < 1 or not statistic >= 0:
        raise ValueError(f"chi-square of {dof} degrees of freedom cannot be {statistic}")
    shape, x = dof / 2, statistic / 2
    if x == 0:
        return 1.0
    if math.isinf(x):
        return 0.0
    scale = math.exp(shape * math.log(x) - x - math.lgamma(shape))
    if x < shape + 1:
        return 1 - scale * _lower_series(shape, x)
    return scale * _upper_fraction(shape, x)


def _lower_series(shape: float, x: float) -> float:
    term = total = 1 / shape
    for index in range(1, _MOST_TERMS):
        term *= x / (shape + index)
        total += term
        if term < total * _PRECISION:
            break
    return total


def _upper_fraction(shape: float, x: float) -> float:
    below = x + 1 - shape
    numerator, denominator = 1 / _TINY, 1 / below
    total = denominator
    for index in range(1, _MOST_TERMS):
        factor = -index * (index - shape)
        below += 2
        denominator = 1 / (factor * denominator + below or _TINY)
        numerator = below + factor / numerator or _TINY
        change = numerator * denominator
        total *= change
        if abs(change - 1) < _PRECISION:
            break
    return total


def kolmogorov_tail(distance: float, first_count: int, second_count: int) -> float:
    """Return the probability that two samples of one distribution are ``distance`` or more apart.

    ``distance`` is the greatest difference between their empirical distribution functions. The
    answer is asymptotic, with the correction for finite samples: right to 5% of itself from some
    200 values each on, and up to half too great for 50 where it is very small. Where values can
    be equal it is too great, so that two samples of one distribution are told apart less often
    than it says.
    Source: N. Smirnov, Ann. Math. Stat. 19 (1948) 279; M. A. Stephens, J. R. Stat. Soc. B 32
    (1970) 115.

    Raises ``ValueError`` for an empty sample, or for a distance that is not between 0 and 1.
    """
    if min(first_count, second_count) < 1 or not 0 <= distance <= 1:
        raise ValueError(f"samples of {first_count} and {second_count} values cannot be {distance} apart")
    root = math.sqrt(first_count * second_count / (first_count + second_count))
    reach = (root + 0.12 + 0.11 / root) * distance
    if reach < 0.2:
        return 1.0  # to 13 digits; the series would need ever more terms
    terms = [math.exp(-2 * (index * reach) ** 2) for index in range(1, 30)]
    return min(1.0, 2 * (sum(terms[0::2]) - sum(terms[1::2])))
