"""The gate on real repositories: a change that is there is found, one that is not is none, and bad input is told."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest
from bad_input import assert_ctrl_c_ends_it
from running import PERFWATCH, living, perfwatch
from side_tables import may_choose_addresses, queues_are_told

if sys.platform == "win32":
    pytest.skip("perfwatch gate needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

#: How much work is counted: rounds of a loop.
PACKAGE = """
def total(rounds={rounds}):
    found = 0
    for number in range(rounds):
        found += number
    return found
"""
SUITE = """
from fitting import total

def test_total(benchmark):
    assert benchmark(total) > 0
"""
#: Enough for four pairs and a confirmation, and no more.
#: Which function is slower is asked in test_gate_functions.
SHORT = ("--per-benchmark", "15s", "--passes", "timing,memory", "--no-progress", "--json", "out.json")


def git(folder, *arguments):
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *settings, *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def write(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_py", ".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(content), encoding="utf-8")


@pytest.fixture
def project(tmp_path):
    """A repository whose first commit has a package and a suite for it."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[project]\nname = 'fitting'\n", encoding="utf-8")
    (folder / ".gitignore").write_text(".perfwatch\nout.json\n__pycache__\n", encoding="utf-8")
    write(folder, fitting_py=PACKAGE.format(rounds=20_000))
    (folder / "tests").mkdir()
    (folder / "tests" / "test_speed.py").write_text(SUITE, encoding="utf-8")
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    return folder


def gated(folder, *arguments, **options):
    done = perfwatch("gate", *SHORT, *arguments, cwd=folder, timeout=300, **options)
    path = folder / "out.json"
    return done, json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def comparisons(report):
    return [compared for one in report["benchmarks"] for compared in one["comparison"]]


def words(report):
    return {
        one["name"]: [compared["verdict"] for compared in one["comparison"]] for one in report["benchmarks"]
    }


def trees_left(folder):
    return git(folder, "worktree", "list").splitlines()[1:]


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("fitting:total", "fitting:total"),
        pytest.param(
            "tests/test_speed.py", "tests/test_speed.py::test_total", marks=pytest.mark.long, id="suite"
        ),
    ],
)
def test_a_fifth_more_work_is_slower_and_fails_the_gate(project, target, name):
    write(project, fitting_py=PACKAGE.format(rounds=24_000))
    done, report = gated(project, target)
    assert done.returncode == 1, done.stdout + done.stderr
    assert words(report)[name][0] == "slower"
    comparison = comparisons(report)[0]
    assert 1.15 < comparison["ratio"] < 1.25
    assert comparison["interval"][0] < comparison["ratio"] < comparison["interval"][1]
    assert report["gate"]["verdict"] == "failed"
    assert "The gate fails." in done.stdout
    assert "base is the last commit" in done.stdout
    assert {one["side"] for one in report["benchmarks"][0]["timing"]["processes"]} == {"base", "head"}


@pytest.mark.long
def test_a_change_that_changes_no_time_passes(project):
    write(project, fitting_py="# words\n" + PACKAGE.format(rounds=20_000))
    git(project, "commit", "--quiet", "-am", "second")
    before = git(project, "status", "--porcelain", "--ignored=no")
    done, report = gated(project, "fitting:total")
    assert done.returncode == 0, done.stdout + done.stderr
    assert words(report)["fitting:total"][0] in {"same", "undecided"}
    assert "base is the commit before head" in done.stdout
    assert git(project, "status", "--porcelain", "--ignored=no") == before
    assert trees_left(project) == []


def test_a_change_of_words_alone_is_not_measured(project):
    (project / "README.md").write_text("words\n", encoding="utf-8")
    done, report = gated(project, "fitting:total")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no file differs that a benchmark could notice" in done.stdout
    assert (report["gate"]["verdict"], report["benchmarks"]) == ("untouched", [])


@pytest.mark.long
def test_a_commit_may_accept_what_it_costs(project):
    git(project, "checkout", "--quiet", "-b", "exact")
    write(project, fitting_py=PACKAGE.format(rounds=24_000))
    git(project, "commit", "--quiet", "-am", "Exact sums\n\nPerfwatch-Accept: fitting:* sums are exact now")
    done, report = gated(project, "fitting:total")
    assert done.returncode == 0, done.stdout + done.stderr
    comparison = comparisons(report)[0]
    assert comparison["verdict"] == "accepted"
    assert "sums are exact now" in comparison["reason"]
    assert "base is where head left main" in done.stdout


