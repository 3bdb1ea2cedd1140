"""The checks of the machine, on trees built by hand."""

from __future__ import annotations

import pytest
from doctor_patients import make_patient, tree

from perfwatch.environment.checks import clock, memory, place, processor
from perfwatch.records.doctor import CheckState

CPU = "sys/devices/system/cpu"
CLOCK = "sys/devices/system/clocksource/clocksource0"


# Clock


def test_a_clock_that_often_stands_still_has_the_least_step_for_its_resolution():
    assert clock.resolution_ns([0, 0, 0, 0, 41, 42, 83]) == 41


def test_a_clock_that_always_moves_is_as_fine_as_the_least_gap_between_differences():
    assert clock.resolution_ns([50, 51, 53, 60]) == 1
    assert clock.resolution_ns([100, 200, 400]) == 100


def test_a_clock_of_one_difference_or_none_is_told_apart():
    assert clock.resolution_ns([15, 15, 15]) == 15
    assert clock.resolution_ns([0, 0]) == 0


def test_the_timer_gives_the_median_the_tail_and_the_step(tmp_path):
    differences = [50] * 600 + [51] * 398 + [9_000] * 2
    answers = {"timer": {"differences": differences, "implementation": "clock_gettime"}}
    seen = clock.timer(make_patient(tmp_path, answers=answers))
    assert seen.state is CheckState.OK
    assert seen.figures == {
        "overhead_ns": 50,
        "overhead_p999_ns": 9_000,
        "longest_ns": 9_000,
        "resolution_ns": 1,
        "readings_count": 1_000,
    }
    assert "50.0 ns" in seen.fact
    assert "clock_gettime" in seen.source


@pytest.mark.parametrize("differences", [[1_500, 1_501, 1_502], [0, 0, 15_000_000]])
def test_a_slow_or_coarse_timer_is_a_warning(tmp_path, differences):
    answers = {"timer": {"differences": differences, "implementation": "x"}}
    assert clock.timer(make_patient(tmp_path, answers=answers)).state is CheckState.WARNING


def test_a_slow_clock_source_is_mended_where_a_fast_one_is_there(tmp_path):
    files = {f"{CLOCK}/current_clocksource": "hpet\n", f"{CLOCK}/available_clocksource": "tsc hpet \n"}
    seen = clock.source(make_patient(tree(tmp_path, files)))
    assert seen.state is CheckState.WARNING
    assert "echo tsc > /sys/devices/system/clocksource" in seen.do
    tree(tmp_path, {f"{CLOCK}/available_clocksource": "hpet acpi_pm"})
    assert clock.source(make_patient(tmp_path)).do == ""


def test_a_fast_clock_source_is_fine_and_none_is_absent(tmp_path):
    assert clock.source(make_patient(tmp_path)).state is CheckState.ABSENT
    tree(tmp_path, {f"{CLOCK}/current_clocksource": "tsc\n"})
    assert clock.source(make_patient(tmp_path)).state is CheckState.OK


# Processor


def test_a_governor_that_saves_power_is_a_warning_with_its_command(tmp_path):
    files = {f"{CPU}/cpu{number}/cpufreq/scaling_governor": "powersave\n" for number in range(3)}
    files[f"{CPU}/cpu3/cpufreq/scaling_governor"] = "performance\n"
    seen = processor.governor(make_patient(tree(tmp_path, files)))
    assert seen.state is CheckState.WARNING
    assert seen.fact == "powersave on 3 of 4 cores, performance on 1 of 4 cores"
    assert seen.do.endswith("cpupower frequency-set -g performance")


def test_a_governor_for_performance_is_fine_and_none_is_absent(tmp_path):
    assert processor.governor(make_patient(tmp_path)).state is CheckState.ABSENT
    tree(tmp_path, {f"{CPU}/cpu0/cpufreq/scaling_governor": "performance"})
    assert processor.governor(make_patient(tmp_path)).state is CheckState.OK


