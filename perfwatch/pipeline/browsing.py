"""What pages over many runs show: histories and verdicts, out of the store.

Nothing here prints, and nothing here changes the store but ``sum_up``, which is
for before the first page is asked for.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from perfwatch import pipeline
from perfwatch.errors import PerfwatchError, UsageError
from perfwatch.history import history_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfwatch.config import Config
    from perfwatch.records.history import BenchmarkLine, History
    from perfwatch.store import Store

#: How long a command may spend on what older versions left out, before it shows anything.
SUM_UP_SECONDS = 10.0


def sum_up(config: Config, store: Store, clock: Callable[[], float] = time.monotonic) -> tuple[int, int]:
    """Hold runs that have no stored verdicts against their baselines, the newest first, for ten seconds at most.

    Runs have none that an older perfwatch stored, or that came out of a baseline's file.
    Returns how many were done, and how many are left. ``clock`` counts seconds.
    """
    waiting = store.without_summary()
    end = clock() + SUM_UP_SECONDS
    for done, run_id in enumerate(waiting):
        if clock() >= end:
            return done, len(waiting) - done
        try:
            summary = pipeline.report(run_id, config, store).summary
        except PerfwatchError:
            continue  # its own page says what is wrong with it; the list shows it without verdicts
        store.save_summary(run_id, summary)
    return len(waiting), 0


def history(slug: str, store: Store) -> History:
    """One benchmark's times over all stored runs; raises ``UsageError`` for an unknown one."""
    found = store.benchmarks(slug=slug)
    if not found:
        raise unknown_benchmark()
    return history_of(found[0], store.points_of(slug))


def called(name: str, store: Store) -> list[BenchmarkLine]:
    """Return the benchmarks of a name, one for each target that has it; raises ``UsageError`` where none has."""
    found = store.benchmarks(name=name)
    if not found:
        raise unknown_benchmark()
    return found


def unknown_benchmark() -> UsageError:
    """Return the error for a benchmark that no stored run has a time of."""
    return UsageError(
        "There is no such benchmark.",
        means="No stored run has a time of it.",
        do="The list of benchmarks shows those that have one.",
    )
