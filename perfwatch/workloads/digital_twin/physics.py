"""How CsPbBr3 nanocrystals grow in the flask, and what light they then give.

One sample is one synthesis: precursors are injected into hot solvent, nuclei form at
once, and the crystals grow until the precursors are used up or the time is over.

* The injection cools the flask, which then recovers towards its set temperature.
* Growth is limited by diffusion and by the reaction at the surface. A crystal of
  radius r in a solution of concentration c grows at
  ``dr/dt = D Vm (c - c_r) / (r + D / k)``, where the solution in balance with it has
  ``c_r = c_inf exp(2 gamma Vm / (r R T))`` (Gibbs-Thomson). D and k follow Arrhenius.
  Source: T. Sugimoto, Adv. Colloid Interface Sci. 28 (1987) 65.
* Confinement widens the gap. Strong confinement (r below two exciton Bohr radii):
  the kinetic energy of the pair and its Coulomb attraction, L. E. Brus, J. Chem. Phys.
  80 (1984) 4403, with the correlation term of Y. Kayanuma, Phys. Rev. B 38 (1988) 9797.
  Weak confinement: the exciton moves as a whole, Kayanuma, same paper; the range between
  the two regimes is given to this form, with its dead layer chosen so that they meet.
* The quantum yield sets emission against recombination at the surface not covered by
  ligands (Langmuir) and against thermal quenching at the flask's temperature.

Material: L. Protesescu et al., Nano Lett. 15 (2015) 3692 (effective masses, dielectric
constant, Bohr diameter of 7 nm). The prefactors of D and k, the surface energy and the
recombination rates are illustrative: orders of magnitude that give crystals of 5 to 16 nm
within a minute. Below a radius of about 2 nm effective-mass theory overstates the gap.

Units: nm, s, K, mol/m3, J/mol for barriers, eV for the gap. This module must not
measure itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.digital_twin import PHYSICS
from perfwatch.workloads.seeding import extents_of, generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: A number, or an array of numbers: arithmetic that reads the same for both.
Real = TypeVar("Real", float, "NDArray[np.float64]")

# Physical constants (CODATA 2018).
GAS_CONSTANT = 8.314462618  # J/(mol K)
PLANCK_LIGHT_EV_NM = 1239.841984  # h c
HARTREE_EV = 27.211386246
BOHR_RADIUS_NM = 0.0529177211  # of hydrogen
ZERO_CELSIUS = 273.15

# The material.
BULK_GAP_EV = 2.30
ELECTRON_MASS = 0.15  # of the free electron's
HOLE_MASS = 0.14
DIELECTRIC_CONSTANT = 4.96
FORMULA_EDGE_NM = 0.587  # pseudo-cubic cell: one formula unit each
MOLAR_VOLUME = (FORMULA_EDGE_NM * 1e-9) ** 3 * 6.02214076e23  # m3/mol

# The exciton, from the three constants above.
TOTAL_MASS = ELECTRON_MASS + HOLE_MASS
REDUCED_MASS = ELECTRON_MASS * HOLE_MASS / TOTAL_MASS
EXCITON_RADIUS_NM = BOHR_RADIUS_NM * DIELECTRIC_CONSTANT / REDUCED_MASS  # 3.6 nm
EXCITON_RYDBERG_EV = HARTREE_EV / 2 * REDUCED_MASS / DIELECTRIC_CONSTANT**2
STRONG_LIMIT_NM = 2 * EXCITON_RADIUS_NM
COULOMB_FACTOR = 2 * 1.786
CORRELATION_FACTOR = 0.248
KINETIC_RATIO = REDUCED_MASS / TOTAL_MASS  # of the whole exciton's motion to the pair's
# The exciton's centre keeps away from the surface; the distance makes both regimes meet.
DEAD_LAYER_NM = STRONG_LIMIT_NM - EXCITON_RADIUS_NM * math.pi * math.sqrt(
    KINETIC_RATIO / (1 + math.pi**2 / 4 - COULOMB_FACTOR / 2 - CORRELATION_FACTOR)
)

# Growth.
DIFFUSION_PREFACTOR = 1.28e9  # nm2/s
DIFFUSION_BARRIER = 50_000.0  # J/mol
REACTION_PREFACTOR = 3.5e10  # nm/s
REACTION_BARRIER = 65_000.0  # J/mol
SOLUBILITY = 0.05  # mol/m3, of the bulk crystal; taken as constant
SURFACE_ENERGY = 0.05  # J/m2, covered by ligands
CAPILLARY_NM_K = 2 * SURFACE_ENERGY * MOLAR_VOLUME / GAS_CONSTANT * 1e9  # over T: a length
NUCLEUS_RADIUS_NM = 1.5

# Light.
RADIATIVE_RATE = 2.0e8  # 1/s: a lifetime of 5 ns
SURFACE_VELOCITY = 5.0e9  # nm/s, of a bare surface
LIGAND_AFFINITY = 0.5  # m3/mol
QUENCHING_PREFACTOR = 400.0
QUENCHING_BARRIER = 20_000.0  # J/mol


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthInputs:
    """Recipes, one per sample; each array has shape ``(samples,)``.

    ``set_kelvin`` is the flask's set temperature, ``drop_kelvin`` how far the injection
    cools it, ``recovery_s`` how long it takes to recover; ``duration_s`` is divided into
    ``steps_count`` equal steps.
    """

    set_kelvin: FloatArray
    drop_kelvin: FloatArray
    recovery_s: FloatArray
    duration_s: FloatArray
    precursor_mol_per_m3: FloatArray
    ligand_mol_per_m3: FloatArray
    nuclei_per_nm3: FloatArray
    steps_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrowthOutputs:
    """What a probe in the flask would see after each step; arrays of shape ``(samples, steps)``.

    ``conversion`` and ``quantum_yield`` are shares between 0 and 1.
    """

    radius_nm: FloatArray
    conversion: FloatArray
    gap_ev: FloatArray
    emission_nm: FloatArray
    quantum_yield: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> GrowthInputs:
    """Draw recipes for ``size`` (``small``, ``medium``, ``large``); equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(PHYSICS, size)
    return draw_recipes(extents["samples"], extents["steps"], seed)


