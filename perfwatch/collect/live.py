"""A process that runs already: what it is, what it used meanwhile, and what the system lets us see of it.

Facts from psutil and from /proc. It must not judge them, and must not touch the
process: what is forbidden or cannot be read is ``None``.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PROC = Path("/proc")
_CAP_SYS_PTRACE = 19
#: A command line may be as long as it likes; a name may not.
NAME_CHARACTERS = 60
_ARGUMENTS_AT_MOST = 1_000
_PYTHON_PROGRAM = re.compile(r"^python(?P<version>\d(\.\d+)?)?(?P<free>t)?(\.exe)?$", re.IGNORECASE)
#: What is mapped into an interpreter: its library, or modules of its standard library.
_MAPPED = re.compile(r"(?:/libpython|/lib/python)(?P<major>\d)\.(?P<minor>\d+)(?P<free>t)?(?:[./]|$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpreted:
    """Which Python a process runs, as far as its program and its mapped files tell."""

    version: tuple[int, int]
    free_threaded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A living process. ``started`` tells it from a later one with the same number.

    ``user_id`` is ``None`` where there are no user numbers. ``readable`` says
    whether the system let us see its program. ``shares_files`` says that a path
    means the same file for it and for us. ``tracer`` is the process that traces it
    already, 0 for none: there can be one only.
    """

    pid: int
    started: float
    program: str
    command: tuple[str, ...] = ()
    executable: str | None = None
    cwd: Path | None = None
    user_id: int | None = None
    user: str = ""
    readable: bool = True
    maybe_python: bool = True
    python: Interpreted | None = None
    shares_files: bool = True
    dumpable: bool = True
    tracer: int = 0

    @property
    def words(self) -> str:
        """Its command in a few characters: ``python train.py``."""
        words = [Path(self.command[0]).name, *self.command[1:]] if self.command else [self.program]
        shown = " ".join(" ".join(words).split())
        return shown if len(shown) <= NAME_CHARACTERS else shown[: NAME_CHARACTERS - 3] + "..."

    @property
    def name(self) -> str:
        """What a report calls it: ``pid 123 (python train.py)``."""
        return f"pid {self.pid} ({self.words})"

    @property
    def script(self) -> Path | None:
        """The script it was started with, where there is one."""
        words = [word for word in self.command[1:2] if word.endswith(".py")]
        return (self.cwd or Path()) / words[0] if words else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TracingRules:
    """What this system allows of looking into other processes.

    ``scope`` is Yama's setting, empty without Yama. ``capable`` says that we hold
    CAP_SYS_PTRACE; ``filtered`` that a system-call filter is upon us.
    """

    scope: str = ""
    capable: bool = False
    filtered: bool = False
    user_id: int | None = None


def find_process(pid: int) -> Live | None:
    """The living process of that number; ``None`` where there is none, or only a zombie."""
    import psutil

    try:
        process = psutil.Process(pid)
        with process.oneshot():
            if process.status() == psutil.STATUS_ZOMBIE:
                return None
            return _described(process)
    except psutil.NoSuchProcess:
        return None  # it has ended, perhaps while we looked


def _described(process: Any) -> Live:
    executable, readable = _program_of(process)
    cwd = _told(process.cwd)
    mapped = _mapped_files(process.pid)
    program = str(_told(process.name) or "?")
    found = _interpreted([executable or "", program], mapped or [])
    return Live(
        pid=process.pid,
        started=process.create_time(),
        program=program,
        command=tuple((_told(process.cmdline) or [])[:_ARGUMENTS_AT_MOST]),
        executable=executable,
        cwd=Path(cwd) if cwd else None,
        user_id=process.uids().real if hasattr(process, "uids") else None,
        user=str(_told(process.username) or ""),
        readable=readable,
        maybe_python=found is not None or not mapped or _looks_like_python(executable or program),
        python=found,
        shares_files=_same_namespace(process.pid),
        tracer=_tracer_of(process.pid),
        dumpable=_is_dumpable(process.pid, process.uids().effective if hasattr(process, "uids") else None),
    )


