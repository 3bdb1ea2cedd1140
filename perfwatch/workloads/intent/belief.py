"""Which goal a hand is heading for: a Bayesian update over intents with each observed movement.

A hand that means to reach a goal moves towards it more often than not: the direction of each
movement follows a von Mises distribution around the direction of the goal (K. V. Mardia and
P. E. Jupp, Directional Statistics (2000), section 3.5.4); its normaliser is that of every intent
and cancels. Inference of goals from such movements: C. L. Baker, R. Saxe and J. B. Tenenbaum,
Cognition 113 (2009) 329. Intents may change from one frame to the next, with one chance for
every other intent alike, so that this is the forward algorithm (L. R. Rabiner, Proc. IEEE 77
(1989) 257), normalised at each step.

Each form is a generator that gives the belief after one more movement, and that looks at no
movement before its time. This module must not measure itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.intent import reaching
from perfwatch.workloads.intent.table_one import BELIEF
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    Weigh = Callable[[int], list[float]]

#: How closely movements follow the direction of their goal: most of them within 40 degrees.
CONCENTRATION = 4.0
#: The chance that an intent changes between two frames.
SWITCHING = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class BeliefInputs:
    """A hand's ``positions`` of shape ``(movements + 1, 2)``, and ``goals`` of shape ``(intents, 2)``, in m.

    ``prior`` has shape ``(intents,)``; ``concentration`` and ``switching`` are those of the model.
    """

    positions: FloatArray
    goals: FloatArray
    prior: FloatArray
    concentration: float = CONCENTRATION
    switching: float = SWITCHING


@dataclass(frozen=True, slots=True, kw_only=True)
class BeliefOutputs:
    """How likely each intent is after each movement, of shape ``(movements, intents)``."""

    belief: FloatArray


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> BeliefInputs:
    """Draw a hand that goes from goal to goal for ``size``; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(BELIEF, size)
    return draw_track(extents["movements"], extents["intents"], seed)


def draw_track(movements_count: int, intents_count: int, seed: int) -> BeliefInputs:
    """Draw reaches one after the other, until there are enough movements."""
    draw = Draw(seed)
    goals = reaching.draw_goals(draw, intents_count)
    frames_count = int(reaching.LONGEST_S / reaching.FRAME_S)
    reaches_count = -(-(movements_count + 1) // frames_count)
    reaches = [reaching.draw_reach(draw, goals, frames_count).positions for _ in range(reaches_count)]
    return BeliefInputs(
        positions=np.concatenate(reaches)[: movements_count + 1],
        goals=goals,
        prior=np.full(intents_count, 1 / intents_count),
    )


def reference(asked: BeliefInputs) -> BeliefOutputs:
    """Begin with the prior after each movement, and go through all movements so far."""
    return _gathered(asked, recomputed)


def recursive(asked: BeliefInputs) -> BeliefOutputs:
    """Carry the belief from one movement to the next."""
    return _gathered(asked, carried)


def log_space(asked: BeliefInputs) -> BeliefOutputs:
    """Carry logarithms from one movement to the next, all intents at once."""
    return _gathered(asked, carried_in_logarithms)


def cached(asked: BeliefInputs) -> BeliefOutputs:
    """Go through all movements each time, and keep what each one told."""
    return _gathered(asked, recomputed_from_kept)


def _gathered(asked: BeliefInputs, form: Callable[[BeliefInputs], Iterator[FloatArray]]) -> BeliefOutputs:
    rows = [np.empty((0, len(asked.goals))), *(row[np.newaxis] for row in form(asked))]
    return BeliefOutputs(belief=np.concatenate(rows))


def recomputed(asked: BeliefInputs) -> Iterator[FloatArray]:
    """Give the belief after each movement, each from the whole history."""
    return _from_the_beginning(asked, lambda movement: weights(asked, movement))


def recomputed_from_kept(asked: BeliefInputs) -> Iterator[FloatArray]:
    """Give the same, asking the model once for each movement."""
    return _from_the_beginning(asked, lru_cache(maxsize=None)(lambda movement: weights(asked, movement)))


def carried(asked: BeliefInputs) -> Iterator[FloatArray]:
    """Give the belief after each movement, from the one before it."""
    belief = asked.prior.tolist()
    for movement in range(len(asked.positions) - 1):
        belief = _updated(belief, weights(asked, movement), asked.switching)
        yield np.array(belief)


def carried_in_logarithms(asked: BeliefInputs) -> Iterator[FloatArray]:
    """Give the belief after each movement, from the logarithms of the one before it."""
    logarithms = np.log(asked.prior)
    others_count = max(1, len(asked.goals) - 1)
    leaving = math.log(asked.switching / others_count)
    staying = math.log1p(-asked.switching - asked.switching / others_count)
    for movement in range(len(asked.positions) - 1):
        move = asked.positions[movement + 1] - asked.positions[movement]
        way = asked.goals - asked.positions[movement]
        lengths = np.hypot(way[:, 0], way[:, 1]) * math.hypot(*move.tolist())
        along = np.divide(way @ move, lengths, out=np.zeros(len(way)), where=lengths > 0)
        mixed = np.logaddexp(staying + logarithms, leaving)
        unscaled = mixed + asked.concentration * along
        greatest = unscaled.max()
        logarithms = unscaled - (greatest + math.log(np.exp(unscaled - greatest).sum()))
        yield np.exp(logarithms)


def _from_the_beginning(asked: BeliefInputs, weigh: Weigh) -> Iterator[FloatArray]:
    prior = asked.prior.tolist()
    for seen_count in range(1, len(asked.positions)):
        belief = prior
        for movement in range(seen_count):
            belief = _updated(belief, weigh(movement), asked.switching)
        yield np.array(belief)


def weights(asked: BeliefInputs, movement: int) -> list[float]:
    """Return how well each intent explains a movement, up to one factor for all of them."""
    (x, y), (next_x, next_y) = asked.positions[movement : movement + 2].tolist()
    move_x, move_y = next_x - x, next_y - y
    pace = math.hypot(move_x, move_y)
    found = []
    for goal_x, goal_y in asked.goals.tolist():
        way_x, way_y = goal_x - x, goal_y - y
        lengths = math.hypot(way_x, way_y) * pace
        # A hand that rests, or that is there, points nowhere.
        along = (way_x * move_x + way_y * move_y) / lengths if lengths > 0 else 0.0
        found.append(math.exp(asked.concentration * along))
    return found


def _updated(belief: Sequence[float], weighed: Sequence[float], switching: float) -> list[float]:
    """Return the belief after one more movement: intents may have changed, then the movement is weighed."""
    leaving = switching / max(1, len(belief) - 1)
    staying = 1 - switching - leaving
    # Beliefs add up to one: what comes from all other intents is what comes from all less its own.
    mixed = [(staying * likely + leaving) * weight for likely, weight in zip(belief, weighed, strict=True)]
    total = sum(mixed)
    return [each / total for each in mixed]
