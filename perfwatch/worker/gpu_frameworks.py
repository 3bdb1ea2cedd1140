"""Ask the frameworks that the target has imported: to finish their work, what they held, what they compiled.

It must not import a framework, and must not make a device context where the
target has made none: everything is found in ``sys.modules``.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from .after_import import AfterImport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

EVENTS_AT_MOST = 20_000
EXPLAINED_AT_MOST = 200
CHARACTERS_AT_MOST = 2_000
_COMPILING = "/jax/core/compile/"
#: Where JAX explains its misses; older versions did so in ``pjit``.
_EXPLAINING = ("jax._src.interpreters.partial_eval", "jax._src.pjit")
#: These speak up by the same switch, of a cache on disk that is not ours to tell of.
_ALSO_WOKEN = ("jax._src.compiler", "jax._src.compilation_cache")
_WOKEN = re.compile(r"PERSISTENT COMPILATION CACHE MISS|Not writing persistent cache entry")


class Frameworks:
    """What is in ``modules`` (the interpreter's ``sys.modules``) of torch, JAX and CuPy."""

    def __init__(self, modules: Mapping[str, Any] | None = None) -> None:
        self._modules = sys.modules if modules is None else modules
        self.missing: list[str] = []

    def synchronise(self) -> None:
        """Wait until the devices have done what they were given: a clock read before that says nothing."""
        for step in (self._torch_waits, self._jax_waits, self._cupy_waits, _context_waits):
            with contextlib.suppress(Exception):  # a device that is lost, a context that the target destroyed
                step()

    def _torch_waits(self) -> None:
        cuda = self._torch_cuda()
        if cuda is None:
            return
        for device in range(cuda.device_count()):
            # Another device's context would be made by asking it.
            if device == cuda.current_device() or cuda.max_memory_reserved(device) > 0:
                cuda.synchronize(device)

    def _torch_cuda(self) -> Any:
        cuda = getattr(self._modules.get("torch"), "cuda", None)
        # Not is_available(): it starts the driver, and a process that forks afterwards could not use it.
        return cuda if cuda is not None and cuda.is_initialized() else None

    def _jax_waits(self) -> None:
        jax = self._jax()
        if jax is None:
            return
        jax.block_until_ready(jax.live_arrays())
        jax.effects_barrier()
        for device in jax.local_devices():
            with contextlib.suppress(AttributeError, NotImplementedError, RuntimeError):
                device.synchronize_all_activity()

    def _jax(self) -> Any:
        """JAX, where it has a backend already: asking for one would start it."""
        jax, bridge = self._modules.get("jax"), self._modules.get("jax._src.xla_bridge")
        started = getattr(bridge, "backends_are_initialized", None)
        return jax if jax is not None and started is not None and started() else None

    def _cupy_waits(self) -> None:
        cupy = self._modules.get("cupy")
        if cupy is not None:
            cupy.cuda.Device().synchronize()

    def allocators(self) -> list[list[Any]]:
        """``[framework, device, peak bytes, reserved bytes or None]``, since the process began."""
        found: list[list[Any]] = []
        for name, ask in (("torch", self._torch_held), ("jax", self._jax_held), ("cupy", self._cupy_held)):
            try:
                found += ask()
            except Exception as error:
                self._miss_once(f"{name} does not tell what it held: {str(error)[:200]}")
        return found

    def _torch_held(self) -> list[list[Any]]:
        cuda = self._torch_cuda()
        devices = range(cuda.device_count()) if cuda is not None else ()
        rows = [
            ["torch", device, int(cuda.max_memory_allocated(device)), int(cuda.max_memory_reserved(device))]
            for device in devices
        ]
        return [row for row in rows if row[3]]

    def _jax_held(self) -> list[list[Any]]:
        jax = self._jax()
        rows: list[list[Any]] = []
        for device in jax.local_devices() if jax is not None else ():
            stats = device.memory_stats() if device.platform != "cpu" else None
            if stats and "peak_bytes_in_use" in stats:
                reserved = stats.get("peak_pool_bytes") or stats.get("pool_bytes")
                rows.append(
                    [
                        "jax",
                        int(getattr(device, "local_hardware_id", None) or 0),
                        int(stats["peak_bytes_in_use"]),
                        None if not reserved else int(reserved),
                    ]
                )
        return rows

    def _cupy_held(self) -> list[list[Any]]:
        cupy = self._modules.get("cupy")
        if cupy is None:
            return []
        held = int(cupy.get_default_memory_pool().total_bytes())
        if not held:
            return []
        self._miss_once("CuPy keeps no peak: its figure is what its pool held at the end, used or not")
        return [["cupy", int(cupy.cuda.Device().id), held, held]]

    def jax_platforms(self) -> list[str]:
        """The kinds of device that JAX runs on; nothing where it was not used."""
        try:
            jax = self._jax()
            return sorted({str(device.platform) for device in jax.local_devices()}) if jax is not None else []
        except Exception as error:
            self._miss_once(f"JAX does not tell its devices: {str(error)[:200]}")
            return []

    def _miss_once(self, sentence: str) -> None:
        if sentence not in self.missing:
            self.missing.append(sentence)


def _context_waits() -> None:
    """Wait for the context of this thread, where the driver is loaded and there is one (Numba, PyCUDA)."""
    if not hasattr(os, "RTLD_NOLOAD"):
        return
    import ctypes

    ctypes.CDLL("libcuda.so.1", mode=os.RTLD_NOLOAD).cuCtxSynchronize()


class Compiles:
    """JAX's compilations, by its own events, and why it compiled again, by its own words.

    The listener and the switch are set at the moment JAX has loaded the modules
    that know them: nothing is imported early, and no first compilation is missed.
    JAX's words are taken from its logger before anybody prints them, unless the
    target asked for them itself.
    """

    def __init__(self) -> None:
        self._events: list[list[Any]] = []
        self._explained: list[str] = []
        self.lost_count = 0
        self._asked_by_target = False
        self._on_jax: Callable[[], None] = _nothing

    def install(self, on_jax: Callable[[], None]) -> None:
        """Wait for JAX to be imported; ``on_jax`` is called when it is."""
        self._on_jax = on_jax
        for name in _EXPLAINING:
            logging.getLogger(name).addFilter(self._heard)
        for name in _ALSO_WOKEN:
            logging.getLogger(name).addFilter(self._also_woken)
        hooks = {"jax._src.monitoring": self._listen, "jax._src.config": self._switch_on}
        for name, hook in hooks.items():
            if name in sys.modules:
                hook(sys.modules[name])
        sys.meta_path.insert(0, AfterImport(hooks))

    def take(self) -> dict[str, Any]:
        """What came since the last time: ``[event, function, nanoseconds]`` each, and JAX's explanations."""
        taken = {"events": self._events, "explained": self._explained}
        self._events, self._explained = [], []
        return taken

    def _listen(self, monitoring: Any) -> None:
        monitoring.register_event_duration_secs_listener(self._compiled)

    def _compiled(self, event: str, seconds: float, **about: Any) -> None:
        if not event.startswith(_COMPILING):
            return
        if len(self._events) >= EVENTS_AT_MOST:
            self.lost_count += 1
            return
        name = str(about.get("fun_name", ""))[:CHARACTERS_AT_MOST]
        self._events.append([event[len(_COMPILING) :], name, round(seconds * 1e9)])

    def _switch_on(self, module: Any) -> None:
        self._on_jax()
        config = module.config
        if config.values.get("jax_explain_cache_misses") if hasattr(config, "values") else False:
            self._asked_by_target = True
            return
        with contextlib.suppress(Exception):  # a JAX that is older than the switch compiles all the same
            config.update("jax_explain_cache_misses", True)  # noqa: FBT003 - JAX's own signature

    def _heard(self, record: logging.LogRecord) -> bool:
        """A logging filter: keep JAX's explanation, and let it through only where the target wants it."""
        if "CACHE MISS" not in str(record.msg):
            return True
        if len(self._explained) < EXPLAINED_AT_MOST:
            self._explained.append(record.getMessage()[:CHARACTERS_AT_MOST])
        else:
            self.lost_count += 1
        return self._asked_by_target

    def _also_woken(self, record: logging.LogRecord) -> bool:
        return self._asked_by_target or not _WOKEN.match(str(record.msg))


def _nothing() -> None:
    """Nobody waits for JAX."""
