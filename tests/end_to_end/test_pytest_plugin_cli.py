"""``pytest --perfwatch`` as a user types it: what is measured, what is said, how pytest ends."""

from __future__ import annotations

import importlib.metadata
import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest
from bad_input import assert_nobody_left, new_token
from running import report_of, surroundings
from tools import need_module

if sys.platform == "win32":
    pytest.skip("perfwatch measures nothing on Windows yet", allow_module_level=True)

#: Where this checkout was installed before it had a plugin, pytest is told of it.
HERE = (
    []
    if "perfwatch" in importlib.metadata.entry_points(group="pytest11").names
    else ["-p", "perfwatch.pytest_plugin"]
)
QUICK = ("--perfwatch-passes=timing", "--perfwatch-per-benchmark=0.3s")
PACKAGE = """
def total(rounds={rounds}):
    found = 0
    for number in range(rounds):
        found += number
    return found
"""
SUITE = """
import pytest
from fitting import total

@pytest.mark.benchmark(group="sums")
def test_total(benchmark):
    assert benchmark(total) > 0

def test_steady(benchmark):
    assert benchmark(sum, range(20_000)) > 0

def test_plain():
    assert total() > 0
"""


@pytest.fixture
def project(tmp_path):
    """A project with a package and a suite for pytest-benchmark."""
    folder = tmp_path / "project"
    (folder / "tests").mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        "[project]\nname = 'fitting'\n[tool.pytest.ini_options]\npythonpath = ['.']\naddopts = '--strict-markers'\n"
    )
    (folder / ".gitignore").write_text(".perfwatch\n__pycache__\n.pytest_cache\n")
    (folder / "fitting.py").write_text(PACKAGE.format(rounds=20_000))
    (folder / "tests" / "test_speed.py").write_text(SUITE)
    return folder


def suite(folder, text):
    (folder / "tests" / "test_speed.py").write_text(textwrap.dedent(text))


def ran(folder, *arguments, timeout=120, env=None, here=HERE):
    command = [sys.executable, "-m", "pytest", *here, "--benchmark-disable", *arguments]
    return subprocess.run(
        command,
        cwd=folder,
        env=surroundings({"PYTEST_ADDOPTS": "", **(env or {})}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout,
    )


def names_in(report):
    return [one["name"].rpartition("::")[2] for one in report["benchmarks"]]


def git(folder, *arguments):
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *settings, *arguments], cwd=folder, capture_output=True, check=True)


def committed(folder):
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")


# Without the flag


def test_without_the_flag_only_the_plugin_itself_is_loaded_and_pytest_says_what_it_says_without_it(project):
    (project / "conftest.py").write_text(
        "import json, sys\n"
        "def pytest_sessionfinish():\n"
        "    names = [n for n in sys.modules if n.partition('.')[0] in ('perfwatch', 'rich', 'numpy', 'sqlalchemy')]\n"
        "    open('loaded.json', 'w').write(json.dumps(sorted(names)))\n"
    )
    done = ran(project, "-q")
    assert done.returncode == 0, done.stdout
    loaded = json.loads((project / "loaded.json").read_text())
    # pytest-benchmark may load what it likes; of ours there are these two.
    assert [name for name in loaded if name.startswith("perfwatch")] == [
        "perfwatch",
        "perfwatch.pytest_plugin",
    ]
    without = ran(project, "-q", *(["-p", "no:perfwatch"] if not HERE else []))
    assert [line for line in done.stdout.splitlines() if "passed" not in line] == [
        line for line in without.stdout.splitlines() if "passed" not in line
    ]
    assert not (project / ".perfwatch").exists()


