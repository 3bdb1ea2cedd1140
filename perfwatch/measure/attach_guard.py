"""Let memray into a live process, and out of it again whatever happens to perfwatch.

Started by path: ``python -I -S attach_guard.py PYTHON PID CAPTURE [PATIENCE]``. It outlives
signals meant for perfwatch and perfwatch itself: when its standard input ends,
memray's tracker is taken out of the target, and what it wrote is removed where
nobody is left to read it. On standard output it says, a line
of JSON each, how getting in and getting out went. It imports the standard
library only, and must not be killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

#: A target that sleeps or computes in compiled code lets nobody in until it is back in the interpreter.
_PATIENCE_SECONDS = 25.0
_PAUSE_SECONDS = 1.0
_WORDS_AT_MOST = 2_000
#: What memray says where there is nothing to be taken out.
_NOT_IN = "no previous `memray attach` call"


def main() -> None:
    """Get in, wait, get out."""
    reader = os.getppid()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    python, pid, capture = sys.argv[1:4]
    patience = float(sys.argv[4]) if len(sys.argv) > 4 else _PATIENCE_SECONDS
    inside = [python, "-m", "memray", "attach", "--no-compress", "-o", capture, pid]
    arrived = _memray(inside, Path(capture).parent, patience)
    _tell("in", *arrived)
    # Nothing is read: the end of the stream is the message, and a parent that dies sends it, too.
    sys.stdin.buffer.read()
    if arrived[0]:
        _take_out(python, pid, Path(capture).parent, patience)
    if os.getppid() != reader:
        _remove(Path(capture))


def _take_out(python: str, pid: str, folder: Path, patience: float) -> None:
    """Whatever it takes: a tracker that stays writes its file until the disk is full."""
    left = False
    while not left:
        gone = _memray([python, "-m", "memray", "detach", pid], folder, patience)
        left = gone[0] or _NOT_IN in gone[1] or not _lives(int(pid))
        _tell("out", *gone)
        time.sleep(0 if left else _PAUSE_SECONDS)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _remove(capture: Path) -> None:
    """Remove the capture, and its folder where nothing else is in it."""
    capture.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        capture.parent.rmdir()


def _memray(command: list[str], folder: Path, patience: float) -> tuple[bool, str, int]:
    """Run memray's command; whether it worked, its last words, and how long it took in nanoseconds."""
    began = time.perf_counter_ns()
    process = subprocess.Popen(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace",
        preexec_fn=_plain_signals,  # noqa: PLW1509 - there is one thread here
    )  # fmt: skip
    late = ""
    while True:
        try:
            said, _ = process.communicate(timeout=_PAUSE_SECONDS if late else patience)
            break
        except subprocess.TimeoutExpired:
            # SIGINT alone makes gdb take its breakpoints out. After SIGTERM and SIGKILL they stay, and the
            # next one that the target meets ends it; memray itself, interrupted, would send SIGKILL.
            late = "\nthe process did not come back to the interpreter in time"
            for child in _children(process.pid):
                os.kill(child, signal.SIGINT)
    said += late
    words = said.strip().splitlines()[-3:]
    return process.returncode == 0, " ".join(words)[-_WORDS_AT_MOST:], time.perf_counter_ns() - began


def _plain_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def _children(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []  # it has just ended
    return [int(word) for word in listed]


def _tell(what: str, worked: bool, said: str, took_ns: int) -> None:  # noqa: FBT001 - private, two callers
    line = json.dumps({"what": what, "worked": worked, "said": said, "took_ns": took_ns})
    try:
        os.write(1, line.encode() + b"\n")
    except BrokenPipeError:
        return  # nobody is left to be told; the target is what matters


if __name__ == "__main__":
    main()
