"""Recorded reaches of a hand: what every stage of this workload draws its inputs from.

A hand goes from a place of rest to one of several goals on a minimum-jerk path (T. Flash
and N. Hogan, J. Neurosci. 5 (1985) 1688); a tracker sees it frame by frame, with noise.
Units: metres and seconds. This module must not know any stage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfwatch.workloads.drawing import Draw

    FloatArray = NDArray[np.float64]

#: The time between two frames of the tracker that intents are inferred from.
FRAME_S = 0.05
#: What the tracker adds to a position, as a standard deviation.
NOISE_M = 0.002
SHORTEST_S, LONGEST_S = 0.8, 1.6
#: How far from the middle of the table goals lie.
NEAREST_M, FARTHEST_M = 0.35, 0.60
#: What positions and velocities are divided by, so that one length fits both.
PLACE_M, PACE_M_PER_S = 0.5, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """One reach: ``positions`` of shape ``(frames, 2)``, which ends at goal number ``goal`` after ``duration_s``."""

    positions: FloatArray
    goal: int
    duration_s: float


def draw_goals(draw: Draw, goals_count: int) -> FloatArray:
    """Return goals on a table, of shape ``(goals, 2)``, spread around its middle."""
    turn = (np.arange(goals_count) + draw.between(0.2, 0.8, goals_count)) * (2 * np.pi / goals_count)
    distance = draw.between(NEAREST_M, FARTHEST_M, goals_count)
    return np.column_stack([distance * np.cos(turn), distance * np.sin(turn)])


def minimum_jerk(share: NDArray[np.floating[Any]]) -> FloatArray:
    """Return which share of the way is done after a share of the time: 10 s^3 - 15 s^4 + 6 s^5."""
    within = np.clip(share, 0.0, 1.0)
    return np.asarray(within**3 * (10 + within * (6 * within - 15)))


def draw_reach(draw: Draw, goals: FloatArray, frames_count: int, frame_s: float = FRAME_S) -> Reach:
    """Return a reach from near the middle; frames after its end see a hand at rest."""
    goal = int(draw.below(len(goals)))
    start = draw.between(-0.05, 0.05, 2)
    duration_s = float(draw.between(SHORTEST_S, LONGEST_S))
    share = np.arange(frames_count) * frame_s / duration_s
    path = start + minimum_jerk(share)[:, np.newaxis] * (goals[goal] - start)
    return Reach(positions=path + NOISE_M * draw.bell(frames_count, 2), goal=goal, duration_s=duration_s)


def features(positions: FloatArray, frame_s: float = FRAME_S) -> FloatArray:
    """Return place and pace of the hand at each frame but the first, of shape ``(frames - 1, 4)``."""
    pace = np.diff(positions, axis=0) / frame_s
    return np.column_stack([positions[1:] / PLACE_M, pace / PACE_M_PER_S])


def draw_experience(draw: Draw, goals: FloatArray, points_count: int) -> tuple[FloatArray, FloatArray]:
    """Return features of moments of earlier reaches, and how many seconds each was before its end."""
    rows, left_s = [], []
    for _ in range(points_count):
        frames_count = int(LONGEST_S / FRAME_S)
        reach = draw_reach(draw, goals, frames_count)
        last = max(2, min(frames_count - 1, int(reach.duration_s / FRAME_S)))
        frame = 1 + int(draw.below(last - 1))
        rows.append(features(reach.positions)[frame - 1])
        left_s.append(reach.duration_s - frame * FRAME_S)
    return np.array(rows), np.array(left_s)
