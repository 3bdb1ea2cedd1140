"""Whether a program opens a device that computes beside the processor, looked for from outside while it runs.

What it does there must not be measured here: the GPU pass does that.
"""

from __future__ import annotations

from perfwatch.collect.observing import Watch
from perfwatch.worker.processor import accelerator_open

#: A program keeps such a device open from its first use to its end.
PERIOD_SECONDS = 0.02


class DeviceWatch(Watch):
    """Observes one execution; ``seen`` says whether it had a device open at any look."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = False

    def _run(self, pid: int) -> None:
        while not self.seen and not self._over.wait(PERIOD_SECONDS):
            self.seen = accelerator_open(str(pid))
