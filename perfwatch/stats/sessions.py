"""How much the level of the same code moves from one session to the next.

This module must not compare two codes: ``difference`` does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.stats.interval import variance
from perfwatch.stats.location import mean

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSpread:
    """Variance components of values taken in several sessions, in the square of their unit.

    ``level`` is the mean of the session means. ``of_means`` is the sample
    variance of the session means, with ``dof`` degrees of freedom. ``between``
    is the share that sessions have of their own, ``within`` the variance of one
    value inside a session (``None`` where no session has two values).
    """

    level: float
    of_means: float
    between: float
    within: float | None
    dof: int


def between_session_variance(sessions: Sequence[Sequence[float]]) -> SessionSpread | None:
    """Split the spread of values into what sessions share and what they do not.

    Model: value = level + session + process, all three independent. With m(s) the
    mean of the n(s) values of session s, K sessions and h = mean(1 / n(s)):
    of_means = variance(m), within = pooled variance inside the sessions,
    between = max(0, of_means - within * h).

    Method: one-way random effects by the method of moments with unweighted
    session means (Thomas and Hultquist 1978; Burdick and Graybill 1992, chapter
    3), which is exact for equal counts and unbiased before the truncation at 0
    for unequal ones.

    Edge cases: empty sessions do not count; fewer than two others give ``None``;
    constants give zeros; where each session has one value, nothing tells the
    two shares apart and all of it counts as ``between``.
    """
    filled = [session for session in sessions if session]
    means = [mean(session) for session in filled]
    of_means = variance(means)
    if of_means is None:
        return None
    within = _pooled(filled)
    inverse_count = mean([1 / len(session) for session in filled])
    between = max(0.0, of_means - (within or 0.0) * inverse_count)
    return SessionSpread(
        level=mean(means), of_means=of_means, between=between, within=within, dof=len(means) - 1
    )


def _pooled(sessions: Sequence[Sequence[float]]) -> float | None:
    dof = sum(len(session) - 1 for session in sessions)
    if not dof:
        return None
    squares = ((variance(session) or 0.0) * (len(session) - 1) for session in sessions)
    return math.fsum(squares) / dof
