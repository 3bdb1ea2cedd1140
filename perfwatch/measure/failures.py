"""Name what went wrong in an execution, with what it means and what to do next.

A failure's message holds cause and consequence, its advice the next step. It
must not run anything.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perfwatch import units
from perfwatch.errors import StoreError
from perfwatch.records.run import Failure, FailureKind, PassName, Target, TargetKind
from perfwatch.worker.session import NOT_HANDED_OVER
from perfwatch.workloads.definition import install_line

if TYPE_CHECKING:
    from pathlib import Path

    from perfwatch.measure.runner import Outcome

#: What a worker and memray say, on standard error, when the disk takes no more of a profile.
_CUT_SHORT = (NOT_HANDED_OVER, "Failed to write output, deactivating tracking")
#: What the C++ library says when memray reads a descriptor that the target closed beneath it.
_CLOSED_BENEATH = ("basic_filebuf::underflow", "Bad file descriptor")
TAIL_LINES = 30
TAIL_CHARACTERS = 4_000
_TRACEBACK = "Traceback (most recent call last)"
#: The package that an import did not find.
_ABSENT = re.compile(r"No module named '(\w+)")
#: An exception's own line; in a group's traceback each line has a margin.
_RAISED = re.compile(r"^(?: +\| )?(?P<name>[A-Za-z_][\w.]*)(?:: (?P<text>.*))?$")
#: Errors of the compiler are shown without a traceback where the script itself has them.
_UNCOMPILED = ("SyntaxError", "IndentationError", "TabError")
_SIGNAL_ADVICE = {
    "SIGSEGV": "Compiled code broke memory. PYTHONFAULTHANDLER=1 in the environment shows the Python line.",
    "SIGABRT": "Compiled code gave up. PYTHONFAULTHANDLER=1 in the environment shows the Python line.",
    "SIGBUS": "Compiled code broke memory, or a mapped file shrank. Check the disk and memory-mapped files.",
    "SIGFPE": "Compiled code divided by zero. PYTHONFAULTHANDLER=1 in the environment shows the Python line.",
    "SIGILL": "A library was built for another processor. Reinstall it for this machine.",
    "SIGKILL": "Something outside ended it: a scheduler, a script, or a memory limit that cannot be seen from here.",
}
_KINDS = {
    "SyntaxError": FailureKind.SYNTAX,
    "IndentationError": FailureKind.SYNTAX,
    "TabError": FailureKind.SYNTAX,
    "ImportError": FailureKind.IMPORT,
    "ModuleNotFoundError": FailureKind.IMPORT,
}


class ScratchFull(StoreError):
    """The disk under the scratch files is full: what is measured cannot be written down."""


_RECORDED = {
    "import": FailureKind.IMPORT,
    "syntax": FailureKind.SYNTAX,
    "no-result": FailureKind.NO_RESULT,
}
_LEFT_ADVICE = (
    "Something replaced or killed the interpreter (os.execv, os._exit, a native exit): "
    "measure the part before it, as a function."
)


def tail_of(text: str) -> str:
    """The last lines of an output, bounded."""
    return "\n".join(text.rstrip().splitlines()[-TAIL_LINES:])[-TAIL_CHARACTERS:]


def execution_failure(outcome: Outcome, target: Target, pass_name: PassName) -> Failure | None:
    """What failed in an execution by its exit alone; ``None`` where it ended with 0."""
    tail = tail_of(outcome.stderr.tail) if outcome.stderr is not None else ""
    consequence = _consequence(pass_name)
    if outcome.timed_out:
        return Failure(
            target=target.key,
            pass_name=pass_name,
            kind=FailureKind.TIMEOUT,
            message=f"The target did not end within {units.time(outcome.wall_ns)} and was ended. {consequence}",
            stderr_tail=tail,
            advice="Give it longer with --timeout, less to do, or profile it as it runs with --once.",
        )
    if outcome.exit_code == 0:
        return None
    if outcome.exit_code < 0:
        return _killed(outcome, target, pass_name, tail)
    kind, message, advice = _exited(outcome.exit_code, tail)
    return Failure(
        target=target.key,
        pass_name=pass_name,
        kind=kind,
        message=f"{message} {consequence}",
        exit_code=outcome.exit_code,
        stderr_tail=tail,
        advice=advice,
    )


def _consequence(pass_name: PassName) -> str:
    if pass_name is PassName.TIMING:
        return "Its measuring ended there; executions that were complete are kept."
    return f"The {pass_name} pass is not complete; what other passes brought is kept."


def _killed(outcome: Outcome, target: Target, pass_name: PassName, tail: str) -> Failure:
    name = outcome.signal_name or "a signal"
    consequence = _consequence(pass_name)
    limit = outcome.memory_limit_hit and name == "SIGKILL"
    peak = units.size(outcome.usage.get("peak_resident_bytes"))
    return Failure(
        target=target.key,
        pass_name=pass_name,
        kind=FailureKind.MEMORY_LIMIT if limit else FailureKind.SIGNAL,
        message=(
            f"The system killed the target at a memory limit ({name}); it had reached {peak}. {consequence}"
            if limit
            else f"The target was killed by {name} after {units.time(outcome.wall_ns)}. {consequence}"
        ),
        exit_code=outcome.exit_code,
        signal=name,
        stderr_tail=tail,
        advice=(
            "Use a smaller input, or raise the limit of the container, job or machine."
            if limit
            else _SIGNAL_ADVICE.get(name, "Run it without perfwatch to see whether it dies there, too.")
        ),
    )


def _exited(code: int, tail: str) -> tuple[FailureKind, str, str]:
    raised = _raised(tail) if code == 1 else None
    if raised is not None:
        name = raised["name"].rpartition(".")[2]
        kind = _KINDS.get(name, FailureKind.EXCEPTION)
        text = f": {raised['text'].rstrip('.')}" if raised["text"] else ""
        return kind, f"The target raised {name}{text}.", _advice(kind, name)
    if code == 2 and "usage:" in tail:
        return (
            FailureKind.EXIT,
            "The target refused its arguments (exit code 2).",
            "Its arguments follow its name: perfwatch run script.py --its-option value",
        )
    if code == 127 and "does not start" in tail:
        return FailureKind.EXIT, f"{tail.splitlines()[-1]}.", "Choose another interpreter with --python."
    return (
        FailureKind.EXIT,
        f"The target ended with exit code {code}.",
        "Run it without perfwatch to see why.",
    )


def _raised(tail: str) -> re.Match[str] | None:
    """The line that names the exception: the first behind the last traceback's frames."""
    lines = tail.splitlines()
    begins = [number for number, line in enumerate(lines) if _TRACEBACK in line]
    if begins:
        return next((found for line in lines[begins[-1] + 1 :] if (found := _RAISED.match(line))), None)
    return next((_RAISED.match(line) for line in reversed(lines) if line.startswith(_UNCOMPILED)), None)


