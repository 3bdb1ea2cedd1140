"""The growth of nanocrystals as machine code: the reference's own loops, compiled on their first call.

The formulas and their sources stand in ``physics``. This module must not use fast
mathematics, which may change the order of operations and with it the answer.

The compiled code is kept for the life of the process, so that the first call alone pays
for it; nothing is written to disk.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar, cast

import numba
import numpy as np

from perfwatch.workloads.digital_twin import physics

if TYPE_CHECKING:
    from collections.abc import Callable

    FloatArray = physics.FloatArray

Function = TypeVar("Function", bound="Callable[..., object]")

# Numba takes what a function refers to as a constant, at the time when it compiles.
NUCLEUS_CUBED = physics.NUCLEUS_RADIUS_NM**3


def native(function: Function) -> Function:
    """Compile a function when it is first called, with division as NumPy has it."""
    return cast("Function", numba.njit(error_model="numpy")(function))


def compiled(recipes: physics.GrowthInputs) -> physics.GrowthOutputs:
    """Simulate each sample and each time step in turn, in machine code."""
    shape = (len(recipes.set_kelvin), recipes.steps_count)
    outputs = physics.GrowthOutputs(
        radius_nm=np.empty(shape),
        conversion=np.empty(shape),
        gap_ev=np.empty(shape),
        emission_nm=np.empty(shape),
        quantum_yield=np.empty(shape),
    )
    bare = physics.bare_surface(recipes.ligand_mol_per_m3)
    for i in range(shape[0]):
        # Plain numbers and rows: a signature of two dozen arrays would take seconds to compile.
        flask = (recipes.set_kelvin[i], recipes.drop_kelvin[i], recipes.recovery_s[i])
        solution = (recipes.precursor_mol_per_m3[i], recipes.nuclei_per_nm3[i])
        step_s = recipes.duration_s[i] / recipes.steps_count
        radius_nm, gap_ev = outputs.radius_nm[i], outputs.gap_ev[i]
        _grow(flask, solution, step_s, (radius_nm, outputs.conversion[i]))
        _shine(
            flask, (bare[i], step_s), radius_nm, (gap_ev, outputs.emission_nm[i], outputs.quantum_yield[i])
        )
    return outputs


@native
def _grow(
    flask: tuple[float, float, float],
    solution: tuple[float, float],
    step_s: float,
    results: tuple[FloatArray, FloatArray],
) -> None:
    """Fill the radii and conversions of one sample, step by step."""
    precursor, nuclei = solution
    radius_nm, conversion = results
    radius = physics.NUCLEUS_RADIUS_NM
    for j in range(len(radius_nm)):
        kelvin = _flask_temperature(flask, j * step_s)
        radius = radius + step_s * _growth_rate(radius, precursor - _consumed(radius, nuclei), kelvin)
        radius_nm[j] = radius
        conversion[j] = _consumed(radius, nuclei) / precursor


@native
def _shine(
    flask: tuple[float, float, float],
    surface: tuple[float, float],
    radius_nm: FloatArray,
    results: tuple[FloatArray, FloatArray, FloatArray],
) -> None:
    """Fill the gaps, wavelengths and yields of one sample from its radii."""
    bare, step_s = surface
    gap_ev, emission_nm, quantum_yield = results
    for j in range(len(radius_nm)):
        radius = radius_nm[j]
        gap_ev[j] = _gap(radius)
        emission_nm[j] = physics.PLANCK_LIGHT_EV_NM / gap_ev[j]
        quenching = _boltzmann(physics.QUENCHING_BARRIER, _flask_temperature(flask, j * step_s))
        escape = 3 * physics.SURFACE_VELOCITY * bare / (radius * physics.RADIATIVE_RATE)
        quantum_yield[j] = 1 / (1 + escape + physics.QUENCHING_PREFACTOR * quenching)


@native
def _flask_temperature(flask: tuple[float, float, float], time_s: float) -> float:
    set_kelvin, drop_kelvin, recovery_s = flask
    return set_kelvin - drop_kelvin * math.exp(-time_s / recovery_s)


@native
def _boltzmann(barrier: float, kelvin: float) -> float:
    return math.exp(-barrier / (physics.GAS_CONSTANT * kelvin))


@native
def _consumed(radius_nm: float, nuclei_per_nm3: float) -> float:
    grown_nm3 = radius_nm * radius_nm * radius_nm - NUCLEUS_CUBED
    return 4 / 3 * math.pi * grown_nm3 * nuclei_per_nm3 / physics.MOLAR_VOLUME


@native
def _growth_rate(radius_nm: float, monomer_mol_per_m3: float, kelvin: float) -> float:
    diffusion = physics.DIFFUSION_PREFACTOR * _boltzmann(physics.DIFFUSION_BARRIER, kelvin)
    reaction = physics.REACTION_PREFACTOR * _boltzmann(physics.REACTION_BARRIER, kelvin)
    balanced = physics.SOLUBILITY * math.exp(physics.CAPILLARY_NM_K / (radius_nm * kelvin))
    return (
        diffusion
        * physics.MOLAR_VOLUME
        * (monomer_mol_per_m3 - balanced)
        / (radius_nm + diffusion / reaction)
    )


@native
def _gap(radius_nm: float) -> float:
    if radius_nm < physics.STRONG_LIMIT_NM:
        relative = physics.EXCITON_RADIUS_NM / radius_nm
        kinetic = math.pi**2 * relative * relative
        attraction = physics.COULOMB_FACTOR * relative + physics.CORRELATION_FACTOR
        return physics.BULK_GAP_EV + physics.EXCITON_RYDBERG_EV * (kinetic - attraction)
    relative = physics.EXCITON_RADIUS_NM / (radius_nm - physics.DEAD_LAYER_NM)
    weak = physics.KINETIC_RATIO * math.pi**2 * relative * relative
    return physics.BULK_GAP_EV + physics.EXCITON_RYDBERG_EV * (weak - 1)
