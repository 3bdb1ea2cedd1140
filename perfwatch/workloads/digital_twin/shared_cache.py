"""What several parts of the twin ask for again and again: the gap of a crystal of a given size.

A crystal's edge is a whole number of unit cells, and thermostats are set in whole
kelvins, so requests repeat exactly. Each answer takes root-finding:

* Electron and hole sit in a spherical well of finite depth, whose wall is the ligand
  shell. The ground state solves ``k r cot(k r) = 1 - (m_in / m_out) (1 + q r)``, with k
  the wave number inside and q the decay outside, the current being kept across the wall.
  Source: G. Bastard, Wave Mechanics Applied to Semiconductor Heterostructures (1988).
* The pair's Coulomb attraction: L. E. Brus, J. Chem. Phys. 80 (1984) 4403.
* The bulk gap moves with temperature by the lattice's expansion and by phonons, in
  Bose-Einstein form: M. Cardona and M. L. W. Thewalt, Rev. Mod. Phys. 77 (2005) 1173.
  In lead halides it widens; the amplitudes here are illustrative.

Units: nm, eV, K. This module must not measure itself.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.digital_twin.table_two import SHARED_CACHE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    Ask = Callable[[int, int], float]

# Physical constants (CODATA 2018).
KINETIC_EV_NM2 = 0.0380998212  # hbar^2 / (2 m_e)
COULOMB_FACTOR = 1.786  # of the ground state of the pair
COULOMB_EV_NM = 1.43996455  # e^2 / (4 pi epsilon_0)
BOLTZMANN_EV_PER_K = 8.617333262e-5

# The material: L. Protesescu et al., Nano Lett. 15 (2015) 3692; the wall and the shifts are illustrative.
ELECTRON_MASS = 0.15  # of the free electron's, as the next two
HOLE_MASS = 0.14
WALL_MASS = 1.0
WALL_EV = 2.5
DIELECTRIC_CONSTANT = 4.96
CELL_NM = 0.587  # at 300 K
EXPANSION_PER_K = 3.0e-5
BULK_GAP_EV = 2.30  # at 300 K
EXPANSION_SHIFT_EV_PER_K = 3.0e-4
PHONON_SHIFT_EV = -0.010
PHONON_EV = 0.016

SMALLEST_CELLS, LARGEST_CELLS = 6, 24


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestInputs:
    """Requests in the order in which they are made: edges in unit cells and temperatures.

    Both have shape ``(requests,)``; a cache may keep ``kept_count`` answers.
    """

    cells: IntArray
    kelvin: IntArray
    kept_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestOutputs:
    """The gap for each request, of shape ``(requests,)``, and how often one was really computed."""

    gap_ev: FloatArray
    computed_count: int


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> RequestInputs:
    """Draw requests for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(SHARED_CACHE, size)
    return draw_requests(extents["requests"], extents["kept"], seed)


def draw_requests(requests_count: int, kept_count: int, seed: int) -> RequestInputs:
    """Draw the requests of a campaign that moves from cool, small crystals to hot, large ones."""
    draw = Draw(seed)
    progress = np.arange(requests_count) / max(requests_count, 1)
    cells = np.rint(11.0 + 6.0 * progress + 1.5 * draw.bell(requests_count))
    kelvin = np.rint(390.0 + 60.0 * progress + 6.0 * draw.bell(requests_count))
    return RequestInputs(
        cells=np.clip(cells, SMALLEST_CELLS, LARGEST_CELLS).astype(np.int64),
        kelvin=kelvin.astype(np.int64),
        kept_count=kept_count,
    )


def gap(cells: int, kelvin: int) -> float:
    """Return the energy of the lowest transition in eV."""
    warmer = kelvin - 300.0
    edge_nm = cells * CELL_NM * (1.0 + EXPANSION_PER_K * warmer)
    radius_nm = edge_nm * math.cbrt(3.0 / (4.0 * math.pi))  # of the sphere of equal volume
    confined = ground_state(radius_nm, ELECTRON_MASS) + ground_state(radius_nm, HOLE_MASS)
    attraction = COULOMB_FACTOR * COULOMB_EV_NM / (DIELECTRIC_CONSTANT * radius_nm)
    phonons = PHONON_SHIFT_EV * (_occupied(kelvin) - _occupied(300))
    return BULK_GAP_EV + EXPANSION_SHIFT_EV_PER_K * warmer + phonons + confined - attraction


def ground_state(radius_nm: float, mass: float) -> float:
    """Return the energy in eV of a particle's ground state in the spherical well."""
    # The first branch of k r cot(k r) ends at k r = pi: the well without a bottom to its wall.
    endless = KINETIC_EV_NM2 / mass * (math.pi / radius_nm) ** 2
    highest = min(endless * (1.0 - 1e-12), WALL_EV)
    return float(brentq(_mismatch, 1e-9 * highest, highest, args=(radius_nm, mass), xtol=1e-14, rtol=1e-14))


def _mismatch(energy_ev: float, radius_nm: float, mass: float) -> float:
    inside = math.sqrt(mass * energy_ev / KINETIC_EV_NM2) * radius_nm
    outside = math.sqrt(WALL_MASS * (WALL_EV - energy_ev) / KINETIC_EV_NM2) * radius_nm
    return inside / math.tan(inside) - 1.0 + mass / WALL_MASS * (1.0 + outside)


def _occupied(kelvin: int) -> float:
    """Return 2 n + 1 for a phonon of ``PHONON_EV`` in balance at a temperature."""
    return 1.0 + 2.0 / math.expm1(PHONON_EV / (BOLTZMANN_EV_PER_K * kelvin))


class _Solver:
    """The computation, counting how often it is really done."""

    def __init__(self) -> None:
        self.computed_count = 0

    def __call__(self, cells: int, kelvin: int) -> float:
        self.computed_count += 1
        return gap(cells, kelvin)


def reference(requests: RequestInputs) -> RequestOutputs:
    """Compute every answer afresh."""
    solver = _Solver()
    return _answer(requests, solver, solver)


def bounded_cache(requests: RequestInputs) -> RequestOutputs:
    """Keep the answers used last, and forget the one longest unused when there are too many."""
    solver = _Solver()
    kept: OrderedDict[tuple[int, int], float] = OrderedDict()

    def ask(cells: int, kelvin: int) -> float:
        key = (cells, kelvin)
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
        answer = kept[key] = solver(cells, kelvin)
        if len(kept) > requests.kept_count:
            kept.popitem(last=False)
        return answer

    return _answer(requests, solver, ask)


def seed_cache(requests: RequestInputs) -> RequestOutputs:
    """Keep answers, and when there are too many forget the older half, as the document advises."""
    solver = _Solver()
    kept: dict[tuple[int, int], float] = {}

    def ask(cells: int, kelvin: int) -> float:
        key = (cells, kelvin)
        if key not in kept:
            answer = solver(cells, kelvin)
            if len(kept) >= requests.kept_count:
                for oldest in list(kept)[: requests.kept_count // 2]:
                    del kept[oldest]
            kept[key] = answer
        return kept[key]

    return _answer(requests, solver, ask)


def _answer(requests: RequestInputs, solver: _Solver, ask: Ask) -> RequestOutputs:
    pairs = zip(requests.cells.tolist(), requests.kelvin.tolist(), strict=True)
    gaps = np.array([ask(cells, kelvin) for cells, kelvin in pairs])
    return RequestOutputs(gap_ev=gaps, computed_count=solver.computed_count)