@pytest.mark.long
def test_a_callable_of_two_folders_is_compared_without_git(tmp_path):
    for name, rounds in (("old", 20_000), ("new", 10_000)):
        (tmp_path / name).mkdir()
        write(tmp_path / name, fitting_py=PACKAGE.format(rounds=rounds))
    done, report = gated(tmp_path, "--base-dir", "old", "--head-dir", "new", "fitting:total")
    assert done.returncode == 0, done.stdout + done.stderr
    assert words(report)["fitting:total"][0] == "faster"


def test_a_head_that_holds_twice_as_much_memory_fails_the_gate(tmp_path):
    source = "def fill():\n    return len(bytearray({size}))\n"
    for name, size in (("old", 20_000_000), ("new", 40_000_000)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "filling.py").write_text(source.format(size=size), encoding="utf-8")
    done, report = gated(
        tmp_path, "--base-dir", "old", "--head-dir", "new", "--per-benchmark", "2s", "filling:fill"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    found = {one["metric"]: one for one in comparisons(report)}
    assert found["peak_memory_bytes"]["verdict"] == "higher"
    assert 1.9 < found["peak_memory_bytes"]["ratio"] < 2.1
    assert "peak_memory_bytes" in report["gate"]["failing"][-1]


COMPUTING = "total = 0\nfor number in range({rounds}):\n    total += number * number\n"


@queues_are_told
def test_a_script_that_computes_a_tenth_more_is_slower_by_the_processor_clock(project):
    write(project, step_py=COMPUTING.format(rounds=1_000_000))
    git(project, "add", "step.py")
    git(project, "commit", "--quiet", "-m", "a script")
    write(project, step_py=COMPUTING.format(rounds=1_100_000))
    done, report = gated(project, "--passes", "timing", "step.py")
    assert done.returncode == 1, done.stdout + done.stderr
    told = comparisons(report)[0]
    assert (told["verdict"], told["clock"]) == ("slower", "cpu")
    # The interpreter's start is the same on both sides.
    assert 1.04 < told["ratio"] < 1.14


@queues_are_told
def test_ctrl_c_ends_both_of_two_scripts_that_run_at_the_same_time(project):
    write(project, step_py=COMPUTING.format(rounds=20_000_000))
    git(project, "add", "step.py")
    git(project, "commit", "--quiet", "-m", "a script")
    write(project, step_py=COMPUTING.format(rounds=20_000_001))
    # The command, two supervisors, and below each a script.
    assert_ctrl_c_ends_it([*PERFWATCH, "gate", "step.py"], project, lambda token: len(living(token)) >= 5)
    assert trees_left(project) == []


@pytest.mark.long
def test_whole_scripts_take_turns_as_processes(project):
    script = "import time\ntime.sleep({seconds})\n"
    write(project, step_py=script.format(seconds=0.05))
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "a script")
    write(project, step_py=script.format(seconds=0.15))
    done, report = gated(project, "step.py")
    assert done.returncode == 1, done.stdout + done.stderr
    comparison = comparisons(report)[0]
    assert comparison["verdict"] == "slower"
    assert comparison["clock"] == "wall"


def test_new_failed_and_removed_benchmarks_are_named(project):
    broken = "\ndef broken():\n    return {value}\n"
    write(project, fitting_py=PACKAGE.format(rounds=20_000) + broken.format(value="1"))
    git(project, "commit", "--quiet", "-am", "what will break")
    suite = project / "tests" / "test_speed.py"
    suite.write_text(
        "from fitting import broken\n\ndef test_broken(benchmark):\n    benchmark(broken)\n"
        "\ndef test_new(benchmark):\n    from fitting import newer\n    benchmark(newer)\n",
        encoding="utf-8",
    )
    newer = "\ndef newer():\n    return 1\n"
    write(project, fitting_py=PACKAGE.format(rounds=20_000) + broken.format(value="1 / 0") + newer)
    done, report = gated(project, "tests/test_speed.py")
    # Both sides are asked with head's tests: base has nothing new to import, and the old test is gone from both.
    assert done.returncode == 4, done.stdout + done.stderr
    said = {one["benchmark"].partition("::")[2]: one["verdict"] for one in comparisons(report)}
    assert said == {"test_new": "new", "test_broken": "failed"}


