"""Counting and timing every call of something, cheaply enough to leave on, and logging the slow ones.

Where ``monitor`` tells what is inside of what, this only counts: nothing nests,
nothing is written to a file, and what it knows is asked of it
(``watched``). It must not print, must not hide the program's exceptions, and
must not load anything but the standard library and units.
"""

from __future__ import annotations

import math
import threading
from contextvars import ContextVar
from dataclasses import dataclass
from functools import update_wrapper
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, Self, TypeVar, cast, overload

from perfwatch import units

if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger

P = ParamSpec("P")
R = TypeVar("R")

#: Where slow calls are logged unless another logger is given.
LOGGER = "perfwatch.watch"
#: Times are put on a list, which costs less than a lock, and are added up when there are so many.
_KEPT = 1_000
_NOTHING_TO_COUNT = "put a with block around the loop that uses it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What was counted so far.

    ``count`` calls took ``total_ns`` in all, the longest of them ``longest_ns``.
    ``failed_count`` of them ended by an exception, ``slow_count`` took longer
    than ``slower_than_ns``. A call inside a call of the same function is a call
    too, so that recursion counts its time more than once.
    """

    name: str
    count: int
    total_ns: int
    longest_ns: int
    failed_count: int = 0
    slow_count: int = 0
    slower_than_ns: int | None = None

    @property
    def mean_ns(self) -> float | None:
        """The mean time of a call; ``None`` before the first has ended."""
        return self.total_ns / self.count if self.count else None

    def __str__(self) -> str:
        name = "".join(
            letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in self.name
        )
        if not self.count:
            return f"{name}: not called yet"
        times = f"mean {units.time(self.mean_ns)}, longest {units.time(self.longest_ns)}"
        parts = [f"{units.count(self.count)} {'call' if self.count == 1 else 'calls'}, {times}"]
        if self.slower_than_ns is not None:
            parts.append(f"{units.count(self.slow_count)} slower than {units.time(self.slower_than_ns)}")
        if self.failed_count:
            parts.append(f"{units.count(self.failed_count)} raised")
        return f"{name}: {', '.join(parts)}"


class _Entry:
    """One execution of a with block while it is open."""

    __slots__ = ("closed", "owner", "parent", "started_ns")

    def __init__(self, owner: Watch, parent: _Entry | None) -> None:
        self.owner = owner
        self.parent = parent
        self.closed = False
        self.started_ns = perf_counter_ns()


#: The with blocks that are open in this thread or task, the innermost first.
_open: ContextVar[_Entry | None] = ContextVar("perfwatch.watch", default=None)


class Watch:
    """Counts calls of a function that it decorates, or executions of a ``with`` block.

    One watch may be used from several threads and tasks at once, and for several
    functions: they are counted together.
    """

    def __init__(
        self, name: str | None = None, *, slower_than: float | None = None, logger: Logger | None = None
    ) -> None:
        if name is not None and (not isinstance(name, str) or not name):
            raise ValueError(f"perfwatch.watch takes a name: a text that is not empty, not {name!r}")
        self.name = name or "watched"
        self._named = name is not None
        self._slower_than_ns = _limit_ns(slower_than)
        # What nobody calls slow is never longer than this: one comparison serves both cases.
        self._limit_ns = math.inf if self._slower_than_ns is None else self._slower_than_ns
        self._logger = logger
        # Re-entrant: a signal handler may call what is watched while its thread adds up.
        self._lock = threading.RLock()
        self._times: list[int] = []
        self._count = self._total_ns = self._longest_ns = self._failed_count = self._slow_count = 0

    def __repr__(self) -> str:
        return f"<perfwatch.watch {self.watched}>"

    @property
    def watched(self) -> Watched:
        """What was counted so far, as a record."""
        with self._lock:
            self._add_up()
            return Watched(
                name=self.name,
                count=self._count,
                total_ns=self._total_ns,
                longest_ns=self._longest_ns,
                failed_count=self._failed_count,
                slow_count=self._slow_count,
                slower_than_ns=self._slower_than_ns,
            )

    def clear(self) -> None:
        """Begin to count from nothing; calls that are under way are counted when they end."""
        with self._lock:
            self._add_up()
            self._count = self._total_ns = self._longest_ns = self._failed_count = self._slow_count = 0

    def __enter__(self) -> Self:
        _open.set(_Entry(self, _open.get()))
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        ended_ns = perf_counter_ns()
        entry = _open.get()
        # Another block may still be open on top of this one: a generator that holds one between its values does that.
        while entry is not None and (entry.owner is not self or entry.closed):
            entry = entry.parent
        if entry is None:
            raise RuntimeError(f"{self!r} was left without having been entered")
        entry.closed = True
        top = _open.get()
        while top is not None and top.closed:
            top = top.parent
        _open.set(top)
        took_ns = ended_ns - entry.started_ns
        if kind is None:
            self._ended(took_ns)
        else:
            self._failed(took_ns)

    def __call__(self, function: Callable[P, R]) -> WatchedFunction[P, R]:
        """Decorate a function or a coroutine function.

        Raises ``TypeError`` for a generator function: its time passes while
        somebody iterates, which a watch of the call would not see.
        """
        import inspect

        if not callable(function):
            raise TypeError(f"perfwatch.watch decorates a function, not {type(function).__name__}")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"perfwatch.watch cannot decorate the generator {function.__name__}: {_NOTHING_TO_COUNT}"
            )
        if not self._named:
            self.name, self._named = getattr(function, "__qualname__", type(function).__name__), True
        wrapper = (
            self._awaiting(function) if inspect.iscoroutinefunction(function) else self._calling(function)
        )
        update_wrapper(wrapper, function)
        wrapper.watch = self
        return cast("WatchedFunction[P, R]", wrapper)

    # The wrappers stand in everybody's loops: all that they need is a local name, and little is called.

    def _calling(self, function: Callable[..., Any]) -> Any:
        times, limit_ns, clock = self._times, self._limit_ns, perf_counter_ns
        keep, failed, unusual = times.append, self._failed, self._unusual

        def watched(*args: Any, **kwargs: Any) -> Any:
            started_ns = clock()
            try:
                value = function(*args, **kwargs)
            except BaseException:
                failed(clock() - started_ns)
                raise
            took_ns = clock() - started_ns
            keep(took_ns)
            if took_ns > limit_ns or len(times) > _KEPT:
                unusual(took_ns)
            return value

        return watched

    def _awaiting(self, function: Callable[..., Any]) -> Any:
        async def watched(*args: Any, **kwargs: Any) -> Any:
            started_ns = perf_counter_ns()
            try:
                value = await function(*args, **kwargs)
            except BaseException:
                self._failed(perf_counter_ns() - started_ns)
                raise
            self._ended(perf_counter_ns() - started_ns)
            return value

        return watched

    def _ended(self, took_ns: int) -> None:
        self._times.append(took_ns)
        if took_ns > self._limit_ns or len(self._times) > _KEPT:
            self._unusual(took_ns)

    def _failed(self, took_ns: int) -> None:
        with self._lock:
            self._failed_count += 1
        self._ended(took_ns)

    def _unusual(self, took_ns: int) -> None:
        """Add up, and log what took too long."""
        slow = took_ns > self._limit_ns
        with self._lock:
            self._add_up()
            self._slow_count += slow
            number = self._count
        if slow:
            self._log(took_ns, number)

    def _add_up(self) -> None:
        """Take the times off the list; other threads may put more on it meanwhile, behind those that are taken."""
        taken = self._times[:]
        del self._times[: len(taken)]
        if taken:
            self._count += len(taken)
            self._total_ns += sum(taken)
            self._longest_ns = max(self._longest_ns, *taken)

    def _log(self, took_ns: int, number: int) -> None:
        logger = self._logger
        if logger is None:
            import logging

            logger = logging.getLogger(LOGGER)
        logger.warning(
            "%s took %s, longer than %s (call %d)",
            self.name,
            units.time(took_ns),
            units.time(self._slower_than_ns),
            number,
        )


if TYPE_CHECKING:

    class WatchedFunction(Generic[P, R]):
        """A decorated function: called as before, and asked by ``function.watch.watched``."""

        watch: Watch

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
            """Call the function, and count it."""


def _limit_ns(seconds: float | None) -> int | None:
    if seconds is None:
        return None
    known = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if not known or not math.isfinite(seconds) or seconds <= 0:
        raise ValueError(f"slower_than is a number of seconds above 0, such as 0.010, not {seconds!r}")
    return round(seconds * 1e9)


@overload
def watch(function: Callable[P, R], /) -> WatchedFunction[P, R]: ...


@overload
def watch(
    name: str | None = None, /, *, slower_than: float | None = None, logger: Logger | None = None
) -> Watch: ...


def watch(what: Any = None, /, *, slower_than: float | None = None, logger: Logger | None = None) -> Any:
    """Count and time every call: ``@perfwatch.watch``, ``with perfwatch.watch("load"): …``.

    ``slower_than`` is a number of seconds: what takes longer is logged as a
    warning, to ``logger`` or to the logger ``perfwatch.watch``. Raises
    ``ValueError`` for an empty name or a limit that is none, ``TypeError`` for a
    generator function.
    """
    if what is None or isinstance(what, str):
        return Watch(what, slower_than=slower_than, logger=logger)
    return Watch(slower_than=slower_than, logger=logger)(what)
