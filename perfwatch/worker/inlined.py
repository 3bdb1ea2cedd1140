"""Time a subject; where it is asked for, with the work of its process pools done in this process.

The stand-ins are in place before the target is imported, and taken away at the end. It must
not start a process, and must not judge.
"""

from __future__ import annotations

import concurrent.futures
import concurrent.futures.process
import multiprocessing.pool
from typing import TYPE_CHECKING, Any

from .clock import Clock
from .inline_pools import Ledger, executor_class, pool_class

if TYPE_CHECKING:
    from collections.abc import Callable

    from .subject import Subject

#: Where the classes are looked up when a pool is made, ``multiprocessing.Pool`` and contexts' included.
PLACES = (
    (multiprocessing.pool, "Pool"),
    (concurrent.futures.process, "ProcessPoolExecutor"),
    (concurrent.futures, "ProcessPoolExecutor"),
)


class Inlined:
    """Times each subject for about ``seconds`` of this process; ``inline`` replaces its process pools."""

    def __init__(self, seconds: float, *, quick: bool = False, inline: bool = False) -> None:
        self.clock = Clock(seconds, quick=quick)
        self.inline = inline
        self.records: list[dict[str, Any]] = self.clock.records
        self.close_open: Callable[[], None] | None = None
        self.ledger = Ledger()
        self._replaced: list[tuple[Any, str, Any]] = []

    def prepare(self) -> None:
        """Put the stand-ins where pools are looked up."""
        if not self.inline:
            return
        made = {"Pool": pool_class(self.ledger), "ProcessPoolExecutor": executor_class(self.ledger)}
        for module, name in PLACES:
            self._replaced.append((module, name, getattr(module, name)))
            setattr(module, name, made[name])

    def measure(self, subject: Subject) -> Any:
        """Time one subject, as ``Clock`` does."""
        return self.clock.measure(subject)

    def finish(self) -> dict[str, Any]:
        """Put back what was replaced; say how many tasks were done here, and why it is no comparison, if it is none."""
        while self._replaced:
            setattr(*self._replaced.pop())
        return {"handed": self.ledger.handed_count, "refused": self.ledger.refused}
