"""Stand-ins for pools of processes that do what they are handed at once, in this process.

Results, their order, exceptions and the states of a pool are as callers of
``multiprocessing.Pool`` and ``ProcessPoolExecutor`` expect them. What a task changes of its
arguments, or of a module, it changes here: with processes that would have been lost.

Where a pool has an initializer, or is used in a way that is not known here, the ledger notes
why, and the target gets an error: there is nothing to be compared then. This module must
not start a process, and must not put itself in anybody's place.
"""

from __future__ import annotations

import collections
import concurrent.futures
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class RefusedError(RuntimeError):
    """A pool that cannot be stood in for."""


class Ledger:
    """How many tasks were done in this process, and the first reason why that is no comparison."""

    def __init__(self) -> None:
        self.handed_count = 0
        self.refused = ""

    def refuse(self, reason: str) -> RefusedError:
        """Note the reason, and return the error that the target gets."""
        self.refused = self.refused or reason
        return RefusedError(f"perfwatch does the work of pools in one process here: {reason}")

    def unknown(self, kind: str, name: str) -> Exception:
        """What asking for an attribute that is not known here raises; Python's own protocols may ask for any."""
        if name.startswith("__"):
            return AttributeError(name)
        return self.refuse(f"the programme uses {kind}.{name}, which one process cannot stand in for")


def done(ledger: Ledger, function: Callable[..., Any], args: Any, keywords: Any) -> tuple[bool, Any]:
    """Do one task: whether it went well, and what it returned or raised."""
    ledger.handed_count += 1
    try:
        return True, function(*args, **keywords)
    except RefusedError:
        raise  # a pool inside a pool's task
    except (Exception, SystemExit) as error:
        return False, error


def given(outcome: tuple[bool, Any]) -> Any:
    """Return a task's result, or raise what it raised."""
    well, value = outcome
    if well:
        return value
    raise value


class Result:
    """An answer that is there already."""

    def __init__(self, outcome: tuple[bool, Any], callback: Any = None, error_callback: Any = None) -> None:
        self._outcome = outcome
        told = callback if outcome[0] else error_callback
        if told is not None:
            told(outcome[1])

    def ready(self) -> bool:
        """It is."""
        return True

    def successful(self) -> bool:
        """Whether the call raised nothing."""
        return self._outcome[0]

    def wait(self, timeout: float | None = None) -> None:
        """There is nothing to wait for."""

    def get(self, timeout: float | None = None) -> Any:  # noqa: ARG002 - the caller's word
        """Return the answer, or raise what the call raised."""
        return given(self._outcome)


class Answers:
    """The answers of ``imap``: a task is done when its answer is asked for, what is left when the pool is joined."""

    def __init__(self, ledger: Ledger, function: Callable[..., Any], items: Iterable[Any]) -> None:
        self._ledger, self._function, self._items = ledger, function, iter(items)
        self._kept: collections.deque[tuple[bool, Any]] = collections.deque()

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self._kept:
            return given(self._kept.popleft())
        return given(done(self._ledger, self._function, (next(self._items),), {}))

    def next(self, timeout: float | None = None) -> Any:  # noqa: ARG002 - the caller's word
        """Return the next answer."""
        return self.__next__()

    def finish(self) -> None:
        """Do what was not asked for yet."""
        for item in self._items:
            self._kept.append(done(self._ledger, self._function, (item,), {}))