def _program_of(process: Any) -> tuple[str | None, bool]:
    """The program's path, and whether we may look. psutil would guess a path that it may not see."""
    if sys.platform != "linux":
        path = _told(process.exe)
        return path or None, path is not None
    try:
        return os.readlink(PROC / str(process.pid) / "exe").removesuffix(" (deleted)"), True  # noqa: PTH115 - no path of ours
    except PermissionError:
        return None, False
    except OSError:
        return None, True  # a thread of the kernel has no program


def _told(question: Callable[[], Any]) -> Any:
    """The answer, or ``None`` where the system keeps it to itself."""
    import psutil

    with contextlib.suppress(psutil.AccessDenied, OSError):
        return question()
    return None


def _mapped_files(pid: int) -> list[str] | None:
    """Paths of the files that are mapped into the process; ``None`` where that is not told."""
    with contextlib.suppress(OSError), (PROC / str(pid) / "maps").open(errors="replace") as file:
        return sorted({parts[5].strip() for line in file if len(parts := line.split(None, 5)) == 6})
    return None


def _looks_like_python(path: str) -> bool:
    return _PYTHON_PROGRAM.match(Path(path).name) is not None


def _interpreted(programs: Iterable[str], mapped: Iterable[str]) -> Interpreted | None:
    for path in mapped:
        found = _MAPPED.search(path)
        if found is not None:
            version = (int(found["major"]), int(found["minor"]))
            return Interpreted(version=version, free_threaded=found["free"] is not None)
    for path in programs:
        named = _PYTHON_PROGRAM.match(Path(path).name)
        if named is not None and named["version"] and "." in named["version"]:
            major, minor = named["version"].split(".")
            return Interpreted(version=(int(major), int(minor)), free_threaded=named["free"] is not None)
    return None


def _same_namespace(pid: int) -> bool:
    """Whether the process sees our file system; where that is not told, it is taken to."""
    with contextlib.suppress(OSError):
        return (PROC / str(pid) / "ns/mnt").stat().st_ino == (PROC / "self/ns/mnt").stat().st_ino
    return True


def _is_dumpable(pid: int, user_id: int | None) -> bool:
    """Whether the process keeps nobody out: what does so belongs to root in /proc, whoever runs it."""
    with contextlib.suppress(OSError):
        return (PROC / str(pid)).stat().st_uid == user_id
    return True


def _tracer_of(pid: int) -> int:
    found = re.search(r"^TracerPid:\s*(\d+)$", _text(PROC / str(pid) / "status"), re.MULTILINE)
    return int(found[1]) if found is not None else 0


