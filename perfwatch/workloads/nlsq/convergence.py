"""What is said of a fit that came to no end; it must not fit anything."""

from __future__ import annotations

from perfwatch.errors import TargetFailed


class FitNotConverged(TargetFailed):
    """A fit used up all that it was allowed without having converged: its time is no fit's time.

    ``model`` and ``points_count`` say what was fitted, ``cost`` is half the sum of squares that
    it had reached.
    """

    def __init__(self, model: str, points_count: int, cost: float, *, spent: str) -> None:
        super().__init__(
            f"The fit of the {model} model to {points_count:,} points did not converge within {spent}; "
            f"the cost reached is {cost:.6g}.",
            means="There is no answer, and so no time of one.",
            do="Begin nearer to the solution, allow more, or fit another model.",
        )
        self.model = model
        self.points_count = points_count
        self.cost = cost
