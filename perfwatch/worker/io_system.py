"""What surrounds the target: processor limits of its control groups, and native thread pools.

It must not change a limit or a pool, and it reads only.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

_GROUPS = "/sys/fs/cgroup"
POOLS_AT_MOST = 32


def group_counters(own: str = "/proc/self/cgroup", mount: str = _GROUPS) -> dict[str, Any]:
    """How often and how long the processor quota held this process back, and its smallest quota.

    ``throttled_count`` and ``throttled_ns`` add up the process's groups from its
    own to the root (each counts what it held back itself); ``cores_limit`` is the
    smallest quota over period of them, absent where there is none. Both versions
    of control groups are read; an empty answer means that there are none.
    """
    found: dict[str, Any] = {}
    for number, controllers, path in _memberships(own):
        if number == "0":
            roots = [mount, os.path.join(mount, "unified")]  # noqa: PTH118
        elif "cpu" in controllers.split(","):
            roots = [os.path.join(mount, name) for name in ("cpu", "cpu,cpuacct", controllers)]  # noqa: PTH118
        else:
            continue
        for root in roots:
            if os.path.isfile(os.path.join(root, "cgroup.procs")):  # noqa: PTH113, PTH118
                _add_groups(found, root, path)
                break
    return found


def _memberships(own: str) -> list[tuple[str, str, str]]:
    rows = [line.rstrip("\n").split(":", 2) for line in _text(own).splitlines()]
    return [(row[0], row[1], row[2]) for row in rows if len(row) == 3]


def _add_groups(found: dict[str, Any], root: str, path: str) -> None:
    folder = os.path.normpath(os.path.join(root, path.lstrip("/")))  # noqa: PTH118
    if not os.path.isdir(folder):  # noqa: PTH112
        folder = root  # seen from inside a container, the path is that of the host
    while True:
        _add_group(found, folder)
        if folder == root or not folder.startswith(root):
            return
        folder = os.path.dirname(folder)  # noqa: PTH120


def _add_group(found: dict[str, Any], folder: str) -> None:
    rows = [line.split() for line in _text(os.path.join(folder, "cpu.stat")).splitlines()]  # noqa: PTH118
    figures = {row[0]: int(row[1]) for row in rows if len(row) == 2 and row[1].isdigit()}
    if "nr_throttled" in figures:
        spent_ns = figures.get("throttled_time", 1_000 * figures.get("throttled_usec", 0))
        found["throttled_count"] = found.get("throttled_count", 0) + figures["nr_throttled"]
        found["throttled_ns"] = found.get("throttled_ns", 0) + spent_ns
    quota = _text(os.path.join(folder, "cpu.max")).split() or [  # noqa: PTH118
        _text(os.path.join(folder, name)).strip()  # noqa: PTH118
        for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us")
    ]
    # "max" in version 2 and -1 in version 1 mean that there is none.
    if len(quota) == 2 and all(word.isdigit() for word in quota) and int(quota[1]) > 0:
        cores = int(quota[0]) / int(quota[1])
        found["cores_limit"] = min(cores, found.get("cores_limit", cores))


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            return file.read(100_000)
    except OSError:
        return ""  # not on this system, or not in this version


def allowed_cores() -> int:
    """How many cores this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def thread_pools() -> tuple[list[dict[str, Any]], str]:
    """The pools of native libraries loaded now, and why they are not known where they are not."""
    try:
        pools = importlib.import_module("threadpoolctl").threadpool_info()
    except ImportError:
        return [], "threadpoolctl is missing in the target's environment"
    except Exception as error:
        return [], f"threadpoolctl failed: {type(error).__name__}: {str(error)[:200]}"
    return (
        [
            {
                "library": os.path.basename(str(pool.get("filepath") or pool.get("prefix") or ""))[:200],  # noqa: PTH119
                "kind": str(pool.get("internal_api") or pool.get("user_api") or "")[:40],
                "version": str(pool.get("version") or "")[:40],
                "threads": int(pool.get("num_threads") or 0),
                "layer": str(pool.get("threading_layer") or "")[:40],
            }
            for pool in pools[:POOLS_AT_MOST]
        ],
        "",
    )