def draw_recipes(samples_count: int, steps_count: int, seed: int) -> GrowthInputs:
    """Draw ``samples_count`` recipes of ``steps_count`` steps; see ``inputs`` for the seed."""
    drawn = generator(seed)

    def between(low: float, high: float) -> FloatArray:
        # Scaled by hand: the raw doubles of PCG64 are the same on every machine.
        return low + (high - low) * drawn.random(samples_count)

    return GrowthInputs(
        set_kelvin=ZERO_CELSIUS + between(100.0, 200.0),
        drop_kelvin=between(5.0, 25.0),
        recovery_s=between(3.0, 10.0),
        duration_s=between(10.0, 60.0),
        precursor_mol_per_m3=between(5.0, 20.0),
        ligand_mol_per_m3=between(10.0, 200.0),
        nuclei_per_nm3=between(1.0e-6, 4.0e-6),
        steps_count=steps_count,
    )


def reference(recipes: GrowthInputs) -> GrowthOutputs:
    """Simulate each sample and each time step in turn, with scalar mathematics."""
    samples_count = len(recipes.set_kelvin)
    shape = (samples_count, recipes.steps_count)
    radius_nm, conversion, gap_ev = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    emission_nm, quantum_yield = np.zeros(shape), np.zeros(shape)
    for i in range(samples_count):
        step_s = recipes.duration_s[i] / recipes.steps_count
        precursor = recipes.precursor_mol_per_m3[i]
        nuclei = recipes.nuclei_per_nm3[i]
        bare = bare_surface(recipes.ligand_mol_per_m3[i])
        radius = NUCLEUS_RADIUS_NM
        for j in range(recipes.steps_count):
            kelvin = flask_temperature(
                recipes.set_kelvin[i], recipes.drop_kelvin[i], recipes.recovery_s[i], j * step_s
            )
            consumed = consumed_precursor(radius, nuclei)
            radius = radius + step_s * growth_rate(radius, precursor - consumed, kelvin)
            gap = confinement_gap(radius)
            radius_nm[i, j] = radius
            conversion[i, j] = consumed_precursor(radius, nuclei) / precursor
            gap_ev[i, j] = gap
            emission_nm[i, j] = PLANCK_LIGHT_EV_NM / gap
            quantum_yield[i, j] = emission_share(radius, bare, boltzmann(QUENCHING_BARRIER, kelvin))
    return GrowthOutputs(
        radius_nm=radius_nm,
        conversion=conversion,
        gap_ev=gap_ev,
        emission_nm=emission_nm,
        quantum_yield=quantum_yield,
    )


def flask_temperature(set_kelvin: float, drop_kelvin: float, recovery_s: float, time_s: float) -> float:
    """Return the temperature in K, ``time_s`` after the injection cooled the flask."""
    return set_kelvin - drop_kelvin * math.exp(-time_s / recovery_s)


def boltzmann(barrier: float, kelvin: float) -> float:
    """Return the share of attempts that pass ``barrier`` (J/mol) at a temperature."""
    return math.exp(-barrier / (GAS_CONSTANT * kelvin))


