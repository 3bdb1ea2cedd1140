"""Why a process cannot be watched, in the three parts of every message.

It must not look at the process itself: it words what ``collect.live`` found.
What was typed wrong is an error of usage; what is not there, or not to be had,
means that nothing was measured.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfwatch.environment.machine import virtualisation
from perfwatch.errors import NothingMeasured, PerfwatchError, UsageError

if TYPE_CHECKING:
    from perfwatch.collect.live import Live, TracingRules

_LIST = "See which there are: pgrep -af python"
_NOTHING = "Nothing was measured."
_SUDO = 'sudo env "PATH=$PATH" perfwatch attach {pid}'
_CONTAINER = (
    "Start the container with it: docker run --cap-add SYS_PTRACE ...; "
    "in Kubernetes: securityContext.capabilities.add: [SYS_PTRACE]"
)
_DENIED = re.compile(
    r"permission denied|operation not permitted|EPERM|EACCES|failed to suspend", re.IGNORECASE
)
_UNSUPPORTED = re.compile(r"unsupported version of python:? *(?P<version>[\d.]+)?", re.IGNORECASE)
_NOT_PYTHON = re.compile(r"failed to find (a )?python|no python", re.IGNORECASE)
_GONE = re.compile(r"check that the process is running|no such process", re.IGNORECASE)
_SAID_AT_MOST = 300


def pid_of(text: str, own_pids: frozenset[int]) -> int:
    """The number that was typed; raises ``UsageError`` for what is none, and for our own."""
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) == 0:
        raise UsageError(f"{text!r} is no process number.", means=_NOTHING, do=_LIST)
    if int(text) in own_pids:
        raise UsageError(
            f"{text} is perfwatch itself.",
            means="It would watch itself watching; nothing was measured.",
            do=_LIST,
        )
    return int(text)


def gone(pid: int) -> NothingMeasured:
    """There is no such process."""
    return NothingMeasured(
        f"There is no process {pid}.", means="It has ended, or never was: nothing was measured.", do=_LIST
    )


def a_thread(number: int, process: int) -> UsageError:
    """The number is a thread's."""
    return UsageError(
        f"{number} is a thread of process {process}.",
        means=_NOTHING,
        do=f"Watch the whole process, its threads are told apart: perfwatch attach {process}",
    )


def not_python(live: Live) -> NothingMeasured:
    """There is no interpreter in the process."""
    return NothingMeasured(
        f"Process {live.pid} ({live.words}) is no Python process.",
        means="There is no interpreter in it whose stacks could be read. " + _NOTHING,
        do=_LIST,
    )


def traced(live: Live) -> NothingMeasured:
    """Somebody else traces the process already."""
    return NothingMeasured(
        f"Process {live.pid} ({live.words}) is being traced already, by process {live.tracer}.",
        means="A debugger or another profiler has it, and there can be only one. " + _NOTHING,
        do=f"Wait until that has ended, or end it: ps -p {live.tracer}",
    )


def no_sampler() -> NothingMeasured:
    """py-spy is missing."""
    return NothingMeasured(
        "py-spy is not installed.",
        means="It is what looks into a live process. " + _NOTHING,
        do="pip install py-spy",
    )


def unsupported(live: Live, version: str, said: str) -> NothingMeasured:
    """The sampler does not know this interpreter's innards."""
    threading = ", free-threaded" if live.python is not None and live.python.free_threaded else ""
    return NothingMeasured(
        f"Process {live.pid} runs Python {version}{threading}, which this py-spy cannot read: {said}",
        means="It knows the memory of certain versions only. " + _NOTHING,
        do="Try a newer one: pip install --upgrade py-spy; or measure from inside: perfwatch run SCRIPT",
    )


def unreadable(live: Live, rules: TracingRules, said: str = "") -> NothingMeasured:
    """The system does not let us look: which setting or capability is missing, and what mends it."""
    cause, means, do = _obstacle(live, rules, said)
    return NothingMeasured(cause, means=f"{means} {_NOTHING}", do=do)


def _obstacle(live: Live, rules: TracingRules, said: str) -> tuple[str, str, str]:
    sudo = _SUDO.format(pid=live.pid)
    where = virtualisation() or ""
    if rules.scope == "3":
        return (
            f"Process {live.pid} cannot be traced: /proc/sys/kernel/yama/ptrace_scope is 3.",
            "Nobody may look into another process, not even the administrator, until the machine restarts.",
            "Set kernel.yama.ptrace_scope = 1 in /etc/sysctl.d, and restart the machine.",
        )
    if live.user_id != rules.user_id and not rules.capable:
        return (
            f"Process {live.pid} ({live.words}) belongs to another user: {live.user or live.user_id}.",
            "Only its owner and who holds the capability CAP_SYS_PTRACE may look into it.",
            f"As the administrator: {sudo}",
        )
    if rules.scope in {"1", "2"} and not rules.capable:
        only = {
            "1": "a process may look only into those that it started",
            "2": "only who holds the capability CAP_SYS_PTRACE may look into another process",
        }[rules.scope]
        lower = "echo 0 | sudo tee /proc/sys/kernel/yama/ptrace_scope (until the next restart), or once: "
        return (
            f"Process {live.pid} cannot be traced: /proc/sys/kernel/yama/ptrace_scope is {rules.scope}.",
            f"That is, {only}.",
            (lower if rules.scope == "1" else "As the administrator: ") + sudo,
        )
    if not live.dumpable and not rules.capable:
        return (
            f"Process {live.pid} ({live.words}) keeps others out: it is marked as not dumpable.",
            "It changed its user, or asked for that; then CAP_SYS_PTRACE is needed to look into it.",
            f"As the administrator: {sudo}",
        )
    if rules.filtered and rules.capable:
        return (
            f"Process {live.pid} cannot be traced: a system-call filter (seccomp) forbids ptrace here.",
            "We hold CAP_SYS_PTRACE, and it does not help against a filter.",
            "Start the container without: docker run --cap-add SYS_PTRACE --security-opt seccomp=unconfined ...",
        )
    if not rules.capable and ("container" in where or rules.filtered):
        return (
            f"Process {live.pid} cannot be traced: {where or 'this place'} lacks the capability CAP_SYS_PTRACE.",
            "Without it no process may look into another here.",
            _CONTAINER,
        )
    return (
        f"The system does not let us look into process {live.pid}: {said or 'permission denied'}",
        "Reading another process's memory needs the right to trace it (CAP_SYS_PTRACE).",
        f"As the administrator: {sudo}",
    )


def sampler_failed(live: Live, rules: TracingRules, said: str) -> PerfwatchError:
    """What py-spy's last words mean."""
    said = " ".join(said.split())[:_SAID_AT_MOST]
    known = _UNSUPPORTED.search(said)
    if known is not None or (live.python is not None and live.python.free_threaded):
        ours = "" if live.python is None else ".".join(map(str, live.python.version))
        return unsupported(live, (known and known["version"]) or ours or "of an unknown version", said)
    if _DENIED.search(said):
        return unreadable(live, rules, said)
    if _GONE.search(said):
        return gone(live.pid)
    if _NOT_PYTHON.search(said) and live.python is None:
        return not_python(live)
    version = "" if live.python is None else f" (Python {'.'.join(map(str, live.python.version))})"
    return NothingMeasured(
        f"py-spy could not sample process {live.pid}{version}: {said or 'it gave no reason'}",
        means=_NOTHING,
        do=f"Try it by hand: py-spy dump --pid {live.pid}; a newer one may know more: pip install --upgrade py-spy",
    )
