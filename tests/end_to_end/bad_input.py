"""What every row of bad input is held to: one message of three parts, the exit code, the stored failure."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import textwrap
import time

from running import living, perfwatch, report_of, surroundings

from perfwatch.store import open_store

#: What is told of a target that failed while it was timed.
ENDED_THERE = "Its measuring ended there"


def write(folder, text, name="bad.py"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path


def flat(text):
    """The words of a text, however the terminal wrapped them."""
    return " ".join(text.split())


def assert_refused(done, code, *parts):
    """Nothing was run: one short message, with cause, consequence and next step, and no traceback of ours."""
    assert done.returncode == code, done.stderr
    assert done.stderr.startswith("perfwatch: "), done.stderr
    for part in parts:
        assert part in flat(done.stderr)
    assert len(parts) >= 3
    assert len(done.stderr.splitlines()) <= 6
    assert "Traceback" not in done.stderr


def assert_failed(done, folder, *, code=4, said, **fields):
    """A run had begun: the failure is shown in three parts, and lies in the report and in the store.

    ``said`` are words of the cause, the consequence and the next step;
    ``fields`` those of the stored failure. Returns that failure.
    """
    assert done.returncode == code, done.stderr
    shown = flat(done.stderr)
    for part in said:
        assert part in shown, done.stderr
    assert len(said) >= 3
    assert "itself failed" not in shown
    written = report_of(folder)
    (failure,) = written["failures"]
    (stored,) = stored_run(folder, written["run"]["id"]).failures
    assert (stored.message, stored.advice) == (failure["message"], failure["advice"])
    assert {name: failure[name] for name in fields} == fields
    assert failure["advice"] in shown
    return failure


def stored_run(folder, run_id):
    """The run as the store has it."""
    with open_store(folder / ".perfwatch" / "perfwatch.db") as store:
        return store.load(run_id)


def stored_of(folder, run_id="latest"):
    """The report that is made again of what the store has."""
    done = perfwatch("report", run_id, "--format", "json", cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def states(report):
    """How each pass of the only benchmark ended."""
    (benchmark,) = report["benchmarks"]
    return {one["name"]: one["state"] for one in benchmark["passes"]}


def new_token():
    """A word that marks everything that one perfwatch starts, through the environment."""
    return f"perfwatch-test-{os.getpid()}-{secrets.token_hex(6)}"


def wait_until(condition, seconds=30.0):
    """Look until it is so; true where it came to be in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def assert_nobody_left(token):
    assert living(token) == []


def assert_ctrl_c_ends_it(command, folder, begun, variables=None):
    """Ctrl-C, once ``begun`` says that the command is under way, ends it with 130 and leaves no process behind.

    ``begun`` is handed the token that every process of the command carries.
    """
    token = new_token()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=surroundings({"MARK": token, **(variables or {})}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        end = time.monotonic() + 60
        while not begun(token) and time.monotonic() < end:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert_nobody_left(token)
