"""Trace a subject's allocations with memray into one capture file for each.

The capture is read by the parent: this module must not look into it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from .subject import Subject, heading, stretch

if TYPE_CHECKING:
    from collections.abc import Callable


class Memory:
    """Runs each subject once under memray, after one call outside it."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None

    def prepare(self) -> None:
        """Import the tracer before the target, so that its import is in no capture."""
        import memray

        self.tracker_class = memray.Tracker

    def measure(self, subject: Subject) -> Any:
        """Trace one call of the subject."""
        value = None if subject.single else subject.once()
        record = heading(subject)
        record["capture"] = os.path.join(self.folder, f"capture-{len(self.records)}.bin")  # noqa: PTH118
        if subject.before is not None:
            subject.before()
        tracker = self.tracker_class(record["capture"])
        tracker.__enter__()

        def close() -> None:
            tracker.__exit__(None, None, None)

        with stretch(self, record, close):
            last = subject.call()
        return last if subject.single else value

    def finish(self) -> dict[str, Any]:
        """Name the tool."""
        from memray._version import __version__

        return {"tool": "memray", "version": __version__}
