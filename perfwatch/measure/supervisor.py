"""Run one command, outlive nothing of it, and answer with how it went.

Started by path with our own interpreter: ``python -I -S supervisor.py``, and it
imports the standard library only, so that it starts in a few milliseconds. On
Linux it becomes the reaper of every orphan below it, which catches daemons in
sessions of their own; elsewhere it ends the process group. It must not touch the
target's streams, and it must not profile. Where it is told to choose the target's
place in memory, it holds the target for a moment before its first instruction.

The request, one line, comes on its standard input; its standard output is a
channel to the parent: first a line with the target's pid, at the end one with
the answer. No file is needed, so that a full disk loses none of it.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_ADDR_NO_RANDOMIZE, _ASK = 0x0040000, 0xFFFFFFFF
_PTRACE_TRACEME, _PTRACE_CONT, _PTRACE_DETACH = 0, 7, 17
_LINUX = sys.platform == "linux"
#: How long processes that the target left may take to end by themselves.
_GRACE_SECONDS = 0.2
#: How long descendants may take to die of SIGKILL before we stop waiting for them.
_REAP_SECONDS = 5.0


def main() -> None:
    """Run the request's command and write the answer."""
    asked = sys.stdin.buffer.read()
    if not asked.endswith(b"\n"):
        return  # our parent was stopped before it had asked: there is nothing to do and nobody to tell
    request = json.loads(asked)
    _bind_to(request["parent"])
    state: dict[str, Any] = {"interrupted": False, "timed_out": False}

    def stop(_number: int, _frame: Any) -> None:
        state["interrupted"] = True

    signal.signal(signal.SIGTERM, stop)
    # The terminal's Ctrl-C goes to the target, too; our parent tells us.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Our parent held both back until now, when they are understood.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM})
    before = _counters()
    child, started, before_it = _spawn(request)
    _tell(str(child))
    usage, status, ended, thread = _wait(child, request["timeout_ns"], state)
    survivors = _end_descendants(child)
    after = _counters()
    answer = {
        "pid": child,
        "wall_ns": ended - started,
        "started_ns": started,
        "exit_code": os.waitstatus_to_exitcode(status),
        "placed": before_it is not None,
        "launch_cpu_ns": (before_it or (0,))[0],
        "thread_ns": None if thread is None else thread[0] - (before_it or (0, 0))[0],
        "queued_ns": None if thread is None else thread[1] - (before_it or (0, 0))[1],
        # Its end is the last time that it gives the processor up.
        "waits_count": None if before_it is None else max(0, usage.ru_nvcsw - before_it[2] - 1),
        "survivors": survivors,
        "usage": _usage(usage),
        "io": {name: after[name] - before.get(name, 0) for name in after if not name.startswith("oom")},
        "memory_limit_hit": any(
            after[name] > before.get(name, 0) for name in after if name.startswith("oom")
        ),
        **state,
    }
    _tell(json.dumps(answer))


def _tell(line: str) -> None:
    """Write a line to the parent; a parent that has gone needs none."""
    rest = line.encode() + b"\n"
    try:
        while rest:
            rest = rest[os.write(1, rest) :]
    except BrokenPipeError:
        return  # what runs is still to be ended, and that is what we go on for


