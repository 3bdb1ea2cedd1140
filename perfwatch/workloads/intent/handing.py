"""How the answer of one stage of the intent system becomes what the next one is handed.

Each function takes answers and returns the inputs of one stage. This module must not run a stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.intent import (
    belief,
    cache,
    gp_inference,
    load,
    mpc,
    pipeline,
    pool,
    reaching,
)
from perfwatch.workloads.intent.files import FileInputs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfwatch.workloads.intent.files import FileOutputs

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]

#: A hand that is slower than this has come to rest.
RESTING_M_PER_S = 0.05
#: Movements that are cut out of the last frames of each recording.
CUTS_COUNT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentInputs:
    """A planned day: recordings of hands, the hand that is to be met, and those of all users.

    ``extents`` are the size's. ``goals`` has shape ``(intents, 2)``, ``track`` ``(observations + 1, 2)``,
    ``pushes`` ``(steps, 4)``, ``requests`` ``(requests,)``, ``user_tracks`` ``(users, frames, 2)`` and
    ``user_robots`` ``(users, 4)``.
    """

    extents: dict[str, int]
    recorded: FileInputs
    goals: FloatArray
    track: FloatArray
    pushes: FloatArray
    requests: IntArray
    user_tracks: FloatArray
    user_robots: FloatArray


def coarse_tracks(read: FileOutputs) -> FloatArray:
    """Return where each recorded hand was, frame by frame, of shape ``(recordings, frames, 2)``."""
    return read.means[:, :, :2]


def map_question(plan: IntentInputs, read: FileOutputs) -> pool.MapInputs:
    """Ask where the hands of each recording were at last."""
    return pool.MapInputs(places=read.latest[:, :, :2].copy(), cells_count=plan.extents["cells"])


def belief_question(plan: IntentInputs, read: FileOutputs) -> belief.BeliefInputs:
    """Ask which goal the recorded hands were heading for, one recording after the other."""
    intents_count = len(plan.goals)
    return belief.BeliefInputs(
        positions=np.concatenate(coarse_tracks(read)),
        goals=plan.goals,
        prior=np.full(intents_count, 1 / intents_count),
    )


def experience_of(plan: IntentInputs, read: FileOutputs) -> gp_inference.Experience:
    """Return moments of the recordings, and how long each was before its hand came to rest."""
    rows, left_s = [], []
    for track in coarse_tracks(read):
        seen = reaching.features(track)
        pace = np.hypot(seen[:, 2], seen[:, 3]) * reaching.PACE_M_PER_S
        moving = np.flatnonzero(pace > RESTING_M_PER_S)
        last = int(moving[-1]) if len(moving) else 0
        rows.append(seen[: last + 1])
        left_s.append(reaching.FRAME_S * np.arange(last, -1, -1))
    features, left = np.concatenate(rows), np.concatenate(left_s)
    chosen = np.linspace(0, len(features) - 1, min(plan.extents["points"], len(features))).astype(np.int64)
    return gp_inference.Experience(features=features[chosen], left_s=left[chosen])


def gp_question(plan: IntentInputs, experience: gp_inference.Experience) -> gp_inference.GpInputs:
    """Calibrate the kernel on the recordings, and ask how long the hand that is to be met still has to go."""
    return gp_inference.GpInputs(
        experience=experience,
        kernel=gp_inference.searched_kernel(experience),
        queries=reaching.features(plan.track)[: plan.extents["queries"]],
    )


def way_question(plan: IntentInputs, goals_likely: belief.BeliefOutputs) -> mpc.MpcInputs:
    """Ask for the controls of a robot that shadows the recorded hands: it goes where they are believed to."""
    horizon, steps_count = plan.extents["horizon"], plan.extents["steps"]
    places = goals_likely.belief @ plan.goals
    rows = np.arange(steps_count + horizon) % len(places)
    wanted = np.zeros((len(rows), mpc.STATES_COUNT))
    wanted[:, :2] = places[rows]
    return mpc.MpcInputs(
        plant=mpc.Plant(horizon=horizon), start=np.zeros(mpc.STATES_COUNT), wanted=wanted, pushes=plan.pushes
    )


def feature_question(plan: IntentInputs, read: FileOutputs) -> cache.CacheInputs:
    """Cut the last frames of each recording into movements, and ask for some of them often."""
    recordings_count, kept_count = read.latest.shape[:2]
    cuts = read.latest[:, :, :2].reshape(recordings_count * CUTS_COUNT, kept_count // CUTS_COUNT, 2)
    return cache.CacheInputs(movements=cuts, requests=plan.requests, kept_count=plan.extents["cached"])


def session_question(plan: IntentInputs, asked: gp_inference.GpInputs) -> pipeline.SessionInputs:
    """Let a robot meet the hand, with the kernel that was calibrated."""
    return pipeline.session_with(plan.track, plan.goals, asked, plan.extents["horizon"])


def load_question(plan: IntentInputs, session: pipeline.SessionInputs) -> load.LoadInputs:
    """Let all users ask for what that robot knows."""
    return load.LoadInputs(
        session=session,
        tracks=plan.user_tracks,
        robots=plan.user_robots,
        levels=tuple(plan.extents[name] for name in ("few", "some", "many")),
        calls_count=plan.extents["calls"],
        processes_count=plan.extents["processes"],
    )
