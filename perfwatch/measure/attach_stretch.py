"""One stretch of watching a live process with py-spy, and the order of stretches.

It must not make figures: it brings rows of samples, or says why there are none.
The target is let go of at the end of each stretch, however that end comes.
"""

from __future__ import annotations

import math
import os
import re
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from perfwatch.collect.stacks import Mode, Row, parse_rows, record_options
from perfwatch.environment.bounded import Bounds, ask
from perfwatch.measure.attach_signals import LOOK_SECONDS, never

_LEASH = Path(__file__).with_name("attach_leash.py")
#: Each sample stops the target for a moment; 600 in ten seconds place a line's share within 4 points.
RATE_HERTZ = 100
#: All threads, for how the time goes; running ones, for what waits; the lock's holder, for who waits for whom.
SHARES = {Mode.ALL: 0.6, Mode.ACTIVE: 0.2, Mode.GIL: 0.2}
ROUND_NS = 10_000_000_000
SHORTEST_NS = 1_000_000_000
#: Reading the symbols of a large program takes a while; then there is something wrong.
_START_SECONDS = 60.0
_END_SECONDS = 20.0
_ONE_LOOK = Bounds(timeout_s=20, limit_bytes=100_000, with_stderr=True)
#: A row begins with a process, or with a thread where there is no process.
_TORN = re.compile(r'[\r\n]+(?!process \d+:"|thread \()')
_BEGUN = b"Sampling process"
_WORDS_AT_MOST = 100_000
#: Whoever is stopped is woken by it: on a busy machine a sleeper that was stopped for one sample waits for a
#: processor at the next, and would be told as running. Who runs is asked without stopping anybody.
_UNSTOPPED = {Mode.ACTIVE: ("--nonblocking",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What one stretch is to look at, and for how long."""

    mode: Mode
    duration_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a stretch brought; ``trouble`` is the sampler's last word where it brought nothing."""

    rows: tuple[Row, ...] = ()
    watched_ns: int = 0
    trouble: str = ""


def stretches(duration_ns: int, *, native: bool = False) -> tuple[Stretch, ...]:
    """The stretches of a watch: rounds of about ten seconds, at least two where there is time for two.

    Each round looks at all threads for most of its time. ``native`` asks for
    compiled code's frames in that part.
    """
    rounds = max(1 if duration_ns < 4 * SHORTEST_NS else 2, round(duration_ns / ROUND_NS))
    widest = Mode.NATIVE if native else Mode.ALL
    return tuple(
        Stretch(mode=widest if mode is Mode.ALL else mode, duration_ns=round(duration_ns * share / rounds))
        for _ in range(rounds)
        for mode, share in SHARES.items()
    )


@dataclass
class Sampler:
    """Runs py-spy on one process, one stretch at a time."""

    program: str
    pid: int
    folder: Path
    rate_hertz: int = RATE_HERTZ
    stopped: Callable[[], bool] = never

    def watch(self, stretch: Stretch) -> Seen:
        """Watch for one stretch, or until ``stopped`` says so."""
        output = self.folder / "stretch.raw"
        output.unlink(missing_ok=True)
        heard = _Heard(self._started(stretch, output), self.stopped)
        try:
            heard.until_begun(time.monotonic() + _START_SECONDS)
            began_ns = time.perf_counter_ns()
            heard.until_over(time.monotonic() + stretch.duration_ns / 1e9)
            watched_ns = time.perf_counter_ns() - began_ns
        finally:
            was_cut = heard.end()
        if not output.exists():
            return Seen(trouble="" if was_cut and heard.begun else heard.last_words())
        text = whole_rows(output.read_text(encoding="utf-8", errors="replace"))
        output.unlink()
        rows = parse_rows(text, native=stretch.mode is Mode.NATIVE) if text else []
        return Seen(rows=tuple(rows), watched_ns=watched_ns)

    def _started(self, stretch: Stretch, output: Path) -> subprocess.Popen[bytes]:
        seconds = math.ceil(stretch.duration_ns / 1e9) + 1
        command = [
            sys.executable, "-I", "-S", str(_LEASH), str(os.getpid()), self.program,
            *record_options(self.rate_hertz, output, mode=stretch.mode), *_UNSTOPPED.get(stretch.mode, ()),
            "-p", str(self.pid), "-d", str(seconds),
        ]  # fmt: skip
        return subprocess.Popen(
            # A session of its own: what is typed at the terminal must not end it before it has written.
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip


def whole_rows(text: str) -> str:
    """py-spy's rows with one line each: a command line that has line ends, as after ``-c``, tears them apart."""
    return _TORN.sub(" ", text.strip())


class _Heard:
    """The sampler's own words, read as they come."""

    def __init__(self, process: subprocess.Popen[bytes], stopped: Callable[[], bool]) -> None:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        self.process = process
        self.stream = process.stdout
        self.stopped = stopped
        self.words = b""
        self.open = True

    @property
    def begun(self) -> bool:
        """Whether it said that it samples."""
        return _BEGUN in self.words

    def until_begun(self, end: float) -> None:
        """Wait until it samples, or has ended."""
        while not self.begun and self._goes_on(end):
            self._hear(end)

    def until_over(self, end: float) -> None:
        """Wait until the time is over, or it has ended by itself."""
        while self.begun and self._goes_on(end):
            self._hear(end)

    def _goes_on(self, end: float) -> bool:
        return self.open and not self.stopped() and time.monotonic() < end

    def end(self) -> bool:
        """Tell it to finish, which makes it write what it has, and wait; false where it had ended by itself."""
        was_running = self.process.poll() is None
        if was_running:
            self.process.send_signal(signal.SIGINT)
        limit = time.monotonic() + _END_SECONDS
        while self.open and time.monotonic() < limit:
            self._hear(limit)
        if self.open:
            self.process.kill()
        self.process.wait()
        self.stream.close()
        return was_running

    def last_words(self) -> str:
        """The cause it gave, in one line."""
        return cause_in(self.words)

    def _hear(self, end: float) -> None:
        seconds = max(0.0, min(LOOK_SECONDS, end - time.monotonic()))
        with selectors.DefaultSelector() as selector:
            selector.register(self.stream, selectors.EVENT_READ)
            if selector.select(seconds):
                heard = os.read(self.stream.fileno(), 65_536)
                self.open = bool(heard)
                self.words = (self.words + heard)[:_WORDS_AT_MOST]


def why_not(program: str, pid: int) -> str:
    """Ask py-spy for one look alone: with children among its targets it does not say what the matter was."""
    try:
        return cause_in(ask([program, "dump", "--pid", str(pid)], _ONE_LOOK).output)
    except OSError as error:
        return f"py-spy does not start: {error.strerror or error}"


def cause_in(words: bytes) -> str:
    """What py-spy gave as the reason, in one line; empty where it gave none."""
    lines = [line.strip() for line in words.decode(errors="replace").splitlines()]
    errors = [line.removeprefix("Error:").strip() for line in lines if line.startswith("Error:")]
    causes = [
        line.partition(":")[2].strip() for line in lines if line[:2] in {"0:", "1:"} and "::" not in line
    ]
    said = errors[:1] + list(dict.fromkeys(causes))[:1]
    return ": ".join(said) or next((line for line in lines if line and _BEGUN.decode() not in line), "")
