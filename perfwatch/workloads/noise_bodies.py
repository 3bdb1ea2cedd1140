"""Two bodies that do the same work in every call, for measuring a machine against itself.

This file is copied beside the target's own and imported there: it must not import
anything but the standard library, and numpy inside a set-up alone.
"""

ROUNDS = 60_000
CELLS = 200_000


def time_loop() -> int:
    """Pure Python: one loop over integers, in one thread, without a wait."""
    found = 0
    for number in range(ROUNDS):
        found ^= number
    return found


class Pipeline:
    """NumPy: sums, products and roots of whole arrays, each of which is allocated anew."""

    def setup(self) -> None:
        """Make the array that each call starts from."""
        import numpy as np

        self.cells = np.linspace(0.0, 1.0, CELLS)

    def time_pipeline(self) -> float:
        """Allocate, compute, sort a part, reduce."""
        moved = self.cells * 1.5 + 0.25
        rooted = (moved * moved + 1.0) ** 0.5
        rooted[::50].sort()
        return float((rooted - moved).sum())
