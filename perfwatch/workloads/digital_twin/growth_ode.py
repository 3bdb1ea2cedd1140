"""How the size of a crystal follows from the growth law, by an ODE solver and otherwise.

A crystal of edge L sits in a solution of constant supersaturation S. Its surface is
curved, so the solution in balance with it is richer than the one in balance with the
bulk (Gibbs-Thomson), and small crystals see less of S than large ones::

    dL/dt = G max(0, S exp(-c / L) - 1),   G = k exp(-E / (R T)),   c = 4 gamma v / (k_B T)

Below the critical edge L* = c / ln S a crystal does not grow; just above it, it takes
long to get away. Dissolution is left out, as in the source. Source of the law:
J. W. Mullin, Crystallization, 4th ed. (2001), chapters 3 and 6.

The kinetic constants of the three phases are illustrative: they give nanometres within
a minute. Units: nm, s, K, J/mol, J/m2. This module must not measure itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.integrate import solve_ivp

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.digital_twin.table_two import GROWTH_ODE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

GAS_CONSTANT = 8.314462618  # J/(mol K)
BOLTZMANN = 1.380649e-23  # J/K


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One crystal phase: the constants of its growth law."""

    name: str
    prefactor_nm_per_s: float
    barrier_j_per_mol: float
    surface_j_per_m2: float
    formula_m3: float


#: The perovskite, and the two phases that compete with it.
PHASES = (
    Phase(
        name="CsPbBr3",
        prefactor_nm_per_s=1.5e5,
        barrier_j_per_mol=52_000.0,
        surface_j_per_m2=0.015,
        formula_m3=2.02e-28,
    ),
    Phase(
        name="Cs4PbBr6",
        prefactor_nm_per_s=2.2e5,
        barrier_j_per_mol=55_000.0,
        surface_j_per_m2=0.010,
        formula_m3=5.6e-28,
    ),
    Phase(
        name="CsPb2Br5",
        prefactor_nm_per_s=8.0e4,
        barrier_j_per_mol=50_000.0,
        surface_j_per_m2=0.012,
        formula_m3=3.4e-28,
    ),
)

# The ODE solvers' own tolerances: three orders below what the answers are held to.
RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE_NM = 1e-9

# What the document's shortcut takes for granted.
LINEAR_ABOVE, LINEAR_BELOW = 1.0, 5.0
LINEAR_EDGE_NM = 10.0

# The quadrature: panels in the logarithm of the distance to L*, and points in each.
PANELS_COUNT = 48
POINTS_COUNT = 8
NEWTON_STEPS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeInputs:
    """Crystals under constant conditions; arrays of shape ``(cases,)``, ``time_s`` of shape ``(times,)``."""

    phase: IntArray
    kelvin: FloatArray
    supersaturation: FloatArray
    edge_nm: FloatArray
    time_s: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeOutputs:
    """The edges at the times asked for, of shape ``(cases, times)``."""

    edge_nm: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> SizeInputs:
    """Draw crystals for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(GROWTH_ODE, size)
    return draw_crystals(extents["cases"], extents["times"], seed)


def draw_crystals(cases_count: int, times_count: int, seed: int) -> SizeInputs:
    """Draw ``cases_count`` crystals, looked at ``times_count`` times within a minute."""
    draw = Draw(seed)
    return SizeInputs(
        phase=draw.below(len(PHASES), cases_count),
        kelvin=draw.between(373.0, 473.0, cases_count),
        supersaturation=draw.between(1.05, 6.0, cases_count),
        edge_nm=draw.between(2.0, 12.0, cases_count),
        time_s=np.linspace(0.0, 60.0, times_count),
    )


def speed_nm_per_s(phase: Phase, kelvin: float) -> float:
    """Return G: the growth rate for each unit of supersaturation above one."""
    return phase.prefactor_nm_per_s * math.exp(-phase.barrier_j_per_mol / (GAS_CONSTANT * kelvin))


def capillary_nm(phase: Phase, kelvin: float) -> float:
    """Return c, the edge at which curvature divides the supersaturation by e."""
    return 4 * phase.surface_j_per_m2 * phase.formula_m3 / (BOLTZMANN * kelvin) * 1e9


def growth_rate(speed: float, capillary: float, supersaturation: float, edge_nm: float) -> float:
    """Return dL/dt in nm/s; never negative."""
    return speed * max(0.0, supersaturation * math.exp(-capillary / edge_nm) - 1.0)


def integrate(crystals: SizeInputs, case: int, method: str, tolerance: float) -> FloatArray:
    """Return one crystal's edges by ``scipy.integrate.solve_ivp``."""
    phase, kelvin = PHASES[crystals.phase[case]], float(crystals.kelvin[case])
    speed, capillary = speed_nm_per_s(phase, kelvin), capillary_nm(phase, kelvin)
    supersaturation = float(crystals.supersaturation[case])

    def derivative(_time_s: float, edge: FloatArray) -> list[float]:
        return [growth_rate(speed, capillary, supersaturation, float(edge[0]))]

    solution = solve_ivp(
        derivative,
        (crystals.time_s[0], crystals.time_s[-1]),
        [crystals.edge_nm[case]],
        method=method,
        t_eval=crystals.time_s,
        rtol=tolerance,
        atol=tolerance * ABSOLUTE_TOLERANCE_NM / RELATIVE_TOLERANCE,
    )
    return np.asarray(solution.y[0])


