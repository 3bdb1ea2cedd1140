"""Trace a subject's allocations with memray into capture files.

The captures are read by the parent: this module must not look into them.
"""

from __future__ import annotations

import _thread
import gc
import os
import resource
import time
from typing import TYPE_CHECKING, Any

from . import memory_descriptors
from .subject import Subject, heading, stretch

if TYPE_CHECKING:
    from collections.abc import Callable

#: A capture that has grown past this is ended, and the rest is traced in totals only.
CAP_BYTES = 2_000_000_000
#: The captures of one process share the cap; a later one has at least this part of it.
LEAST_PART = 50
#: A forked child's capture may have this part of the cap: there can be many, and none is aggregated.
CHILDS_PART = 16
CHILDREN_AT_MOST = 64
WATCH_SECONDS = 0.2
#: How many more calls are compared for leaks, and for how long.
FURTHER_CALLS = 4
LEAK_SECONDS = 2.0
#: Where one call writes more than this with every small object traced, small objects are left out.
#: The parent reads such a capture one allocation at a time: 3 bytes and 2 µs each.
LEAK_CALL_BYTES = 1_500_000
#: A size that nobody else is likely to ask for, and the function that asks for it, mark where a call begins and ends.
BOUNDARY_BYTES = 1_048_583


class Memory:
    """Runs each subject once under memray after one call outside it, then compares further calls for leaks."""

    def __init__(self, folder: str, cap_bytes: int = CAP_BYTES, leak_seconds: float = LEAK_SECONDS) -> None:
        self.folder = os.path.abspath(folder)  # noqa: PTH100 - the target may change directory
        self.cap_bytes = cap_bytes
        self.leak_seconds = leak_seconds
        self.written_bytes = 0
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None
        self.capture: _Capture | None = None

    def prepare(self) -> None:
        """Import the tracer before the target, so that its import is in no capture."""
        import memray

        self.memray = memray
        self.callback_ns = _cost_of_a_callback()
        memory_descriptors.spare(self.folder)
        os.register_at_fork(after_in_child=self._forked, after_in_parent=self._has_forked)

    def measure(self, subject: Subject) -> Any:
        """Trace one call of the subject; a callable that is quick is called again to see what survives."""
        value = None if subject.single else subject.once()
        record = heading(subject)
        record["capture"] = os.path.join(self.folder, f"capture-{len(self.records)}.bin")  # noqa: PTH118
        if subject.before is not None:
            subject.before()
        last = self._traced(subject, record)
        if not subject.single:
            self._further_calls(subject, record)
        return last if subject.single else value

    def finish(self) -> dict[str, Any]:
        """Name the tool."""
        from memray._version import __version__

        return {"tool": "memray", "version": __version__}

    def _traced(self, subject: Subject, record: dict[str, Any]) -> Any:
        cap_bytes = max(self.cap_bytes - self.written_bytes, self.cap_bytes // LEAST_PART)
        capture = self.capture = _Capture(self.memray, record["capture"], cap_bytes)
        collections = _Collections()
        faults = _childrens_faults()
        capture.open()
        gc.callbacks.append(collections)
        ended = False

        def close() -> None:
            collections.stop()
            if ended and gc.isenabled():
                # Rubbish in cycles is no leak: the interpreter would collect it next, or on its way out.
                gc.collect()
            capture.close()
            self.written_bytes += _size_of(record["capture"])
            record["collections"] = collections.by_generation()
            record["collections_cost_ns"] = round(collections.calls_count * self.callback_ns)
            record["forks_count"] = capture.forks_count
            record["children_seen"] = capture.forks_count > 0 or _childrens_faults() > faults
            record["aggregated_after_ns"] = capture.aggregated_after_ns

        with stretch(self, record, close):
            last = subject.call()
            if not subject.single:
                last = None  # what a call returns is its caller's to keep or to drop: it did not leak
            ended = True
        return last

    def _further_calls(self, subject: Subject, record: dict[str, Any]) -> None:
        """Call again a few times, with every small object traced, calls told apart by boundaries."""
        if not self.leak_seconds:
            return
        if record["wall_ns"] * FURTHER_CALLS > self.leak_seconds * 1e9:
            record["leaks_left_out"] = "one call takes too long to be repeated for leaks"
            return
        try:
            calls = self._compared(subject, record, every_object=True)
            if calls == 0:
                calls = self._compared(subject, record, every_object=False)
        except Exception as error:
            record["leaks_left_out"] = f"a further call raised {type(error).__name__}"
            return
        path = _leaks_path(record)
        if calls:
            record["leaks"] = {"capture": path, "calls": calls, "file": __file__, "bytes": BOUNDARY_BYTES}
        else:
            record["leaks_left_out"] = "one call allocates too often"

    def _compared(self, subject: Subject, record: dict[str, Any], *, every_object: bool) -> int:
        """Calls traced between boundaries, 0 where the first wrote too much to be read."""
        path = _leaks_path(record)
        destination = self.memray.FileDestination(path, compress_on_exit=False, overwrite=True)
        calls = longest = 0
        clock = time.perf_counter_ns
        end = clock() + self.leak_seconds * 1e9
        with self.memray.Tracker(destination=destination, trace_python_allocators=every_object):
            while calls < FURTHER_CALLS and clock() + longest <= end:
                longest = max(longest, _call_between_boundaries(subject))
                calls += 1
                if _size_of(path) > calls * LEAK_CALL_BYTES:
                    return 0
            if gc.isenabled():
                gc.collect()
        return calls

    def _has_forked(self) -> None:
        if self.capture is not None and not self.capture.closed:
            self.capture.forks_count += 1

    def _forked(self) -> None:
        if self.capture is not None:
            self.capture.bound_in_child()


class _Capture:
    """One capture file with a cap, watched from a thread of its own."""

    def __init__(self, memray: Any, path: str, cap_bytes: int) -> None:
        self.memray = memray
        self.path = path
        self.cap_bytes = cap_bytes
        self.process = os.getpid()
        self.tracker = self._tracker(path)
        self.forks_count = 0
        self.aggregated_after_ns: int | None = None
        self.closed = False
        self.turn = _thread.allocate_lock()
        self.ended = _thread.allocate_lock()

    def _tracker(self, path: str, **options: Any) -> Any:
        destination = self.memray.FileDestination(path, compress_on_exit=False)
        return self.memray.Tracker(destination=destination, follow_fork=True, **options)

    def open(self) -> None:
        self.started_ns = time.perf_counter_ns()
        self.ended.acquire()
        # Not a threading.Thread: the target may count its threads. Before the tracker, which would see it start.
        _thread.start_new_thread(self._watch, (self._aggregate,))
        self.tracker.__enter__()

    def close(self) -> None:
        if os.getpid() != self.process:  # a fork that ran to the end of the script: no watch to wait for
            if not self.closed:
                self.tracker.__exit__(None, None, None)
            return
        with self.turn:
            self.closed = True
            self.tracker.__exit__(None, None, None)
        self.ended.release()

    def _watch(self, at_the_cap: Callable[[], None]) -> None:
        while not self.ended.acquire(timeout=WATCH_SECONDS):
            with self.turn:
                if self.closed:
                    return
                if _size_of(self.path) > self.cap_bytes:
                    at_the_cap()
                    return

    def _aggregate(self) -> None:
        self.tracker.__exit__(None, None, None)
        self.aggregated_after_ns = time.perf_counter_ns() - self.started_ns
        self.tracker = self._tracker(
            f"{self.path}.rest", file_format=self.memray.FileFormat.AGGREGATED_ALLOCATIONS
        )
        self.tracker.__enter__()

    def bound_in_child(self) -> None:
        """In a child just forked: memray follows it; see that this stays small."""
        if self.closed:
            return
        if self.forks_count >= CHILDREN_AT_MOST:
            self.tracker.__exit__(None, None, None)
            self.closed = True
            return
        # The parent's locks may be held by a thread that this process does not have.
        self.turn, self.ended = _thread.allocate_lock(), _thread.allocate_lock()
        self.ended.acquire()
        if self.aggregated_after_ns is None:
            self.path, self.cap_bytes = f"{self.path}.{os.getpid()}", self.cap_bytes // CHILDS_PART
            _thread.start_new_thread(self._watch, (self._cut,))

    def _cut(self) -> None:
        self.tracker.__exit__(None, None, None)
        with open(f"{self.path}.cut", "wb"):  # noqa: PTH123
            self.closed = True


class _Collections:
    """Counts and times the garbage collector's runs by generation."""

    def __init__(self) -> None:
        self.found: dict[int, list[int]] = {}
        self.started_ns = self.calls_count = 0

    def __call__(self, phase: str, info: dict[str, int]) -> None:
        now = time.perf_counter_ns()
        self.calls_count += 1
        if phase == "start":
            self.started_ns = now
            return
        pause = now - self.started_ns if self.started_ns else 0
        one = self.found.setdefault(info["generation"], [0, 0, 0, 0])
        one[0] += 1
        one[1] += pause
        one[2] = max(one[2], pause)
        one[3] += info["collected"]

    def stop(self) -> None:
        if self in gc.callbacks:  # the target may have cleared the list
            gc.callbacks.remove(self)

    def by_generation(self) -> list[dict[str, int]]:
        names = ("collections_count", "pause_ns", "longest_pause_ns", "collected_count")
        return [
            {"generation": generation, **dict(zip(names, one, strict=True))}
            for generation, one in sorted(self.found.items())
        ]


def _cost_of_a_callback(rounds: int = 500) -> float:
    """Nanoseconds of one call of the collector's callback."""
    trial = _Collections()
    info = {"generation": 0, "collected": 0}
    started = time.perf_counter_ns()
    for _ in range(rounds):
        trial("start", info)
        trial("stop", info)
    return (time.perf_counter_ns() - started) / (2 * rounds)


def _call_between_boundaries(subject: Subject) -> int:
    """Nanoseconds of one call; what ``before`` allocates lies outside the boundaries."""
    if subject.before is not None:
        subject.before()
    started = time.perf_counter_ns()
    _boundary()
    subject.call()
    _boundary()
    return time.perf_counter_ns() - started


def _leaks_path(record: dict[str, Any]) -> str:
    return f"{record['capture']}.leaks"


def _boundary() -> None:
    bytearray(BOUNDARY_BYTES)


def _size_of(path: str) -> int:
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except OSError:
        return 0  # the target deleted it: what is gone cannot grow past a cap that matters to anyone


def _childrens_faults() -> int:
    """Page faults of children that ended: more of them means that there was another child."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt
