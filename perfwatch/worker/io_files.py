"""Which files the target opens, by the interpreter's audit events.

An audit hook cannot be taken out again, so it ends with a look at a flag. It
must not raise, must not open anything, and remembers a bounded number of paths.
"""

from __future__ import annotations

import _thread
import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .io_sampler import LineSampler

FILES_AT_MOST = 1_000
FILES_HANDED_OVER = 200
COMMANDS_AT_MOST = 200
PATH_CHARACTERS = 1_000
LINES_A_FILE = 4
#: Longer than a sample takes, and as long as the target would ever wait for us.
_PATIENCE_SECONDS = 0.05
_EVENTS = frozenset({"open", "mmap.__new__", "sqlite3.connect", "subprocess.Popen", "os.posix_spawn"})
_OURS = "/proc/self/task/"
_IMPORTING = "<frozen importlib"


class _File:
    """One path: opens of each kind, and whether it was read since it was last written."""

    __slots__ = ("again", "opened", "read", "reads", "states", "writes")

    def __init__(self) -> None:
        self.opened = self.reads = self.writes = self.again = 0
        self.read = False
        self.states: list[int] = []

    def note(self, flags: int, state: int) -> None:
        """Count one open with these flags."""
        self.opened += 1
        access = flags & (os.O_RDONLY | os.O_WRONLY | os.O_RDWR)
        if access != os.O_WRONLY:
            self.reads += 1
            self.again += self.read
            self.read = True
        if access != os.O_RDONLY:
            self.writes += 1
            self.read = False
        if state not in self.states and len(self.states) < LINES_A_FILE:
            self.states.append(state)


class FileWatch:
    """The hook and its tables; ``start`` and ``stop`` bound a stretch."""

    def __init__(self, sampler: LineSampler) -> None:
        self._sampler = sampler
        self._where, self._ident, self._cwd = sys._getframe, _thread.get_ident, os.getcwd  # noqa: SLF001
        self.process = os.getpid()
        self.active = False
        self._inside = -1
        self._forget()

    def _forget(self) -> None:
        self.files: dict[str, _File] = {}
        self.commands: dict[str, int] = {}
        self.modules = self.others = self.mapped = self.missed = 0

    def install(self) -> None:
        """Put the hook in, once for the process."""
        sys.addaudithook(self._hook)

    def start(self) -> None:
        """Begin a stretch."""
        self._forget()
        self.active = True

    def stop(self) -> dict[str, Any]:
        """End the stretch and return what was seen, the files opened most often first."""
        self.active = False
        ranked = sorted(self.files.items(), key=lambda item: (-item[1].opened, item[0]))
        handed, rest = ranked[:FILES_HANDED_OVER], ranked[FILES_HANDED_OVER:]
        return {
            "files": [
                [path, file.opened, file.reads, file.writes, file.again, file.states, _size(path)]
                for path, file in handed
            ],
            "rest_opened": self.others + sum(file.opened for _, file in rest),
            "paths": len(ranked),
            "full": self.others > 0,
            "modules": self.modules,
            "mapped": self.mapped,
            "missed": self.missed,
            "commands": sorted(self.commands.items()),
        }

    def _hook(self, event: str, args: tuple[Any, ...]) -> None:
        if not self.active or event not in _EVENTS:
            return
        try:
            ident = self._ident()
            if ident == self._inside:
                # What we open ourselves; any other comes from a signal's handler that cut in here.
                self.missed += not (event == "open" and type(args[0]) is str and args[0].startswith(_OURS))
            elif ident != self._sampler.ident and os.getpid() == self.process:
                self._locked(event, args)
        except Exception:
            # Whatever goes wrong in here must not reach the target's call.
            self.missed += 1

    def _locked(self, event: str, args: tuple[Any, ...]) -> None:
        if not self._sampler.lock.acquire(timeout=_PATIENCE_SECONDS):
            self.missed += 1
            return
        self._inside = self._ident()
        try:
            self._note(event, args)
        finally:
            self._inside = -1
            self._sampler.lock.release()

    def _note(self, event: str, args: tuple[Any, ...]) -> None:
        if event == "mmap.__new__":
            # An anonymous map has no file behind it.
            self.mapped += args[0] != -1
        elif event == "subprocess.Popen":
            self._command(args[0])
        elif event == "os.posix_spawn":
            # From Python 3.13 on, the one above is followed by this for the same child.
            if self._where(3).f_globals.get("__name__") != "subprocess":
                self._command(args[0])
        else:
            # Above this are the two functions that led here.
            frame = self._where(3)
            state = self._sampler.mark(frame)
            if frame.f_code.co_filename.startswith(_IMPORTING):
                self.modules += 1
            else:
                self._file(args[0], args[2] if event == "open" else os.O_RDWR, state)

    def _file(self, name: Any, flags: Any, state: int) -> None:
        path = self._path(name)
        if not path:
            return  # a descriptor that is open already, or a database in memory
        file = self.files.get(path)
        if file is None:
            if len(self.files) >= FILES_AT_MOST:
                self.others += 1
                return
            file = self.files[path] = _File()
        file.note(flags if type(flags) is int else os.O_RDONLY, state)

    def _path(self, name: Any) -> str:
        if isinstance(name, bytes):
            name = os.fsdecode(bytes(name))
        if not isinstance(name, str) or str.__eq__(name, ":memory:"):
            return ""
        # A class derived from str may have methods of its own, and slicing gives a plain one.
        path = str.__getitem__(name, slice(0, PATH_CHARACTERS))
        if path and not os.path.isabs(path):  # noqa: PTH117
            try:
                path = os.path.normpath(os.path.join(self._cwd(), path))  # noqa: PTH118
            except OSError:
                return path  # the working directory was deleted
        return path

    def _command(self, executable: Any) -> None:
        name = os.path.basename(self._path(executable))[:80]  # noqa: PTH119
        if name in self.commands or len(self.commands) < COMMANDS_AT_MOST:
            self.commands[name] = self.commands.get(name, 0) + 1


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size  # noqa: PTH116
    except (OSError, ValueError):
        return None  # it was deleted, or the name cannot be one
