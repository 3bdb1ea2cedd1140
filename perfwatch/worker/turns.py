"""Take turns with another process: run a batch of calls when told to, and answer with its times.

Two named pipes lead to the conductor, one line of JSON a message. Each subject is
announced before its first call; then the conductor asks for that call, and for
batches until it says "next". It judges nothing, and decides nothing about how long
or how often.
Garbage collection is left as the target set it.

What is asked: ``{"cold": true}`` (the first call), ``{"calibrate": nanoseconds}``
(how many calls last so long), ``{"pin": processor}`` (let the calling thread run
there alone, until the next subject), ``{"weigh": percent, "loops": calls}`` (what
makes a turn of so many calls so much longer), ``{"batch": calls, "rounds": rounds}``
(rounds of an empty loop besides), ``{"next": true}``.
What numba and JAX compiled in the first call or in a batch goes with its times, where they did.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from itertools import repeat
from typing import TYPE_CHECKING, Any, TextIO

from .clock import calibrate, timed
from .compiling import Compiling
from .extra import spin, weigh
from .io import peak_resident_bytes
from .processor import accelerator_open, children_ns, waits
from .queueing import queued_ns
from .subject import describe_exception, heading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .subject import Subject

#: Calibrating may take so many times the length that is wanted.
CALIBRATING_RATIO = 40


class Turns:
    """Serves the conductor at the other end of two pipes, by their paths."""

    def __init__(self, asks: str, answers: str) -> None:
        self._paths = asks, answers
        self._asks: TextIO | None = None
        self._answers: TextIO | None = None
        self._compiling = Compiling()
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None

    def prepare(self) -> None:
        """Open the pipes: ours first, so that the conductor hears of an end that comes early."""
        asks, answers = self._paths
        self._answers = open(answers, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        self._tell({"pid": os.getpid()})
        self._asks = open(asks, encoding="utf-8")  # noqa: PTH123, SIM115
        self._compiling.install()

    def measure(self, subject: Subject) -> Any:
        """Announce the subject, call it once when told to, and run batches until the conductor has enough."""
        record = heading(subject)
        self._tell(record)
        if "next" in self._asked():
            return None
        if subject.before is not None:
            subject.before = self._compiling.forgetting(subject.before)
        try:
            self._compiling.take()
            thread_ns, in_children_ns = time.thread_time_ns(), children_ns()
            waited_ns = queued_ns()
            cold_ns, cold_cpu_ns, value = timed(subject)
            waited_ns = queued_ns() - waited_ns
            thread_ns, in_children_ns = time.thread_time_ns() - thread_ns, children_ns() - in_children_ns
            figure = peak_resident_bytes() if subject.kind == "peak-memory" else value
            self._tell(
                {
                    "cold_ns": cold_ns,
                    "cold_cpu_ns": cold_cpu_ns,
                    "thread_ns": thread_ns,
                    "queued_ns": waited_ns,
                    "children_ns": in_children_ns,
                    "peak_bytes": peak_resident_bytes(),
                    "single": subject.single,
                    "each": subject.before is not None,
                    "value": None if subject.kind == "time" else figure,
                    "accelerator": accelerator_open(),
                    "compiled": self._compiling.take(),
                }
            )
            cold = {
                "wall": cold_ns,
                "cpu": cold_cpu_ns,
                "thread": thread_ns,
                "children": in_children_ns,
                "waits": 0,
            }
            with _where_it_was():
                self._serve(subject, cold)
        except Exception as error:
            self._tell({"name": subject.name, "error": describe_exception(error)})
            raise
        self.records.append(record)
        return value

    def finish(self) -> dict[str, Any]:
        """Nothing concerns the whole process."""
        return {}

    def _serve(self, subject: Subject, cold: dict[str, int]) -> None:
        while True:
            asked = self._asked()
            if "batch" in asked:
                self._compiling.take()
                answer = turn(subject, asked["batch"], asked.get("rounds", 0))
                self._tell({**answer, "compiled": self._compiling.take()})
            elif "weigh" in asked:
                self._tell(
                    weigh(
                        lambda calls, rounds: turn(subject, calls, rounds),
                        asked["loops"],
                        asked["weigh"],
                        whole=subject.before is None and not subject.single,
                        known=cold if subject.single else None,
                    )
                )
            elif "pin" in asked:
                self._tell({"pinned": pin(asked["pin"])})
            elif "calibrate" in asked:
                length = asked["calibrate"]
                end = time.perf_counter_ns() + CALIBRATING_RATIO * length
                each = subject.single or subject.before is not None
                self._tell({"loops": 1 if each else calibrate(subject.call, end, length)})
            else:
                return

    def _asked(self) -> dict[str, Any]:
        assert self._asks is not None  # noqa: S101 - opened in ``prepare``
        line = self._asks.readline()
        # Without a conductor there is nobody to measure for.
        return dict(json.loads(line)) if line else {"next": True}

    def _tell(self, message: dict[str, Any]) -> None:
        assert self._answers is not None  # noqa: S101 - opened in ``prepare``
        with contextlib.suppress(BrokenPipeError):
            self._answers.write(json.dumps(message, default=repr) + "\n")
            self._answers.flush()


def turn(subject: Subject, loops: int, rounds: int = 0) -> dict[str, int]:
    """One batch on three clocks, in nanoseconds, and how often it gave the processor away of its own will.

    ``rounds`` of an empty loop follow the calls, inside the times. ``cpu`` is the
    time of all of the process's threads, ``thread`` that of the calling one,
    ``children`` that of child processes which it waited for.
    """
    if subject.before is not None and loops:
        subject.before()
    call = subject.call
    waited, children = waits() or 0, children_ns()
    thread = time.thread_time_ns()
    cpu = time.process_time_ns()
    started = time.perf_counter_ns()
    for _ in repeat(None, loops):
        call()
    if rounds:
        spin(rounds)
    wall = time.perf_counter_ns() - started
    cpu = time.process_time_ns() - cpu
    thread = time.thread_time_ns() - thread
    return {
        "wall": wall,
        "cpu": cpu,
        "thread": thread,
        "started": started,
        "waits": (waits() or 0) - waited,
        "children": children_ns() - children,
    }


def pin(processor: int) -> bool:
    """Let the calling thread run on one processor alone; whether the system allows it."""
    try:
        os.sched_setaffinity(0, {processor})
    except (AttributeError, OSError):  # no such call outside Linux
        return False
    return True


@contextlib.contextmanager
def _where_it_was() -> Iterator[None]:
    """Give the calling thread the processors back that it had."""
    try:
        before = os.sched_getaffinity(0)
    except (AttributeError, OSError):
        yield
        return
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, before)
