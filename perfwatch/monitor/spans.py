"""Opening and closing spans, nested as the program nests them.

It must not write files in between and must not hide the program's exceptions.

A span nests under whatever span is open where it opens: in the same thread, or
in the ``asyncio`` task that inherits it. The current span is held by a context
variable, a linked list of open spans through ``parent``. Modules that a span
itself does not need are loaded where they are needed, because a program pays
for them in its own start.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import wraps
from time import perf_counter_ns, process_time_ns
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, Self, TypeVar, cast

from perfwatch.monitor import readings
from perfwatch.monitor.collected import LEVELS, as_spans, snapshot
from perfwatch.monitor.files import SPAN_FILE
from perfwatch.monitor.ledger import LEDGER, Amounts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from perfwatch.monitor.summary import MonitorSummary

Level = Literal["basic", "detailed", "full"]
P = ParamSpec("P")
R = TypeVar("R")

_DETAILED = LEVELS.index("detailed")
_DETAIL = {level: detail for detail, level in enumerate(LEVELS)}
_FULL = LEVELS.index("full")


class _Frame:
    """One execution of a span while it is open, with the readings at its start."""

    __slots__ = (
        "before",
        "closed",
        "cpu_ns",
        "generation",
        "owner",
        "parent",
        "path",
        "wall_ns",
    )

    before: readings.Look
    closed: bool
    cpu_ns: int
    generation: int
    owner: Monitor
    parent: _Frame | None
    path: tuple[str, ...]
    wall_ns: int


_current: ContextVar[_Frame | None] = ContextVar("perfwatch.monitor", default=None)


class Monitor:
    """A named stretch of the program: ``with perfwatch.monitor("load"): …``, or a decorator.

    It nests, may be used again within itself and from several threads or tasks
    at once, and lets exceptions pass. Levels: ``basic`` measures wall time and
    the processor time of the whole process (other threads' too); ``detailed``
    adds the resident memory's change and its high-water mark; ``full`` adds the
    bytes that the process read and wrote. Raises ``ValueError`` for another
    level or an empty name.
    """

    __slots__ = ("_open", "_path", "detail", "name")

    def __init__(self, name: str, level: Level = "basic") -> None:
        if not isinstance(name, str) or not name:
            raise ValueError(f"perfwatch.monitor takes a name: a text that is not empty, not {name!r}")
        detail = _DETAIL.get(level)
        if detail is None:
            raise ValueError(f"level is one of {', '.join(map(repr, LEVELS))}, not {level!r}")
        self.name = name
        self.detail = detail
        self._open: list[_Frame] = []
        self._path: tuple[str, ...] = ()

    @property
    def level(self) -> Level:
        """How much is measured: ``basic``, ``detailed`` or ``full``."""
        return cast("Level", LEVELS[self.detail])

    def __repr__(self) -> str:
        return f"perfwatch.monitor({self.name!r}, level={self.level!r})"

    # These two stand in everybody's loops: attributes are set here and not in a
    # constructor, and little is called, because each call costs a twentieth of a span.

    def __enter__(self) -> Self:
        parent = _current.get()
        while parent is not None and parent.closed:
            parent = parent.parent
        frame = _Frame()
        frame.owner = self
        frame.parent = parent
        self._path = frame.path = (self.name,) if parent is None else (*parent.path, self.name)
        frame.generation = LEDGER.generation
        frame.closed = False
        self._open.append(frame)
        _current.set(frame)
        if self.detail:
            frame.before = readings.look(peak=False, moved=self.detail >= _FULL)
        # Last, so that nothing of ours lies between the clocks and the program.
        frame.cpu_ns = process_time_ns()
        frame.wall_ns = perf_counter_ns()
        return self

    def __exit__(self, *exception: object) -> None:
        wall_ns = perf_counter_ns()
        cpu_ns = process_time_ns()
        opened = self._open
        frame = opened[0] if len(opened) == 1 else self._open_here()
        opened.remove(frame)
        frame.closed = True
        parent = frame.parent
        # Another span may still be open on top of it: a generator that holds a
        # span open between its values does that.
        if _current.get() is frame:
            _current.set(parent)
        if frame.generation != LEDGER.generation:
            return
        after = self.look() if self.detail else None
        with LEDGER.lock:
            amounts = LEDGER.spans.get(frame.path) or LEDGER.new(frame.path, frame.wall_ns)
            if amounts is not None:
                amounts.count += 1
                amounts.wall_ns += wall_ns - frame.wall_ns
                amounts.cpu_ns += cpu_ns - frame.cpu_ns
                if after is not None:
                    amounts.add_look(frame.before, after, self.detail)
        if SPAN_FILE.folder is not None and (parent is None or parent.generation != frame.generation):
            SPAN_FILE.write_if_due()

    def look(self) -> readings.Look | None:
        """Read what the level asks for besides the clocks."""
        if self.detail < _DETAILED:
            return None
        return readings.look(peak=True, moved=self.detail >= _FULL)

    def _open_here(self) -> _Frame:
        """Return the innermost execution of this span that this context opened."""
        for frame in _open_frames():
            if frame.owner is self:
                return frame
        if not self._open:
            raise RuntimeError(f"{self!r} was left without having been entered")
        return self._open[-1]

    def __call__(self, function: Callable[P, R]) -> Callable[P, R]:
        """Decorate a function, or a coroutine function, so that each call is a span.

        Raises ``TypeError`` for a generator function: its time passes while
        somebody iterates, which a span around the call would not see.
        """
        import inspect

        if not callable(function):
            raise TypeError(f"{self!r} decorates a function, not {type(function).__name__}")
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{self!r} cannot decorate the generator {function.__name__}: "
                "put a with block around the loop that uses it, or inside it between two yields"
            )
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*args: P.args, **kwargs: P.kwargs) -> Any:
                with self:
                    return await function(*args, **kwargs)

            return cast("Callable[P, R]", awaited)

        @wraps(function)
        def called(*args: P.args, **kwargs: P.kwargs) -> R:
            with self:
                return function(*args, **kwargs)

        return called

    def summary(self) -> MonitorSummary:
        """Return what this span and those inside it took so far, in this process.

        Repeated executions are added up. While it is open, it counts up to now.
        """
        from perfwatch.monitor.summary import MonitorSummary

        now_wall_ns = perf_counter_ns()
        now_cpu_ns = process_time_ns()
        own_path, depth = self._path, len(self._path)
        amounts = snapshot()
        still_open = {id(frame): frame for frame in (*self._open, *_open_frames())}
        for frame in still_open.values():
            # Another thread may be between opening a frame and starting its clocks.
            if frame.generation == LEDGER.generation and hasattr(frame, "wall_ns"):
                own = amounts.setdefault(frame.path, Amounts(frame.wall_ns))
                own.count += 1
                own.wall_ns += now_wall_ns - frame.wall_ns
                own.cpu_ns += now_cpu_ns - frame.cpu_ns
                after = frame.owner.look()
                if after is not None:
                    own.add_look(frame.before, after, frame.owner.detail)
        # A monitor that was never entered has no path, and nothing to say.
        inside = {path: found for path, found in amounts.items() if depth and path[:depth] == own_path}
        return MonitorSummary(spans=as_spans(inside))


def _open_frames() -> Iterator[_Frame]:
    """Yield the spans that are open in this context, from the innermost out."""
    frame = _current.get()
    while frame is not None:
        if not frame.closed:
            yield frame
        frame = frame.parent


#: The public name. A function in between would cost each span a call.
monitor = Monitor
