"""A map of growth rates: for each phase, temperature, crystal size and supersaturation.

A phase of supersaturation S grows at ``k_0 exp(-E / (R T)) max(0, S / exp(2 gamma v / (r k_B T)) - 1)``:
Arrhenius' rate, times the supersaturation that is left at a surface of radius r
(Gibbs-Thomson). Source: T. Sugimoto, Adv. Colloid Interface Sci. 28 (1987) 65, with growth
limited by the reaction at the surface. The volumes of a formula unit are those of the unit
cells; prefactors, barriers and surface energies are illustrative.

Temperatures are a thermocouple's readings around a few set points: many lie close together,
none twice at the same place. Units: °C, nm, nm/s. This module must not say which variant is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.digital_twin.physics import GAS_CONSTANT, ZERO_CELSIUS
from perfwatch.workloads.digital_twin.table_one import KINETICS
from perfwatch.workloads.seeding import extents_of, generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

BOLTZMANN_CONSTANT = 1.380649e-23  # J/K
SET_POINTS_CELSIUS = (120.0, 140.0, 160.0, 180.0)
READING_ERROR_CELSIUS = 0.5
SMALLEST_NM, LARGEST_NM = 2.0, 20.0  # diameters


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseConstants:
    """What sets a phase's growth: prefactor, barrier, surface energy, volume of a formula unit."""

    prefactor_nm_per_s: float
    barrier_j_per_mol: float
    surface_j_per_m2: float
    volume_m3: float


