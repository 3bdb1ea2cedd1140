"""The expensive black box: a batch reactor whose temperature programme is to be found.

Two reactions in series, A -> B (second order) and B -> C (first order), in which B is wanted:
dA/dt = -k1 A^2, dB/dt = k1 A^2 - k2 B, k1 = 4000 exp(-2500/T), k2 = 620000 exp(-5000/T), for
one unit of time, between 298 and 398 K. The problem is the field's own: W. H. Ray, Advanced
Process Control (1981); S. A. Dadebo and K. B. McAuley, Comput. Chem. Eng. 19 (1995) 513, whose
best programme yields 0.610775 of B.

A *design* is a programme: one number between 0 and 1 for each stretch of time, from the
coldest to the hottest. Its *shortfall* is the part of A that does not end up as B: what the
optimisation makes small. This module must not measure itself.
"""

from __future__ import annotations

from math import ceil, exp
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

COLDEST_KELVIN, HOTTEST_KELVIN = 298.0, 398.0
FIRST_FACTOR, FIRST_KELVIN = 4_000.0, 2_500.0
SECOND_FACTOR, SECOND_KELVIN = 620_000.0, 5_000.0


def shortfall(design: FloatArray, steps_count: int) -> float:
    """Follow one programme of shape ``(stretches,)`` with scalar mathematics.

    Runge and Kutta's method of order 4, in ``steps_count`` steps or as many more as
    give each stretch the same number.
    """
    stretches = design.tolist()
    per_stretch = ceil(steps_count / len(stretches))
    step = 1.0 / (len(stretches) * per_stretch)
    left, wanted = 1.0, 0.0
    for share in stretches:
        kelvin = COLDEST_KELVIN + share * (HOTTEST_KELVIN - COLDEST_KELVIN)
        first = FIRST_FACTOR * exp(-FIRST_KELVIN / kelvin)
        second = SECOND_FACTOR * exp(-SECOND_KELVIN / kelvin)
        for _ in range(per_stretch):
            used = first * left * left
            made = used - second * wanted
            mid = left - 0.5 * step * used
            used_2 = first * mid * mid
            made_2 = used_2 - second * (wanted + 0.5 * step * made)
            mid = left - 0.5 * step * used_2
            used_3 = first * mid * mid
            made_3 = used_3 - second * (wanted + 0.5 * step * made_2)
            mid = left - step * used_3
            used_4 = first * mid * mid
            made_4 = used_4 - second * (wanted + step * made_3)
            left -= step / 6.0 * (used + 2.0 * used_2 + 2.0 * used_3 + used_4)
            wanted += step / 6.0 * (made + 2.0 * made_2 + 2.0 * made_3 + made_4)
    return 1.0 - wanted


def shortfalls(designs: FloatArray, steps_count: int) -> FloatArray:
    """Follow programmes of shape ``(designs, stretches)`` together: for inputs, where nothing is to be slow.

    The same method as ``shortfall``; NumPy's exponential may differ in the last bit.
    """
    designs_count, stretches_count = designs.shape
    per_stretch = ceil(steps_count / stretches_count)
    step = 1.0 / (stretches_count * per_stretch)
    kelvin = COLDEST_KELVIN + designs * (HOTTEST_KELVIN - COLDEST_KELVIN)
    first_rates = FIRST_FACTOR * np.exp(-FIRST_KELVIN / kelvin)
    second_rates = SECOND_FACTOR * np.exp(-SECOND_KELVIN / kelvin)
    state = np.stack([np.ones(designs_count), np.zeros(designs_count)])
    for first, second in zip(first_rates.T, second_rates.T, strict=True):
        for _ in range(per_stretch):
            slope = _change(state, first, second)
            slope_2 = _change(state + 0.5 * step * slope, first, second)
            slope_3 = _change(state + 0.5 * step * slope_2, first, second)
            slope_4 = _change(state + step * slope_3, first, second)
            state = state + step / 6.0 * (slope + 2.0 * slope_2 + 2.0 * slope_3 + slope_4)
    return np.asarray(1.0 - state[1])


def _change(state: FloatArray, first: FloatArray, second: FloatArray) -> FloatArray:
    used = first * state[0] * state[0]
    return np.stack([-used, used - second * state[1]])
