"""The options that every target shares do what their help says."""

from __future__ import annotations

import json
import sys
import sysconfig
import textwrap
import venv
from pathlib import Path

import pytest
from running import perfwatch, report_of

if sys.platform == "win32":
    pytest.skip("perfwatch run needs fork and wait4, which Windows lacks", allow_module_level=True)

TIMING = ("run", "--passes", "timing")


def write(folder, text, name="s.py"):
    path = folder / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def states(benchmark):
    return {one["name"]: one["state"] for one in benchmark["passes"]}


COMPUTES = "total = 0\nfor number in range(3_000_000): total += number\n"
SLEEPS = "import time\ntime.sleep(0.2)\n"
IN_A_THREAD = """
from threading import Thread

def work():
    total = 0
    for number in range(3_000_000):
        total += number

other = Thread(target=work)
other.start()
other.join()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells of a program's threads and queues")
@pytest.mark.parametrize(
    ("text", "waited", "shared"),
    [(COMPUTES, None, 0), (SLEEPS, 1, None), (IN_A_THREAD, None, 1)],
    ids=["computes", "sleeps", "another-thread-works"],
)
def test_the_report_says_of_each_execution_whether_it_waited_and_who_computed(text, waited, shared, tmp_path):
    write(tmp_path, text)
    done = perfwatch(*TIMING, "s.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (benchmark,) = report_of(tmp_path)["benchmarks"]
    for process in benchmark["timing"]["processes"]:
        # Anybody may once have to wait for a file; a thread that sleeps shares what little there is.
        assert process["waited_count"] in ({0, 1} if waited is None else {waited})
        assert process["shared_count"] in ({0, 1} if shared is None else {shared})


@pytest.fixture(scope="module")
def with_numpy(tmp_path_factory):
    """An environment that has numpy, and neither perfwatch nor a profiler nor pip."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = folder.glob("lib/python*/site-packages")
    ours = Path(sysconfig.get_path("purelib"))
    for name in ours.iterdir():
        if name.name.startswith("numpy"):
            (site / name.name).symlink_to(name)
    return folder / "bin" / "python"


NUMPY = """
import sys
import numpy

def work(n):
    total = 0.0
    for i in range(n):
        total += float(numpy.sqrt(i))
    return total

print(work(60_000) > 0, sys.prefix)
try:
    import perfwatch
except ImportError:
    print("no perfwatch here")
"""


