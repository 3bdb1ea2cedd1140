"""Which benchmarks are confirmed to be slower, asked while both sides can still be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.compare.verdicts import verdicts
from perfwatch.records.comparison import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.pairing import PairTiming
    from perfwatch.records.plan import Policy


def slower(timings: Sequence[PairTiming], names: Sequence[str], policy: Policy) -> tuple[str, ...]:
    """Return the benchmarks whose verdict is ``slower``; none where the run is void."""
    return tuple(one.benchmark for one in verdicts(timings, names, policy) if one.verdict is Verdict.SLOWER)
