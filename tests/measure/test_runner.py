"""One execution under its own supervisor: how it went, and nothing of it left alive."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from random import Random

import psutil
import pytest
from side_tables import may_choose_addresses

from perfwatch.measure import supervisor
from perfwatch.measure.layout import drawn
from perfwatch.measure.runner import Execution, Outcome, execute

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="the supervisor needs fork, which Windows has not"
)


def outcome_of(code: str, folder, **changes) -> Outcome:
    stdin = os.open(os.devnull, os.O_RDONLY)
    try:
        return execute(
            Execution(
                command=(sys.executable, "-c", code),
                cwd=folder,
                environment=dict(os.environ),
                folder=folder,
                stdin=stdin,
                **changes,
            )
        )
    finally:
        os.close(stdin)


def living(token: str) -> list[int]:
    """Processes with the token among their arguments or as their name."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline", "status"]):
        words = process.info["cmdline"] or []
        if any(token in word for word in words) and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process.info["pid"])
    return found


def test_a_clean_end_has_its_output_times_and_counters(tmp_path):
    outcome = outcome_of("print('said'); open('made', 'w').write('x' * 5000)", tmp_path)
    assert outcome.exit_code == 0
    assert outcome.stdout.tail == "said\n"
    assert 0 < outcome.wall_ns < 60_000_000_000
    assert outcome.usage["peak_resident_bytes"] > 1_000_000
    assert outcome.io.get("written_bytes", 5005) >= 5005
    assert outcome.survivors == ()


@pytest.mark.parametrize("code", [3, 255])
def test_the_exit_code_is_the_targets_own(code, tmp_path):
    assert outcome_of(f"raise SystemExit({code})", tmp_path).exit_code == code


@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGTERM"])
def test_a_signal_is_named(name, tmp_path):
    outcome = outcome_of(f"import os, signal; os.kill(os.getpid(), signal.{name})", tmp_path)
    assert outcome.exit_code == -getattr(signal, name)
    assert outcome.signal_name == name


def test_a_command_that_does_not_exist_ends_with_127_and_says_so(tmp_path):
    stdin = os.open(os.devnull, os.O_RDONLY)
    outcome = execute(
        Execution(command=("/no/such/program",), cwd=tmp_path, environment={}, folder=tmp_path, stdin=stdin)
    )
    os.close(stdin)
    assert outcome.exit_code == 127
    assert "/no/such/program does not start" in outcome.stderr.tail


# Placed in memory: held for a moment at its beginning

STACK = "import resource; print(resource.getrlimit(resource.RLIMIT_STACK))"


def placing():
    """Options that choose the target's place."""
    if not may_choose_addresses():
        pytest.skip(
            "this system lets nobody choose addresses: allow the calls personality and ptrace to see it tried"
        )
    return {"stack_bytes": drawn(Random(1)).stack_bytes}


def test_a_target_that_was_placed_has_its_users_stack_and_ends_as_ever(tmp_path):
    placed, plain = outcome_of(STACK, tmp_path, **placing()), outcome_of(STACK, tmp_path)
    assert (placed.placed, plain.placed) == (True, False)
    assert placed.stdout.tail == plain.stdout.tail != ""
    assert outcome_of("raise SystemExit(3)", tmp_path, **placing()).exit_code == 3
    assert outcome_of("import os; os.kill(os.getpid(), 9)", tmp_path, **placing()).signal_name == "SIGKILL"


def test_nobody_traces_a_target_that_was_placed(tmp_path):
    code = "print(next(line for line in open('/proc/self/status') if line.startswith('TracerPid')))"
    assert outcome_of(code, tmp_path, **placing()).stdout.tail.split() == ["TracerPid:", "0"]


def test_a_target_that_traps_is_ended_by_it_and_not_held(tmp_path):
    outcome = outcome_of("import os, signal; os.kill(os.getpid(), signal.SIGTRAP)", tmp_path, **placing())
    assert outcome.signal_name == "SIGTRAP"


