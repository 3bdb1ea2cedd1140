"""Targets that write too much, write no text, read their input, sit on a terminal, or change their files."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys

import pytest
from bad_input import flat, write
from running import PERFWATCH, perfwatch, report_of, surroundings

if sys.platform == "win32":
    pytest.skip("perfwatch run needs fork and wait4, which Windows lacks", allow_module_level=True)

BLOCK = bytes(range(256)) * 4
FLOOD = """
import sys
block = bytes(range(256)) * 4
for _ in range(100_000_000 // len(block) + 1):
    sys.stdout.buffer.write(block)
"""
HIGH_WATER = """
import resource, sys
from perfwatch.cli import main
status = main(sys.argv[1:])
open("high-water", "w").write(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))
sys.exit(status)
"""


@pytest.mark.parametrize("together", [False, True], ids=["apart", "2>&1"])
def test_100_mb_of_output_pass_through_whole_and_are_not_kept(together, tmp_path):
    write(tmp_path, FLOOD, "flood.py")
    write(tmp_path, "print(1)\n", "quiet.py")
    expected = hashlib.sha256(BLOCK * (100_000_000 // len(BLOCK) + 1)).hexdigest()
    quiet_kb, _ = _measured_through_a_pipe(tmp_path, "quiet.py", together=together)
    flood_kb, digest = _measured_through_a_pipe(tmp_path, "flood.py", together=together)
    assert digest == expected
    assert (flood_kb - quiet_kb) * 1024 < 20_000_000
    assert report_of(tmp_path)["failures"] == []


def _measured_through_a_pipe(folder, script, *, together):
    """Run perfwatch with a reader at its output; its peak memory in kB, and a digest of what came."""
    process = subprocess.Popen(
        [sys.executable, "-c", HIGH_WATER, "run", "--quiet", "--passes", "timing", script],
        cwd=folder,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if together else subprocess.DEVNULL,
    )
    digest = hashlib.sha256()
    with process.stdout as stream:
        while chunk := stream.read(1 << 16):
            digest.update(chunk)
    assert process.wait(60) == 0
    return int((folder / "high-water").read_text()), digest.hexdigest()


def test_output_that_is_no_utf_8_passes_through_byte_by_byte(tmp_path):
    write(
        tmp_path,
        r"""
        import os, sys
        os.write(1, b"caf\xe9 \xff\xfe\x00 end\n")
        os.write(2, b"\xffbroken\xfe\n")
        sys.exit(3)
        """,
    )
    done = subprocess.run(
        [*PERFWATCH, "run", "--passes", "timing", "bad.py"],
        cwd=tmp_path,
        env=surroundings(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 4
    assert done.stdout == b"caf\xe9 \xff\xfe\x00 end\n"
    assert b"\xffbroken\xfe\n" in done.stderr
    assert report_of(tmp_path)["failures"][0]["stderr_tail"] == "\\xffbroken\\xfe"


READS = """
import sys
data = sys.stdin.buffer.read()
print(len(data), sum(data))
if len(data) != int(sys.argv[1]):
    sys.exit("another input")
"""


@pytest.mark.parametrize("way", ["pipe", "file"])
def test_every_execution_reads_the_same_standard_input(way, tmp_path):
    write(tmp_path, READS)
    text = "0123456789\n" * 20_000
    source = tmp_path / "input.txt"
    source.write_text(text)
    command = [*PERFWATCH, "run", "bad.py", str(len(text))]
    with contextlib.ExitStack() as stack:
        given = {"input": text} if way == "pipe" else {"stdin": stack.enter_context(source.open())}
        done = subprocess.run(
            command,
            cwd=tmp_path,
            env=surroundings(),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            **given,
        )
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"{len(text)} {sum(text.encode())}\n"
    report = report_of(tmp_path)
    assert report["failures"] == []
    (benchmark,) = report["benchmarks"]
    found = {one["name"]: one["state"] for one in benchmark["passes"]}
    assert {found[name] for name in ("timing", "cpu", "memory", "io")} == {"done"}
    assert len(benchmark["timing"]["processes"]) == 2


def test_an_input_that_is_never_closed_does_not_hold_later_executions_up(tmp_path):
    write(tmp_path, "print(input())\n")
    reader, writer = os.pipe()
    os.write(writer, b"first line\nsecond line\n")
    try:
        done = subprocess.run(
            [*PERFWATCH, "run", "--passes", "timing,io", "bad.py"],
            cwd=tmp_path,
            env=surroundings(),
            stdin=reader,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(reader)
        os.close(writer)
    assert (done.returncode, done.stdout) == (0, "first line\n"), done.stderr
    assert report_of(tmp_path)["failures"] == []


def test_a_target_on_a_terminal_sees_one_and_its_last_words_are_kept(tmp_path):
    write(
        tmp_path,
        """
        import os, sys
        print("terminal:", sys.stdout.isatty(), sys.stderr.isatty(), os.get_terminal_size(2).columns)
        raise ValueError("said on a terminal")
        """,
    )
    status, shown = _on_a_terminal([*PERFWATCH, "run", "--passes", "timing", "bad.py"], tmp_path)
    assert status == 4
    assert "terminal: True True 117\r\n" in shown
    assert "\r\r\n" not in shown
    assert "The target raised ValueError: said on a terminal." in flat(shown)
    assert report_of(tmp_path)["failures"][0]["stderr_tail"].endswith("ValueError: said on a terminal")


def _on_a_terminal(command, folder):
    import termios

    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (40, 117))
    process = subprocess.Popen(
        command, cwd=folder, env=surroundings(), stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = bytearray()
    # Where the last of them has closed its end, Linux answers with an error instead of an end.
    with contextlib.suppress(OSError):
        while chunk := os.read(ours, 1 << 16):
            shown += chunk
    os.close(ours)
    return process.wait(60), shown.decode()


def test_files_that_change_on_each_execution_are_named(tmp_path):
    write(
        tmp_path,
        """
        from pathlib import Path
        state = Path("results") / "state.txt"
        state.parent.mkdir(exist_ok=True)
        state.write_text(str(int(state.read_text()) + 1 if state.exists() else 1))
        """,
    )
    with (tmp_path / "log.txt").open("w") as log:
        done = subprocess.run(
            [*PERFWATCH, "run", "--passes", "timing", "bad.py"],
            cwd=tmp_path,
            env=surroundings({"TMPDIR": str(tmp_path)}),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    (note,) = [note for note in report_of(tmp_path)["honesty"]["notes"] if "wrote" in note]
    assert "results/state.txt" in note
    assert "log.txt" not in note  # our own output is not the target's doing,
    assert "perfwatch-" not in note  # and neither are our scratch files
    assert note in flat(done.stderr)
    assert int((tmp_path / "results" / "state.txt").read_text()) == 2


def test_output_that_changes_from_one_execution_to_the_next_is_reported(tmp_path):
    write(
        tmp_path,
        """
        from pathlib import Path
        state = Path("state.txt")
        state.write_text(str(int(state.read_text()) + 1 if state.exists() else 1))
        print(state.read_text())
        """,
    )
    done = perfwatch("run", "--passes", "timing", "bad.py", cwd=tmp_path, env={"PERFWATCH_PROCESSES": "3"})
    assert (done.returncode, done.stdout) == (0, "1\n")
    assert "output differed between executions" in flat(done.stderr)
    assert any("output differed" in note for note in report_of(tmp_path)["honesty"]["notes"])
