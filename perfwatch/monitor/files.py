"""Each process's spans and figures in a file of its own, where somebody asked for them.

The environment variable ``PERFWATCH_SPANS`` names the folder; without it
nothing is written. A process writes when it exits. One that is ended from
outside, as the workers of a ``multiprocessing.Pool`` are, cannot: so a process
writes as well when an outermost span closes, in so far as writing takes no more
than a twentieth of its time. It must not print: the streams are the program's. What only writing needs
is loaded when it writes.

The file's biography:

1  ``{"version", "pid", "spans": [{…Span}], "custom": [{…Custom}], "dropped_count"}``
2  each of ``custom`` has ``at_ns``
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import suppress
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from perfwatch.monitor.collected import custom_rows, snapshot, span_rows
from perfwatch.monitor.ledger import LEDGER

if TYPE_CHECKING:
    from pathlib import Path

VERSION = 2
#: How much longer than the last writing the next must wait.
_REST = 20
#: The first process outlives its spans: it writes at its exit, this is for its crash.
_MAIN_INTERVAL_NS = 1_000_000_000


def _asked_folder() -> Path | None:
    asked = os.environ.get("PERFWATCH_SPANS")
    if not asked:
        return None
    from pathlib import Path

    # Absolute at once: the program may change its working directory.
    return Path(asked).absolute()


class SpanFile:
    """This process's file, and when to write it."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        self.begin(least_interval_ns=_MAIN_INTERVAL_NS)

    def begin(self, *, least_interval_ns: int) -> None:
        """Start anew, as a fresh process or as a forked child of one."""
        self.least_interval_ns = least_interval_ns
        self.next_ns = 0
        self.path: Path | None = None
        self.registered = False
        self.lock = threading.Lock()

    def write_if_due(self) -> None:
        """Write unless that would take more than its share of the time."""
        if self.folder is None:
            return
        if not self.registered:
            self._register_in_child()
        started = perf_counter_ns()
        if started < self.next_ns:
            return
        self.write()
        ended = perf_counter_ns()
        self.next_ns = ended + max(self.least_interval_ns, _REST * (ended - started))

    def write(self) -> None:
        """Write everything collected, by rename: a reader sees a whole file or none."""
        # A thread that finds another writing leaves it to that one, and to the exit.
        if self.folder is None or not self.lock.acquire(blocking=False):
            return
        try:
            import json

            content = _content()
            if self.path is None and not (content["spans"] or content["custom"]):
                return
            # Nobody is there to be told at a process's exit, and the streams are the
            # program's: whoever asked for the file sees that it is missing.
            with suppress(OSError):
                self._replace(json.dumps(content).encode())
        finally:
            self.lock.release()

    def _replace(self, data: bytes) -> None:
        path = self.path or self._own_path()
        part = path.with_suffix(".part")
        part.write_bytes(data)
        part.replace(path)
        self.path = path

    def _own_path(self) -> Path:
        """Return a name that is ours: an earlier process may have had our number."""
        assert self.folder is not None  # noqa: S101 - write() has looked
        path = self.folder / f"spans-{os.getpid()}.json"
        again = 1
        while path.exists():
            again += 1
            path = self.folder / f"spans-{os.getpid()}-{again}.json"
        return path

    def _register_in_child(self) -> None:
        """Write when a ``multiprocessing`` child ends: it leaves without ``atexit``.

        Its finalizers are cleared as it starts, so the first span is early enough.
        """
        self.registered = True
        loaded = sys.modules.get("multiprocessing.process")
        if loaded is not None and loaded.parent_process() is not None:
            from multiprocessing.util import Finalize

            Finalize(None, self.write, exitpriority=-100)
            # A pool ends its workers from outside: what they have not written is lost.
            self.least_interval_ns = 0


def _content() -> dict[str, Any]:
    return {
        "version": VERSION,
        "pid": os.getpid(),
        "spans": span_rows(snapshot()),
        "custom": custom_rows(),
        "dropped_count": LEDGER.dropped_count,
    }


SPAN_FILE = SpanFile(_asked_folder())

if SPAN_FILE.folder is not None:
    atexit.register(SPAN_FILE.write)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: SPAN_FILE.begin(least_interval_ns=0))
