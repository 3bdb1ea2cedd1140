"""A callable with set-up and tear-down around each of its calls; what it leaves to be awaited is awaited.

Used by tests in a plain run of pytest as well as in a worker: it must not measure,
and must import nothing but the standard library.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


class Rounds:
    """Calls of ``function`` with the same arguments, or with those that ``setup`` makes for each call.

    ``before`` belongs ahead of each call and outside of what is timed: it tears
    down after the call before, then sets up. ``close`` tears down after the last
    call and ends the event loop. A set-up may return ``(args, kwargs)`` for the
    next call; ``teardown`` gets what the call got. Coroutines, also those of the
    set-up and the tear-down, run in one event loop, made before the first call.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        arguments: tuple[Sequence[Any], Mapping[str, Any]],
        *,
        setup: Callable[[], Any] | None = None,
        teardown: Callable[..., Any] | None = None,
    ) -> None:
        self._function = function
        self._arguments = arguments
        self._setup = setup
        self._teardown = teardown
        self._ran = False
        self._runner: Any = None
        if _makes_coroutines(function):
            self._open()

    @property
    def before(self) -> Callable[[], None] | None:
        """What goes ahead of each call; ``None`` where nothing has to."""
        return None if self._setup is None and self._teardown is None else self._renew

    def given(self) -> tuple[Any, ...]:
        """What the next call works on: the object of a method, then what it gets by position and by name."""
        args, kwargs = self._arguments
        return (*owner_of(self._function), *args, *kwargs.values())

    def call(self) -> Any:
        """Call the function once; a coroutine that it returns is run to its end."""
        self._ran = True
        args, kwargs = self._arguments
        value = self._function(*args, **kwargs)
        return self._awaited(value) if type(value) is types.CoroutineType else value

    def close(self) -> None:
        """Tear down after the last call, and end the event loop with all that is left in it."""
        try:
            self._clean()
        finally:
            runner, self._runner = self._runner, None
            if runner is not None:
                runner.close()

    def _renew(self) -> None:
        self._clean()
        made = self._setup() if self._setup is not None else None
        if type(made) is types.CoroutineType:
            made = self._awaited(made)
        if made:
            self._arguments = _checked(made)

    def _clean(self) -> None:
        ran, self._ran = self._ran, False
        if ran and self._teardown is not None:
            args, kwargs = self._arguments
            left = self._teardown(*args, **kwargs)
            if type(left) is types.CoroutineType:
                self._awaited(left)

    def _awaited(self, coroutine: Any) -> Any:
        if self._runner is None:
            try:
                self._open()
            except RuntimeError:
                coroutine.close()
                raise
        return self._runner.get_loop().run_until_complete(coroutine)

    def _open(self) -> None:
        import asyncio

        try:
            asyncio.get_running_loop()
        except RuntimeError:
            # With a factory of its own it leaves the thread's event loop alone.
            self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
            self._runner.get_loop()  # made now, and not in the first call's time
            return
        raise RuntimeError(
            "An event loop runs already: the fixture awaits the coroutine itself. "
            "Make the test a plain function (def, not async def) and give the coroutine function to the fixture."
        )


def owner_of(function: Callable[..., Any]) -> tuple[Any, ...]:
    """The object whose method a function is, if it is one's."""
    owner = getattr(function, "__self__", None)
    return () if owner is None or isinstance(owner, (type, types.ModuleType)) else (owner,)


def _makes_coroutines(function: Callable[..., Any]) -> bool:
    import inspect

    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(
        getattr(function, "__call__", None)  # noqa: B004 - its kind is asked for, not whether it is there
    )


def _checked(made: Any) -> tuple[Sequence[Any], Mapping[str, Any]]:
    if (
        isinstance(made, Sequence)
        and len(made) == 2
        and isinstance(made[0], Sequence)
        and isinstance(made[1], Mapping)
    ):
        return made[0], made[1]
    raise TypeError(
        f"The set-up returned {type(made).__name__}; it returns None or (args, kwargs) for the next call: "
        "a sequence and a mapping"
    )