def _advice(kind: FailureKind, name: str = "") -> str:
    if name == "MemoryError":
        return "Use a smaller input, or raise the memory limit (ulimit -v, the job's or the container's)."
    if kind is FailureKind.NO_RESULT:
        return _LEFT_ADVICE
    if kind is FailureKind.IMPORT:
        return "Install what is missing in the target's environment, or choose another with --python."
    if kind is FailureKind.SYNTAX:
        return "Mend the line, or run it with the Python version it was written for (--python)."
    return "Run it without perfwatch: the same should happen there."


def record_failure(record: dict[str, Any], target: Target, pass_name: PassName) -> Failure:
    """A benchmark's own failure inside a worker that went on."""
    error = record["error"]
    kind = _RECORDED.get(error["kind"], FailureKind.EXCEPTION)
    advice = _advice(kind, str(error["type"]))
    if target.kind is TargetKind.WORKLOAD and kind is FailureKind.IMPORT:
        absent = _ABSENT.findall(str(error["message"]))
        advice = f"The bundled workloads need more packages: {install_line(absent)}"
    what = f"{error['type']}: {error['message']}" if error["type"] else str(error["message"])
    return Failure(
        target=target.key,
        pass_name=pass_name,
        kind=kind,
        message=f"{what.strip().rstrip(':.')}. {_missing(pass_name)}",
        benchmark=record.get("name"),
        stderr_tail=tail_of(error["traceback"]),
        advice=advice,
    )


def _missing(pass_name: PassName) -> str:
    return (
        "It is not profiled." if pass_name is PassName.TIMING else f"The {pass_name} pass has nothing of it."
    )


def no_answer(outcome: Outcome, target: Target, pass_name: PassName) -> Failure:
    """The worker ended well and left no answer: what it measured is lost."""
    return Failure(
        target=target.key,
        pass_name=pass_name,
        kind=FailureKind.NO_RESULT,
        message="The target ended its process before the measurement was handed over. "
        + _consequence(pass_name),
        exit_code=outcome.exit_code,
        stderr_tail=tail_of(outcome.stderr.tail) if outcome.stderr is not None else "",
        advice=_LEFT_ADVICE,
    )


def ended_by_memray(outcome: Outcome) -> str:
    """Why memray ended the process, where it did: that is no failure of the target's; else empty."""
    said = "" if outcome.stderr is None else outcome.stderr.tail
    if outcome.signal_name != "SIGABRT" or not all(words in said for words in _CLOSED_BENEATH):
        return ""
    return (
        "memray ended the process, because the target closed all file descriptors, memray's too, by a way "
        "that could not be seen (not os.close or os.closerange)"
    )


def refuse_cut_short(outcome: Outcome, folder: Path) -> None:
    """Raise ``ScratchFull`` where an execution could not write down what it measured."""
    said = "" if outcome.stderr is None else outcome.stderr.tail
    if any(words in said for words in _CUT_SHORT):
        raise scratch_full(folder)


def scratch_full(folder: Path) -> ScratchFull:
    """Say that measuring has no room for its scratch files."""
    return ScratchFull(
        f"There is no room left for scratch files in {folder.parent}.",
        means="Measuring ended there; finished passes are kept.",
        do="Free some space there, or set TMPDIR to a folder on another disk, and run again.",
    )