PHASE_CONSTANTS = {
    "CsPbBr3": PhaseConstants(
        prefactor_nm_per_s=4.0e8, barrier_j_per_mol=65_000.0, surface_j_per_m2=0.050, volume_m3=2.02e-28
    ),
    "Cs4PbBr6": PhaseConstants(
        prefactor_nm_per_s=9.0e8, barrier_j_per_mol=70_000.0, surface_j_per_m2=0.035, volume_m3=4.71e-28
    ),
    "CsPb2Br5": PhaseConstants(
        prefactor_nm_per_s=2.0e8, barrier_j_per_mol=62_000.0, surface_j_per_m2=0.045, volume_m3=2.74e-28
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RateInputs:
    """The axes of the map; each array has one dimension."""

    celsius: FloatArray
    size_nm: FloatArray
    supersaturation: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> RateInputs:
    """Draw temperatures and crystal sizes to map; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(KINETICS, size)
    drawn = generator(seed)
    readings_count = extents["temperatures"]
    set_points = np.resize(np.array(SET_POINTS_CELSIUS), readings_count)
    diameters = SMALLEST_NM + (LARGEST_NM - SMALLEST_NM) * drawn.random(extents["sizes"])
    return RateInputs(
        celsius=set_points + READING_ERROR_CELSIUS * (2 * drawn.random(readings_count) - 1),
        size_nm=diameters,
        supersaturation=np.linspace(1.05, 12.0, extents["supersaturations"]),
    )


def reference(axes: RateInputs) -> FloatArray:
    """Ask for one rate at a time, each with its own two exponentials.

    Returns nm/s, of shape ``(phases, temperatures, sizes, supersaturations)``, as all variants do.
    """
    return _map_rates(axes, growth_rate)


def growth_rate(phase: str, supersaturation: float, celsius: float, size_nm: float) -> float:
    """Return the rate of growth of one crystal in nm/s; zero where it would dissolve."""
    constants = PHASE_CONSTANTS[phase]
    kelvin = celsius + ZERO_CELSIUS
    rate = constants.prefactor_nm_per_s * np.exp(-constants.barrier_j_per_mol / (GAS_CONSTANT * kelvin))
    return float(rate * max(0.0, supersaturation / _surface_factor(constants, size_nm, kelvin) - 1.0))


class RoundingModel:
    """The document's cached model: exponentials kept under rounded keys, for as long as it lives.

    The key has one digit of a degree and two decimals of the radius's mantissa: whoever comes
    first under a key decides for all that follow, and nothing is ever let go.
    """

    def __init__(self) -> None:
        self.temperatures: dict[str, tuple[float, dict[str, float]]] = {}
        self.surface_factors: dict[str, float] = {}

    def growth_rate(self, phase: str, supersaturation: float, celsius: float, size_nm: float) -> float:
        """Return the rate of growth in nm/s, of a crystal that was near this one."""
        key = f"{celsius:.1f}"
        if key not in self.temperatures:
            self.temperatures[key] = _arrhenius_of_all(celsius + ZERO_CELSIUS)
        kelvin, arrhenius = self.temperatures[key]
        constants = PHASE_CONSTANTS[phase]
        factor_key = f"{phase}_{size_nm / 2:.2e}_{kelvin:.1f}"
        if factor_key not in self.surface_factors:
            self.surface_factors[factor_key] = _surface_factor(constants, size_nm, kelvin)
        driving = max(0.0, supersaturation / self.surface_factors[factor_key] - 1.0)
        return float(constants.prefactor_nm_per_s * arrhenius[phase] * driving)


def seed_cache(axes: RateInputs) -> FloatArray:
    """Ask the document's cached model; a new one for each call, so that none inherits another's answers."""
    return _map_rates(axes, RoundingModel().growth_rate)


def lru(axes: RateInputs) -> FloatArray:
    """Keep the latest exponentials under their exact arguments."""

    @lru_cache(maxsize=1024)
    def arrhenius(phase: str, celsius: float) -> float:
        constants = PHASE_CONSTANTS[phase]
        kelvin = celsius + ZERO_CELSIUS
        return float(
            constants.prefactor_nm_per_s * np.exp(-constants.barrier_j_per_mol / (GAS_CONSTANT * kelvin))
        )

    @lru_cache(maxsize=1024)
    def surface_factor(phase: str, size_nm: float, celsius: float) -> float:
        return _surface_factor(PHASE_CONSTANTS[phase], size_nm, celsius + ZERO_CELSIUS)

    def rate(phase: str, supersaturation: float, celsius: float, size_nm: float) -> float:
        left = supersaturation / surface_factor(phase, size_nm, celsius) - 1.0
        return arrhenius(phase, celsius) * max(0.0, left)

    return _map_rates(axes, rate)


def vectorised(axes: RateInputs) -> FloatArray:
    """Compute each exponential once, and all rates of a phase in one expression."""
    kelvin = axes.celsius + ZERO_CELSIUS
    rates = np.empty(_shape(axes))
    for i, constants in enumerate(PHASE_CONSTANTS.values()):
        rate = constants.prefactor_nm_per_s * np.exp(-constants.barrier_j_per_mol / (GAS_CONSTANT * kelvin))
        factors = np.exp(_capillary(constants) / (axes.size_nm / 2 * kelvin[:, np.newaxis]))
        np.divide(axes.supersaturation, factors[:, :, np.newaxis], out=rates[i])
        rates[i] -= 1.0
        np.maximum(rates[i], 0.0, out=rates[i])
        rates[i] *= rate[:, np.newaxis, np.newaxis]
    return rates


def _map_rates(axes: RateInputs, rate: Callable[[str, float, float, float], float]) -> FloatArray:
    rates = np.empty(_shape(axes))
    temperatures, sizes = axes.celsius.tolist(), axes.size_nm.tolist()
    supersaturations = axes.supersaturation.tolist()
    for p, phase in enumerate(PHASE_CONSTANTS):
        for t, celsius in enumerate(temperatures):
            for d, size_nm in enumerate(sizes):
                for s, supersaturation in enumerate(supersaturations):
                    rates[p, t, d, s] = rate(phase, supersaturation, celsius, size_nm)
    return rates


def _shape(axes: RateInputs) -> tuple[int, int, int, int]:
    return len(PHASE_CONSTANTS), len(axes.celsius), len(axes.size_nm), len(axes.supersaturation)


def _surface_factor(constants: PhaseConstants, size_nm: float, kelvin: float) -> float:
    """Return the supersaturation at which a crystal of this diameter neither grows nor dissolves."""
    return float(np.exp(_capillary(constants) / (size_nm / 2 * kelvin)))


def _capillary(constants: PhaseConstants) -> float:
    """Return radius times temperature, in nm K, at which Gibbs-Thomson's exponent is one."""
    return 2 * constants.surface_j_per_m2 * constants.volume_m3 / BOLTZMANN_CONSTANT * 1e9


def _arrhenius_of_all(kelvin: float) -> tuple[float, dict[str, float]]:
    factors = {
        phase: float(np.exp(-constants.barrier_j_per_mol / (GAS_CONSTANT * kelvin)))
        for phase, constants in PHASE_CONSTANTS.items()
    }
    return kelvin, factors
