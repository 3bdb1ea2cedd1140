# ruff: noqa: S101, PTH100, PTH120, PTH123
"""Run in the target's interpreter: try one thing, and print what came of it as JSON between two markers.

``python doctor_probe.py NAME OPTIONS``. Standard library only, apart from the
tool that is tried. Whatever goes wrong is the answer: it ends with a traceback.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any, NoReturn

BEGIN = "<<perfwatch-probe "
END = " perfwatch-probe>>"
READY = "perfwatch-probe-ready"
TIMER_COUNT = 20_000
LINE_HITS = 1_000
#: Allocated by the memory probe, far above whatever else it may hold.
BLOCK_BYTES = 16_000_000
READ_BYTES = 200_000


def busy_as_told(seconds: float) -> int:
    """Compute for so much processor time: the name is what a sampler is to find."""
    end = time.process_time() + seconds
    count = 0
    while time.process_time() < end:
        count += sum(range(200))
    return count


def timer(options: dict[str, Any]) -> dict[str, Any]:
    """Differences of clock readings that directly follow one another, in nanoseconds."""
    del options
    now = time.perf_counter_ns
    differences = []
    for _ in range(TIMER_COUNT):
        first = now()
        second = now()
        differences.append(second - first)
    about = time.get_clock_info("perf_counter")
    return {
        "differences": differences[TIMER_COUNT // 10 :],  # the interpreter specialises at first
        "implementation": about.implementation,
    }


def supervised(options: dict[str, Any]) -> NoReturn:
    """Compute, leave a process behind where there is fork, and end with status 3."""
    if hasattr(os, "fork") and os.fork() == 0:
        os.setsid()
        time.sleep(20)
        os._exit(0)
    busy_as_told(options["seconds"])
    sys.stdout.flush()
    os._exit(3)


def busy(options: dict[str, Any]) -> dict[str, Any]:
    """Compute for a while."""
    busy_as_told(options["seconds"])
    return {}


def linger(options: dict[str, Any]) -> dict[str, Any]:
    """Say that we are there, then allocate and free for a while, so that there is something to see."""
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    end = time.monotonic() + options["seconds"]
    while time.monotonic() < end:
        kept = [bytearray(50_000) for _ in range(20)]
        time.sleep(0.005)
        del kept
    return {}


def pyinstrument(options: dict[str, Any]) -> dict[str, Any]:
    """Samples in all, and how many of them saw the busy function."""
    module = importlib.import_module("pyinstrument")
    profiler = module.Profiler(interval=0.001, async_mode="disabled")
    profiler.start()
    busy_as_told(options["seconds"])
    records = profiler.stop().frame_records
    seen = [stack for stack, _ in records if any(text.startswith("busy_as_told\0") for text in stack)]
    return {"version": module.__version__, "samples": len(records), "seen": len(seen)}


def line_profiler(options: dict[str, Any]) -> dict[str, Any]:
    """How often the tracer saw a line that runs a known number of times."""
    del options
    module = importlib.import_module("line_profiler")

    def counted() -> int:
        total = 0
        for number in range(LINE_HITS):
            total += number
        return total

    profiler = module.LineProfiler()
    profiler.add_function(counted)
    profiler.enable_by_count()
    counted()
    profiler.disable_by_count()
    (lines,) = profiler.get_stats().timings.values()
    hits = [hits for _, hits, _ in sorted(lines)]
    return {"version": module.__version__, "hits": hits[2], "expected": LINE_HITS}


def memray(options: dict[str, Any]) -> dict[str, Any]:
    """Trace one allocation of known size into a capture file."""
    module = importlib.import_module("memray")
    with module.Tracker(options["capture"]):
        block = bytearray(BLOCK_BYTES)
    version = importlib.import_module("memray._version").__version__
    return {"version": version, "allocated": len(block)}


def io_counters(options: dict[str, Any]) -> dict[str, Any]:
    """The process's own read counter before and after a read of known size."""
    del options

    def read() -> int:
        with open("/proc/self/io", encoding="ascii") as file:
            found = dict(line.split(":", 1) for line in file)
        return int(found["rchar"])

    before = read()
    with open("/dev/zero", "rb", buffering=0) as file:
        got = len(file.read(READ_BYTES))
    return {"counted": read() - before, "read": got}


def thread_pools(options: dict[str, Any]) -> dict[str, Any]:
    """The pools of native threads that the imported libraries made, as threadpoolctl sees them."""
    for name in options["imports"]:
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # a library that does not import has no pool
    return {"pools": _loaded("perfwatch_threadpoolctl", options["threadpoolctl"]).threadpool_info()}


def hooks(options: dict[str, Any]) -> dict[str, Any]:
    """What is switched on in a fresh interpreter before the target has said a word."""
    del options
    tools = []
    monitoring = getattr(sys, "monitoring", None)
    if monitoring is not None:
        tools = [name for number in range(6) if (name := monitoring.get_tool(number)) is not None]
    trace, profile = sys.gettrace(), sys.getprofile()
    return {
        "trace": "" if trace is None else _named(trace),
        "profile": "" if profile is None else _named(profile),
        "monitoring": tools,
        "dev_mode": bool(sys.flags.dev_mode),
        "debug": hasattr(sys, "gettotalrefcount"),
        "gil": getattr(sys, "_is_gil_enabled", lambda: True)(),
    }


def cupti(options: dict[str, Any]) -> dict[str, Any]:
    """Switch CUPTI's record of kernels on and off again."""
    del options
    module = importlib.import_module("cupti.cupti")
    module.activity_enable(module.ActivityKind.CONCURRENT_KERNEL)
    module.activity_disable(module.ActivityKind.CONCURRENT_KERNEL)
    return {}


def _named(hook: object) -> str:
    return f"{getattr(hook, '__module__', '')}.{getattr(hook, '__qualname__', type(hook).__qualname__)}"


PROBES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    probe.__name__: probe
    for probe in (
        timer,
        supervised,
        busy,
        linger,
        pyinstrument,
        line_profiler,
        memray,
        io_counters,
        thread_pools,
        hooks,
        cupti,
    )
}


def _loaded(name: str, file: str) -> ModuleType:
    """Load a module of ours by its file: our folders are not on the path here."""
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _borrow(lent: dict[str, Any]) -> None:
    """Let the worker's own lender serve what this environment lacks."""
    if not lent["names"]:
        return
    _loaded("_perfwatch_lending", lent["lender"]).install(lent)


def main() -> None:
    """Run the probe that is named and print its answer."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or os.curdir) != here]
    options = json.loads(sys.argv[2])
    _borrow(options.pop("lent"))
    answer = PROBES[sys.argv[1]](options)
    sys.stdout.write(f"\n{BEGIN}{json.dumps(answer)}{END}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
