"""Bad targets: what does not run, what fails as it runs, and what leaves its process in its own way."""

from __future__ import annotations

import sys

import pytest
from bad_input import ENDED_THERE, assert_failed, assert_refused, flat, states, stored_of, write
from running import perfwatch, report_of

if sys.platform == "win32":
    pytest.skip("perfwatch run needs fork and wait4, which Windows lacks", allow_module_level=True)

TIMING = ("--passes", "timing")


def test_a_file_that_is_not_there_names_the_nearest(tmp_path):
    write(tmp_path, "print(1)", "simulate.py")
    done = perfwatch("run", "simulat.py", cwd=tmp_path)
    assert_refused(
        done,
        2,
        "There is no file or folder 'simulat.py'",
        "There is nothing to measure.",
        "Did you mean simulate.py?",
    )
    assert not (tmp_path / ".perfwatch").exists()


def test_a_file_that_is_nowhere_near_any_other_shows_what_a_target_is(tmp_path):
    done = perfwatch("run", "absent.py", cwd=tmp_path)
    assert_refused(done, 2, "There is no file or folder 'absent.py'", "nothing to measure", "A target is")


@pytest.mark.parametrize(
    ("name", "content", "cause"),
    [
        ("picture.png", b"\x89PNG\r\n\x1a\n\x00\x00", "it is a binary file"),
        ("notes.txt", b"these are my notes\n", "it is a .txt file"),
        ("data.py", b"\x00\x01\x02\x03", "is not Python"),
    ],
)
def test_what_is_not_python_is_not_run(name, content, cause, tmp_path):
    (tmp_path / name).write_bytes(content)
    done = perfwatch("run", name, cwd=tmp_path)
    assert_refused(done, 2, cause, "nothing was run", name)
    assert not (tmp_path / ".perfwatch").exists()


def test_a_syntax_error_is_shown_with_its_line(tmp_path):
    write(tmp_path, "print('begun')\ndef f(:\n")
    done = perfwatch("run", "bad.py", cwd=tmp_path)
    assert_refused(
        done, 2, "bad.py, line 2: invalid syntax def f(:", "nothing was measured", "Mend line 2 of"
    )
    assert done.stdout == ""


def test_a_syntax_error_in_an_imported_module_is_a_stored_failure(tmp_path):
    write(tmp_path, "def f(:\n", "part.py")
    write(tmp_path, "import part\n")
    done = perfwatch("run", *TIMING, "bad.py", cwd=tmp_path)
    failure = assert_failed(
        done,
        tmp_path,
        said=("The target raised SyntaxError", ENDED_THERE, "Next: Mend the line"),
        kind="syntax",
        exit_code=1,
    )
    assert "part.py" in failure["stderr_tail"]


def test_an_import_error_is_named_and_stored(tmp_path):
    write(tmp_path, "import numpyy\n")
    done = perfwatch("run", *TIMING, "bad.py", cwd=tmp_path)
    assert_failed(
        done,
        tmp_path,
        said=("No module named 'numpyy'", ENDED_THERE, "Next: Install what is missing"),
        kind="import",
        **{"pass": "timing", "exit_code": 1},
    )


def test_an_import_error_of_a_callables_module_is_stored_and_no_pass_follows(tmp_path):
    write(tmp_path, "import numpyy\ndef work(): pass\n", "simulation.py")
    done = perfwatch("run", "simulation:work", cwd=tmp_path)
    assert_failed(
        done,
        tmp_path,
        said=("No module named 'numpyy'", "It is not profiled.", "Next: Install what is missing"),
        kind="import",
        benchmark="simulation:work",
    )
    assert states(report_of(tmp_path)) == {"timing": "failed"}


def test_a_missing_function_names_the_nearest(tmp_path):
    write(tmp_path, "def compute(): pass\ndef other(): pass\n", "simulation.py")
    done = perfwatch("run", "simulation:compte", cwd=tmp_path)
    assert_refused(
        done,
        2,
        "The module simulation has no function 'compte'.",
        "nothing was measured",
        "Did you mean simulation:compute?",
    )


def test_a_missing_test_names_the_nearest(tmp_path):
    write(tmp_path, "def test_speed(benchmark): benchmark(len, 'a')\n", "test_it.py")
    done = perfwatch("run", "test_it.py::test_sped", cwd=tmp_path)
    assert_refused(
        done,
        2,
        "test_it.py has no test 'test_sped'.",
        "nothing to measure",
        "Did you mean test_it.py::test_speed?",
    )


