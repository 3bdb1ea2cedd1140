"""CUPTI's records of this process: what ran on the devices, and which calls waited.

Two sources, one subscriber. Activity records tell when each kernel, copy and
memset ran on the device, and when its launch was called. The callback interface
tells of synchronising calls and copies, on the thread that makes them: there the
Python stack can be read at the very moment, so that a wait has its line without
an error. cupti-python calls us with the interpreter lock held, which is why JAX's
calls are left alone (``without_calls``) and its waits are sampled (``gpu_watch``).

It must not make a device context, must not raise into the driver, and must not
stay subscribed when the process ends: CUDA's own exit would call a dead interpreter.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import sys
import threading
import time
from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .gpu_watch import Stacks

#: Kinds of activity in the record.
KERNEL, COPY, MEMSET, LAUNCH = range(4)
WIDTH = 8
ROWS_AT_MOST = 200_000
LABELS_AT_MOST = 5_000
LABEL_CHARACTERS = 2_000
BUFFER_BYTES = 8 * 1024 * 1024
#: An asynchronous copy that returns sooner did not wait: it was only handed over.
WAITED_NS = 100_000
INSTALL = "cupti-python"

_LAUNCHES = re.compile(
    r"^_*(cudaLaunch(Cooperative)?Kernel|cudaGraphLaunch|cuLaunch(Cooperative)?Kernel|cuGraphLaunch)"
)
_SYNCHRONISING = re.compile(r"^(cuda|cu)(Device|Thread|Stream|Event|Ctx|ExecutionCtx)Synchronize")
_COPYING = re.compile(r"^(cudaMemcpy|cuMemcpy)(?!.*Batch)|^(cudaFree|cuMemFree)(_v\d+)?$")
_VERSION = re.compile(r"(_pt[sd][zs])?(_v\d+)?(_pt[sd][zs])?$")


class Trace:
    """One subscription to CUPTI; ``trouble`` says why there is none, ``missing`` what it lacks."""

    def __init__(
        self,
        stacks: Stacks,
        load: Callable[[], Any] | None = None,
        clock: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        self.stacks = stacks
        self._clock = clock
        self._load = load or _cupti
        self.trouble = ""
        self.missing: list[str] = []
        self.version = ""
        self._cupti: Any = None
        self._subscriber: Any = None
        self._kept: list[Any] = []
        self._kinds: dict[int, int] = {}
        self._called_back: list[tuple[int, int]] = []
        self._calls_open: dict[int, tuple[int, int, int]] = {}
        self._collecting = False
        self._forget()

    def _forget(self) -> None:
        self._rows = array("q")
        self._labels: dict[str, int] = {}
        self._beyond: dict[int, list[int]] = {}
        self._waits: dict[tuple[int, str], list[int]] = {}
        self._began: tuple[int, int] = (0, 0)

    # Opening and closing

    def open(self) -> None:
        """Subscribe, and ask for the records; what goes wrong becomes ``trouble``, never an exception."""
        injected = os.environ.get("CUDA_INJECTION64_PATH")
        if injected:
            self.trouble = f"another tool is injected into CUDA (CUDA_INJECTION64_PATH={injected[:200]})"
            return
        try:
            cupti = self._load()
        except ImportError as error:
            self.trouble = f"{INSTALL} does not import in the target's environment ({error})"
            return
        self._cupti = cupti
        try:
            self._subscribe()
            cupti.activity_register_callbacks(_buffer_wanted, self._completed)
            self._enable()
        except Exception as error:
            self.trouble = f"CUPTI refuses: {_told(error)}"
            self.close()
            return
        self.version = _version()

    def _subscribe(self) -> None:
        cupti = self._cupti
        if hasattr(cupti, "subscribe_v2"):
            wanted = cupti.SubscriberParams()
            wanted.struct_size = cupti.SUBSCRIBER_PARAMS_SIZE
            wanted.subscriber_name = "perfwatch"
            self._kept.append(wanted)
            try:
                self._subscriber = cupti.subscribe_v2(self._called, None, wanted.ptr)
            except cupti.cuptiError as error:
                if "MULTIPLE_SUBSCRIBERS" not in str(error):
                    raise
                raise RuntimeError(f"{error}: {_first_subscriber(wanted)} is subscribed already") from error
        else:
            self._subscriber = cupti.subscribe(self._called, None)

    def _enable(self) -> None:
        cupti = self._cupti
        wanted = (("CONCURRENT_KERNEL", KERNEL), ("MEMCPY", COPY), ("MEMCPY2", COPY), ("MEMSET", MEMSET))
        for name, kind in wanted:
            number = int(getattr(cupti.ActivityKind, name))
            try:
                cupti.activity_enable(number)
            except Exception as error:
                if kind == KERNEL:
                    raise
                self.missing.append(f"CUPTI gives no {name} records: {_told(error)}")
            else:
                self._kinds[number] = kind
        self._kinds[int(cupti.ActivityKind.KERNEL)] = KERNEL
        self._kinds[int(cupti.ActivityKind.RUNTIME)] = LAUNCH
        self._kinds[int(cupti.ActivityKind.DRIVER)] = LAUNCH
        self._enable_calls()

    def _enable_calls(self) -> None:
        """Records of launches, callbacks of calls that may wait; of nothing else, because each costs time."""
        cupti = self._cupti
        for domain, enable_record in (
            ("RUNTIME_API", getattr(cupti, "activity_enable_runtime_api", None)),
            ("DRIVER_API", getattr(cupti, "activity_enable_driver_api", None)),
        ):
            number = int(getattr(cupti.CallbackDomain, domain))
            for name, call in _calls_of(cupti, domain):
                try:
                    if _LAUNCHES.match(name):
                        if enable_record is not None:
                            enable_record(call, 1)
                    elif _SYNCHRONISING.match(name) or _COPYING.match(name):
                        cupti.enable_callback(1, self._subscriber, number, call)
                        self._called_back.append((number, call))
                except Exception as error:
                    self._miss_once(f"CUPTI does not tell of some {domain} calls: {_told(error)}")

    def without_calls(self) -> None:
        """Time calls no longer: JAX makes them on threads of its own, with its locks held.

        A callback takes the interpreter lock; a thread that holds the one and
        wants the other may wait for another that does the reverse, for ever.
        """
        calls, self._called_back = self._called_back, []
        if self._cupti is None or not calls:
            return
        for domain, call in calls:
            with contextlib.suppress(Exception):  # an older driver may not know the call
                self._cupti.enable_callback(0, self._subscriber, domain, call)
        self._calls_open.clear()
        self._miss_once("JAX is in the process: waiting calls are not timed one by one, waits are sampled")

    def _miss_once(self, sentence: str) -> None:
        if sentence not in self.missing:
            self.missing.append(sentence)

    def close(self) -> None:
        """Give everything back; safe to call twice."""
        cupti, self._cupti = self._cupti, None
        if cupti is None:
            return
        self._collecting = False
        for kind in self._kinds:
            with contextlib.suppress(Exception):  # some were never enabled
                cupti.activity_disable(kind)
        try:
            cupti.activity_flush_all(1)
            if self._subscriber is not None:
                cupti.unsubscribe(self._subscriber)
        except Exception as error:
            self._miss_once(f"CUPTI did not close cleanly: {_told(error)}")

    # A measured stretch

    @property
    def ready(self) -> bool:
        """Whether records come."""
        return self._cupti is not None and not self.trouble

    def begin(self) -> None:
        """Start a stretch: what was before it is flushed and forgotten. The devices must be idle."""
        self._forget()
        if self.ready:
            self._flush()
            self._began = (int(self._cupti.get_timestamp()), self._clock())
            self._collecting = True

    def end(self) -> dict[str, Any]:
        """End a stretch, after synchronising, and return its record."""
        if not self.ready:
            return {}
        ended = (int(self._cupti.get_timestamp()), self._clock())
        self._flush()
        self._collecting = False
        flat = self._rows.tolist()
        record = {
            "clock": [list(self._began), list(ended)],
            "labels": list(self._labels),
            "activities": [flat[at : at + WIDTH] for at in range(0, len(flat), WIDTH)],
            "beyond": [[number, *figures] for number, figures in self._beyond.items()],
            "waits": [[stack, call, *figures] for (stack, call), figures in self._waits.items()],
            "dropped": self._dropped(),
        }
        self._forget()
        return record

    def _flush(self) -> None:
        try:
            self._cupti.activity_flush_all(1)
        except Exception as error:
            self._miss_once(f"CUPTI could not hand over all of its records: {_told(error)}")

    def _dropped(self) -> int | None:
        count = ctypes.c_size_t(0)
        try:
            self._cupti.activity_get_num_dropped_records(0, 0, ctypes.addressof(count))
        except Exception:
            return None
        return int(count.value)

    def under_way(self, thread: int) -> bool:
        """Whether a call that is timed exactly is under way on a thread."""
        return thread in self._calls_open

    # What CUPTI calls

    def _completed(self, activities: list[Any]) -> None:
        """A buffer is full: take its records over; they are CUPTI's memory, and gone afterwards."""
        if not self._collecting:
            return
        for one in activities:
            try:
                self._take(one)
            except Exception as error:
                self._miss_once(f"an activity record could not be read: {_told(error)}")

    def _take(self, one: Any) -> None:
        kind = self._kinds.get(int(one.kind))
        if kind is None:
            return
        start, end, correlation = int(one.start), int(one.end), int(one.correlation_id)
        if kind == LAUNCH:
            if len(self._rows) < ROWS_AT_MOST * WIDTH:
                self._rows.extend((kind, -1, start, end, -1, -1, 0, correlation))
            return
        size = 0 if kind == KERNEL else int(one.bytes)
        if kind == KERNEL:
            label = self._label(str(one.name))
        else:
            label = self._label(f"copy {int(one.copy_kind)}" if kind == COPY else "memset")
        if len(self._rows) < ROWS_AT_MOST * WIDTH:
            place = (int(one.device_id), int(one.stream_id))
            self._rows.extend((kind, label, start, end, *place, size, correlation))
            return
        figures = self._beyond.setdefault(label, [kind, 0, 0, 0])
        figures[1] += 1
        figures[2] += max(0, end - start)
        figures[3] += size

    def _label(self, text: str) -> int:
        name = text[:LABEL_CHARACTERS]
        if name not in self._labels and len(self._labels) >= LABELS_AT_MOST:
            name = "(kernels of further names)"
        return self._labels.setdefault(name, len(self._labels))

    def _called(self, _userdata: Any, domain: int, _number: int, data: Any) -> None:
        """A call that may wait begins or ends on this thread; the runtime's own calls into the driver lie inside."""
        if not self._collecting:
            return
        try:
            thread, domain, correlation = threading.get_ident(), int(domain), int(data.correlation_id)
            under_way = self._calls_open.get(thread)
            if int(data.callback_site) == 0:
                if under_way is None or under_way[0] == domain:
                    self._calls_open[thread] = (domain, correlation, self._clock())
            elif under_way is not None and under_way[:2] == (domain, correlation):
                del self._calls_open[thread]
                self._waited(str(data.function_name), self._clock() - under_way[2])
        except Exception as error:
            self._miss_once(f"a waiting call could not be noted: {_told(error)}")

    def _waited(self, name: str, duration_ns: int) -> None:
        if not _SYNCHRONISING.match(name) and ("Async" in name or "Free" in name) and duration_ns < WAITED_NS:
            return
        stack = self.stacks.number(sys._getframe())  # noqa: SLF001 - there is no other way to a frame
        figures = self._waits.setdefault((stack, _VERSION.sub("", name)), [0, 0])
        figures[0] += 1
        figures[1] += duration_ns