def growth_rate(radius_nm: float, monomer_mol_per_m3: float, kelvin: float) -> float:
    """Return dr/dt in nm/s (Sugimoto); negative where the crystal dissolves."""
    diffusion = DIFFUSION_PREFACTOR * boltzmann(DIFFUSION_BARRIER, kelvin)
    reaction = REACTION_PREFACTOR * boltzmann(REACTION_BARRIER, kelvin)
    balanced = SOLUBILITY * math.exp(CAPILLARY_NM_K / (radius_nm * kelvin))
    return diffusion * MOLAR_VOLUME * (monomer_mol_per_m3 - balanced) / (radius_nm + diffusion / reaction)


def confinement_gap(radius_nm: float) -> float:
    """Return the energy of the lowest transition in eV, for a sphere of ``radius_nm``."""
    if radius_nm < STRONG_LIMIT_NM:
        return _strong_gap(radius_nm)
    return _weak_gap(radius_nm)


def consumed_precursor(radius_nm: Real, nuclei_per_nm3: Real) -> Real:
    """Return what the growth of all crystals has taken from the solution, in mol/m3."""
    grown_nm3 = radius_nm * radius_nm * radius_nm - NUCLEUS_RADIUS_NM**3
    return 4 / 3 * math.pi * grown_nm3 * nuclei_per_nm3 / MOLAR_VOLUME


def bare_surface(ligand_mol_per_m3: Real) -> Real:
    """Return the share of surface sites without a ligand (Langmuir)."""
    return 1 / (1 + LIGAND_AFFINITY * ligand_mol_per_m3)


def emission_share(radius_nm: Real, bare: Real, quenching_boltzmann: Real) -> Real:
    """Return the quantum yield: radiative over all recombination."""
    # A sphere has 3 / r of surface for each unit of volume.
    surface = 3 * SURFACE_VELOCITY * bare / (radius_nm * RADIATIVE_RATE)
    return 1 / (1 + surface + QUENCHING_PREFACTOR * quenching_boltzmann)


def _strong_gap(radius_nm: Real) -> Real:
    relative = EXCITON_RADIUS_NM / radius_nm
    kinetic = math.pi**2 * relative * relative
    return BULK_GAP_EV + EXCITON_RYDBERG_EV * (kinetic - COULOMB_FACTOR * relative - CORRELATION_FACTOR)


def _weak_gap(radius_nm: Real) -> Real:
    relative = EXCITON_RADIUS_NM / (radius_nm - DEAD_LAYER_NM)
    return BULK_GAP_EV + EXCITON_RYDBERG_EV * (KINETIC_RATIO * math.pi**2 * relative * relative - 1)


def vectorised(recipes: GrowthInputs) -> GrowthOutputs:
    """Simulate all samples at once: what does not depend on the radius needs no stepping."""
    step_s = recipes.duration_s / recipes.steps_count
    time_s = np.arange(recipes.steps_count)[:, np.newaxis] * step_s
    kelvin = recipes.set_kelvin - recipes.drop_kelvin * np.exp(-time_s / recipes.recovery_s)
    radius_nm = _grow(recipes, step_s, kelvin)
    gap_ev = np.where(
        radius_nm < STRONG_LIMIT_NM,
        _strong_gap(radius_nm),
        _weak_gap(np.maximum(radius_nm, STRONG_LIMIT_NM)),
    )
    quenching = np.exp(-QUENCHING_BARRIER / (GAS_CONSTANT * kelvin))
    consumed = consumed_precursor(radius_nm, recipes.nuclei_per_nm3)
    bare = bare_surface(recipes.ligand_mol_per_m3)
    return GrowthOutputs(
        radius_nm=radius_nm.T,
        conversion=(consumed / recipes.precursor_mol_per_m3).T,
        gap_ev=gap_ev.T,
        emission_nm=(PLANCK_LIGHT_EV_NM / gap_ev).T,
        quantum_yield=emission_share(radius_nm, bare, quenching).T,
    )


def _grow(recipes: GrowthInputs, step_s: FloatArray, kelvin: FloatArray) -> FloatArray:
    """Return the radii after each step, of shape ``(steps, samples)`` as ``kelvin`` has it."""
    diffusion = DIFFUSION_PREFACTOR * np.exp(-DIFFUSION_BARRIER / (GAS_CONSTANT * kelvin))
    reaction = REACTION_PREFACTOR * np.exp(-REACTION_BARRIER / (GAS_CONSTANT * kelvin))
    reach_nm = diffusion / reaction
    supply = diffusion * MOLAR_VOLUME
    radii = np.empty_like(kelvin)
    radius = np.full(len(recipes.set_kelvin), NUCLEUS_RADIUS_NM)
    for j in range(recipes.steps_count):
        monomer = recipes.precursor_mol_per_m3 - consumed_precursor(radius, recipes.nuclei_per_nm3)
        balanced = SOLUBILITY * np.exp(CAPILLARY_NM_K / (radius * kelvin[j]))
        radius = radius + step_s * (supply[j] * (monomer - balanced) / (radius + reach_nm[j]))
        radii[j] = radius
    return radii