def _prctl(option: int, value: int) -> None:
    if _LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def _bind_to(parent: int) -> None:
    """Be told when the parent dies, and inherit every orphan below."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        sys.exit(0)  # the parent went away before it could be watched


def _spawn(request: dict[str, Any]) -> tuple[int, int, tuple[int, int, int] | None]:
    """Start the command with the given streams; return its pid, when it began, and what its process had used by then.

    That is the times of its thread, and how often it had waited; ``None`` for a program that
    does not lie where it was told to. A command that cannot start ends with 127.
    """
    streams = request["streams"]
    me = os.getpid()
    told, telling = os.pipe()
    started = time.perf_counter_ns()
    child = os.fork()
    if child:
        os.close(telling)
        for stream in set(streams):
            if stream > 2:
                os.close(stream)
        began = _give_back_stack(child) if os.read(told, 1) == b"1" else None
        os.close(told)
        if request["processor"] is not None:
            # Who would have to wait for its end there would learn of it some milliseconds late.
            _stay_on(os.sched_getaffinity(0) - {request["processor"]})
        return (child, *began) if began is not None else (child, started, None)
    try:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != me:
            os._exit(126)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        # Python ignores these for itself, and what is ignored stays so in the next program.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        if not _LINUX or request["own_group"]:
            os.setpgid(0, 0)
        copies = [os.dup(stream) for stream in streams]
        for number, copy in enumerate(copies):
            os.dup2(copy, number)
        os.chdir(request["cwd"])
        if request["processor"] is not None:
            _stay_on({request["processor"]})
        placed = request["stack_bytes"] is not None and _place(request["stack_bytes"])
        os.write(telling, b"1" if placed else b"0")
        os.closerange(3, 256)
        os.execvpe(request["command"][0], request["command"], request["environment"])  # noqa: S606
    except OSError as error:
        os.write(2, f"perfwatch: {request['command'][0]} does not start: {error}\n".encode())
    finally:
        os._exit(127)


def _stay_on(processors: set[int]) -> None:
    """Run on these processors alone; where there are none, or we may not, wherever the system puts us."""
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, processors)


def _place(stack_bytes: int) -> bool:
    """Have the next program lie where so much stack puts it, and not where chance does; whether that is allowed.

    The program then stops before its first instruction, for our parent to give it its
    own limit of the stack back: it has been mapped by then, and has read nothing yet.
    """
    libc = ctypes.CDLL(None)
    before, limits = libc.personality(ctypes.c_ulong(_ASK)), resource.getrlimit(resource.RLIMIT_STACK)
    if before < 0 or libc.personality(ctypes.c_ulong(before | _ADDR_NO_RANDOMIZE)) < 0:
        return False
    try:
        resource.setrlimit(resource.RLIMIT_STACK, (stack_bytes, limits[1]))
        if _ptrace(_PTRACE_TRACEME) == 0:
            return True
        resource.setrlimit(resource.RLIMIT_STACK, limits)
    except (OSError, ValueError):
        pass  # more than may be asked for: nothing was changed
    libc.personality(ctypes.c_ulong(before))
    return False


def _give_back_stack(child: int) -> tuple[int, tuple[int, int, int]] | None:
    """Let a program that waits at its beginning go on, with as much stack as is ours.

    Returns when, its thread's times until then, and how often it had waited. A child that
    ended instead is left to be waited for: ``None``.
    """
    while True:
        seen = os.waitid(os.P_PID, child, os.WEXITED | os.WSTOPPED | os.WNOWAIT)
        if seen is None or seen.si_code in (os.CLD_EXITED, os.CLD_KILLED, os.CLD_DUMPED):
            return None
        if seen.si_status == signal.SIGTRAP:
            with contextlib.suppress(OSError):  # it was killed just now, or has the rights of somebody else
                resource.prlimit(child, resource.RLIMIT_STACK, resource.getrlimit(resource.RLIMIT_STACK))
            waits = dict(_pairs(f"/proc/{child}/status", ":")).get("voluntary_ctxt_switches", 0)
            began = time.perf_counter_ns(), (*(_thread_times(child) or (0, 0)), waits)
            _ptrace(_PTRACE_DETACH, child)
            return began
        _ptrace(_PTRACE_CONT, child, seen.si_status)  # a signal that came before the program did


def _ptrace(request: int, pid: int = 0, number: int = 0) -> int:
    ptrace = ctypes.CDLL(None).ptrace
    ptrace.argtypes, ptrace.restype = (
        [ctypes.c_long, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p],
        ctypes.c_long,
    )
    return int(ptrace(request, pid, None, number))


def _wait(
    child: int, timeout_ns: int | None, state: dict[str, Any]
) -> tuple[Any, int, int, tuple[int, int] | None]:
    """Wait for the child; end it at the time limit, or when we are told to.

    Returns its usage, its status, when it ended, and the times of its first thread.
    A pidfd lets the wait sleep until something happens; where there is none
    (macOS), it looks every 5 ms.
    """
    deadline = None if timeout_ns is None else time.perf_counter_ns() + timeout_ns
    handle = os.pidfd_open(child) if hasattr(os, "pidfd_open") else None
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    killed = False
    while True:
        if not _LINUX or os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
            ended, thread = time.perf_counter_ns(), _thread_times(child)
            found, status, usage = os.wait4(child, os.WNOHANG)
            if found:
                return usage, status, ended, thread
        now = time.perf_counter_ns()
        state["timed_out"] = state["timed_out"] or (deadline is not None and now >= deadline)
        if (state["interrupted"] or state["timed_out"]) and not killed:
            killed = True
            _end_politely(child, state)
        left = None if deadline is None or killed else max(0.0, (deadline - now) / 1e9)
        pause = left if handle is not None else min(0.005, left if left is not None else 1.0)
        ready, _, _ = select.select([wake] if handle is None else [handle, wake], [], [], pause)
        if wake in ready:
            os.read(wake, 64)


def _thread_times(child: int) -> tuple[int, int] | None:
    """Processor time of a child's first thread, and how long it was queued for a processor."""
    try:
        with open(f"/proc/{child}/schedstat", encoding="ascii") as file:  # noqa: PTH123
            computed, queued, _ = map(int, file.read().split())
    except (OSError, ValueError):
        return None  # this system keeps no such account
    return (computed, queued) if computed else None


def _end_politely(child: int, state: dict[str, Any]) -> None:
    """SIGTERM first, so that a worker can still answer; SIGKILL after two seconds."""
    try:
        os.kill(child, signal.SIGTERM)
        os.kill(child, signal.SIGCONT)  # a stopped process takes no other signal
        end = time.monotonic() + 2.0
        while time.monotonic() < end:
            if os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None:
                return
            time.sleep(0.01)
        state["killed"] = True
        os.kill(child, signal.SIGKILL)
    except ProcessLookupError:
        return  # it ended by itself meanwhile


def _end_descendants(child: int) -> list[dict[str, Any]]:
    """Kill and reap whatever the target left behind; return what it was."""
    if not _LINUX:
        try:
            os.killpg(child, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return []  # the group is empty
        return []
    _let_go(time.monotonic() + _GRACE_SECONDS)
    found: dict[int, str] = {}
    end = time.monotonic() + _REAP_SECONDS
    while time.monotonic() < end:
        # Killing a parent hands its children to us: look again until nothing is left.
        living = _descendants()
        for pid, name in living.items():
            found.setdefault(pid, name)
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue  # it ended by itself meanwhile
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            if not living:
                break
        time.sleep(0.002)
    return [{"pid": pid, "name": name} for pid, name in found.items()]


def _let_go(end: float) -> None:
    """Wait for processes that end by themselves once their parent is gone, as multiprocessing's tracker does."""
    while time.monotonic() < end:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.002)
        except ChildProcessError:
            return


def _descendants() -> dict[int, str]:
    """Living processes below this one, by pid; zombies are not living."""
    parents: dict[int, tuple[int, str, str]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
                    text = file.read()
            except OSError:
                continue  # it ended while we looked
            name, rest = text[text.index("(") + 1 : text.rindex(")")], text[text.rindex(")") + 2 :].split()
            parents[int(entry)] = (int(rest[1]), rest[0], name)
    below: dict[int, str] = {}
    level = {os.getpid()}
    while level:
        level = {pid for pid, (parent, _, _) in parents.items() if parent in level}
        below.update({pid: parents[pid][2] for pid in level if parents[pid][1] != "Z"})
    return below


def _usage(usage: Any) -> dict[str, int]:
    scale = 1 if sys.platform == "darwin" else 1024
    return {
        "user_cpu_ns": round(usage.ru_utime * 1e9),
        "system_cpu_ns": round(usage.ru_stime * 1e9),
        "peak_resident_bytes": usage.ru_maxrss * scale,
        "major_faults_count": usage.ru_majflt,
        "voluntary_switches_count": usage.ru_nvcsw,
        "involuntary_switches_count": usage.ru_nivcsw,
    }


def _counters() -> dict[str, int]:
    """Bytes and calls of this process and all it has reaped, and how often memory limits killed here."""
    names = {
        "rchar": "read_bytes",
        "wchar": "written_bytes",
        "syscr": "read_calls_count",
        "syscw": "write_calls_count",
        "read_bytes": "disk_read_bytes",
        "write_bytes": "disk_written_bytes",
    }
    found = {names[name]: value for name, value in _pairs("/proc/self/io", ":") if name in names}
    for number, controllers, path in _triples("/proc/self/cgroup"):
        group = path.rstrip("/")
        if "memory" in controllers.split(","):
            events = f"/sys/fs/cgroup/memory{group}/memory.oom_control"
        elif number == "0":
            events = f"/sys/fs/cgroup{group}/memory.events"
        else:
            continue
        found.update({f"oom_{number}": value for name, value in _pairs(events, " ") if name == "oom_kill"})
    machine = dict(_pairs("/proc/vmstat", " "))
    if "oom_kill" in machine:
        found["oom_machine"] = machine["oom_kill"]
    return found


def _pairs(path: str, separator: str) -> list[tuple[str, int]]:
    try:
        with open(path, encoding="ascii") as file:  # noqa: PTH123
            rows = [line.split(separator) for line in file]
    except OSError:
        return []  # not on this system: the figures stay unknown
    return [(row[0].strip(), int(row[1])) for row in rows if len(row) == 2 and row[1].strip().isdigit()]


def _triples(path: str) -> list[tuple[str, str, str]]:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123
            rows = [line.rstrip("\n").split(":", 2) for line in file]
    except OSError:
        return []  # not on this system
    return [(row[0], row[1], row[2]) for row in rows if len(row) == 3]


if __name__ == "__main__":
    main()
