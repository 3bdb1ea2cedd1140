"""Whether a program opens a device that computes beside the processor, looked for from outside while it runs.

What it does there must not be measured here: the GPU pass does that.
"""

from __future__ import annotations

import threading

from perfwatch.worker.turns import accelerator_open

#: A program keeps such a device open from its first use to its end.
PERIOD_SECONDS = 0.02


class DeviceWatch:
    """Observes one execution; ``seen`` says whether it had a device open at any look."""

    def __init__(self) -> None:
        self.seen = False
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, pid: int) -> None:
        """Begin to look."""
        self._thread = threading.Thread(target=self._look, args=(pid,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        if self._thread is not None:
            self._thread.join()

    def _look(self, pid: int) -> None:
        while not self.seen and not self._over.wait(PERIOD_SECONDS):
            self.seen = accelerator_open(str(pid))
