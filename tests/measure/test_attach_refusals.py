"""Each obstacle to watching a process is named, with the setting or capability and what mends it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from perfwatch.collect.live import Interpreted, Live, TracingRules, tracing_rules
from perfwatch.errors import ExitCode, NothingMeasured, UsageError
from perfwatch.measure.attach_refusals import pid_of, sampler_failed, unreadable
from perfwatch.measure.attach_target import process_to_watch

LIVE = Live(
    pid=4711,
    started=1.0,
    program="python",
    command=("/usr/bin/python3", "train.py"),
    executable="/usr/bin/python3.11",
    user_id=1000,
    user="ada",
    python=Interpreted(version=(3, 11)),
)
RULES = TracingRules(scope="0", user_id=1000)
STATUS = "Name:\tpython\nCapEff:\t{capabilities}\nSeccomp:\t{seccomp}\n"


def proc(folder, *, scope=None, capabilities="0000000000000000", seccomp="0"):
    """A /proc of our own making."""
    (folder / "self").mkdir()
    (folder / "self/status").write_text(STATUS.format(capabilities=capabilities, seccomp=seccomp))
    if scope is not None:
        yama = folder / "sys/kernel/yama"
        yama.mkdir(parents=True)
        (yama / "ptrace_scope").write_text(f"{scope}\n")
    return folder


def test_rules_are_read_from_proc(tmp_path):
    rules = tracing_rules(proc(tmp_path, scope=1, capabilities="0000000000080000", seccomp="2"))
    assert (rules.scope, rules.capable, rules.filtered) == ("1", True, True)


def test_without_yama_and_rights_there_are_no_rules_to_name(tmp_path):
    rules = tracing_rules(proc(tmp_path))
    assert (rules.scope, rules.capable, rules.filtered) == ("", False, False)


@pytest.mark.parametrize(
    ("live", "rules", "cause", "meaning", "mended"),
    [
        (LIVE, replace(RULES, scope="1"), "ptrace_scope is 1", "those that it started", "echo 0 | sudo tee /proc/sys"),
        (LIVE, replace(RULES, scope="2"), "ptrace_scope is 2", "CAP_SYS_PTRACE", "sudo env"),
        (LIVE, replace(RULES, scope="3", capable=True), "ptrace_scope is 3", "not even the administrator", "restart"),
        (replace(LIVE, user_id=7), RULES, "belongs to another user: ada", "Only its owner", "sudo env"),
        (replace(LIVE, dumpable=False), RULES, "not dumpable", "CAP_SYS_PTRACE", "sudo env"),
        (LIVE, replace(RULES, filtered=True), "lacks the capability CAP_SYS_PTRACE", "Without it", "--cap-add SYS_PTRACE"),
        (LIVE, replace(RULES, filtered=True, capable=True), "system-call filter", "does not help", "seccomp=unconfined"),
    ],
)  # fmt: skip
def test_what_is_in_the_way_is_named(live, rules, cause, meaning, mended):
    error = unreadable(live, rules)
    assert error.exit_code is ExitCode.NOTHING_MEASURED
    assert cause in error.happened
    assert meaning in error.means
    assert "Nothing was measured." in error.means
    assert mended in error.do


def test_an_unknown_obstacle_is_told_in_the_systems_own_words():
    error = unreadable(LIVE, replace(RULES, capable=True), "Operation not permitted (os error 1)")
    assert "Operation not permitted" in error.happened


@pytest.mark.parametrize(
    ("said", "live", "cause"),
    [
        ("Unsupported version of Python: 3.15", LIVE, "runs Python 3.15, which this py-spy cannot read"),
        ("Unsupported version of Python: 2.2.1", replace(LIVE, python=None), "runs Python 2.2.1"),
        ("whatever", replace(LIVE, python=Interpreted(version=(3, 14), free_threaded=True)), "3.14, free-threaded"),
        ("Failed to find python version from target process", replace(LIVE, python=None), "is no Python process"),
        ("Failed to get process executable name. Check that the process is running.", LIVE, "There is no process 4711"),
        ("Failed to get stack traces: Failed to suspend process", replace(LIVE, user_id=7), "belongs to another user"),
        ("a lion got in", LIVE, "could not sample process 4711 (Python 3.11): a lion got in"),
        ("", LIVE, "it gave no reason"),
    ],
)  # fmt: skip
def test_the_samplers_last_words_are_understood(said, live, cause):
    error = sampler_failed(live, RULES, said)
    assert isinstance(error, NothingMeasured)
    assert cause in error.happened
    assert error.means
    assert error.do


def test_long_last_words_are_cut():
    assert len(sampler_failed(LIVE, RULES, "x" * 10_000).happened) < 500


@pytest.mark.parametrize("typed", ["", "x", "-1", "0", "1e3", "\N{ARABIC-INDIC DIGIT ONE}", "9" * 20])
def test_what_is_no_number_is_an_error_of_usage(typed):
    with pytest.raises(UsageError):
        pid_of(typed, frozenset())


def test_our_own_number_is_an_error_of_usage():
    with pytest.raises(UsageError, match="perfwatch itself"):
        pid_of("12", frozenset({12}))


def found(live, rules=RULES):
    return process_to_watch(str(LIVE.pid), find=lambda _pid: live, rules=lambda: rules)


@pytest.mark.parametrize(
    ("live", "cause"),
    [
        (None, "There is no process 4711"),
        (replace(LIVE, readable=False, user_id=7), "belongs to another user"),
        (replace(LIVE, maybe_python=False), "is no Python process"),
        (replace(LIVE, command=()), "is no Python process"),
        (replace(LIVE, tracer=99), "traced already, by process 99"),
    ],
)
def test_a_process_that_cannot_be_watched_is_refused_before_anything_is_tried(live, cause):
    with pytest.raises(NothingMeasured, match=cause):
        found(live)


def test_a_process_of_ones_own_is_accepted():
    assert found(LIVE) == (LIVE, RULES)


def test_a_name_is_short_and_in_one_line():
    live = replace(LIVE, command=("/a/b/python", "-c", "x = 1\n" * 1000))
    assert live.name.startswith("pid 4711 (python -c x = 1 x = 1")
    assert len(live.name) < 80
    assert "\n" not in live.name


def test_a_script_is_found_beside_the_folder_it_was_started_in():
    assert replace(LIVE, cwd=Path("/project")).script == Path("/project/train.py")
    assert replace(LIVE, command=("python", "-m", "x")).script is None