def test_another_environment_needs_neither_perfwatch_nor_a_profiler(tmp_path, with_numpy):
    write(tmp_path, NUMPY)
    done = perfwatch("run", "--python", with_numpy, "s.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"True {with_numpy.parent.parent}\nno perfwatch here\n"
    report = report_of(tmp_path)
    found = states(report["benchmarks"][0])
    assert found.pop("gpu") in ("done", "unavailable")
    assert set(found.values()) == {"done"}, report["benchmarks"][0]["passes"]
    assert report["run"]["environment"]["executable"] == str(with_numpy)
    assert "numpy" in report["run"]["environment"]["libraries"]


def test_bundled_workloads_run_in_another_environment(tmp_path, with_numpy):
    name = "workload:digital-twin/physics@vectorised"
    done = perfwatch(*TIMING, "--quick", "--python", with_numpy, name, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_quick_runs_everything_once_and_judges_nothing(tmp_path):
    write(tmp_path, "import time\nprint('ran')\nfor i in range(100_000):\n    i * i\n")
    perfwatch(*TIMING, "s.py", cwd=tmp_path)
    done = perfwatch("run", "--quick", "s.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "ran\n"), done.stderr
    report = report_of(tmp_path)
    (benchmark,) = report["benchmarks"]
    assert len(benchmark["timing"]["processes"]) == 1
    assert not benchmark["timing"]["for_verdicts"]
    assert not {one["verdict"] for one in benchmark["comparison"] if one["metric"] == "time"} & {
        "slower",
        "faster",
        "same",
    }


LONG = """
import pathlib
def work():
    total = 0
    for i in range(8_000_000):
        total += i * i
    return total
with pathlib.Path("starts").open("a") as file:
    file.write("started\\n")
print(work() > 0)
"""


def test_once_executes_the_target_once_and_samples_it_from_outside(tmp_path):
    write(tmp_path, LONG)
    done = perfwatch("run", "--once", "s.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
    assert (tmp_path / "starts").read_text() == "started\n"
    (benchmark,) = report_of(tmp_path)["benchmarks"]
    assert not benchmark["timing"]["for_verdicts"]
    assert "not for verdicts" in done.stderr
    assert benchmark["passes"][0]["samples_count"] > 0
    hottest = max(benchmark["profiles"]["lines"], key=lambda one: one["time_ns"])
    assert hottest["function"] == "work"


def test_the_command_of_prepare_runs_before_each_execution(tmp_path):
    write(tmp_path, "from pathlib import Path\nPath('input').unlink()\n")
    command = ("run", "--passes", "timing,memory", "--prepare", "echo x >> made; touch input", "s.py")
    done = perfwatch(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    # Two timing executions and the memory pass.
    assert (tmp_path / "made").read_text() == "x\n" * 3


def test_a_command_of_prepare_that_fails_is_a_failure_with_its_words(tmp_path):
    write(tmp_path, "print('ran')\n")
    done = perfwatch(*TIMING, "--prepare", "echo no disk >&2; exit 3", "s.py", cwd=tmp_path)
    assert done.returncode == 4
    assert done.stdout == ""
    (failure,) = report_of(tmp_path)["failures"]
    assert (failure["kind"], failure["exit_code"]) == ("prepare", 3)
    assert "no disk" in failure["stderr_tail"]


def test_as_script_runs_a_test_file_as_a_script(tmp_path):
    write(tmp_path, "print('as a script', __name__)\ndef test_a(): pass\n", "test_it.py")
    done = perfwatch(*TIMING, "--as", "script", "test_it.py", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "as a script __main__\n"), done.stderr


def test_reports_go_where_they_are_asked_for(tmp_path):
    write(tmp_path, "print('ran')\n")
    command = (*TIMING, "--out", "report", "--json", "deep/result.json", "s.py")
    done = perfwatch(*command, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    beside = json.loads((tmp_path / "report" / "report.json").read_text())
    assert json.loads((tmp_path / "deep" / "result.json").read_text()) == beside
    assert (tmp_path / "report" / "index.html").exists()
    assert not (tmp_path / ".perfwatch" / "reports").exists()


def test_quiet_says_nothing_where_all_is_well(tmp_path):
    write(tmp_path, "print('ran')\n")
    done = perfwatch(*TIMING, "--quiet", "s.py", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ran\n", "")


def test_a_project_folder_stays_as_it_was_but_for_our_own(tmp_path):
    write(tmp_path, "print('ran')\n")
    perfwatch(*TIMING, "s.py", cwd=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".perfwatch", "s.py"]
    assert (tmp_path / ".perfwatch" / ".gitignore").read_text().strip().endswith("*")


def test_configured_targets_are_measured_from_the_project_s_root(tmp_path):
    write(tmp_path, "[tool.perfwatch]\ntargets = ['s.py --loud']\n", "pyproject.toml")
    write(
        tmp_path,
        "import sys\ndef f():\n    return sum([i * i for i in range(300_000)])\nprint(f(), sys.argv)\n",
    )
    below = tmp_path / "below"
    below.mkdir()
    done = perfwatch("run", "--passes", "timing,lines", cwd=below)
    assert (done.returncode, done.stdout) == (0, "8999955000050000 ['s.py', '--loud']\n"), done.stderr
    lines = report_of(tmp_path)["benchmarks"][0]["profiles"]["lines"]
    (hot,) = [one for one in lines if one["line"] == 3]
    assert (hot["file"], hot["function"]) == ("s.py", "f")
    assert hot["source"].strip().startswith("return sum")


def test_a_budget_that_is_spent_leaves_passes_out_and_says_which(tmp_path):
    write(tmp_path, "import time\nend = time.time() + 0.4\nwhile time.time() < end: pass\n")
    done = perfwatch("run", "--budget", "1s", "s.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (benchmark,) = report_of(tmp_path)["benchmarks"]
    skipped = [name for name, state in states(benchmark).items() if state == "skipped"]
    assert "lines" in skipped
    assert benchmark["timing"]["processes"]
    assert "--budget" in done.stderr


def test_passes_that_were_not_named_are_not_run(tmp_path):
    write(tmp_path, "print('ran')\n")
    perfwatch("run", "--passes", "timing,io", "s.py", cwd=tmp_path)
    assert list(states(report_of(tmp_path)["benchmarks"][0])) == ["timing", "io"]


def test_the_exit_code_of_the_target_is_passed_on_where_it_is_asked_for(tmp_path):
    write(tmp_path, "raise SystemExit(3)\n")
    assert perfwatch(*TIMING, "s.py", cwd=tmp_path).returncode == 4
    assert perfwatch(*TIMING, "--exit-code", "target", "s.py", cwd=tmp_path).returncode == 3
