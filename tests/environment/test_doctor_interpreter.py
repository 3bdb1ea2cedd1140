# ruff: noqa: N802 - NVML spells its functions so
"""The checks of threads, of the interpreter's settings and of the GPU, on answers and trees built by hand."""

from __future__ import annotations

import pytest
from doctor_patients import HOOKS, make_patient, tree

from perfwatch.environment.checks import gpu, interpreter, threads
from perfwatch.environment.lending import Lending
from perfwatch.records.doctor import CheckState

FOUR_CORES = {"proc/self/status": "Cpus_allowed_list:\t0-3\n"}


# Threads


def test_thread_settings_above_the_cores_are_a_warning_with_what_to_set(tmp_path):
    environ = {"OMP_NUM_THREADS": "64", "MKL_NUM_THREADS": "2"}
    seen = threads.settings(make_patient(tree(tmp_path, FOUR_CORES), environ=environ))
    assert seen.state is CheckState.WARNING
    assert seen.do == "export OMP_NUM_THREADS=4"
    assert "MKL_NUM_THREADS=2" in seen.fact


def test_thread_settings_within_the_cores_are_fine_and_so_are_none(tmp_path):
    tree(tmp_path, FOUR_CORES)
    assert threads.settings(make_patient(tmp_path, environ={"OMP_NUM_THREADS": "4"})).state is CheckState.OK
    unset = threads.settings(make_patient(tmp_path))
    assert unset.state is CheckState.OK
    assert unset.fact.startswith("none set")
    assert threads.settings(make_patient(tmp_path, environ={"OMP_NUM_THREADS": "4,2"})).do == ""


@pytest.mark.parametrize(("count", "state"), [(4, CheckState.OK), (5, CheckState.WARNING)])
def test_pools_are_held_against_the_cores_that_can_be_used(tmp_path, count, state):
    pool = {"internal_api": "openblas", "version": "0.3", "num_threads": count}
    patient = make_patient(
        tree(tmp_path, FOUR_CORES),
        answers={"thread_pools": {"pools": [pool, {**pool, "num_threads": 1}]}},
        interpreter={"installed": {"numpy": "2.0"}},
    )
    seen = threads.pools(patient)
    assert seen.state is state
    assert seen.fact.startswith(f"openblas 0.3: {count}, openblas 0.3: 1 on 4 cores")
    assert seen.figures == {"threads_count": count, "cores_count": 4, "pools_count": 2}


