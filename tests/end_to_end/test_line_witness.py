"""The hottest lines by perfwatch are those that py-spy sees, started by the test itself."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter

import pytest
from running import perfwatch, report_of
from tools import need

from perfwatch.collect.stacks import py_spy_program

if sys.platform == "win32":
    pytest.skip("perfwatch run needs fork and wait4, which Windows lacks", allow_module_level=True)

#: Each of the four hot lines takes about twice as long as the next, so that no noise swaps them: the module's loop,
#: the sort in ``ordered``, the loop without calls in ``scan``, the sum in ``blend``.
SCRIPT = """\
def ordered(values, rounds):
    found = 0.0
    for _ in range(rounds):
        found += sorted(values, key=abs)[0]
        values.reverse()
    return found


def blend(values, rounds):
    found = 0.0
    for step in range(rounds):
        found += sum(values)
        found -= step
    return found


def scan(rounds):
    total = 0
    left = rounds
    while left:
        left -= 1
        total += (left * left % 7 + left * 3 % 5) * (left & 3) - (left ^ 5) % 11
    return total


values = [float((i * 7919) % 1009 - 500) for i in range(1000)]
count = 0
for i in range(5_000_000):
    count += (i * i % 7 + i * 3 % 5) * (i & 3) - (i ^ 5) % 11
print(count > 0, ordered(values, 10_000) >= 0, scan(1_800_000) > 0, blend(values, 30_000) < 0)
"""
EXECUTIONS_AT_MOST = 12
SAMPLES_WANTED = 2_000
_FRAME = re.compile(r"\((?P<file>[^()]*):(?P<line>\d+)\)$")


def witnessed(program, folder):
    """Samples by innermost line of the script, over as many executions as it takes."""
    output = folder / "witness.raw"
    command = [program, "record", "-f", "raw", "-r", "500", "-o", str(output), "--", sys.executable, "s.py"]
    lines = Counter()
    for _ in range(EXECUTIONS_AT_MOST):
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        why = f"py-spy may not trace here ({done.stderr.strip()[-200:]})"
        need(output.exists(), why, "allow ptrace, as docker's --cap-add=SYS_PTRACE does")
        for row in output.read_text().splitlines():
            stack, _, count = row.rpartition(" ")
            mine = [
                int(found["line"])
                for frame in stack.split(";")
                if (found := _FRAME.search(frame)) and found["file"].endswith("s.py")
            ]
            if mine:
                lines[mine[-1]] += int(count)
        if lines.total() >= SAMPLES_WANTED:
            break
    return lines


@pytest.mark.slow
@pytest.mark.long
def test_the_three_hottest_lines_are_those_of_the_witness(tmp_path):
    program = py_spy_program()
    need(program is not None, "py-spy is not installed", "pip install py-spy")
    (tmp_path / "s.py").write_text(SCRIPT, encoding="utf-8")
    witness = witnessed(program, tmp_path)
    assert witness.total() >= SAMPLES_WANTED
    command = ("run", "--passes", "timing,lines", "s.py")
    done = perfwatch(*command, cwd=tmp_path, env={"PERFWATCH_PROCESSES": "1", "PERFWATCH_SAMPLES": "1000"})
    assert done.returncode == 0, done.stderr
    (benchmark,) = report_of(tmp_path)["benchmarks"]
    stats = sorted(benchmark["profiles"]["lines"], key=lambda one: -(one["time_ns"] or 0.0))
    assert [one["line"] for one in stats[:3]] == [line for line, _ in witness.most_common(3)], witness
    # Their shares of the time agree as well, within what a few hundred samples can tell.
    whole = sum(one["time_ns"] or 0.0 for one in stats)
    for one in stats[:3]:
        assert abs(one["time_ns"] / whole - witness[one["line"]] / witness.total()) < 0.12
