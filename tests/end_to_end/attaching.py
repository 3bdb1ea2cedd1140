"""Living targets for ``perfwatch attach``, and how a test starts and ends them. It asserts nothing."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import textwrap
from dataclasses import dataclass

from running import PERFWATCH, perfwatch, report_of, surroundings

#: Where Yama lets a process look into its own children only, a target says that anybody may look into it.
PREAMBLE = """
import ctypes, sys
ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)
"""


@dataclass
class Target:
    """A target that runs until it is told to end."""

    process: subprocess.Popen

    @property
    def pid(self):
        return self.process.pid

    def lives(self):
        return self.process.poll() is None

    def end(self):
        """Let it come to its end by itself; its status, output and error text."""
        out, err = self.process.communicate("end\n", timeout=60)
        return self.process.returncode, out, err


@contextlib.contextmanager
def living_target(folder, text, *, name="target.py", command=(sys.executable,)):
    """Start a script that prints ``ready`` first; it gets its end by a line on standard input."""
    (folder / name).write_text(PREAMBLE + textwrap.dedent(text), encoding="utf-8")
    process = subprocess.Popen(
        [*command, name],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=surroundings(),
    )
    try:
        assert process.stdout.readline() == "ready\n"
        yield Target(process)
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            stream.close()


def attach(pid, *options, cwd, env=None):
    return perfwatch("attach", pid, "--no-progress", *options, cwd=cwd, env=env)


def scratch_of(folder):
    """Where a perfwatch that ``start_attach`` began keeps what it needs for a while."""
    return folder / "scratch"


def start_attach(pid, *options, cwd):
    """Begin to attach, and do not wait."""
    scratch_of(cwd).mkdir()
    return subprocess.Popen(
        [*PERFWATCH, "attach", str(pid), *options],
        cwd=cwd,
        env=surroundings({"TMPDIR": str(scratch_of(cwd))}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def benchmark_of(folder):
    """The only benchmark of the newest report."""
    (benchmark,) = report_of(folder)["benchmarks"]
    return benchmark


def passes_of(folder):
    return {one["name"]: one for one in benchmark_of(folder)["passes"]}


def marks_in(out):
    """What the target witnessed of itself, on its last line."""
    return json.loads(out.splitlines()[-1])
