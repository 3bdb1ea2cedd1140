"""The data that models are fitted to: places, noisy readings, and a guess to begin with.

This module must not fit anything, and needs NumPy alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.nlsq.models import FAMILIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfwatch.workloads.drawing import Draw

    FloatArray = NDArray[np.float64]

#: The noise of a reading, in units of the model.
NOISE = 0.05
#: How far a guess may lie off each parameter, as a share of it.
GUESS_SHARE = 0.15
#: The guess for a centre lies off by this share of its line's width instead.
CENTRES = {"gaussian": slice(1, None, 3), "peaks": slice(1, None, 3)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Readings ``y`` of a family's model at places ``x``, both of shape ``(points,)``.

    ``start`` is where a fit begins, ``truth`` what the readings were made from.
    """

    family: str
    x: FloatArray
    y: FloatArray
    start: FloatArray
    truth: FloatArray


def draw_dataset(draw: Draw, family_name: str, points_count: int) -> Dataset:
    """Draw a model of the family, readings of it with noise, and a guess near it."""
    family = FAMILIES[family_name]
    lowest, highest = np.array(family.lowest), np.array(family.highest)
    truth = lowest + (highest - lowest) * draw.between(0.0, 1.0, len(lowest))
    return read_dataset(draw, family_name, truth, points_count)


def read_dataset(draw: Draw, family_name: str, truth: FloatArray, points_count: int) -> Dataset:
    """Draw readings of the model with the parameters ``truth``, and a guess near them."""
    family = FAMILIES[family_name]
    x = np.linspace(*family.x_range, points_count)
    y = family.value(x, truth) + NOISE * draw.bell(points_count)
    return Dataset(family=family_name, x=x, y=y, start=truth + _misses(draw, family_name, truth), truth=truth)


def _misses(draw: Draw, family_name: str, truth: FloatArray) -> FloatArray:
    scale = np.abs(truth)
    centres = CENTRES.get(family_name)
    if centres is not None:
        # A share of a centre far out would be several widths.
        scale[centres] = truth[2::3]
    return np.asarray(GUESS_SHARE * scale * draw.between(-1.0, 1.0, len(truth)))