@pytest.mark.parametrize(
    ("place_of", "text", "state", "line"),
    [
        ("intel_pstate/no_turbo", "0\n", CheckState.WARNING, f"echo 1 > /{CPU}/intel_pstate/no_turbo"),
        ("intel_pstate/no_turbo", "1\n", CheckState.OK, ""),
        ("cpufreq/boost", "1\n", CheckState.WARNING, f"echo 0 > /{CPU}/cpufreq/boost"),
        ("cpufreq/boost", "0\n", CheckState.OK, ""),
    ],
)
def test_turbo_is_read_from_either_switch(tmp_path, place_of, text, state, line):
    seen = processor.turbo(make_patient(tree(tmp_path, {f"{CPU}/{place_of}": text})))
    assert (seen.state, line in seen.do) == (state, True)
    assert seen.source == f"/{CPU}/{place_of}"


def test_turbo_without_a_switch_is_absent(tmp_path):
    assert processor.turbo(make_patient(tmp_path)).state is CheckState.ABSENT


CORES = "".join(
    f"processor\t: {number}\nphysical id\t: 0\ncore id\t\t: {number // 2}\n\n" for number in range(8)
)


def test_cores_are_counted_logical_physical_and_ours(tmp_path):
    files = {
        f"{CPU}/online": "0-7\n",
        "proc/cpuinfo": CORES,
        "proc/self/status": "Name:\tpython\nCpus_allowed_list:\t0-2,7\n",
    }
    seen = processor.cores(make_patient(tree(tmp_path, files)))
    assert seen.fact == "8 logical, 4 physical, 4 ours"
    assert seen.state is CheckState.WARNING
    assert "OMP_NUM_THREADS=4" in seen.do


def test_all_cores_ours_is_fine(tmp_path):
    files = {"proc/cpuinfo": CORES, "proc/self/status": "Cpus_allowed_list:\t0-7\n"}
    seen = processor.cores(make_patient(tree(tmp_path, files)))
    assert seen.state is CheckState.OK
    assert seen.figures == {
        "logical_count": 8,
        "physical_count": 4,
        "allowed_count": 8,
        "usable_count": 8,
    }


@pytest.mark.parametrize(("load", "state"), [("3.90", CheckState.OK), ("4.10", CheckState.WARNING)])
def test_a_load_of_more_than_half_the_cores_is_a_warning(tmp_path, load, state):
    tree(tmp_path, {f"{CPU}/online": "0-7", "proc/loadavg": f"{load} 1.00 1.00 3/200 999\n"})
    seen = processor.load(make_patient(tmp_path))
    assert seen.state is state
    assert seen.figures == {"load": float(load), "cores_count": 8}


# Memory


def meminfo(**kilobytes):
    return "".join(f"{name}:  {value} kB\n" for name, value in kilobytes.items())


def test_swap_in_use_is_a_warning_and_free_swap_is_not(tmp_path):
    tree(tmp_path, {"proc/meminfo": meminfo(MemTotal=1, SwapTotal=2_000_000, SwapFree=1_500_000)})
    seen = memory.swap(make_patient(tmp_path))
    assert seen.state is CheckState.WARNING
    assert seen.figures == {"swap_bytes": 2_048_000_000, "used_bytes": 512_000_000}
    tree(tmp_path, {"proc/meminfo": meminfo(SwapTotal=2_000_000, SwapFree=1_999_000)})
    assert memory.swap(make_patient(tmp_path)).state is CheckState.OK
    tree(tmp_path, {"proc/meminfo": meminfo(SwapTotal=0, SwapFree=0)})
    assert memory.swap(make_patient(tmp_path)).state is CheckState.ABSENT


def test_little_free_memory_is_a_warning(tmp_path):
    tree(tmp_path, {"proc/meminfo": meminfo(MemTotal=1_000_000, MemAvailable=50_000)})
    assert memory.free(make_patient(tmp_path)).state is CheckState.WARNING
    tree(tmp_path, {"proc/meminfo": meminfo(MemTotal=1_000_000, MemAvailable=500_000)})
    seen = memory.free(make_patient(tmp_path))
    assert (seen.state, seen.fact) == (CheckState.OK, "512 MB of 1.02 GB")
    assert memory.free(make_patient(tmp_path / "scratch")).state is CheckState.ABSENT


