"""Synthesis parameters of many samples: concentrations, lognormal, within what can be done.

Concentrations spread by factors, so that their logarithms are normal (E. Limpert et al.,
BioScience 51 (2001) 341); what a pump or a solubility does not allow is set to the nearest
that it does. The values are single precision: a model that learns from them needs no more.

Variants draw other numbers from one distribution. This module must not test that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.digital_twin.table_one import PARAMETERS
from perfwatch.workloads.seeding import extents_of, generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    SingleArray = NDArray[np.float32]

#: The standard deviation of a concentration's natural logarithm.
SPREAD = 0.5


class Range(NamedTuple):
    """What a concentration may be, in mol/m3."""

    lowest: float
    highest: float

    @property
    def log_mean(self) -> float:
        """The logarithm of the middle of the range: the mean of the drawn logarithms."""
        return math.log((self.lowest + self.highest) / 2)


RANGES = {
    "cs_oleate": Range(2.0, 25.0),
    "lead_bromide": Range(5.0, 60.0),
    "oleic_acid": Range(20.0, 300.0),
    "oleylamine": Range(20.0, 300.0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterInputs:
    """How many samples to draw, from which ranges; ``seed`` starts the chances."""

    ranges: dict[str, Range]
    samples_count: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Concentrations in mol/m3, one array of shape ``(samples,)`` for each of ``RANGES``."""

    cs_oleate: SingleArray
    lead_bromide: SingleArray
    oleic_acid: SingleArray
    oleylamine: SingleArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> ParameterInputs:
    """Return what is to be drawn; equal seeds give equal chances.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    samples_count = extents_of(PARAMETERS, size)["samples"]
    return ParameterInputs(
        ranges=dict(RANGES), samples_count=samples_count, seed=int(generator(seed).integers(2**32))
    )


def reference(wanted: ParameterInputs) -> Parameters:
    """Draw, clip and convert: three arrays for each parameter, two of them thrown away."""
    drawn = generator(wanted.seed)
    columns = {}
    for name, allowed in wanted.ranges.items():
        values = drawn.lognormal(allowed.log_mean, SPREAD, size=wanted.samples_count)
        columns[name] = np.clip(values, allowed.lowest, allowed.highest).astype(np.float32)
    return Parameters(**columns)


def seed_out(wanted: ParameterInputs) -> Parameters:
    """Draw into an array that was allocated before, as the document advises: there is no such argument.

    Raises ``TypeError``, always: neither NumPy's old generator nor its new one takes ``out`` here.
    """
    drawn = generator(wanted.seed)
    columns = {name: np.empty(wanted.samples_count, dtype=np.float32) for name in wanted.ranges}
    for name, allowed in wanted.ranges.items():
        column = columns[name]
        drawn.lognormal(allowed.log_mean, SPREAD, size=wanted.samples_count, out=column)  # type: ignore[call-overload]
        np.clip(column, allowed.lowest, allowed.highest, out=column)
    return Parameters(**columns)


def in_place(wanted: ParameterInputs) -> Parameters:
    """Draw, scale, exponentiate and clip in the one array that is kept."""
    drawn = generator(wanted.seed)
    columns = {}
    for name, allowed in wanted.ranges.items():
        column = np.empty(wanted.samples_count, dtype=np.float32)
        drawn.standard_normal(out=column, dtype=np.float32)
        column *= SPREAD
        column += allowed.log_mean
        np.exp(column, out=column)
        np.clip(column, allowed.lowest, allowed.highest, out=column)
        columns[name] = column
    return Parameters(**columns)
