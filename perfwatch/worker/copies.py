"""Time a subject in several copies of this process that begin at the same time; in a single one, time a pool's start, too.

The copies are forked before the target is imported, where there is one thread and nothing of
the target's: each imports and prepares for itself, and waits for the others before it calls.
It must not judge.
"""

from __future__ import annotations

import json
import os
import sys
import time
import types
import warnings
from typing import TYPE_CHECKING, Any

from .clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from .subject import Subject

#: Pools that are started to learn what that takes; the first one imports what they need.
STARTS_COUNT = 4
#: Done by each worker that has not inherited the target's modules.
_IMPORTING = """\
import importlib
for name in names:
    try:
        importlib.import_module(name)
    except Exception:
        pass
"""


class Copies:
    """Times each subject for about ``seconds`` in ``count`` processes together; alone, starts pools of ``workers``."""

    def __init__(self, seconds: float, count: int, workers: int, *, quick: bool = False) -> None:
        self.clock = Clock(seconds, quick=quick)
        self.count = count
        self.workers = workers
        self.records: list[dict[str, Any]] = self.clock.records
        self.close_open: Callable[[], None] | None = None
        self.others: list[tuple[int, int]] = []
        self.parent = True
        self.refused = ""
        self._before: frozenset[str] = frozenset()

    def prepare(self) -> None:
        """Make the copies."""
        self._before = frozenset(sys.modules)
        self._ready, self._tells_ready = os.pipe()
        self._go, self._tells_go = os.pipe()
        for _ in range(self.count - 1):
            answer, tells_answer = os.pipe()
            process = os.fork()
            if process == 0:
                os.close(answer)
                os.close(self._tells_go)
                self.parent, self._tells_answer = False, tells_answer
                return
            os.close(tells_answer)
            self.others.append((process, answer))
        os.close(self._tells_ready)

    def measure(self, subject: Subject) -> Any:
        """Time one subject beside its copies; a copy tells its record, and ends."""
        if not self.parent:
            self._copy(subject)
        others = self._all_ready()
        value = self.clock.measure(subject)
        self.records[-1]["others"] = self._told() if others else []
        if self.count == 1:
            self.records[-1]["pool_start_ns"] = self._pool_start_ns(subject)
        return value

    def finish(self) -> dict[str, Any]:
        """Say why it is no comparison, if it is none."""
        return {"refused": self.refused}

    def _copy(self, subject: Subject) -> None:
        """Call when all are ready, tell the record, and leave by the shortest way: this process is nobody's."""
        try:
            os.write(self._tells_ready, b"r")
            os.close(self._tells_ready)
            if os.read(self._go, 1):
                self.clock.measure(subject)
                text = json.dumps(self.records[-1], default=repr).encode("utf-8", errors="backslashreplace")
                with os.fdopen(self._tells_answer, "wb") as stream:
                    stream.write(text)
        finally:
            os._exit(0)

    def _all_ready(self) -> bool:
        """Wait for every copy to stand ready, and let them all go; a copy that ended before makes it no comparison."""
        waiting = len(self.others)
        while waiting and (said := os.read(self._ready, waiting)):
            waiting -= len(said)
        if waiting:
            self.refused = "a copy of the benchmark ended before it was called"
        else:
            os.write(self._tells_go, b"g" * len(self.others))
        os.close(self._tells_go)
        return not waiting

    def _told(self) -> list[dict[str, Any]]:
        found = []
        for process, answer in self.others:
            with os.fdopen(answer, "rb") as stream:
                text = stream.read()
            os.waitpid(process, 0)
            if text:
                found.append(json.loads(text))
        if len(found) < len(self.others):
            self.refused = "a copy of the benchmark ended without a time"
        return found

    def _pool_start_ns(self, subject: Subject) -> int | None:
        """What a pool takes to start, do one trivial task for each worker, and end; of a whole program, its first."""
        names = sorted(name for name in sys.modules.keys() - self._before if name != "__main__")
        taken = []
        try:
            for _ in range(1 if subject.single else STARTS_COUNT):
                began = time.perf_counter_ns()
                _start_pool(self.workers, names)
                taken.append(time.perf_counter_ns() - began)
        except Exception as error:
            self.refused = f"no pool of processes could be started: {type(error).__name__}: {error}"
            return None
        return taken[0] if subject.single else sorted(taken[1:])[len(taken[1:]) // 2]


def _start_pool(workers: int, names: list[str]) -> None:
    """Start a pool as Python does by itself here, have each worker do next to nothing, and end it.

    A forked worker has the target's modules; any other imports them again, as it
    would to find the function that it is sent. The main module is not executed
    again: a script that is not made for that would do all its work.
    """
    import concurrent.futures
    import multiprocessing

    forked = multiprocessing.get_start_method() == "fork"
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of forks beside threads
            begin: dict[str, Any] = {"initializer": exec, "initargs": (_IMPORTING, {"names": names})}
            with concurrent.futures.ProcessPoolExecutor(workers, **({} if forked else begin)) as pool:
                for task in [pool.submit(int) for _ in range(workers)]:
                    task.result()
    finally:
        sys.modules["__main__"] = main