def test_a_quota_counts_for_pools_as_cores_do(tmp_path):
    files = FOUR_CORES | {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000"}
    pool = {"internal_api": "openblas", "num_threads": 4}
    patient = make_patient(
        tree(tmp_path, files),
        answers={"thread_pools": {"pools": [pool]}},
        interpreter={"installed": {"numpy": "2.0"}},
    )
    assert threads.pools(patient).do.startswith("export OMP_NUM_THREADS=2 ")


def test_pools_without_numpy_are_absent(tmp_path):
    assert threads.pools(make_patient(tmp_path)).state is CheckState.ABSENT


# The interpreter


@pytest.mark.parametrize(
    ("environ", "word"),
    [
        ({"PYTHONMALLOC": "debug"}, "PYTHONMALLOC=debug"),
        ({"PYTHONDEVMODE": "1"}, "PYTHONDEVMODE=1"),
        ({"PYTHONTRACEMALLOC": "5"}, "PYTHONTRACEMALLOC=5"),
    ],
)
def test_a_variable_that_slows_python_is_named_with_how_to_unset_it(tmp_path, environ, word):
    seen = interpreter.debug_settings(make_patient(tmp_path, environ=environ))
    assert seen.state is CheckState.WARNING
    assert word in seen.fact
    assert seen.do == f"unset {next(iter(environ))}"


@pytest.mark.parametrize("environ", [{}, {"PYTHONMALLOC": "pymalloc"}, {"PYTHONDEVMODE": ""}])
def test_plain_settings_are_fine(tmp_path, environ):
    assert interpreter.debug_settings(make_patient(tmp_path, environ=environ)).state is CheckState.OK


def test_development_mode_by_option_is_seen_too(tmp_path):
    patient = make_patient(tmp_path, answers={"hooks": HOOKS | {"dev_mode": True}})
    assert interpreter.debug_settings(patient).state is CheckState.WARNING


def test_a_tracer_is_seen_by_its_variable_and_by_its_hook(tmp_path):
    by_name = interpreter.tracers(make_patient(tmp_path, environ={"COVERAGE_PROCESS_START": "x"}))
    assert (by_name.state, by_name.do) == (CheckState.WARNING, "unset COVERAGE_PROCESS_START")
    hooks = HOOKS | {"trace": "coverage.CTracer", "monitoring": ["coverage"]}
    by_hook = interpreter.tracers(make_patient(tmp_path, answers={"hooks": hooks}))
    assert by_hook.fact == "coverage.CTracer is set, coverage is set"
    assert interpreter.tracers(make_patient(tmp_path)).state is CheckState.OK


@pytest.mark.parametrize(
    ("value", "state"),
    [("1", CheckState.WARNING), ("0", CheckState.OK), ("", CheckState.OK), (None, CheckState.OK)],
)
def test_numba_without_its_compiler_is_a_warning(tmp_path, value, state):
    environ = {} if value is None else {"NUMBA_DISABLE_JIT": value}
    patient = make_patient(tmp_path, environ=environ, interpreter={"installed": {"numba": "0.60"}})
    assert interpreter.compilers(patient).state is state


def test_a_compiler_that_is_not_installed_cannot_be_off(tmp_path):
    patient = make_patient(tmp_path, environ={"NUMBA_DISABLE_JIT": "1"})
    assert interpreter.compilers(patient).state is CheckState.ABSENT


@pytest.mark.parametrize(
    ("facts", "word"), [({"abi_flags": "d"}, "debug build"), ({"free_threaded": True}, "free-threaded")]
)
def test_another_build_than_users_run_is_a_warning(tmp_path, facts, word):
    seen = interpreter.build(make_patient(tmp_path, interpreter=facts))
    assert seen.state is CheckState.WARNING
    assert word in seen.fact
    assert interpreter.build(make_patient(tmp_path)).state is CheckState.OK


def test_a_missing_pytest_is_a_warning_with_its_line(tmp_path):
    lending = Lending(present=("memray",), refused={"pytest": "Too old. To install it there: pip install x"})
    seen = interpreter.profilers(make_patient(tmp_path, lending=lending))
    assert (seen.state, seen.do) == (CheckState.WARNING, "pip install x")
    assert interpreter.profilers(make_patient(tmp_path)).state is CheckState.OK


# The GPU

DEVICE = {"proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: x\n"}


def test_without_a_device_nothing_of_the_gpu_is_broken(tmp_path):
    patient = make_patient(tmp_path, interpreter={"installed": {"torch": "2.5"}})
    assert {check(patient).state for check in (gpu.nvml, gpu.cupti, gpu.frameworks)} == {CheckState.ABSENT}


def test_cupti_beside_a_device_is_tried(tmp_path):
    tree(tmp_path, DEVICE)
    missing = make_patient(tmp_path, answers={"cupti": "ModuleNotFoundError: No module named 'cupti'"})
    assert gpu.cupti(missing).do == "/opt/env/bin/python -m pip install cupti-python"
    closed = make_patient(tmp_path, answers={"cupti": "cuptiError: CUPTI_ERROR_INSUFFICIENT_PRIVILEGES"})
    assert "NVreg_RestrictProfilingToAdminUsers=0" in gpu.cupti(closed).do
    assert gpu.cupti(make_patient(tmp_path, answers={"cupti": {}})).state is CheckState.OK


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("cuda: Optional[str] = None\nhip: Optional[str] = None\n", CheckState.WARNING),
        ("cuda: Optional[str] = '12.4'\nhip: Optional[str] = None\n", CheckState.OK),
        ("cuda = '11.8'\n", CheckState.OK),
    ],
)
def test_a_torch_for_the_cpu_beside_a_device_is_a_warning(tmp_path, text, state):
    tree(tmp_path, DEVICE | {"site/torch/version.py": text})
    facts = {"installed": {"torch": "2.5", "pip": "24"}, "site_folders": (str(tmp_path / "site"),)}
    seen = gpu.frameworks(make_patient(tmp_path, interpreter=facts))
    assert seen.state is state
    assert bool(seen.do) is (state is CheckState.WARNING)


@pytest.mark.parametrize(
    ("installed", "environ", "state"),
    [
        ({"jax": "0.5"}, {}, CheckState.WARNING),
        ({"jax": "0.5", "jax-cuda12-plugin": "0.5"}, {}, CheckState.OK),
        ({"jax": "0.5", "jax-cuda13-pjrt": "0.5"}, {"JAX_PLATFORMS": "cpu"}, CheckState.WARNING),
        ({"cupy-cuda12x": "13"}, {"CUDA_VISIBLE_DEVICES": ""}, CheckState.WARNING),
        ({"cupy-cuda12x": "13"}, {"CUDA_VISIBLE_DEVICES": "0"}, CheckState.OK),
    ],
)
def test_a_framework_that_cannot_see_the_device_is_a_warning(tmp_path, installed, environ, state):
    tree(tmp_path, DEVICE)
    patient = make_patient(tmp_path, environ=environ, interpreter={"installed": installed})
    assert gpu.frameworks(patient).state is state


class Library:
    """NVML as far as it is asked; its devices are as busy as told."""

    def __init__(self, *busy):
        self.busy = busy

    def nvmlInit(self):
        pass

    def nvmlShutdown(self):
        self.busy = ()

    def nvmlDeviceGetCount(self):
        return len(self.busy)

    def nvmlSystemGetDriverVersion(self):
        return b"550.54"

    def nvmlDeviceGetHandleByIndex(self, index):
        return index

    def nvmlDeviceGetName(self, index):
        return f"Example {index}"

    def nvmlDeviceGetMemoryInfo(self, index):
        return type("Memory", (), {"total": 80_000_000_000, "used": 1_000_000_000})

    def nvmlDeviceGetUtilizationRates(self, index):
        return type("Rates", (), {"gpu": self.busy[index]})


def test_devices_are_named_with_driver_and_memory_and_a_busy_one_is_a_warning():
    idle = gpu._devices(Library(0, 0), "nvml")
    assert idle.fact == "Example 0, Example 1; driver 550.54; 2.00 GB of 160 GB in use"
    assert idle.state is CheckState.OK
    busy = gpu._devices(Library(0, 93), "nvml")
    assert (busy.state, busy.figures["utilisation_percent"]) == (CheckState.WARNING, 93)
