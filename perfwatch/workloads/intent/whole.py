"""The intent system as its users run it: one program, from recordings of hands to the controls of many robots.

It reads recordings and maps where hands have been; infers what they meant, learns how long a
hand takes, and is asked for features of movements; shadows the recorded hands, and meets a new
one; and serves many users. Each stage is handed what an earlier one answered; ``handing``
holds the steps between them.

Every stage is a span of its own, inside that of its part of the program. The program is
the same in all its forms: they differ in the forms that the stages take.

The numerical libraries get one thread each for as long as the program runs: the answers' last
bits would depend on the number of cores otherwise. This module must not measure itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import threadpool_limits

from perfwatch.monitor import monitor
from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.intent import INTENT, cache, files, handing, load, mpc, reaching
from perfwatch.workloads.intent.handing import IntentInputs
from perfwatch.workloads.intent.table_whole import SEED_ADVICE, WHOLE
from perfwatch.workloads.running import Stages, Step, best_forms
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from perfwatch.workloads.intent.belief import BeliefOutputs
    from perfwatch.workloads.intent.files import FileOutputs
    from perfwatch.workloads.intent.pipeline import SessionInputs, SessionOutputs

    FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentOutputs:
    """What the system came to for the hand that was met.

    ``goal`` is the number of the likeliest goal after the last observation, ``left_s`` how long the
    hand had to go, ``control`` of shape ``(2,)`` the last one. ``steps`` holds every stage's
    inputs and answer, in the order in which they ran; the times in that of ``load`` are measured.
    """

    goal: int
    left_s: float
    control: FloatArray
    steps: dict[str, Step]


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> IntentInputs:
    """Plan a day for ``size``, and write its recordings; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = dict(extents_of(WHOLE, size))
    draw = Draw(seed)
    goals = reaching.draw_goals(draw, extents["intents"])
    movements_count = extents["recordings"] * handing.CUTS_COUNT
    users_count = extents["many"]
    push = np.array([mpc.PUSH_M, mpc.PUSH_M, mpc.PUSH_M_PER_S, mpc.PUSH_M_PER_S])
    robots = np.zeros((users_count, mpc.STATES_COUNT))
    robots[:, :2] = draw.between(-0.2, 0.2, users_count, 2)
    frames_count = load.SEEN_COUNT + extents["calls"] + 1
    tracks = [reaching.draw_reach(draw, goals, frames_count).positions for _ in range(users_count)]
    return IntentInputs(
        extents=extents,
        recorded=files.draw_recordings(draw, goals, extents),
        goals=goals,
        # A hand that has begun to move: the first frames of a reach are noise alone.
        track=reaching.draw_reach(draw, goals, extents["observations"] + 5).positions[4:],
        pushes=push * draw.bell(extents["steps"], mpc.STATES_COUNT),
        requests=cache.draw_requests(draw, movements_count, extents["requests"]),
        user_tracks=np.array(tracks),
        user_robots=robots,
    )


def reference(plan: IntentInputs) -> IntentOutputs:
    """Run the system with every stage in its reference form."""
    return _run(plan, {})


def optimized(plan: IntentInputs) -> IntentOutputs:
    """Run the system with every stage in its best working form."""
    return _run(plan, best_forms(INTENT.stages))


def seed_advice(plan: IntentInputs) -> IntentOutputs:
    """Run the system as the document advises: its kernel is one that nobody searched for."""
    return _run(plan, SEED_ADVICE)


def _run(plan: IntentInputs, forms: Mapping[str, str]) -> IntentOutputs:
    stages = Stages(INTENT.stages, forms)
    with threadpool_limits(1):
        with monitor("recordings"):
            read = _look_back(stages, plan)
        with monitor("learning"):
            likely, session = _learn(stages, plan, read)
        with monitor("control"):
            held = _move(stages, plan, likely, session)
        with monitor("service"):
            stages.run("load", handing.load_question(plan, session))
    return IntentOutputs(
        goal=int(np.argmax(held.belief[-1])),
        left_s=float(held.mean_s[-1]),
        control=held.controls[-1],
        steps=stages.steps,
    )


def _look_back(stages: Stages, plan: IntentInputs) -> FileOutputs:
    """Read what was recorded, and map it."""
    read: FileOutputs = stages.run("files", plan.recorded)
    stages.run("pool", handing.map_question(plan, read))
    return read


def _learn(stages: Stages, plan: IntentInputs, read: FileOutputs) -> tuple[BeliefOutputs, SessionInputs]:
    """Infer what recorded hands meant, and learn how long a hand takes."""
    likely: BeliefOutputs = stages.run("belief", handing.belief_question(plan, read))
    asked = handing.gp_question(plan, handing.experience_of(plan, read))
    stages.run("gp-inference", asked)
    stages.run("cache", handing.feature_question(plan, read))
    return likely, handing.session_question(plan, asked)


def _move(
    stages: Stages, plan: IntentInputs, likely: BeliefOutputs, session: SessionInputs
) -> SessionOutputs:
    """Shadow the recorded hands, then meet a new one."""
    stages.run("mpc", handing.way_question(plan, likely))
    held: SessionOutputs = stages.run("pipeline", session)
    return held