def test_without_the_flag_the_fixture_calls_once_and_returns_the_result(project):
    suite(
        project,
        """
        import asyncio
        import pytest
        told = []
        async def later(number):
            await asyncio.sleep(0)
            return number + 1
        @pytest.mark.perfwatch(margin=0.02)
        def test_later(perfwatch):
            assert perfwatch(later, 1) == 2
        def test_rounds(perfwatch):
            up = lambda: told.append("up")
            down = lambda word: told.append("down")
            assert perfwatch(told.append, "call", setup=up, teardown=down) is None
            assert told == ["up", "call", "down"]
        def test_twice(perfwatch):
            perfwatch(len, "")
            with pytest.raises(RuntimeError, match="used it twice"):
                perfwatch(len, "")
        """,
    )
    done = ran(project, "-W", "error")
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_a_test_that_asks_for_both_fixtures_is_told_to_use_one(project):
    suite(project, "def test_both(benchmark, perfwatch): benchmark(len, ''), perfwatch(len, '')\n")
    done = ran(project)
    assert done.returncode == 1
    assert "it uses the benchmark or the perfwatch fixture, not both" in done.stdout


# Profiled


def test_a_suite_written_for_pytest_benchmark_is_measured_as_it_is(project):
    done = ran(project, "--perfwatch", *QUICK, "--junitxml=junit.xml", "tests")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout
    report = report_of(project)
    assert names_in(report) == ["test_total", "test_steady"]
    assert [one["group"] for one in report["benchmarks"]] == ["sums", None]
    assert all(one["timing"]["median_ns"] > 0 for one in report["benchmarks"])
    assert f"Report  .perfwatch/reports/{report['run']['id']}/index.html" in done.stdout
    assert 'tests="3"' in (project / "junit.xml").read_text()


def test_what_failed_or_was_left_out_is_not_measured_and_options_of_the_project_hold_in_workers(project):
    (project / "conftest.py").write_text(
        "import pytest\n"
        "def pytest_addoption(parser): parser.addoption('--slow', action='store_true')\n"
        "@pytest.fixture\n"
        "def slow(request):\n"
        "    if not request.config.getoption('slow'): pytest.skip('needs --slow')\n"
    )
    suite(
        project,
        """
        from fitting import total
        def test_slow(benchmark, slow): benchmark(total)
        def test_other(benchmark): benchmark(total)
        def test_wrong(benchmark): assert benchmark(total) == -1
        """,
    )
    # "slow" is the value of an option and part of a name here, and no place.
    done = ran(project, "--perfwatch", *QUICK, "--slow", "-k", "slow or wrong", "tests/test_speed.py")
    assert done.returncode == 1, done.stdout
    assert "1 failed, 1 passed, 1 deselected" in done.stdout
    assert names_in(report_of(project)) == ["test_slow"]


def test_coroutines_and_rounds_are_measured_and_what_sets_up_is_in_no_time(project):
    suite(
        project,
        """
        import asyncio
        from fitting import total
        async def later(rounds):
            await asyncio.sleep(0)
            return total(rounds)
        def test_later(perfwatch):
            assert perfwatch(later, 20_000) > 0
        def test_rounds(perfwatch):
            perfwatch(total, 100, setup=lambda: total(400_000) and None, teardown=lambda _: total(400_000))
        """,
    )
    done = ran(project, "--perfwatch", *QUICK)
    assert done.returncode == 0, done.stdout + done.stderr
    later, rounds = report_of(project)["benchmarks"]
    # The work of a set-up is 4,000 times that of a call, and 20 times that of the other benchmark's.
    assert 0 < rounds["timing"]["median_ns"] < later["timing"]["median_ns"]


def test_a_suite_without_a_benchmark_is_said_and_ends_as_pytest_ends(project):
    suite(project, "def test_plain(): pass\n")
    done = ran(project, "--perfwatch")
    assert done.returncode == 0
    assert "nothing was measured" in done.stdout
    assert not (project / ".perfwatch").exists()


def test_collecting_alone_measures_nothing(project):
    done = ran(project, "--perfwatch", "--collect-only", "-q")
    assert done.returncode == 0
    assert "perfwatch" not in done.stdout
    assert not (project / ".perfwatch").exists()


