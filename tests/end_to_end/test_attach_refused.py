"""A process that cannot be watched: one message of three parts, the right exit code, nothing stored."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from attaching import attach, living_target
from bad_input import assert_refused, flat, wait_until
from running import PERFWATCH, surroundings
from tools import need_program

from perfwatch.store import open_store

if sys.platform != "linux":
    pytest.skip("elsewhere only an administrator may look into a process", allow_module_level=True)

ROOT_ALONE = pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a process as somebody else")
WAITING = """
print("ready", flush=True)
sys.stdin.readline()
"""
#: The rights of an ordinary user, for one who is root.
WITHOUT_RIGHTS = ("setpriv", "--bounding-set", "-sys_ptrace", "--inh-caps", "-sys_ptrace")


def attach_by(*wrapper, pid, cwd):
    return subprocess.run(
        [*wrapper, *PERFWATCH, "attach", str(pid), "--duration", "1s", "--no-progress"],
        cwd=cwd,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def assert_nothing_stored(folder):
    if (folder / ".perfwatch" / "perfwatch.db").exists():
        with open_store(folder / ".perfwatch" / "perfwatch.db") as store:
            assert store.runs() == []


def test_a_process_that_is_gone(tmp_path):
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    done = attach(ended.pid, cwd=tmp_path)
    assert_refused(done, 5, f"There is no process {ended.pid}", "It has ended", "pgrep -af python")
    assert_nothing_stored(tmp_path)


def test_a_zombie_is_gone(tmp_path):
    zombie = subprocess.Popen([sys.executable, "-c", "pass"])
    state = Path(f"/proc/{zombie.pid}/stat")
    assert wait_until(lambda: state.read_text().rpartition(")")[2].split()[0] == "Z")
    done = attach(zombie.pid, cwd=tmp_path)
    zombie.wait()
    assert_refused(done, 5, f"There is no process {zombie.pid}", "It has ended", "pgrep -af python")


def test_a_process_that_is_not_python(tmp_path):
    sleeping = subprocess.Popen([shutil.which("sleep"), "60"])
    try:
        done = attach(sleeping.pid, cwd=tmp_path)
    finally:
        sleeping.kill()
        sleeping.wait()
    assert_refused(done, 5, "(sleep 60) is no Python process", "no interpreter in it", "pgrep -af python")
    assert_nothing_stored(tmp_path)


@pytest.mark.parametrize("typed", ["train.py", "0", "1.5", "12345678901234567890"])
def test_what_is_no_process_number(tmp_path, typed):
    assert_refused(
        attach(typed, cwd=tmp_path), 2, "is no process number", "Nothing was measured", "pgrep -af python"
    )


def test_perfwatch_itself(tmp_path):
    # The shell becomes perfwatch, and keeps its number.
    command = ["/bin/sh", "-c", 'exec "$@" $$', "sh", *PERFWATCH, "attach"]
    done = subprocess.run(
        command, cwd=tmp_path, env=surroundings(), capture_output=True, text=True, check=False, timeout=60
    )
    assert_refused(done, 2, "is perfwatch itself", "nothing was measured", "pgrep -af python")


def test_a_thread_of_a_process(tmp_path):
    text = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
    with living_target(tmp_path, text + WAITING) as target:
        thread = max(int(folder.name) for folder in Path(f"/proc/{target.pid}/task").iterdir())
        done = attach(thread, cwd=tmp_path)
        assert target.lives()
    assert_refused(
        done, 2, f"{thread} is a thread of process", "Nothing was", f"perfwatch attach {target.pid}"
    )


@pytest.mark.parametrize(
    ("duration", "said"), [("10ms", "is too short"), ("soon", "is no duration"), ("0", "is no duration")]
)
def test_a_duration_that_makes_no_sense(tmp_path, duration, said):
    done = attach(os.getpid(), "--duration", duration, cwd=tmp_path)
    assert_refused(done, 2, said, "", "Write --duration")


def test_a_process_under_a_debugger(tmp_path):
    gdb = need_program("gdb", "gdb")
    with living_target(tmp_path, WAITING) as target:
        debugger = subprocess.Popen(
            [gdb, "-nx", "-batch", "-iex", "set auto-solib-add off", "-p", str(target.pid), "-ex", "continue"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        status = Path(f"/proc/{target.pid}/status")
        assert wait_until(lambda: f"TracerPid:\t{debugger.pid}\n" in status.read_text())
        done = attach(target.pid, cwd=tmp_path)
        assert target.lives()
        target.process.kill()  # which is what the debugger waits for
        debugger.wait()
    assert_refused(
        done,
        5,
        f"traced already, by process {debugger.pid}",
        "there can be only one",
        f"ps -p {debugger.pid}",
    )


def test_a_container_without_ptrace(tmp_path):
    with living_target(tmp_path, WAITING) as target:
        filtered = (sys.executable, str(Path(__file__).with_name("no_ptrace.py")))
        done = attach_by(*filtered, pid=target.pid, cwd=tmp_path)
        assert target.lives()
    assert_refused(done, 5, "cannot be traced", "CAP_SYS_PTRACE", "--cap-add SYS_PTRACE")
    assert_nothing_stored(tmp_path)


@ROOT_ALONE
def test_a_container_without_the_capability(tmp_path):
    need_program("setpriv", "util-linux")
    with living_target(tmp_path, WAITING) as target:
        filtered = (sys.executable, str(Path(__file__).with_name("no_ptrace.py")))
        done = attach_by(*WITHOUT_RIGHTS, *filtered, pid=target.pid, cwd=tmp_path)
        assert target.lives()
    assert_refused(
        done, 5, "lacks the capability CAP_SYS_PTRACE", "Without it", "docker run --cap-add SYS_PTRACE"
    )


def systems_python():
    """An interpreter that everybody may run: our own may lie in a folder that is closed to others."""
    path = shutil.which("python3", path="/usr/bin:/usr/local/bin:/bin")
    if path is None:
        pytest.skip("there is no python3 of the system's, which another user could run")
    return path


@pytest.fixture
def somebody_elses():
    """A Python process of the user nobody."""
    need_program("setpriv", "util-linux")
    text = "print('ready', flush=True)\nimport sys\nwhile sys.stdin.readline() == '': sum(range(1000))"
    process = subprocess.Popen(
        ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", systems_python(), "-c", text],
        cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout.readline() == b"ready\n"
        yield process
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@ROOT_ALONE
def test_a_process_of_another_user(tmp_path, somebody_elses):
    done = attach_by(*WITHOUT_RIGHTS, pid=somebody_elses.pid, cwd=tmp_path)
    assert_refused(done, 5, "belongs to another user: nobody", "Only its owner", "sudo env")
    assert_nothing_stored(tmp_path)


@ROOT_ALONE
def test_the_administrator_sees_another_users_process_and_lends_it_no_rights(tmp_path, somebody_elses):
    done = attach(somebody_elses.pid, "--duration", "1s", "--memory", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "sudo -u nobody perfwatch attach" in flat(done.stderr)


def test_a_process_that_ends_at_once_is_gone_or_told_in_part(tmp_path):
    with living_target(tmp_path, "print('ready', flush=True)\nimport time; time.sleep(0.3)") as target:
        done = attach(target.pid, "--duration", "1s", cwd=tmp_path)
    assert done.returncode in {0, 5}, done.stderr
    assert "itself failed" not in done.stderr