class InlinePool:
    """What ``multiprocessing.pool.Pool`` offers, without processes."""

    #: Set by ``pool_class``.
    ledger: Ledger

    def __init__(
        self,
        processes: int | None = None,
        initializer: Callable[..., Any] | None = None,
        initargs: Iterable[Any] = (),  # noqa: ARG002 - this and what follows prepare processes
        maxtasksperchild: int | None = None,  # noqa: ARG002
        context: Any = None,  # noqa: ARG002
    ) -> None:
        if processes is not None and processes < 1:
            raise ValueError("Number of processes must be at least 1")
        if initializer is not None:
            raise self.ledger.refuse("a pool has an initializer, which prepares a process of its own")
        self.__state, self.__open = "RUN", list[Answers]()

    def __getattr__(self, name: str) -> Any:
        raise self.ledger.unknown("Pool", name)

    def __enter__(self) -> Self:
        self.__check()
        return self

    def __exit__(self, *_error: object) -> None:
        self.terminate()

    def apply(self, func: Callable[..., Any], args: Any = (), kwds: Any = None) -> Any:
        """Call once."""
        return self.apply_async(func, args, kwds).get()

    def apply_async(
        self,
        func: Callable[..., Any],
        args: Any = (),
        kwds: Any = None,
        callback: Any = None,
        error_callback: Any = None,
    ) -> Result:
        """Call once."""
        self.__check()
        return Result(done(self.ledger, func, args, kwds or {}), callback, error_callback)

    def map(self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int | None = None) -> Any:
        """Call for each item."""
        return self.map_async(func, iterable, chunksize).get()

    def map_async(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,  # noqa: ARG002 - the caller's word
        callback: Any = None,
        error_callback: Any = None,
    ) -> Result:
        """Call for each item."""
        return self.__all(func, ((item,) for item in iterable), callback, error_callback)

    def starmap(self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int | None = None) -> Any:
        """Call for each tuple of arguments."""
        return self.starmap_async(func, iterable, chunksize).get()

    def starmap_async(
        self,
        func: Callable[..., Any],
        iterable: Iterable[Any],
        chunksize: int | None = None,  # noqa: ARG002 - the caller's word
        callback: Any = None,
        error_callback: Any = None,
    ) -> Result:
        """Call for each tuple of arguments."""
        return self.__all(func, iterable, callback, error_callback)

    def imap(self, func: Callable[..., Any], iterable: Iterable[Any], chunksize: int = 1) -> Answers:
        """Call for each item as its answer is asked for."""
        self.__check()
        if chunksize < 1:
            raise ValueError(f"Chunksize must be 1+, not {chunksize:n}")
        answers = Answers(self.ledger, func, iterable)
        self.__open.append(answers)
        return answers

    imap_unordered = imap

    def close(self) -> None:
        """Take no more work."""
        if self.__state == "RUN":
            self.__state = "CLOSE"

    def terminate(self) -> None:
        """Take no more work, and leave undone what nobody asked for."""
        self.__state = "TERMINATE"
        self.__open.clear()

    def join(self) -> None:
        """Do what is left."""
        if self.__state == "RUN":
            raise ValueError("Pool is still running")
        while self.__open:
            self.__open.pop(0).finish()

    def __check(self) -> None:
        if self.__state != "RUN":
            raise ValueError("Pool not running")

    def __all(self, func: Callable[..., Any], tasks: Iterable[Any], callback: Any, error: Any) -> Result:
        self.__check()
        answers = []
        for task in list(tasks):
            well, value = done(self.ledger, func, task, {})
            if not well:
                return Result((False, value), callback, error)
            answers.append(value)
        return Result((True, answers), callback, error)


class InlineExecutor(concurrent.futures.Executor):
    """What ``ProcessPoolExecutor`` offers, without processes."""

    #: Set by ``executor_class``.
    ledger: Ledger

    def __init__(
        self,
        max_workers: int | None = None,
        mp_context: Any = None,  # noqa: ARG002 - this and what follows prepare processes
        initializer: Callable[..., Any] | None = None,
        initargs: Iterable[Any] = (),  # noqa: ARG002
        *,
        max_tasks_per_child: int | None = None,  # noqa: ARG002
    ) -> None:
        if max_workers is not None and max_workers <= 0:
            raise ValueError("max_workers must be greater than 0")
        if initializer is not None:
            raise self.ledger.refuse("a pool has an initializer, which prepares a process of its own")
        self.__closed = False

    def __getattr__(self, name: str) -> Any:
        raise self.ledger.unknown("ProcessPoolExecutor", name)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> concurrent.futures.Future[Any]:
        """Call once, and return a future that is done."""
        self.__check()
        future: concurrent.futures.Future[Any] = concurrent.futures.Future()
        future.set_running_or_notify_cancel()
        well, value = done(self.ledger, fn, args, kwargs)
        if well:
            future.set_result(value)
        else:
            future.set_exception(value)
        return future

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,  # noqa: ARG002 - the caller's word
        chunksize: int = 1,
        buffersize: int | None = None,  # noqa: ARG002 - the caller's word
    ) -> Iterator[Any]:
        """Call for each item of each iterable, and return an iterator over the answers."""
        if chunksize < 1:
            raise ValueError("chunksize must be >= 1.")
        self.__check()
        outcomes = [done(self.ledger, fn, task, {}) for task in list(zip(*iterables, strict=False))]
        return (given(outcome) for outcome in outcomes)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - Python's own signature
        """Take no more work."""
        self.__closed = True

    def __check(self) -> None:
        if self.__closed:
            raise RuntimeError("cannot schedule new futures after shutdown")


def pool_class(ledger: Ledger) -> type[InlinePool]:
    """The class that stands in for ``Pool`` and keeps its books in a ledger."""
    return type("Pool", (InlinePool,), {"ledger": ledger})


def executor_class(ledger: Ledger) -> type[InlineExecutor]:
    """The class that stands in for ``ProcessPoolExecutor`` and keeps its books in a ledger."""
    return type("ProcessPoolExecutor", (InlineExecutor,), {"ledger": ledger})