def test_a_target_that_was_to_be_placed_and_does_not_start_ends_with_127(tmp_path):
    missing = {"command": ("/nowhere/program",), "cwd": tmp_path, "environment": {}, "folder": tmp_path}
    stdin = os.open(os.devnull, os.O_RDONLY)
    try:
        outcome = execute(Execution(**missing, stdin=stdin, timeout_ns=20_000_000_000, **placing()))
    finally:
        os.close(stdin)
    assert (outcome.exit_code, outcome.timed_out) == (127, False)
    assert "/nowhere/program does not start" in outcome.stderr.tail


#: Says whether it was placed, how it ended and what it said.
LIMITED = """
import sys
from pathlib import Path

sys.path[:0] = {paths}
from test_runner import STACK, outcome_of

found = outcome_of(STACK, Path(sys.argv[1]), stack_bytes=1 << 28)
print(found.placed, found.exit_code, found.stdout.tail)
"""


def test_where_so_much_stack_may_not_be_had_a_target_runs_where_the_kernel_puts_it(tmp_path):
    command = (sys.executable, "-c", LIMITED.format(paths=sys.path), str(tmp_path))
    limited = ("sh", "-c", 'ulimit -s 8192; exec "$@"', "sh", *command)
    done = subprocess.run(limited, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[0] == "False 0 (8388608, 8388608)"


def test_a_target_that_hangs_is_ended_at_its_time_limit(tmp_path):
    token = f"hang-{os.getpid()}-{time.monotonic_ns()}"
    outcome = outcome_of(
        f"'{token}'\nimport time\nwhile True: time.sleep(60)", tmp_path, timeout_ns=300_000_000
    )
    assert outcome.timed_out
    assert living(token) == []


def test_a_target_that_ignores_the_polite_signal_is_ended_all_the_same(tmp_path):
    token = f"deaf-{os.getpid()}-{time.monotonic_ns()}"
    code = f"'{token}'\nimport signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True: time.sleep(60)"
    outcome = outcome_of(code, tmp_path, timeout_ns=300_000_000)
    assert outcome.timed_out
    assert living(token) == []


DAEMON = """
'{token}'
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True: time.sleep(60)
    os._exit(0)
os.wait()
"""


def test_a_daemon_in_a_session_of_its_own_does_not_outlive_the_execution(tmp_path):
    token = f"daemon-{os.getpid()}-{time.monotonic_ns()}"
    outcome = outcome_of(DAEMON.format(token=token), tmp_path)
    assert outcome.exit_code == 0
    assert len(outcome.survivors) == 1
    assert living(token) == []


def test_children_that_end_by_themselves_are_no_survivors(tmp_path):
    code = "import os, time\nif os.fork() == 0:\n    time.sleep(0.02)\n    os._exit(0)"
    assert outcome_of(code, tmp_path).survivors == ()


def test_the_supervisor_ends_everything_when_its_parent_is_interrupted(tmp_path):
    token = f"orphan-{os.getpid()}-{time.monotonic_ns()}"

    class Interrupting:
        def start(self, pid: int) -> None:
            raise KeyboardInterrupt

        def stop(self) -> None: ...

    with pytest.raises(KeyboardInterrupt):
        outcome_of(
            f"'{token}'\nimport time\nwhile True: time.sleep(60)", tmp_path, observers=(Interrupting(),)
        )
    assert living(token) == []


@pytest.mark.parametrize("asked", [b"", b'{"command": ["true'], ids=["nothing", "half"])
def test_a_supervisor_whose_parent_stopped_before_it_had_asked_ends_in_silence(asked):
    done = subprocess.run(
        [sys.executable, "-I", "-S", supervisor.__file__],
        input=asked,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_an_observer_sees_the_targets_pid_from_start_to_stop(tmp_path):
    seen = []

    class Watching:
        def start(self, pid: int) -> None:
            seen.append(("start", pid))

        def stop(self) -> None:
            seen.append(("stop", threading.current_thread().name))

    outcome = outcome_of("import os; print(os.getpid())", tmp_path, observers=(Watching(),))
    assert seen[0] == ("start", int(outcome.stdout.tail))
    assert seen[1][0] == "stop"


def test_a_hundred_megabytes_of_output_are_counted_and_not_kept(tmp_path):
    outcome = outcome_of("line = 'x' * 999_999\nfor _ in range(100): print(line)", tmp_path)
    assert outcome.stdout.total_bytes == 100_000_000
    assert len(outcome.stdout.tail) <= 1_000_000