def test_an_exit_code_is_the_targets_and_perfwatch_ends_with_4(tmp_path):
    write(tmp_path, "import sys\nprint('out of fuel', file=sys.stderr)\nsys.exit(3)\n")
    done = perfwatch("run", *TIMING, "bad.py", cwd=tmp_path)
    failure = assert_failed(
        done,
        tmp_path,
        said=("The target ended with exit code 3.", ENDED_THERE, "Next: Run it without perfwatch"),
        kind="exit",
        exit_code=3,
    )
    assert failure["stderr_tail"] == "out of fuel"
    assert done.stderr.count("out of fuel") == 2  # once by the target itself, once in what is told of it


def test_the_targets_exit_code_is_passed_on_where_that_is_asked_for(tmp_path):
    write(tmp_path, "raise SystemExit(3)\n")
    done = perfwatch("run", *TIMING, "--exit-code", "target", "bad.py", cwd=tmp_path)
    assert done.returncode == 3
    assert report_of(tmp_path)["failures"][0]["exit_code"] == 3


def test_the_targets_signal_is_passed_on_as_a_shell_would(tmp_path):
    write(tmp_path, "import os\nos.kill(os.getpid(), 9)\n")
    assert perfwatch("run", *TIMING, "--exit-code", "target", "bad.py", cwd=tmp_path).returncode == 137


def test_an_exception_is_named_and_its_traceback_is_kept(tmp_path):
    write(tmp_path, "def step():\n    raise ValueError('negative mass')\nstep()\n")
    done = perfwatch("run", *TIMING, "bad.py", cwd=tmp_path)
    failure = assert_failed(
        done,
        tmp_path,
        said=("The target raised ValueError: negative mass.", ENDED_THERE, "Next: Run it without perfwatch"),
        kind="exception",
        exit_code=1,
    )
    assert 'bad.py", line 2, in step' in failure["stderr_tail"]


def test_an_exception_is_named_where_both_streams_are_one(tmp_path):
    """As ``perfwatch run bad.py > log 2>&1`` has it."""
    import subprocess

    from running import PERFWATCH, surroundings

    write(tmp_path, "print('first')\nraise ValueError('negative mass')\n")
    done = subprocess.run(
        [*PERFWATCH, "run", *TIMING, "bad.py"],
        cwd=tmp_path,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 4
    assert "The target raised ValueError: negative mass." in flat(done.stdout)
    assert report_of(tmp_path)["failures"][0]["stderr_tail"].endswith("ValueError: negative mass")
    assert done.stdout.index("Traceback") < done.stdout.index("Failed")


def test_arguments_that_are_needed_lead_to_how_they_are_given(tmp_path):
    write(
        tmp_path,
        """
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument("size", type=int)
        print(parser.parse_args().size)
        """,
    )
    done = perfwatch("run", *TIMING, "bad.py", cwd=tmp_path)
    failure = assert_failed(
        done,
        tmp_path,
        said=(
            "The target refused its arguments (exit code 2).",
            ENDED_THERE,
            "Next: Its arguments follow its name: perfwatch run script.py --its-option value",
        ),
        kind="exit",
        exit_code=2,
    )
    assert "the following arguments are required: size" in failure["stderr_tail"]
    again = perfwatch("run", *TIMING, "bad.py", "12", cwd=tmp_path)
    assert (again.returncode, again.stdout) == (0, "12\n")


FAILS_IN_MEMORY_PASS = """
import sys
if "memray" in sys.modules:
    raise RuntimeError("not under a tracer")
print("done")
"""


def test_a_target_that_fails_in_one_pass_alone_keeps_the_others(tmp_path):
    write(tmp_path, FAILS_IN_MEMORY_PASS)
    done = perfwatch("run", "--passes", "timing,memory,io", "bad.py", cwd=tmp_path)
    failure = assert_failed(
        done,
        tmp_path,
        said=(
            "The target raised RuntimeError: not under a tracer.",
            "The memory pass is not complete; what other passes brought is kept.",
            "Next: Run it without perfwatch",
        ),
        kind="exception",
        **{"pass": "memory"},
    )
    assert "bad.py" in failure["stderr_tail"]
    (benchmark,) = stored_of(tmp_path)["benchmarks"]
    found = {one["name"]: one["state"] for one in benchmark["passes"]}
    assert (found["timing"], found["io"]) == ("done", "done")
    assert found["memory"] in ("failed", "partial")
    assert benchmark["timing"]["processes"]
