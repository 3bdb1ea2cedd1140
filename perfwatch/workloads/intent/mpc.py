"""Model-predictive control of a robot's hand: a quadratic program at each step, solved from cold or from the last.

The hand is a mass that is accelerated in the plane: state (x, y, vx, vy), control (ax, ay), each
bounded on either side. At each step the controls of the next ``horizon`` steps are chosen so
that sum((x - r)' Q (x - r)) + sum(u' R u) is least, and the first of them is applied. With the
states expressed by the controls this is a program in the controls alone (J. M. Maciejowski,
Predictive Control with Constraints (2002), section 3.1); as it stands, its minimum over
some of the controls is a linear-quadratic problem with a Riccati recursion (D. P. Bertsekas,
Dynamic Programming and Optimal Control I (2005), section 4.1), whose time grows with the
horizon and not with its cube.

Every form solves the same programs to the end by one method, ``active_set``. This module must not
measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.intent import reaching
from perfwatch.workloads.intent.active_set import Dense, Solution, solved
from perfwatch.workloads.intent.table_one import MPC
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfwatch.workloads.intent.active_set import Program, Sides

    FloatArray = NDArray[np.float64]

STATES_COUNT, CONTROLS_COUNT = 4, 2
#: The time between two controls.
STEP_S = 0.1
#: The greatest acceleration along each axis.
LIMIT_M_PER_S2 = 2.5
STATE_WEIGHTS = (40.0, 40.0, 1.0, 1.0)
CONTROL_WEIGHT = 0.02
#: How much the hand is pushed about between two steps.
PUSH_M, PUSH_M_PER_S = 0.002, 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """What is controlled: ``step_s`` between controls, ``horizon`` steps ahead, no more than ``limit``."""

    horizon: int
    step_s: float = STEP_S
    limit: float = LIMIT_M_PER_S2


@dataclass(frozen=True, slots=True, kw_only=True)
class MpcInputs:
    """A way to follow: ``wanted`` of shape ``(steps + horizon, 4)``, from ``start`` of shape ``(4,)``.

    ``pushes`` of shape ``(steps, 4)`` are added to the state after each step.
    """

    plant: Plant
    start: FloatArray
    wanted: FloatArray
    pushes: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class MpcOutputs:
    """The controls that were applied, in m/s^2, of shape ``(steps, 2)``."""

    controls: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> MpcInputs:
    """Draw a way for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(MPC, size)
    return draw_way(extents["steps"], extents["horizon"], seed)


def draw_way(steps_count: int, horizon: int, seed: int) -> MpcInputs:
    """Draw a way that jumps from goal to goal, so that bounds are met now and then."""
    draw = Draw(seed)
    goals = reaching.draw_goals(draw, 5)
    turns_count = 1 + (steps_count + horizon) // 15
    chosen = goals[draw.below(len(goals), turns_count)]
    wanted = np.zeros((steps_count + horizon, STATES_COUNT))
    wanted[:, :2] = np.repeat(chosen, 15, axis=0)[: len(wanted)]
    scale = np.array([PUSH_M, PUSH_M, PUSH_M_PER_S, PUSH_M_PER_S])
    return MpcInputs(
        plant=Plant(horizon=horizon),
        start=np.concatenate([draw.between(-0.1, 0.1, 2), np.zeros(2)]),
        wanted=wanted,
        pushes=scale * draw.bell(steps_count, STATES_COUNT),
    )


def reference(way: MpcInputs) -> MpcOutputs:
    """Build the matrices at each step, and begin without any bound in the working set."""
    return _driven(way, Cold(way.plant))


def warm_start(way: MpcInputs) -> MpcOutputs:
    """Build the matrices at each step, and begin with the last step's controls, moved by one."""
    return _driven(way, Warm(way.plant))


def condensed(way: MpcInputs) -> MpcOutputs:
    """Build the matrices once, and begin each step from cold."""
    return _driven(way, Cold(way.plant, condensed=Condensed(way.plant)))


def riccati(way: MpcInputs) -> MpcOutputs:
    """Build no matrices: each minimum of the method, from cold, is found by a Riccati recursion."""
    return _driven(way, Recursive(way.plant))


