"""A thread that watches another process from outside, from when it starts until it is over.

What it looks for is its subclasses' affair.
"""

from __future__ import annotations

import threading


class Watch:
    """Starts and ends the thread; a subclass gives ``_run``, which returns soon after ``_over`` is set."""

    def __init__(self) -> None:
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, pid: int) -> None:
        """Begin to watch; returns at once."""
        self._thread = threading.Thread(target=self._run, args=(pid,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the watch."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self, pid: int) -> None:
        raise NotImplementedError