def test_a_benchmark_that_is_gone_fails_the_gate(tmp_path):
    for name, more in (("old", "\ndef time_two():\n    pass\n"), ("new", "")):
        package = tmp_path / name / "fitting"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "bench_speed.py").write_text("def time_one():\n    pass\n" + more, encoding="utf-8")
    done, report = gated(
        tmp_path, "--base-dir", "old", "--head-dir", "new", "--per-benchmark", "1s", "fitting/bench_speed.py"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert "time_two (time): removed" in done.stdout
    assert report["gate"]["verdict"] == "failed"


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere nobody may choose addresses, and there is nothing to forbid"
)
def test_where_nobody_may_choose_addresses_the_gate_goes_on_and_says_so(project):
    write(project, fitting_py=PACKAGE.format(rounds=24_000))
    limited = ("sh", "-c", 'ulimit -s 8192; exec "$@"', "sh")
    done = subprocess.run(
        (*limited, *PERFWATCH, "gate", *SHORT, "--per-benchmark", "1s", "fitting:total"),
        cwd=project,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    assert "did not lie at the same addresses" in " ".join(done.stdout.split())
    free, report = gated(project, "--per-benchmark", "1s", "fitting:total")
    assert free.returncode in {0, 1}
    assert ("did not lie at the same addresses" in json.dumps(report)) != may_choose_addresses()


def test_ctrl_c_leaves_nobody_and_no_tree_behind(project):
    write(project, fitting_py=PACKAGE.format(rounds=24_000))
    # The command, two supervisors, and below each a player.
    assert_ctrl_c_ends_it(
        [*PERFWATCH, "gate", "fitting:total"], project, lambda token: len(living(token)) >= 5
    )
    assert trees_left(project) == []


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--base", "nowhere"), 2, "git knows no revision 'nowhere'"),
        (("--base", "--upload-pack=x"), 2, "no revision"),
        (("--base-dir", "."), 2, "--base-dir and --head-dir go together"),
        (("--base", "HEAD", "--head-dir", "."), 2, "do not go together"),
        (("--margin", "0"), 2, "--margin 0 makes no sense"),
        (("--fail-above", "-1"), 2, "--fail-above -1 makes no sense"),
        ((), 6, "there is nothing to compare it with"),
    ],
)
def test_what_cannot_be_compared_is_refused(project, arguments, code, told):
    done, _ = gated(project, *arguments, "tests/test_speed.py")
    assert done.returncode == code, done.stdout + done.stderr
    assert told in " ".join(done.stderr.split())
    assert trees_left(project) == []


def test_outside_a_repository_two_folders_are_asked_for(tmp_path):
    write(tmp_path, fitting_py=PACKAGE.format(rounds=20_000))
    done, _ = gated(tmp_path, "fitting:total")
    assert done.returncode == 2
    assert "--base-dir OLD --head-dir NEW" in " ".join(done.stderr.split())


def test_a_shallow_clone_is_told_how_to_reach_back(project, tmp_path):
    git(project, "checkout", "--quiet", "-b", "topic")
    write(project, fitting_py=PACKAGE.format(rounds=30_000))
    git(project, "commit", "--quiet", "-am", "slower")
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth", "1", "--no-single-branch", f"file://{project}", str(shallow))
    done, _ = gated(shallow, "tests/test_speed.py")
    assert done.returncode == 6, done.stdout + done.stderr
    assert "git fetch --unshallow" in " ".join(done.stderr.split())


def test_a_witness_that_is_not_installed_is_said_and_times_are_judged(tmp_path):
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, fitting_py=PACKAGE.format(rounds=20_000))
    (tmp_path / "empty").mkdir()
    done, report = gated(
        tmp_path,
        "fitting:total",
        *("--base-dir", "old", "--head-dir", "new", "--witness", "instructions"),
        *("--passes", "timing", "--budget", "3s"),
        env={"PATH": str(tmp_path / "empty")},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Instructions were not counted: valgrind is not in PATH" in done.stdout
    (witness,) = report["gate"]["witnesses"]
    assert (witness["name"], witness["state"]) == ("instructions", "unavailable")
    assert [one["metric"] for one in comparisons(report)] == ["time"]


def test_a_benchmark_that_ran_the_same_code_on_both_sides_is_a_control(project):
    write(project, still_py="def wait():\n    return sum(range(2_000))\n")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "another module")
    write(project, fitting_py=PACKAGE.format(rounds=20_001))
    done, report = gated(
        project, "fitting:total", "still:wait", "--per-benchmark", "1s", "--passes", "timing"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(words(report)) == {"fitting:total", "still:wait"}
    assert report["gate"]["controls"] == ["still:wait"]