def test_ctrl_c_while_measuring_ends_as_pytest_ends_then_and_leaves_nobody(project):
    token = new_token()
    command = [sys.executable, "-m", "pytest", *HERE, "--benchmark-disable", "--perfwatch", "-v"]
    process = subprocess.Popen(
        command,
        cwd=project,
        env=surroundings({"PERFWATCH_TEST_TOKEN": token}),
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    seen = []
    for line in process.stdout:
        seen.append(line)
        if "timing, " in line and "looking" not in line:
            os.kill(process.pid, signal.SIGINT)
            break
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 2, "".join(seen) + rest
    assert "3 passed" in rest
    assert "interrupted" in rest.lower()
    assert_nobody_left(token)


# Gated


@pytest.mark.long
def test_a_regression_ends_with_1_and_a_margin_of_its_own_is_judged_by_it(project):
    suite(
        project,
        """
        import pytest
        from fitting import total
        @pytest.mark.perfwatch(margin=0.5)
        def test_total(benchmark):
            assert benchmark(total) > 0
        """,
    )
    committed(project)
    (project / "fitting.py").write_text(PACKAGE.format(rounds=60_000))
    # Of the plugins that are installed here these two will do; dozens of processes start faster so.
    few = ("-p", "perfwatch.pytest_plugin", "-p", "pytest_benchmark.plugin")
    gate = ("--perfwatch", "--perfwatch-base", "HEAD", "--perfwatch-passes=timing", "-q")
    done = ran(project, *few, *gate, env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, here=())
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert "The gate fails." in done.stdout
    ((compared,),) = (one["comparison"] for one in report_of(project)["benchmarks"])
    assert (compared["verdict"], compared["margin_ratio"]) == ("slower", 0.5)


def test_a_base_that_is_not_there_ends_with_4_after_the_tests(project):
    committed(project)
    done = ran(project, "--perfwatch", "--perfwatch-base", "no-such-revision")
    assert done.returncode == 4, done.stdout
    assert "3 passed" in done.stdout
    assert "no-such-revision" in done.stdout.partition("= perfwatch =")[2]


def test_a_change_of_words_alone_passes_and_says_so(project):
    committed(project)
    (project / "README.md").write_text("More words.\n")
    done = ran(project, "--perfwatch", "--perfwatch-base", "HEAD")
    assert done.returncode == 0, done.stdout
    assert "no file differs that a benchmark could notice" in done.stdout


# Refused


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--perfwatch", "-n2"), "times of tests that run beside each other say nothing"),
        (("--perfwatch-base", "main"), "nothing is measured without --perfwatch"),
        (("--perfwatch", "--perfwatch-budget", "soon"), "--perfwatch-budget 'soon'"),
        (("--perfwatch", "--perfwatch-passes", "tming"), "'tming' is not a pass"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_any_test_runs(project, arguments, reason):
    if "-n2" in arguments:
        need_module("xdist", "pytest-xdist")
    done = ran(project, *arguments)
    assert done.returncode == 4, done.stdout
    assert reason in done.stderr
    assert "passed" not in done.stdout


def test_tests_in_one_process_of_xdist_are_measured(project):
    need_module("xdist", "pytest-xdist")
    done = ran(project, "--perfwatch", "-n0", "--collect-only")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        ("margin=0", "states a margin of 0"),
        ("margin='lots'", "states a margin that is none"),
        ("0.02", "takes no positional argument, and got 0.02"),
        ("margins=0.02", "has no argument 'margins'"),
        ("", "states no margin"),
    ],
)
def test_a_marker_that_makes_no_sense_names_its_test_and_the_reason(project, marker, reason):
    suite(
        project,
        f"import pytest\n@pytest.mark.perfwatch({marker})\ndef test_a(benchmark): benchmark(len, '')\n",
    )
    done = ran(project, "--perfwatch")
    assert done.returncode == 4, done.stdout
    assert f"tests/test_speed.py::test_a: its perfwatch marker {reason}" in done.stderr
    assert "passed" not in done.stdout
