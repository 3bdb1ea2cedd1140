"""Call each subject a known number of times while callgrind counts instructions from outside.

Whenever ``MARK`` is called, callgrind writes down what it has counted since the
mark before and begins again from nothing. So a stretch is what lies between two
marks, and its number is that of the mark behind it. What the stretches hold is read
by the parent: this module must not look into them.

A subject is called so often that its code is warm, then in a stretch of as many
calls as it was told to and in one of twice as many: their difference is the calls
alone, without what a stretch costs by itself. One whose call is long has stretches of
none and of one. What may be called once only, or needs
its set-up before each call, has a stretch for each call, and an empty one to take off.

Before each stretch the garbage collector has its say and starts from nothing, so
that no stretch pays for another one's rubbish, nor for objects of the set-up.
"""

from __future__ import annotations

import gc
import os
import resource
from itertools import repeat
from typing import TYPE_CHECKING, Any

from .subject import heading, stretch

if TYPE_CHECKING:
    from collections.abc import Callable

    from .subject import Subject

#: Each of these stretches is written to a file of its own.
SINGLE_CALLS_AT_MOST = 5


class Instructions:
    """Calls each subject as often as ``calls`` says by its name, once where it does not."""

    def __init__(self, calls: dict[str, int]) -> None:
        self.calls = calls
        self.marks_count = 0
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None

    def prepare(self) -> None:
        """Nothing is needed before the target is imported."""

    def measure(self, subject: Subject) -> Any:
        """Let the subject's calls be counted; see the module."""
        record = heading(subject)
        faults = _childrens_faults()
        try:
            if subject.single:
                return self._only_call(subject, record, faults)
            value = self._repeated(subject, record)
        finally:
            gc.unfreeze()
        record["children"] = _childrens_faults() > faults
        self.records.append(record)
        return value

    def finish(self) -> dict[str, Any]:
        """Say whose stretches they are, and how many there must be."""
        return {"pid": os.getpid(), "marks": self.marks_count}

    def _repeated(self, subject: Subject, record: dict[str, Any]) -> Any:
        count = max(1, self.calls.get(subject.name, 1))
        if subject.before is not None:
            count = min(count, SINGLE_CALLS_AT_MOST)
        value = subject.once()
        for _ in repeat(None, count - 1):
            subject.once()
        record["calls"] = count
        if subject.before is None:
            lesser = count if count > 1 else 0
            record["less"] = self._stretch(subject.call, lesser)
            record["more"] = self._stretch(subject.call, lesser + count)
            return value
        record["each"] = []
        for _ in repeat(None, count):
            subject.before()
            record["each"].append(self._stretch(subject.call, 1))
        record["empty"] = self._stretch(subject.call, 0)
        return value

    def _only_call(self, subject: Subject, record: dict[str, Any], faults: int) -> Any:
        record["calls"] = 1
        record["empty"] = self._stretch(subject.call, 0)

        def close() -> None:
            self._mark()
            record["each"] = [self.marks_count]
            record["children"] = _childrens_faults() > faults

        _settle()
        with stretch(self, record, close):
            self._mark()
            return subject.call()

    def _stretch(self, call: Callable[[], Any], count: int) -> int:
        """Make so many calls between two marks; return the number of the stretch."""
        _settle()
        self._mark()
        for _ in repeat(None, count):
            call()
        self._mark()
        return self.marks_count

    def _mark(self) -> None:
        # A system call that nothing else makes, in the C library under its own name.
        os.sched_get_priority_max(os.SCHED_OTHER)
        self.marks_count += 1


def _settle() -> None:
    gc.collect()
    gc.freeze()


def _childrens_faults() -> int:
    """Page faults of the children that were waited for: no child starts without any."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_minflt + usage.ru_majflt
