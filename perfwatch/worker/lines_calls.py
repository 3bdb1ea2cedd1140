"""Trace some calls of a repeatable function whole, and leave the others free.

Whole calls need no estimate of what tracing costs: hits of the traced calls are
exact, and calls left free show beside them what the dilation is. Where calls
differ, the mean over batches of traced calls has a standard error (simple random
sampling of clusters of equal size without replacement: Cochran, *Sampling
Techniques*, 3rd ed. 1977, sections 2.6 and 9.3)::

    error of the mean = s / sqrt(k) * sqrt(1 - k / n)

for ``k`` traced batches of ``n``, ``s`` the standard deviation of a line's hits
between traced batches. Where every call is traced there is no error.
"""

from __future__ import annotations

import math
import random
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .lines_code import Function, Tracer
    from .lines_duty import Limits
    from .lines_windows import Cost
    from .subject import Subject

#: Turning the tracer on and off is small beside a batch of this length.
BATCH_NS = 2_000_000
BATCHES_AT_MOST = 200
_Key = tuple["Function", int]


class Calls:
    """Batches of calls of one subject, traced and free ones."""

    def __init__(self, tracer: Tracer, cost: Cost, limits: Limits) -> None:
        self.tracer, self.cost, self.limits = tracer, cost, limits
        self.size = 1
        self.free_batches = self.traced_batches = 0
        self.wall_ns = 0
        #: Processor time: what else the machine does must not pass for the tracer's cost.
        self.free_ns = self.traced_ns = 0
        self.open = False
        self.hits: dict[_Key, int] = {}
        self.squares: dict[_Key, int] = {}
        self.spent: dict[_Key, int] = {}
        self._before: dict[_Key, tuple[int, int]] = {}
        self._random = random.Random()  # noqa: S311 - chance, not secrecy

    def repeat(self, subject: Subject, seconds: float) -> None:
        """Call it for about ``seconds``, at least one batch traced."""
        end = time.perf_counter_ns() + round(seconds * 1e9)
        self.free_ns, self.free_batches = self._free(subject), 1
        self.size = max(1, math.ceil(BATCH_NS / max(1, self.wall_ns)))
        if self.size > 1:
            self.wall_ns, self.free_ns = 0, self._free(subject)
        while True:
            self._traced(subject)
            while self._too_much() and (time.perf_counter_ns() < end or self._far_too_much()):
                # Beside regular batches a target with a period of its own could hide.
                for _ in range(self._random.randint(1, 3)):
                    self.free_ns += self._free(subject)
                    self.free_batches += 1
            if time.perf_counter_ns() >= end or self.traced_batches >= BATCHES_AT_MOST:
                return

    def dilation(self) -> float:
        """A traced call's time over a free one's."""
        if not self.traced_batches or not self.free_ns:
            return 1.0
        return (self.traced_ns / self.traced_batches) / (self.free_ns / self.free_batches)

    def finish(self) -> dict[str, Any]:
        """The record's part: hits and nanoseconds summed over the traced calls, errors of these sums."""
        self._end_batch()
        batches = self.free_batches + self.traced_batches
        sampled = self._sampled()
        functions: dict[Function, list[list[float | None]]] = {}
        for key in sorted(self.hits):
            entry: list[float | None] = [key[1], self.hits[key], self.spent[key]]
            if sampled:
                entry.append(self._error(key, batches))
            functions.setdefault(key[0], []).append(entry)
        traced = self.traced_batches * self.size
        few = sampled and self.traced_batches < 2
        return {
            "functions": [
                {"file": file, "line": first, "name": name, "lines": lines}
                for (file, first, name), lines in functions.items()
            ],
            "calls": batches * self.size,
            "traced_calls": traced,
            "wall_ns": self.wall_ns,
            "sampled": sampled,
            "timed": True,
            "windows": self.traced_batches,
            "dilation": self.dilation(),
            "hit_ns": self.cost.hit_ns,
            "hit_error_ratio": 0.0,
            "clean_ns": float(self.free_ns) / self.free_batches * batches if self.free_batches else None,
            "reason": self._reason(traced, batches * self.size) if sampled or few else "",
        }

    def _reason(self, traced: int, calls: int) -> str:
        said = f"tracing dilates it {self.dilation():.1f}x: {traced} of {calls} calls were traced"
        return said if self.traced_batches > 1 else f"{said}, too few for an error"

    def _sampled(self) -> bool:
        return self.dilation() > self.limits.dilation_at_most

    def _error(self, key: _Key, batches: int) -> float | None:
        count = self.traced_batches
        if count < 2:
            return None
        mean = self.hits[key] / count
        variance = max(0.0, self.squares[key] - count * mean**2) / (count - 1)
        return math.sqrt(variance * count * (1 - count / batches))

    def _too_much(self) -> bool:
        clean = self.free_ns / self.free_batches * (self.free_batches + self.traced_batches)
        return self.free_ns + self.traced_ns > self.limits.dilation_at_most * clean

    def _far_too_much(self) -> bool:
        return self.traced_ns > self.limits.grace_ns

    def _call(self, subject: Subject) -> int:
        started, used = time.perf_counter_ns(), time.process_time_ns()
        subject.call()
        self.wall_ns += time.perf_counter_ns() - started
        return time.process_time_ns() - used

    def _free(self, subject: Subject) -> int:
        used = 0
        for _ in range(self.size):
            if subject.before is not None:
                subject.before()
            used += self._call(subject)
        return used

    def _traced(self, subject: Subject) -> None:
        self._before = self._now()
        self.open = True
        self.tracer.on()
        used = 0
        for _ in range(self.size):
            if subject.before is not None:
                self.tracer.off()
                subject.before()
                self.tracer.on()
            used += self._call(subject)
        self.traced_ns += used
        self._end_batch()

    def _end_batch(self) -> None:
        """Close the batch under way; the process may be leaving from inside it."""
        if not self.open:
            return
        self.open = False
        self.tracer.off()
        self.traced_batches += 1
        for key, (hits, spent) in self._now().items():
            hits_before, spent_before = self._before.get(key, (0, 0))
            if hits > hits_before:
                more = hits - hits_before
                self.hits[key] = self.hits.get(key, 0) + more
                self.squares[key] = self.squares.get(key, 0) + more**2
                self.spent[key] = self.spent.get(key, 0) + spent - spent_before

    def _now(self) -> dict[_Key, tuple[int, int]]:
        return {
            (key, line): (hits, spent)
            for key, lines in self.tracer.timings().items()
            for line, hits, spent in lines
        }