def _driven(way: MpcInputs, controller: Cold) -> MpcOutputs:
    state, horizon = way.start, way.plant.horizon
    motion = Motion.of(way.plant)
    controls = np.empty((len(way.pushes), CONTROLS_COUNT))
    for step, push in enumerate(way.pushes):
        controls[step] = controller.control(state, way.wanted[step : step + horizon])
        state = motion.after(state, controls[step]) + push
    return MpcOutputs(controls=controls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """How a state follows from the one before: ``free @ state + pushed @ control``."""

    free: FloatArray
    pushed: FloatArray

    @classmethod
    def of(cls, plant: Plant) -> Motion:
        """Return the motion of a mass whose acceleration is constant during a step."""
        free = np.eye(STATES_COUNT)
        free[0, 2] = free[1, 3] = plant.step_s
        pushed = np.zeros((STATES_COUNT, CONTROLS_COUNT))
        pushed[0, 0] = pushed[1, 1] = plant.step_s**2 / 2
        pushed[2, 0] = pushed[3, 1] = plant.step_s
        return cls(free=free, pushed=pushed)

    def after(self, state: FloatArray, control: FloatArray) -> FloatArray:
        """Return the state one step later."""
        return np.asarray(self.free @ state + self.pushed @ control)


class Condensed:
    """The matrices of the program in the controls alone: they depend on the plant, not on the state."""

    def __init__(self, plant: Plant) -> None:
        motion, horizon = Motion.of(plant), plant.horizon
        self._free = np.empty((horizon, STATES_COUNT, STATES_COUNT))
        caused = np.zeros((horizon, STATES_COUNT, horizon, CONTROLS_COUNT))
        power = np.eye(STATES_COUNT)
        for step in range(horizon):
            effect = power @ motion.pushed
            for first in range(horizon - step):
                caused[first + step, :, first, :] = effect
            power = motion.free @ power
            self._free[step] = power
        self._caused = caused.reshape(horizon * STATES_COUNT, horizon * CONTROLS_COUNT)
        self._weighed = self._caused.T * np.tile(STATE_WEIGHTS, horizon)
        self._hessian = self._weighed @ self._caused
        self._hessian[np.diag_indices_from(self._hessian)] += CONTROL_WEIGHT
        self._limit = plant.limit

    def program(self, state: FloatArray, wanted: FloatArray) -> Dense:
        """Return the program at a state."""
        missed = (self._free @ state - wanted).ravel()
        return Dense(self._hessian, self._weighed @ missed, self._limit)


class Cold:
    """Solves each step by itself; without ``condensed`` it builds the matrices each time."""

    def __init__(self, plant: Plant, *, condensed: Condensed | None = None) -> None:
        self._plant = plant
        self._condensed = condensed
        self.iterations_count = 0

    def control(self, state: FloatArray, wanted: FloatArray) -> FloatArray:
        """Return the control to be applied at a state, of shape ``(2,)``."""
        found = solved(self._program(state, wanted), *self._start())
        self.iterations_count += found.iterations_count
        self._keep(found)
        return found.point[:CONTROLS_COUNT].copy()

    def _program(self, state: FloatArray, wanted: FloatArray) -> Program:
        return (self._condensed or Condensed(self._plant)).program(state, wanted)

    def _start(self) -> tuple[FloatArray, Sides]:
        variables_count = self._plant.horizon * CONTROLS_COUNT
        return np.zeros(variables_count), np.zeros(variables_count, np.int8)

    def _keep(self, found: Solution) -> None:
        """Nothing is kept from one step to the next."""


class Warm(Cold):
    """Begins each step with the last one's controls and working set, moved by one; the last control is repeated."""

    def __init__(self, plant: Plant, *, condensed: Condensed | None = None) -> None:
        super().__init__(plant, condensed=condensed)
        self._last: Solution | None = None

    def _start(self) -> tuple[FloatArray, Sides]:
        if self._last is None:
            return super()._start()
        point, held = self._last.point, self._last.held
        last = slice(-CONTROLS_COUNT, None)
        return (
            np.concatenate([point[CONTROLS_COUNT:], point[last]]),
            np.concatenate([held[CONTROLS_COUNT:], held[last]]),
        )

    def _keep(self, found: Solution) -> None:
        self._last = found


class Recursive(Cold):
    """Solves each step by itself, minima being found stage by stage."""

    def _program(self, state: FloatArray, wanted: FloatArray) -> Program:
        return _Stagewise(self._plant, state, wanted)


class _Stagewise:
    """The program at a state, as it stands: one stage after the other."""

    def __init__(self, plant: Plant, state: FloatArray, wanted: FloatArray) -> None:
        self.limit = plant.limit
        self._motion = Motion.of(plant)
        self._state = state
        self._wanted = wanted

    @cached_property
    def _weights(self) -> FloatArray:
        return np.diag(STATE_WEIGHTS)

    def minimum(self, point: FloatArray, held: Sides) -> FloatArray:
        """Go backwards for the feedback of each stage, then forwards for its controls.

        The cost of what is left, from a state on, is ``x' P x / 2 + p' x``.
        """
        free, pushed = self._motion.free, self._motion.pushed
        controls = point.reshape(-1, CONTROLS_COUNT).copy()
        feedback = np.zeros((len(controls), CONTROLS_COUNT, STATES_COUNT))
        held_at = held.reshape(-1, CONTROLS_COUNT) != 0
        square, line = self._weights, -self._weights @ self._wanted[-1]
        for stage in range(len(controls) - 1, -1, -1):
            open_ = ~held_at[stage]
            towards = pushed.T @ square
            if open_.any():
                controls[stage, open_] = 0.0
                inner = (towards @ pushed)[np.ix_(open_, open_)] + CONTROL_WEIGHT * np.eye(open_.sum())
                known = (pushed.T @ line + towards @ pushed @ controls[stage])[open_]
                controls[stage, open_] = np.linalg.solve(inner, -known)
                feedback[stage, open_] = np.linalg.solve(inner, -(towards @ free)[open_])
            gain, fixed = feedback[stage], controls[stage]
            closed = free + pushed @ gain
            before = -self._weights @ self._wanted[stage - 1] if stage else np.zeros(STATES_COUNT)
            line = before + gain.T @ (CONTROL_WEIGHT * fixed) + closed.T @ (square @ (pushed @ fixed) + line)
            square = self._weights + CONTROL_WEIGHT * gain.T @ gain + closed.T @ square @ closed
        state = self._state
        for stage in range(len(controls)):
            controls[stage] += feedback[stage] @ state
            state = self._motion.after(state, controls[stage])
        return controls.ravel()

    def gradient(self, point: FloatArray) -> FloatArray:
        """Follow the states, then their costs backwards."""
        controls = point.reshape(-1, CONTROLS_COUNT)
        states = [self._state]
        for control in controls:
            states.append(self._motion.after(states[-1], control))
        slope = CONTROL_WEIGHT * controls
        price = np.zeros(STATES_COUNT)
        for stage in range(len(controls) - 1, -1, -1):
            price = self._weights @ (states[stage + 1] - self._wanted[stage]) + self._motion.free.T @ price
            slope[stage] += self._motion.pushed.T @ price
        return slope.ravel()
