"""What went wrong is named, with what it means and what to do next."""

from __future__ import annotations

import pytest
from builders import make_target

from perfwatch.measure.failures import execution_failure, no_answer, record_failure, tail_of
from perfwatch.measure.runner import Outcome
from perfwatch.measure.streams import Captured
from perfwatch.records.run import FailureKind, PassName, TargetKind


def failed(code: int, stderr: str = "", **changes):
    outcome = Outcome(
        wall_ns=1_500_000_000,
        started_ns=0,
        exit_code=code,
        stderr=Captured(total_bytes=len(stderr), digest="", tail=stderr),
        usage={"peak_resident_bytes": 64_000_000},
        **changes,
    )
    return execution_failure(outcome, make_target(), PassName.TIMING)


TRACEBACK = 'Traceback (most recent call last):\n  File "s.py", line 1, in <module>\n    1 / 0\n'


def test_an_end_with_0_is_no_failure():
    assert failed(0) is None


@pytest.mark.parametrize(
    ("last", "kind", "message"),
    [
        (
            "ZeroDivisionError: division by zero",
            FailureKind.EXCEPTION,
            "The target raised ZeroDivisionError: division by zero.",
        ),
        (
            "ModuleNotFoundError: No module named 'nope'",
            FailureKind.IMPORT,
            "The target raised ModuleNotFoundError: No module named 'nope'.",
        ),
        ("package.errors.Custom", FailureKind.EXCEPTION, "The target raised Custom."),
    ],
)
def test_an_exception_is_named_from_its_traceback(last, kind, message):
    failure = failed(1, TRACEBACK + last + "\n")
    assert (failure.kind, failure.exit_code) == (kind, 1)
    assert failure.message.startswith(message)
    assert failure.stderr_tail.endswith(last)
    assert failure.advice


def test_a_syntax_error_is_one():
    text = '  File "s.py", line 1\n    def (:\n        ^\nSyntaxError: invalid syntax\n'
    assert failed(1, text).kind is FailureKind.SYNTAX


def test_arguments_that_were_refused_lead_to_where_arguments_go():
    failure = failed(
        2, "usage: s.py [-h] --size SIZE\ns.py: error: the following arguments are required: --size\n"
    )
    assert failure.message.startswith("The target refused its arguments (exit code 2).")
    assert "perfwatch run script.py --its-option value" in failure.advice


def test_a_plain_exit_code_is_told():
    assert failed(3).message.startswith("The target ended with exit code 3.")


@pytest.mark.parametrize("code", [1, 2, 3, -9, -11])
def test_every_failure_says_what_happened_what_it_means_and_what_to_do(code):
    failure = failed(code)
    assert len(failure.message.split(". ")) >= 2
    assert "kept" in failure.message
    assert failure.advice


def test_a_signal_is_named_with_what_it_likely_means():
    failure = failed(-11)
    assert (failure.kind, failure.signal) == (FailureKind.SIGNAL, "SIGSEGV")
    assert "PYTHONFAULTHANDLER" in failure.advice


def test_a_kill_at_a_memory_limit_is_named_so_with_the_peak():
    failure = failed(-9, memory_limit_hit=True)
    assert failure.kind is FailureKind.MEMORY_LIMIT
    assert "at a memory limit (SIGKILL); it had reached 64.0 MB" in failure.message


def test_a_memory_limit_that_hit_somebody_else_is_not_blamed_on_a_segmentation_fault():
    assert failed(-11, memory_limit_hit=True).kind is FailureKind.SIGNAL


def test_a_time_limit_is_named_before_the_signal_that_carried_it_out():
    failure = failed(-15, timed_out=True)
    assert failure.kind is FailureKind.TIMEOUT
    assert "1.50 s" in failure.message


def test_a_worker_without_an_answer_is_named_so():
    outcome = Outcome(wall_ns=1, started_ns=0, exit_code=0)
    assert no_answer(outcome, make_target(), PassName.CPU).kind is FailureKind.NO_RESULT


def test_a_benchmarks_own_failure_keeps_its_name():
    error = {
        "kind": "import",
        "type": "ImportError",
        "message": "no numpy",
        "traceback": "ImportError: no numpy",
    }
    failure = record_failure({"name": "fit", "error": error}, make_target(), PassName.TIMING)
    assert (failure.benchmark, failure.kind) == ("fit", FailureKind.IMPORT)
    assert failure.message.startswith("ImportError: no numpy")


def test_a_bundled_workload_without_its_packages_says_what_brings_them():
    error = {"kind": "import", "type": "ModuleNotFoundError", "message": "no sklearn", "traceback": ""}
    target = make_target(kind=TargetKind.WORKLOAD, name="workload:digital-twin", path=None)
    failure = record_failure({"name": "digital-twin@reference", "error": error}, target, PassName.TIMING)
    assert "pip install 'perfwatch[workloads]'" in failure.advice
    jax = record_failure(
        {"name": "fit@jax", "error": error | {"message": "No module named 'jax'"}}, target, PassName.TIMING
    )
    assert "pip install 'perfwatch[jax]'" in jax.advice


def test_a_tail_is_bounded_in_lines_and_characters():
    assert tail_of("\n".join(str(i) for i in range(100))).splitlines()[0] == "70"
    assert len(tail_of("x" * 100_000)) == 4_000
