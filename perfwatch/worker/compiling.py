"""Count what numba and JAX compile in this process, how long that takes, and what a cache on disk had of it.

It must not import either: it listens from the moment the target has imported
them, and a target that never does pays nothing. Listeners append and return,
for they run inside the compilers.

numba says when it compiles (``numba.core.event``): of a function with its callees
``numba:compile``, of a ufunc only its passes, ``numba:run_pass``. Whether a cache
was asked it does not say, so the one method that asks it is followed. JAX says all
of it (``jax.monitoring``), also what it looked for where no cache is set: that counts
only where it has a directory. Spans are on a clock that stands still while the thread
is queued for a processor.
"""

from __future__ import annotations

import contextlib
import functools
import sys
from typing import TYPE_CHECKING, Any

from .after_import import AfterImport
from .queueing import own_time_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_JAX_COMPILING = "/jax/core/compile/"
_JAX_BACKEND = f"{_JAX_COMPILING}backend_compile_duration"
_JAX_ASKED = "/jax/compilation_cache/compile_requests_use_cache"
_JAX_HIT = "/jax/compilation_cache/cache_hits"
#: The pass that begins a function's way through numba's compiler; its name goes on with the function's.
_NUMBA_BEGINS = "translate_bytecode"


class Compiling:
    """What was compiled since the last time somebody took it."""

    def __init__(self) -> None:
        self._jax_is_there = False
        self._taken_at = 0
        self._spans: list[tuple[int, int]] = []
        self._under_way: list[int] = []  # one at a time: numba compiles under a lock
        self._compiles = self._loads = self._misses = 0

    def install(self) -> None:
        """Wait for the compilers to be imported; those that are there are listened to at once."""
        hooks = {
            "numba.core.event": self._listen_to_numba,
            "numba.core.caching": self._follow_numbas_cache,
            "jax._src.monitoring": self._listen_to_jax,
        }
        for name, hook in hooks.items():
            if name in sys.modules:
                hook(sys.modules[name])
        sys.meta_path.insert(0, AfterImport(hooks))

    def take(self) -> dict[str, int]:
        """Nanoseconds, functions compiled, loaded from a cache, and missed in one; empty where nothing was."""
        since = self._taken_at
        if self._jax_is_there:
            self._taken_at = own_time_ns()
        if not self._spans:
            return {}
        spans, self._spans = self._spans, []
        # JAX tells how long it took by the wall: with a queue in it, such a span begins too early.
        taken = {
            "ns": covered_ns((max(since, started), ended) for started, ended in spans),
            "compiles": self._compiles,
            "loads": self._loads,
            "misses": self._misses,
        }
        self._compiles = self._loads = self._misses = 0
        return taken

    def forgetting(self, before: Callable[[], Any]) -> Callable[[], Any]:
        """What runs ahead of a call, unmeasured: nor is what it compiles the call's."""

        def run() -> None:
            before()
            self.take()

        return run

    def _listen_to_numba(self, event: Any) -> None:
        listener = _listener(event.Listener, self._numba_began, self._numba_ended)
        for kind in ("numba:compile", "numba:run_pass"):
            with contextlib.suppress(ValueError):  # a numba that is older than this kind
                event.register(kind, listener)

    def _numba_began(self, event: Any) -> None:
        inside = bool(self._under_way)
        self._under_way.append(0 if inside else own_time_ns())
        passed = str((event.data or {}).get("name"))
        self._compiles += event.kind == "numba:compile" or (not inside and passed.startswith(_NUMBA_BEGINS))

    def _numba_ended(self, _event: Any) -> None:
        started = self._under_way.pop() if self._under_way else None
        if started is not None and not self._under_way:
            self._spans.append((started, own_time_ns()))

    def _follow_numbas_cache(self, caching: Any) -> None:
        load = caching.Cache.load_overload

        @functools.wraps(load)
        def load_overload(*arguments: Any, **named: Any) -> Any:
            started = own_time_ns()
            found = load(*arguments, **named)
            self._spans.append((started, own_time_ns()))
            if found is None:
                self._misses += 1
            else:
                self._loads += 1
            return found

        caching.Cache.load_overload = load_overload

    def _listen_to_jax(self, monitoring: Any) -> None:
        monitoring.register_event_duration_secs_listener(self._jax_took)
        monitoring.register_event_listener(self._jax_said)
        self._jax_is_there, self._taken_at = True, own_time_ns()

    def _jax_took(self, event: str, seconds: float, **_about: Any) -> None:
        if not event.startswith(_JAX_COMPILING):
            return
        now = own_time_ns()
        self._spans.append((now - max(0, round(seconds * 1e9)), now))
        self._compiles += event == _JAX_BACKEND

    def _jax_said(self, event: str, **_about: Any) -> None:
        if event == _JAX_ASKED and _jax_has_a_cache():
            self._misses += 1
        elif event == _JAX_HIT:
            # It was asked for before, and JAX tells of it as of a compilation afterwards.
            self._misses -= 1
            self._loads += 1
            self._compiles -= 1


def covered_ns(spans: Iterable[tuple[int, int]]) -> int:
    """The time that lies in at least one of the spans: compilers tell of a whole and of its parts."""
    total, covered_to = 0, -sys.maxsize
    for started, ended in sorted(spans):
        if ended > max(started, covered_to):
            total += ended - max(started, covered_to)
            covered_to = ended
    return total


def _jax_has_a_cache() -> bool:
    config = getattr(sys.modules.get("jax"), "config", None)
    return bool(getattr(config, "jax_compilation_cache_dir", None))


def _listener(base: type, began: Callable[[Any], None], ended: Callable[[Any], None]) -> Any:
    """A listener of numba's: it takes none but its own kind."""

    class Listener(base):  # type: ignore[misc]
        def on_start(self, event: Any) -> None:
            began(event)

        def on_end(self, event: Any) -> None:
            ended(event)

    return Listener()
