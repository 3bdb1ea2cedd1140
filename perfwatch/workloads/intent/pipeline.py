"""From an observation to a control in one call: belief, time left, and the robot's next move.

At each movement of a hand the belief over its goals is brought up to date, a Gaussian process says
how many seconds are left, and the robot is controlled so that it comes to where the hand is
expected (the goals' mean under the belief) at that time. Each part is a form of the stage of
its name: ``belief``, ``gp_inference`` and ``mpc``. One call is to take less than 10 ms.

A session looks at no movement before its time, so that it can run for as long as there are
movements. This module must not measure itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.intent import belief, gp_inference, mpc, reaching
from perfwatch.workloads.intent.belief import BeliefInputs
from perfwatch.workloads.intent.gp_inference import Experience, Kernel, Predicting
from perfwatch.workloads.intent.table_one import PIPELINE
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]

#: One call, from observation to control.
TARGET_S = 0.010
#: A light robot's greatest acceleration: it has to meet a hand within a second.
LIMIT_M_PER_S2 = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionInputs:
    """A hand's ``track`` and the goals that it may have, what was learned before, and the robot's ``start``.

    ``start`` has shape ``(4,)``: x, y, vx, vy.
    """

    track: BeliefInputs
    experience: Experience
    kernel: Kernel
    plant: mpc.Plant
    start: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What one call comes to: belief of shape ``(intents,)``, seconds left and their variance, control of shape ``(2,)``."""

    belief: FloatArray
    mean_s: float
    variance_s2: float
    control: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOutputs:
    """All decisions of a session, one row or number for each movement."""

    belief: FloatArray
    mean_s: FloatArray
    variance_s2: FloatArray
    controls: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The forms that the parts of a session take."""

    beliefs: Callable[[BeliefInputs], Iterator[FloatArray]]
    model: Callable[[SessionInputs], Predicting]
    controller: Callable[[mpc.Plant], mpc.Cold]


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> SessionInputs:
    """Draw a session for ``size``, and calibrate its kernel; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(PIPELINE, size)
    draw = Draw(seed)
    goals = reaching.draw_goals(draw, extents["intents"])
    experience = gp_inference.draw_experience(draw, goals, extents["points"])
    # A hand that has begun to move: the first frames of a reach are noise alone.
    frames_count = extents["observations"] + 1
    positions = reaching.draw_reach(draw, goals, frames_count + 4).positions[4:]
    return session_inputs(positions, goals, experience, extents["horizon"])


def session_inputs(
    positions: FloatArray, goals: FloatArray, experience: Experience, horizon: int
) -> SessionInputs:
    """Return a session of a robot that rests in the middle of the table, its kernel calibrated on the experience."""
    kernel = gp_inference.searched_kernel(experience)
    asked = gp_inference.GpInputs(experience=experience, kernel=kernel, queries=np.empty((0, 4)))
    return session_with(positions, goals, asked, horizon)


def session_with(
    positions: FloatArray, goals: FloatArray, calibrated: gp_inference.GpInputs, horizon: int
) -> SessionInputs:
    """Return the same, with a kernel that was calibrated before."""
    intents_count = len(goals)
    return SessionInputs(
        track=belief.BeliefInputs(
            positions=positions, goals=goals, prior=np.full(intents_count, 1 / intents_count)
        ),
        experience=calibrated.experience,
        kernel=calibrated.kernel,
        plant=mpc.Plant(horizon=horizon, step_s=reaching.FRAME_S, limit=LIMIT_M_PER_S2),
        start=np.zeros(mpc.STATES_COUNT),
    )


class Session:
    """A robot that follows a hand, one observation after the other."""

    def __init__(self, asked: SessionInputs, parts: Parts) -> None:
        self._asked = asked
        self._beliefs = parts.beliefs(asked.track)
        self._model = parts.model(asked)
        self._controller = parts.controller(asked.plant)
        self._motion = mpc.Motion.of(asked.plant)
        self._robot = asked.start
        self._movement = 0

    def observe(self) -> Decision:
        """Take the next movement, and decide; raises ``StopIteration`` when there is none left."""
        likely = next(self._beliefs)
        seen = self._asked.track.positions[self._movement : self._movement + 2]
        mean_s, variance_s2 = self._model.predict(reaching.features(seen)[0])
        meeting = likely @ self._asked.track.goals
        way = way_to(meeting, self._robot, mean_s, self._asked.plant)
        control = self._controller.control(self._robot, way)
        self._robot = self._motion.after(self._robot, control)
        self._movement += 1
        return Decision(belief=likely, mean_s=mean_s, variance_s2=variance_s2, control=control)