# The place


GROUP_2 = {
    "proc/self/cgroup": "0::/job\n",
    "proc/self/status": "Cpus_allowed_list:\t0-7\n",
    "sys/fs/cgroup/job/cpu.max": "150000 100000\n",
    "sys/fs/cgroup/job/cpu.stat": "usage_usec 9\nnr_periods 100\nnr_throttled 40\nthrottled_usec 2500000\n",
}
GROUP_1 = {
    "proc/self/cgroup": "3:cpu,cpuacct:/job\n",
    "proc/self/status": "Cpus_allowed_list:\t0-7\n",
    "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "150000\n",
    "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
    "sys/fs/cgroup/cpu,cpuacct/job/cpu.stat": "nr_periods 100\nnr_throttled 40\nthrottled_time 2500000000\n",
}


@pytest.mark.parametrize("files", [GROUP_2, GROUP_1], ids=["version 2", "version 1"])
def test_a_throttled_group_is_told_with_its_quota_and_its_stops(tmp_path, files):
    seen = place.quota(make_patient(tree(tmp_path, files)))
    assert seen.state is CheckState.WARNING
    assert seen.fact == "1.5 cores, stopped 40 times so far, 2.50 s in all"
    assert seen.figures["throttled_ns"] == 2_500_000_000
    assert seen.source.endswith("/job/cpu.stat")
    assert seen.source.startswith("/sys/fs/cgroup")
    assert "OMP_NUM_THREADS=2 " in seen.do


def test_no_quota_and_no_stop_is_fine(tmp_path):
    assert place.quota(make_patient(tmp_path)).state is CheckState.OK
    tree(tmp_path, GROUP_2 | {"sys/fs/cgroup/job/cpu.max": "max 100000"})
    tree(tmp_path, {"sys/fs/cgroup/job/cpu.stat": "nr_periods 0\nnr_throttled 0\n"})
    assert place.quota(make_patient(tmp_path)).state is CheckState.OK


def test_the_memory_limit_of_the_group_is_told(tmp_path):
    tree(tmp_path, GROUP_2 | {"sys/fs/cgroup/job/memory.max": "4000000000"})
    seen = place.memory_limit(make_patient(tmp_path))
    assert (seen.fact, seen.figures) == ("4.00 GB", {"memory_bytes": 4_000_000_000})


def test_time_that_the_host_took_away_is_a_warning_in_a_virtual_machine_only(tmp_path):
    stat = {"proc/stat": "cpu  100 0 100 700 0 0 0 100 0 0\ncpu0 1 1 1 1\n"}
    assert place.virtualisation(make_patient(tree(tmp_path, stat))).state is CheckState.OK
    tree(tmp_path, {"sys/class/dmi/id/sys_vendor": "QEMU"})
    seen = place.virtualisation(make_patient(tmp_path))
    assert seen.state is CheckState.WARNING
    assert seen.figures == {"stolen_ratio": 0.1}
    tree(tmp_path, {"proc/stat": "cpu  100 0 100 800 0 0 0 0 0 0\n"})
    assert place.virtualisation(make_patient(tmp_path)).state is CheckState.OK


def program(folder, name):
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(folder)


def test_slurm_without_a_job_is_a_login_node(tmp_path):
    path = program(tmp_path / "bin", "sbatch")
    seen = place.batch_system(make_patient(tmp_path, environ={"PATH": path}))
    assert seen.state is CheckState.WARNING
    assert "login node" in seen.fact
    assert seen.do == "srun --pty perfwatch doctor"
    inside = place.batch_system(make_patient(tmp_path, environ={"PATH": path, "SLURM_JOB_ID": "77"}))
    assert (inside.state, inside.fact) == (CheckState.OK, "inside Slurm job 77")
    assert place.batch_system(make_patient(tmp_path)).state is CheckState.ABSENT
