"""Run a subject once while CUPTI, the frameworks and JAX's events tell what the GPU did for it.

The stretch is timed after synchronising: a clock read when an asynchronous call
returns says nothing of the device. It must not import a framework, and it must
not trace where the target profiles itself: CUPTI has one subscriber.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from .gpu_frameworks import Compiles, Frameworks
from .gpu_trace import Trace
from .gpu_watch import Stacks, Watch
from .subject import Subject, heading, repeat_for, stretch

if TYPE_CHECKING:
    from collections.abc import Callable


class Gpu:
    """Traces one call of each subject, after one call outside it, then repeats it for about ``seconds``.

    One call is enough, because everything in it is seen; the repetition is for
    those who sample from outside. A script's body runs once. ``untraced`` says
    why CUPTI must not be asked; the rest works without it.
    """

    def __init__(self, seconds: float, untraced: str = "") -> None:
        self.seconds = seconds
        self.untraced = untraced
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None
        self.stacks = Stacks()
        self.trace = Trace(self.stacks)
        self.watch = Watch(self.stacks, self.trace.under_way)
        self.frameworks = Frameworks()
        self.compiles = Compiles()

    def prepare(self) -> None:
        """Subscribe before the target can: whoever comes second is refused."""
        self.compiles.install(on_jax=self.trace.without_calls)
        if not self.untraced:
            self.trace.open()

    def measure(self, subject: Subject) -> Any:
        """Trace one call; compilations of the call before it count, because that is where they happen."""
        self.compiles.take()
        value = None if subject.single else subject.once()
        record = heading(subject)
        if subject.before is not None:
            subject.before()
        self.frameworks.synchronise()
        self.trace.begin()
        if self.trace.ready:
            self.watch.start()
        record["started_ns"] = time.perf_counter_ns()
        with stretch(self, record, lambda: self._close(record)):
            last = subject.call()
            self.frameworks.synchronise()
            record["wall_ns"] = time.perf_counter_ns() - record["started_ns"]
        if not subject.single and self.seconds > 0:
            repeat_for(subject, self.seconds)
            self.frameworks.synchronise()
            record["ended_ns"] = time.perf_counter_ns()
        return last if subject.single else value

    def _close(self, record: dict[str, Any]) -> None:
        self.frameworks.synchronise()
        record["ended_ns"] = time.perf_counter_ns()
        record["trace"] = self.trace.end()
        record["watch"] = self.watch.stop()
        # Stacks are numbered over the whole process: each record brings those so far.
        record.update(self.stacks.plain())
        record["allocators"] = self.frameworks.allocators()
        record["jax"] = {**self.compiles.take(), "platforms": self.frameworks.jax_platforms()}
        if self.trace.ready:
            record["missing"] = [*self.trace.missing, *self.frameworks.missing, *self._conflicts()]
        else:
            record["missing"] = [*self.frameworks.missing]
        if self.compiles.lost_count:
            record["missing"].append(
                f"{self.compiles.lost_count} of JAX's compile events were too many to keep"
            )

    def _conflicts(self) -> list[str]:
        return [
            f"{name} ran in the target meanwhile: CUPTI has one subscriber, so it or this pass lacks records"
            for name in sorted(self.watch.others)
        ]

    def finish(self) -> dict[str, Any]:
        """Let go of the driver, and name the tool."""
        self.trace.close()
        trouble = self.untraced or self.trace.trouble
        return {
            "tool": "" if trouble else "CUPTI",
            "version": self.trace.version,
            "trouble": trouble,
        }