def _each_case(crystals: SizeInputs, solve: Callable[[int], FloatArray]) -> SizeOutputs:
    edges = np.empty((len(crystals.kelvin), len(crystals.time_s)))
    for case in range(len(crystals.kelvin)):
        edges[case] = solve(case)
    return SizeOutputs(edge_nm=edges)


def reference(crystals: SizeInputs) -> SizeOutputs:
    """Solve each crystal's equation by an explicit Runge-Kutta pair of orders 5 and 4."""
    return _each_case(crystals, lambda case: integrate(crystals, case, "RK45", RELATIVE_TOLERANCE))


def lsoda(crystals: SizeInputs) -> SizeOutputs:
    """Solve each crystal's equation by LSODA, of variable order: fewer steps at the same tolerance."""
    return _each_case(crystals, lambda case: integrate(crystals, case, "LSODA", RELATIVE_TOLERANCE))


def seed_linear(crystals: SizeInputs) -> SizeOutputs:
    """Let crystals grow at one constant rate wherever S lies between 1 and 5, as the document advises.

    The rate is that of a crystal of 10 nm, whatever the crystal's own size.
    """

    def solve(case: int) -> FloatArray:
        supersaturation = float(crystals.supersaturation[case])
        if not LINEAR_ABOVE < supersaturation < LINEAR_BELOW:
            return integrate(crystals, case, "RK45", RELATIVE_TOLERANCE)
        phase, kelvin = PHASES[crystals.phase[case]], float(crystals.kelvin[case])
        rate = growth_rate(
            speed_nm_per_s(phase, kelvin), capillary_nm(phase, kelvin), supersaturation, LINEAR_EDGE_NM
        )
        return np.asarray(crystals.edge_nm[case] + rate * crystals.time_s)

    return _each_case(crystals, solve)


def quadrature(crystals: SizeInputs) -> SizeOutputs:
    """Integrate the separable law for the time at which each edge is reached, and invert it.

    With ``L = L* + (L0 - L*) exp(u)`` the integrand ``dt/du = (L - L*) / (dL/dt)`` stays
    finite down to the critical edge, so that Gauss-Legendre panels in u converge fast.
    All crystals are done at once.
    """
    law = _Separated(crystals)
    edges = np.repeat(crystals.edge_nm[:, np.newaxis], len(crystals.time_s), axis=1)
    edges[law.growing] = law.edges_at(crystals.time_s)
    return SizeOutputs(edge_nm=edges)


class _Separated:
    """The growth law of the crystals that grow, with the size as the independent variable.

    The parameters have shape ``(growing, 1, 1)``: axes for panels and points follow.
    """

    def __init__(self, crystals: SizeInputs) -> None:
        phases = [PHASES[index] for index in crystals.phase]
        pairs = list(zip(phases, crystals.kelvin.tolist(), strict=True))
        speed = np.array([speed_nm_per_s(phase, kelvin) for phase, kelvin in pairs])
        capillary = np.array([capillary_nm(phase, kelvin) for phase, kelvin in pairs])
        critical = capillary / np.log(crystals.supersaturation)
        self.growing = crystals.edge_nm > critical
        chosen = np.flatnonzero(self.growing)[:, np.newaxis, np.newaxis]
        self.speed, self.capillary, self.critical = speed[chosen], capillary[chosen], critical[chosen]
        self.ahead = crystals.edge_nm[chosen] - self.critical
        # No crystal outruns the rate that it would have without curvature.
        fastest = self.speed * (crystals.supersaturation[chosen] - 1.0)
        self.farthest = np.log1p(fastest * crystals.time_s[-1] / self.ahead)
        self.nodes, self.weights = np.polynomial.legendre.leggauss(POINTS_COUNT)

    def edges_at(self, time_s: FloatArray) -> FloatArray:
        """Return the edges at the given times, of shape ``(growing, times)``."""
        width = self.farthest / PANELS_COUNT
        starts = width * np.arange(PANELS_COUNT)[:, np.newaxis]
        spent = np.cumsum(self._elapsed(starts, starts + width), axis=1)
        begins = np.concatenate([np.zeros((len(spent), 1)), spent], axis=1)
        panel = np.array([np.searchsorted(row, time_s, side="right") - 1 for row in begins], dtype=np.int64)
        panel = np.clip(panel, 0, PANELS_COUNT - 1).reshape(len(begins), len(time_s))
        start = (panel * width[:, 0])[..., np.newaxis]
        wanted = time_s - np.take_along_axis(begins, panel, axis=1)
        inside = (wanted / np.take_along_axis(np.diff(begins), panel, axis=1))[..., np.newaxis] * width
        for _ in range(NEWTON_STEPS):
            late = self._elapsed(start, start + inside) - wanted
            inside = inside - (late[..., np.newaxis] / self._pace(start + inside))
        return np.asarray((self.critical + self.ahead * np.exp(start + inside))[..., 0])

    def _pace(self, reached: FloatArray) -> FloatArray:
        """Return dt/du; the supersaturation above one is written as expm1, which does not cancel."""
        beyond = self.ahead * np.exp(reached)
        edge = self.critical + beyond
        driving = np.expm1(self.capillary * beyond / (edge * self.critical))
        return np.asarray(beyond / (self.speed * driving))

    def _elapsed(self, low: FloatArray, high: FloatArray) -> FloatArray:
        """Return the time from ``u = low`` to ``u = high`` (last axis of length one, summed away)."""
        half = (high - low) / 2
        return np.asarray((half * self._pace(low + half * (1 + self.nodes)) * self.weights).sum(axis=-1))