def _cupti() -> Any:
    from cupti import cupti

    return cupti


def _first_subscriber(wanted: Any) -> str:
    try:
        return str(wanted.old_subscriber_name) or "another tool"
    except UnicodeDecodeError:  # CUPTI did not write it, and the memory holds anything
        return "another tool"


def _buffer_wanted() -> tuple[int, int]:
    """The size of a buffer in bytes, and how many records it may hold (0: as many as fit)."""
    return BUFFER_BYTES, 0


def _calls_of(cupti: Any, domain: str) -> Iterator[tuple[str, int]]:
    """Name and number of each call of a domain; the enumerations were renamed between versions."""
    names = {"RUNTIME_API": "RuntimeApiTraceCbid", "DRIVER_API": "DriverApiTraceCbid"}
    older = {"RUNTIME_API": "runtime_api_trace_cbid", "DRIVER_API": "driver_api_trace_cbid"}
    enumeration = getattr(cupti, names[domain], None) or getattr(cupti, older[domain])
    for name, member in enumeration.__members__.items():
        yield name.rpartition("__")[2] if name.startswith("_") else name, int(member)


def _told(error: BaseException) -> str:
    return f"{str(error) or type(error).__name__}"[:300]


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version(INSTALL)
    except metadata.PackageNotFoundError:
        return ""
