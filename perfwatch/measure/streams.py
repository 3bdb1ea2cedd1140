"""The target's standard streams: who owns them, who gets a copy, how much is kept.

The first clean execution has the real ones. Later executions read the same
input again, and write into a bounded file. It must not interpret what passes.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from dataclasses import dataclass
from pathlib import Path

#: In place of a descriptor: every execution reads an empty input.
NO_DESCRIPTOR = -1
SPOOL_BYTES = 64_000_000
KEPT_BYTES = 1_000_000
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """What an execution wrote to one stream: how much, a digest of all, and the last part."""

    total_bytes: int
    digest: str
    tail: str


class Capture:
    """A pipe whose reader keeps the last ``KEPT_BYTES`` and counts and digests the rest.

    Where ``forward`` is a descriptor, everything is passed on to it unchanged;
    where that is a terminal, so is the end that is written to.

    Raises ``OSError`` where the system has no terminal to give.
    """

    def __init__(self, forward: int | None = None) -> None:
        terminal = forward is not None and os.isatty(forward)
        self._reader, self.writer = _terminal_like(forward) if terminal and forward else os.pipe()
        self._forward = forward
        self._total = 0
        self._digest = hashlib.blake2b(digest_size=16)
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()

    def _pump(self) -> None:
        while chunk := self._read():
            self._total += len(chunk)
            self._digest.update(chunk)
            self._kept += chunk
            if len(self._kept) > 2 * KEPT_BYTES:
                del self._kept[:-KEPT_BYTES]
            if self._forward is not None:
                self._pass_on(self._forward, chunk)
        os.close(self._reader)

    def _read(self) -> bytes:
        try:
            return os.read(self._reader, _CHUNK)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return b""  # Linux says so when the last writer of a terminal has gone

    def _pass_on(self, forward: int, chunk: bytes) -> None:
        view = memoryview(chunk)
        while view:
            try:
                view = view[os.write(forward, view) :]
            except OSError:
                self._forward = None  # whoever read it is gone; the target is told by no one else either
                return

    def close(self, seconds: float = 5.0) -> Captured:
        """Wait until every writer is gone, and return what there was.

        A writer that was not ended with the target would keep the pipe open: then
        the wait ends after ``seconds``.
        """
        self._thread.join(seconds)
        return Captured(
            total_bytes=self._total,
            digest=self._digest.hexdigest(),
            tail=bytes(self._kept[-KEPT_BYTES:]).decode("utf-8", errors="backslashreplace"),
        )

    def release(self) -> None:
        """Close our copy of the writing end; the child has its own."""
        os.close(self.writer)


def _terminal_like(terminal: int) -> tuple[int, int]:
    """A terminal of the same settings and size: the end to read, and the end to write.

    What is written comes out as it went in: the real terminal adds its own
    carriage returns.
    """
    import termios

    reader, writer = os.openpty()
    settings = termios.tcgetattr(terminal)
    settings[1] &= ~termios.OPOST
    termios.tcsetattr(writer, termios.TCSANOW, settings)
    termios.tcsetwinsize(writer, termios.tcgetwinsize(terminal))
    return reader, writer


class Input:
    """Standard input, given to each execution from its beginning.

    A file is opened anew; a pipe is passed on as it is asked for and spooled up
    to ``SPOOL_BYTES``; a terminal belongs to the first execution, later ones read
    an empty input (``lost`` says why).
    """

    def __init__(self, descriptor: int, folder: Path) -> None:
        self._descriptor = descriptor
        self._spool = folder / "stdin"
        self._pump: _Pump | None = None
        self.lost: str | None = None
        try:
            mode = os.fstat(descriptor).st_mode
        except OSError:
            self._kind = "none"
            return
        if stat.S_ISREG(mode):
            self._kind = "file"
            self._offset = os.lseek(descriptor, 0, os.SEEK_CUR)
        elif stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            self._kind = "pipe"
        elif os.isatty(descriptor):
            self._kind = "terminal"
        else:
            self._kind = "none"

    def first(self) -> int:
        """The descriptor for the first execution; the caller closes it if it is not ours."""
        if self._kind == "pipe":
            self._pump = _Pump(self._descriptor, self._spool)
            return self._pump.reader
        if self._kind == "none":
            return os.open(os.devnull, os.O_RDONLY)
        return os.dup(self._descriptor)

    def first_ended(self) -> None:
        """The first execution is over: keep what it had, so that later ones get the same."""
        if self._pump is not None:
            why = self._pump.stop()
            if why:
                self.lost = f"{why}: later executions get its beginning"
        elif self._kind == "terminal":
            self.lost = "standard input is a terminal: executions after the first one read an empty input"

    def again(self) -> int:
        """A fresh descriptor with the same input for a later execution."""
        if self._kind == "file" and Path(f"/dev/fd/{self._descriptor}").exists():
            descriptor = os.open(f"/dev/fd/{self._descriptor}", os.O_RDONLY)
            os.lseek(descriptor, self._offset, os.SEEK_SET)
            return descriptor
        if self._kind == "pipe" and self._spool.exists():
            return os.open(self._spool, os.O_RDONLY)
        return os.open(os.devnull, os.O_RDONLY)


class _Pump:
    """Passes a pipe on to the first execution, and keeps a copy."""

    def __init__(self, source: int, spool: Path) -> None:
        self.reader, self._writer = os.pipe()
        self._source = source
        self._wake, self._waker = os.pipe()
        self._file = spool.open("wb", buffering=0)
        self._lost = ""
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        import select

        kept = 0
        while True:
            # Room first: nothing is taken from our input before the target wants it.
            _, room, _ = select.select([], [self._writer], [], 0.05)
            ready, _, _ = select.select([self._wake, self._source] if room else [self._wake], [], [], 0.05)
            if self._wake in ready:
                break
            if self._source not in ready:
                continue
            chunk = os.read(self._source, 4096)
            if not chunk:
                break
            kept += len(chunk)
            self._keep(chunk, kept)
            try:
                os.write(self._writer, chunk)
            except BrokenPipeError:
                break  # the target closed its input
        os.close(self._writer)

    def _keep(self, chunk: bytes, total: int) -> None:
        """Spool a part, while it fits: the target must get its input whatever becomes of the copy."""
        if total > SPOOL_BYTES:
            self._lost = self._lost or f"standard input is longer than {SPOOL_BYTES // 10**6} MB"
        if self._lost:
            return
        try:
            self._file.write(chunk)
        except OSError as error:
            self._lost = f"standard input could not be kept ({error.strerror})"

    def stop(self) -> str:
        """End the pump; return why the input was not kept whole, or nothing."""
        os.write(self._waker, b"x")
        self._thread.join(5.0)
        self._file.close()
        return self._lost