def way_to(meeting: FloatArray, robot: FloatArray, left_s: float, plant: mpc.Plant) -> FloatArray:
    """Return the states that a robot should go through to be there in time, of shape ``(horizon, 4)``."""
    times_s = plant.step_s * np.arange(1, plant.horizon + 1)
    share = np.minimum(1.0, times_s / max(left_s, plant.step_s))[:, np.newaxis]
    way = np.zeros((plant.horizon, mpc.STATES_COUNT))
    way[:, :2] = robot[:2] + share * (meeting - robot[:2])
    return way


def searching(asked: SessionInputs) -> Predicting:
    """Search for the kernel at each observation."""
    return gp_inference.Searched(asked.experience)


def factorising(asked: SessionInputs) -> Predicting:
    """Factorise at each observation."""
    return gp_inference.Fixed(asked.experience, asked.kernel)


def factorised(asked: SessionInputs) -> Predicting:
    """Factorise once."""
    return gp_inference.Factorised(asked.experience, asked.kernel)


def prepared(plant: mpc.Plant) -> mpc.Cold:
    """Build the control's matrices once."""
    return mpc.Cold(plant, condensed=mpc.Condensed(plant))


def prepared_and_warm(plant: mpc.Plant) -> mpc.Cold:
    """Build the control's matrices once, and begin with the last controls."""
    return mpc.Warm(plant, condensed=mpc.Condensed(plant))


_SLOW = Parts(beliefs=belief.recomputed, model=searching, controller=mpc.Cold)
FAST = Parts(beliefs=belief.carried, model=factorised, controller=prepared_and_warm)


def _held(asked: SessionInputs, parts: Parts) -> SessionOutputs:
    session = Session(asked, parts)
    decisions = [session.observe() for _ in range(len(asked.track.positions) - 1)]
    return SessionOutputs(
        belief=np.array([each.belief for each in decisions]),
        mean_s=np.array([each.mean_s for each in decisions]),
        variance_s2=np.array([each.variance_s2 for each in decisions]),
        controls=np.array([each.control for each in decisions]),
    )


def reference(asked: SessionInputs) -> SessionOutputs:
    """Hold a session with every part in its reference form."""
    return _held(asked, _SLOW)


def fixed_kernel(asked: SessionInputs) -> SessionOutputs:
    """Hold it without a search for the kernel."""
    return _held(asked, replace(_SLOW, model=factorising))


def cholesky_cache(asked: SessionInputs) -> SessionOutputs:
    """Hold it with one factorisation."""
    return _held(asked, replace(_SLOW, model=factorised))


def numba(asked: SessionInputs) -> SessionOutputs:
    """Hold it with the covariance in machine code."""
    from perfwatch.workloads.intent.gp_compiled import covariance_by_loops

    return _held(
        asked,
        replace(
            _SLOW,
            model=lambda given: gp_inference.Fixed(
                given.experience, given.kernel, covariance=covariance_by_loops
            ),
        ),
    )


def gpu(asked: SessionInputs) -> SessionOutputs:
    """Hold it with the process on a GPU."""
    from perfwatch.workloads.intent.gp_gpu import OnDevice, gpu_at_hand

    device = gpu_at_hand()
    return _held(asked, replace(_SLOW, model=lambda given: OnDevice(given.experience, given.kernel, device)))


def warm_start(asked: SessionInputs) -> SessionOutputs:
    """Hold it with each control begun from the last."""
    return _held(asked, replace(_SLOW, controller=mpc.Warm))


def condensed(asked: SessionInputs) -> SessionOutputs:
    """Hold it with the control's matrices built once."""
    return _held(asked, replace(_SLOW, controller=prepared))


def riccati(asked: SessionInputs) -> SessionOutputs:
    """Hold it without matrices of the control."""
    return _held(asked, replace(_SLOW, controller=mpc.Recursive))


def recursive(asked: SessionInputs) -> SessionOutputs:
    """Hold it with the belief carried from movement to movement."""
    return _held(asked, replace(_SLOW, beliefs=belief.carried))


def log_space(asked: SessionInputs) -> SessionOutputs:
    """Hold it with the belief carried in logarithms."""
    return _held(asked, replace(_SLOW, beliefs=belief.carried_in_logarithms))


def cached(asked: SessionInputs) -> SessionOutputs:
    """Hold it with the belief from the history, each movement weighed once."""
    return _held(asked, replace(_SLOW, beliefs=belief.recomputed_from_kept))


def all_parts(asked: SessionInputs) -> SessionOutputs:
    """Hold it with all of these that pay, together."""
    return _held(asked, FAST)


def seed_fixed_kernel(asked: SessionInputs) -> SessionOutputs:
    """Hold it with the document's kernel, which nobody searched for."""
    return _held(replace(asked, kernel=gp_inference.SEED_KERNEL), replace(_SLOW, model=factorising))