def is_alive(live: Live) -> bool:
    """Whether that very process still runs."""
    import psutil

    try:
        process = psutil.Process(live.pid)
        return bool(process.create_time() == live.started and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def environment_of(live: Live) -> dict[str, str]:
    """The environment that the process was started with; empty where that is not told."""
    import psutil

    with contextlib.suppress(psutil.Error, OSError):
        return dict(psutil.Process(live.pid).environ())
    return {}


def interpreter_path(live: Live) -> str | None:
    """How the process's interpreter was started: a virtual environment's link, where it was by one.

    ``None`` where the process's program cannot be seen, or is no interpreter.
    """
    if live.executable is None or not _looks_like_python(live.executable):
        return None
    typed = live.command[0] if live.command else ""
    folders = environment_of(live).get("PATH", "").split(os.pathsep) if os.sep not in typed else [""]
    for folder in folders:
        candidate = os.path.normpath((live.cwd or Path()) / folder / typed)
        if os.path.realpath(candidate) == live.executable and typed:
            return candidate
    return live.executable


def thread_of(number: int, proc: Path = PROC) -> int | None:
    """The process that a thread of that number belongs to; ``None`` where it is no thread but a process."""
    with contextlib.suppress(OSError):
        found = re.search(r"^Tgid:\s*(\d+)$", (proc / str(number) / "status").read_text(), re.MULTILINE)
        if found is not None and int(found[1]) != number:
            return int(found[1])
    return None


def tracing_rules(proc: Path = PROC) -> TracingRules:
    """What /proc says of our rights; outside Linux only an administrator has them."""
    own_id = os.geteuid() if hasattr(os, "geteuid") else None
    if sys.platform != "linux":
        return TracingRules(capable=own_id == 0, user_id=own_id)
    status = _text(proc / "self/status")
    capabilities = re.search(r"^CapEff:\s*([0-9a-f]+)$", status, re.MULTILINE)
    seccomp = re.search(r"^Seccomp:\s*(\d+)$", status, re.MULTILINE)
    return TracingRules(
        scope=_text(proc / "sys/kernel/yama/ptrace_scope").strip(),
        capable=capabilities is not None and bool(int(capabilities[1], 16) >> _CAP_SYS_PTRACE & 1),
        filtered=seccomp is not None and seccomp[1] != "0",
        user_id=own_id,
    )


def _text(file: Path) -> str:
    with contextlib.suppress(OSError):
        return file.read_text(errors="replace")
    return ""


@dataclass(slots=True)
class UseMeter:
    """What a process used from the meter's start on, by the system's own counters.

    A process that has ended keeps what was read of it last.
    """

    pid: int
    before: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)

    def start(self) -> None:
        """Begin to count."""
        self.before = self.last = _counters(self.pid)

    def read(self) -> None:
        """Look again; what cannot be seen any more stays as it was."""
        self.last = {**self.last, **_counters(self.pid)}

    def used(self, name: str) -> int | None:
        """How much of one counter was used; ``None`` for one that the system does not tell."""
        if name not in self.last or name not in self.before:
            return None
        return max(0, round(self.last[name] - self.before[name]))

    def amounts(self) -> dict[str, int]:
        """How much of each counter was used, by the names of an I/O profile's fields."""
        return {name: amount for name in self.last if (amount := self.used(name)) is not None}

    @property
    def cpu_ns(self) -> int | None:
        """Processor time, of the process and the children it waited for meanwhile."""
        user, system = self.used("user_cpu_ns"), self.used("system_cpu_ns")
        return None if user is None or system is None else user + system


def _faults(pid: int) -> dict[str, float]:
    """Page faults, which psutil does not tell: the tenth and the twelfth field (proc_pid_stat(5))."""
    fields = _text(PROC / str(pid) / "stat").rpartition(")")[2].split()
    if len(fields) < 10:
        return {}
    return {"minor_faults_count": float(fields[7]), "major_faults_count": float(fields[9])}


def _counters(pid: int) -> dict[str, float]:
    import psutil

    found: dict[str, float] = {}
    try:
        process = psutil.Process(pid)
        times = process.cpu_times()
        found["user_cpu_ns"] = 1e9 * (times.user + getattr(times, "children_user", 0.0))
        found["system_cpu_ns"] = 1e9 * (times.system + getattr(times, "children_system", 0.0))
        switches = process.num_ctx_switches()
        found["voluntary_switches_count"] = switches.voluntary
        found["involuntary_switches_count"] = switches.involuntary
        found.update(_faults(pid))
        if hasattr(process, "io_counters"):
            moved = process.io_counters()
            found["read_bytes"] = getattr(moved, "read_chars", moved.read_bytes)
            found["written_bytes"] = getattr(moved, "write_chars", moved.write_bytes)
            found["read_calls_count"] = moved.read_count
            found["write_calls_count"] = moved.write_count
            found["disk_read_bytes"] = moved.read_bytes
            found["disk_written_bytes"] = moved.write_bytes
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return found  # what it did not tell before it ended, or does not tell us, stays unknown
    return found
