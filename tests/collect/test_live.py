"""A living process is described as it is, and what it uses is counted from when we began to look."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from perfwatch.collect.live import (
    Interpreted,
    UseMeter,
    environment_of,
    find_process,
    interpreter_path,
    is_alive,
    thread_of,
)

if sys.platform != "linux":
    pytest.skip("what is told of a process differs elsewhere", allow_module_level=True)

#: It does what it is told, a line at a time, and says when it has.
OBEYING = """
import sys
for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""


@contextlib.contextmanager
def obeying(folder, *, python=sys.executable, name="obey.py"):
    (folder / name).write_text(OBEYING)
    process = subprocess.Popen(
        [python, name], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        tell(process, "pass")
        yield process
    finally:
        process.kill()
        process.communicate()


def tell(process, line):
    process.stdin.write(line + "\n")
    process.stdin.flush()
    assert process.stdout.readline() == "done\n"


def test_a_python_process_is_described_as_it_is(tmp_path):
    with obeying(tmp_path) as process:
        live = find_process(process.pid)
    assert live.pid == process.pid
    assert live.command == (sys.executable, "obey.py")
    assert live.executable == os.path.realpath(sys.executable)
    assert live.cwd == tmp_path.resolve()
    assert live.script == tmp_path.resolve() / "obey.py"
    assert live.user_id == os.getuid()
    assert live.python == Interpreted(version=sys.version_info[:2])
    assert live.name == f"pid {process.pid} ({Path(sys.executable).name} obey.py)"
    assert (live.readable, live.maybe_python, live.shares_files, live.dumpable) == (True, True, True, True)
    assert live.tracer == 0


def test_another_program_is_no_python():
    sleeping = subprocess.Popen([shutil.which("sleep"), "60"])
    try:
        live = find_process(sleeping.pid)
    finally:
        sleeping.kill()
        sleeping.wait()
    assert live.python is None
    assert not live.maybe_python


def test_a_process_that_has_ended_is_not_found_and_not_alive(tmp_path):
    with obeying(tmp_path) as process:
        live = find_process(process.pid)
        assert is_alive(live)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # a zombie now
        assert find_process(process.pid) is None
        assert not is_alive(live)
    assert find_process(process.pid) is None
    assert not is_alive(live)


def test_a_later_process_of_the_same_number_is_another(tmp_path):
    with obeying(tmp_path) as process:
        live = find_process(process.pid)
        assert not is_alive(replace(live, started=live.started - 1))


def test_the_environment_is_the_one_it_was_started_with(tmp_path):
    with obeying(tmp_path) as process:
        live = find_process(process.pid)
        assert environment_of(live)["PATH"] == os.environ["PATH"]
    assert environment_of(live) == {}


def test_a_virtual_environments_interpreter_is_found_by_the_link_it_was_started_by(tmp_path):
    environment = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True, timeout=60)
    python = environment / "bin" / "python"
    with obeying(tmp_path, python=str(python)) as process:
        assert interpreter_path(find_process(process.pid)) == str(python)
    with obeying(tmp_path, python="env/bin/python") as process:
        assert interpreter_path(find_process(process.pid)) == str(python)


def test_a_program_that_is_no_interpreter_is_not_taken_for_one(tmp_path):
    with obeying(tmp_path) as process:
        live = find_process(process.pid)
    assert interpreter_path(replace(live, executable="/usr/bin/uwsgi")) is None
    assert interpreter_path(replace(live, executable=None)) is None


def test_a_thread_is_told_from_a_process():
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    try:
        assert thread_of(thread.native_id) == os.getpid()
        assert thread_of(os.getpid()) is None
    finally:
        over.set()
        thread.join()
    assert thread_of(2**31 - 1) is None


def test_what_a_process_used_before_is_not_counted(tmp_path):
    with obeying(tmp_path) as process:
        tell(process, "open('before', 'wb').write(bytes(3_000_000))")
        meter = UseMeter(process.pid)
        meter.start()
        tell(process, "open('after', 'wb').write(bytes(1_000_000)); sum(range(20_000_000))")
        meter.read()
    # Its answers are written, too.
    assert 1_000_000 <= meter.used("written_bytes") < 1_001_000
    assert meter.cpu_ns > 0
    assert meter.amounts()["write_calls_count"] >= 1


def test_a_process_that_has_ended_keeps_what_was_read_of_it_last(tmp_path):
    with obeying(tmp_path) as process:
        meter = UseMeter(process.pid)
        meter.start()
        tell(process, "open('after', 'wb').write(bytes(1_000_000))")
        meter.read()
        before = meter.amounts()
    meter.read()
    assert meter.amounts() == before


def test_what_was_never_told_stays_unknown():
    meter = UseMeter(2**31 - 1)
    meter.start()
    meter.read()
    assert meter.cpu_ns is None
    assert meter.amounts() == {}


def test_processor_time_is_that_of_the_stretch(tmp_path):
    with obeying(tmp_path) as process:
        meter = UseMeter(process.pid)
        meter.start()
        began = time.perf_counter_ns()
        tell(process, "import time; end = time.process_time() + 0.3")
        tell(process, "all(iter(lambda: time.process_time() < end, False))")
        took = time.perf_counter_ns() - began
        meter.read()
    # The system counts in hundredths of a second.
    assert 0.28e9 <= meter.cpu_ns <= took + 0.02e9
