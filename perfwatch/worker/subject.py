"""One thing to be called: what every collector is handed, whatever the target was.

This module must not know how a subject was found, nor what measures it.
"""

from __future__ import annotations

import contextlib
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

#: A traceback longer than this says no more to a reader, and a recursion error has thousands of lines.
TRACEBACK_LINES = 60
MESSAGE_CHARACTERS = 2_000


@dataclass
class Subject:
    """A benchmark inside this process.

    ``call`` runs it once and returns its value. ``single`` forbids a second
    call (a script's body). ``before`` runs ahead of each call, unmeasured; where
    it is set, a sample is one call. ``kind`` is ``time``, ``memory``,
    ``peak-memory`` or ``track`` (the value itself is the figure). ``given`` says
    what the next call is given, where ``call`` itself does not tell.
    """

    name: str
    call: Callable[[], Any]
    group: str | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    single: bool = False
    before: Callable[[], Any] | None = None
    kind: str = "time"
    unit: str = ""
    given: Callable[[], tuple[Any, ...]] | None = None

    def arguments(self) -> tuple[Any, ...]:
        """What the call is given, by position and then by name; none where that is not known."""
        if self.given is not None:
            return self.given()
        call = self.call
        return (*getattr(call, "args", ()), *getattr(call, "keywords", {}).values())

    def once(self) -> Any:
        """Run ``before``, where there is one, and the call."""
        if self.before is not None:
            self.before()
        return self.call()


class Collector(Protocol):
    """What is done with each subject: timing it, or profiling it.

    ``close_open`` ends the stretch that is being measured, where there is one: a
    process may leave from inside it (``os._exit``), and is answered for first.
    """

    records: list[dict[str, Any]]
    close_open: Callable[[], None] | None

    def prepare(self) -> None:
        """Make ready before the target is imported."""

    def measure(self, subject: Subject) -> Any:
        """Run the subject, append a record, return the value of its first call."""

    def finish(self) -> dict[str, Any]:
        """Return what concerns the whole process."""


@contextlib.contextmanager
def stretch(collector: Collector, record: dict[str, Any], close: Callable[[], None]) -> Iterator[None]:
    """A measured stretch: ``close`` runs once, at its end or when the process leaves from inside it.

    A record that says neither how often nor how long by then gets one call and
    the time so far.
    """
    started = time.perf_counter_ns()

    def once() -> None:
        collector.close_open = None
        record.setdefault("wall_ns", time.perf_counter_ns() - started)
        record.setdefault("calls", 1)
        close()
        collector.records.append(record)

    collector.close_open = once
    try:
        yield
    finally:
        if collector.close_open is once:
            once()


def heading(subject: Subject) -> dict[str, Any]:
    """The fields by which a record names its subject."""
    return {
        "name": subject.name,
        "group": subject.group,
        "parameters": subject.parameters,
        "kind": subject.kind,
        "unit": subject.unit,
    }


def repeat_for(subject: Subject, seconds: float, limit: int = 1_000_000) -> tuple[int, int, Any]:
    """Call the subject again and again for about ``seconds``, at least once.

    Returns the number of calls, the nanoseconds they took in all, and the first
    call's value. A single subject is called once.
    """
    clock = time.perf_counter_ns
    calls = spent = 0
    value: Any = None
    end = clock() + round(seconds * 1e9)
    while True:
        if subject.before is not None:
            subject.before()
        started = clock()
        returned = subject.call()
        spent += clock() - started
        value = returned if calls == 0 else value
        calls += 1
        if subject.single or calls >= limit or clock() >= end:
            return calls, spent, value


def describe_exception(error: BaseException) -> dict[str, Any]:
    """The exception as text, without our own frames, bounded."""
    lines = "".join(traceback.format_exception(type(error), error, _beyond_worker(error))).splitlines()
    if len(lines) > TRACEBACK_LINES:
        half = TRACEBACK_LINES // 2
        lines = [*lines[:half], f"… {len(lines) - TRACEBACK_LINES} lines left out …", *lines[-half:]]
    kind = "exception"
    if isinstance(error, SyntaxError):
        kind = "syntax"
    elif isinstance(error, ImportError):
        kind = "import"
    return {
        "kind": kind,
        "type": type(error).__name__,
        "message": _text_of(error)[:MESSAGE_CHARACTERS],
        "traceback": "\n".join(lines),
    }


def _beyond_worker(error: BaseException) -> Any:
    """The part of the traceback that lies below the worker's own frames."""
    frame = error.__traceback__
    while frame is not None and frame.tb_frame.f_globals.get("__package__") == __package__:
        frame = frame.tb_next
    return frame


def _text_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:
        return f"<its __str__ raised {type(broken).__name__}>"


def library_versions() -> dict[str, str]:
    """Versions of the interpreter and of scientific libraries that the target loaded."""
    versions = {"python": sys.version.split()[0]}
    for name in ("numpy", "scipy", "pandas", "sklearn", "numba", "jax", "torch"):
        version = getattr(sys.modules.get(name), "__version__", None)
        if isinstance(version, str):
            versions[name] = version
    return versions
