"""The GPU pass over a real target process, with an NVML that has no device behind it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from builders import make_process, make_target
from gpu_records import FakeNvml, pynvml

from perfwatch.collect.gpu_nvml import driver_is_here
from perfwatch.collect.ownership import Ownership
from perfwatch.measure import gpu_pass
from perfwatch.measure.setting import Setting
from perfwatch.measure.streams import Input
from perfwatch.measure.target_run import TargetRun
from perfwatch.records.plan import Plan
from perfwatch.records.run import PassName, PassState, TargetKind

NO_DRIVER = "the NVIDIA driver's library libnvidia-ml is not here: no driver is installed"
without_driver = pytest.mark.skipif(driver_is_here(), reason="this machine has a driver")


@pytest.fixture
def target_run(tmp_path):
    """Return what makes a script ready for its GPU pass."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    stdin = os.open(os.devnull, os.O_RDONLY)

    def make(text, **changes):
        path = tmp_path / "script.py"
        path.write_text(text, encoding="utf-8")
        target = make_target(**{"path": str(path), **changes})
        setting = Setting(
            root=tmp_path,
            cwd=tmp_path,
            interpreter=sys.executable,
            environment=dict(os.environ),
            folder=folder,
            ownership=Ownership(root=tmp_path, cwd=tmp_path, libraries=(sys.base_prefix, sys.prefix)),
            stdin=Input(stdin, folder),
        )
        made = TargetRun(
            target=target,
            plan=Plan(quick=True),
            setting=setting,
            progress=lambda _event: None,
            budget_ns=60_000_000_000,
        )
        made.names = ("script.py",)
        made.found = {"script.py": {}}
        made.processes = {"script.py": [make_process(200_000_000.0)]}
        made.clean_ns = {"script.py": 200_000_000.0}
        made.starts_ns = (20_000_000,)
        return made

    yield make
    os.close(stdin)


def device():
    return FakeNvml(), ""


def no_driver():
    return None, NO_DRIVER


def one(result):
    (benchmark,) = result.benchmarks
    (made,) = benchmark.passes
    return benchmark, made


@without_driver
def test_without_a_device_the_reason_is_what_is_missing():
    assert gpu_pass.unavailable(library=no_driver) == NO_DRIVER


def test_with_a_device_the_pass_goes():
    assert gpu_pass.unavailable(library=device) == ""


@without_driver
def test_a_missing_library_is_said_with_the_line_that_installs_it():
    reason = "nvidia-ml-py is not installed beside perfwatch (pip install nvidia-ml-py)"
    assert gpu_pass.unavailable(library=lambda: (None, reason)) == reason


@without_driver
@pytest.mark.parametrize("line", ["import jax", "from jax import numpy", "import flax.linen as nn"])
def test_a_target_that_names_jax_goes_without_a_device(target_run, line):
    assert gpu_pass.unavailable(target_run(f"import os\n{line}\n"), library=no_driver) == ""


@without_driver
def test_any_other_target_does_not(target_run):
    assert gpu_pass.unavailable(target_run("import os\n# import jax, one day\n"), library=no_driver)


@without_driver
def test_a_device_without_cupti_is_watched_from_outside_and_the_rest_is_said(target_run):
    result = gpu_pass.run(target_run("import time\ntime.sleep(0.3)\n"), device)
    benchmark, made = one(result)
    profile = benchmark.profiles.gpu
    assert result.failures == ()
    assert (made.name, made.state, made.tool) == (PassName.GPU, PassState.PARTIAL, "NVML")
    assert "no kernels, copies and waits: CUPTI refuses" in made.reason
    assert made.reason in profile.missing
    assert profile.devices[0].name == "Example GPU"
    assert profile.moments
    assert (profile.kernels, profile.busy_ns) == ((), None)
    assert benchmark.metrics == {"gpu_peak_used_bytes": 1_000_000_000.0, "gpu_energy_joule": 0.0}


@without_driver
def test_without_nvml_and_without_cupti_jaxs_compilations_remain(target_run):
    benchmark, made = one(gpu_pass.run(target_run("# no jax here, for once\n"), no_driver))
    assert made.state is PassState.PARTIAL
    assert NO_DRIVER in made.reason
    assert benchmark.profiles.gpu.devices == ()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("if 0:\n    import torch.profiler\n", "torch.profiler"),
        ("if 0:\n    jax.profiler.start_trace('x')\n", "jax.profiler"),
        ("if 0:\n    from torch import nn, profiler\n", "from torch import nn, profiler"),
    ],
)
def test_a_target_that_profiles_itself_is_not_traced(target_run, text, named):
    _, made = one(gpu_pass.run(target_run(text), device))
    assert f"the target names {named} itself" in made.reason
    assert made.state is PassState.PARTIAL


def test_a_modules_file_is_looked_for_where_it_would_be_imported_from(target_run, tmp_path):
    package = tmp_path / "src" / "package"
    package.mkdir(parents=True)
    (package / "job.py").write_text("import jax\n")
    run = target_run("", kind=TargetKind.MODULE, module="package.job", path=None)
    assert gpu_pass.unavailable(run, library=no_driver) == ""


def test_a_target_that_fails_is_its_own_failure(target_run):
    result = gpu_pass.run(target_run("raise SystemExit(3)\n"), device)
    assert result.failures
    assert result.failures[0].exit_code == 3


def test_the_fake_has_pynvmls_errors():
    assert issubclass(pynvml.NVMLError_LibraryNotFound, FakeNvml.NVMLError)


def test_a_target_without_a_file_has_no_source(target_run):
    run = target_run("import jax\n")
    Path(run.target.path).unlink()
    assert bool(gpu_pass.unavailable(run, library=no_driver)) != driver_is_here()
