"""Quotas and throttling in hand-built control groups of both versions, and thread pools."""

from __future__ import annotations

import subprocess
import sys

from tools import need_module

from perfwatch.worker.io_system import allowed_cores, group_counters, thread_pools


def built(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return {"own": str(folder / "own"), "mount": str(folder / "mount")}


def test_version_2_counts_microseconds_and_the_smallest_quota_of_all_levels(tmp_path):
    places = built(
        tmp_path,
        {
            "own": "0::/a/b\n",
            "mount/cgroup.procs": "",
            "mount/a/cpu.max": "150000 100000\n",
            "mount/a/cpu.stat": "usage_usec 5\nnr_periods 9\nnr_throttled 4\nthrottled_usec 2500\n",
            "mount/a/b/cpu.max": "max 100000\n",
            "mount/a/b/cpu.stat": "nr_throttled 1\nthrottled_usec 10\n",
        },
    )
    assert group_counters(**places) == {
        "throttled_count": 5,
        "throttled_ns": 2_510_000,
        "cores_limit": 1.5,
    }


def test_version_1_counts_nanoseconds(tmp_path):
    places = built(
        tmp_path,
        {
            "own": "4:memory:/x\n3:cpu,cpuacct:/job\n0::/\n",
            "mount/cpu,cpuacct/cgroup.procs": "",
            "mount/cpu,cpuacct/job/cpu.stat": "nr_periods 7\nnr_throttled 3\nthrottled_time 42\n",
            "mount/cpu,cpuacct/job/cpu.cfs_quota_us": "50000\n",
            "mount/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
            "mount/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            "mount/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
        },
    )
    assert group_counters(**places) == {"throttled_count": 3, "throttled_ns": 42, "cores_limit": 0.5}


def test_a_path_of_the_host_is_read_at_the_container_s_own_root(tmp_path):
    places = built(
        tmp_path,
        {
            "own": "0::/not/here/../seen\n",
            "mount/cgroup.procs": "",
            "mount/cpu.max": "200000 100000",
            "mount/cpu.stat": "nr_throttled 2\nthrottled_usec 1\n",
        },
    )
    assert group_counters(**places) == {"throttled_count": 2, "throttled_ns": 1_000, "cores_limit": 2.0}


def test_without_groups_nothing_is_known(tmp_path):
    assert group_counters(own=str(tmp_path / "no"), mount=str(tmp_path)) == {}
    places = built(
        tmp_path, {"own": "nonsense\n0::/\n", "mount/cgroup.procs": "", "mount/cpu.max": "much too"}
    )
    assert group_counters(**places) == {}


def test_at_least_one_core_is_allowed():
    assert allowed_cores() >= 1


def test_numpy_s_pool_is_found_with_its_library_and_threads():
    need_module("threadpoolctl", "threadpoolctl")
    need_module("numpy", "numpy")
    pools, missing = thread_pools()
    assert missing == ""
    assert all(pool["library"] and pool["threads"] >= 1 for pool in pools)
    assert {pool["kind"] for pool in pools} & {"openblas", "mkl", "blis", "openmp", "flexiblas"}


def test_a_missing_threadpoolctl_is_said():
    program = "from perfwatch.worker.io_system import thread_pools; print(thread_pools())"
    blocked = f"import sys; sys.modules['threadpoolctl'] = None; {program}"
    done = subprocess.run([sys.executable, "-c", blocked], capture_output=True, text=True, check=True)
    assert "threadpoolctl is missing" in done.stdout
