"""The tools of `perfwatch run`, each tried in the target's interpreter on something whose truth is known.

It must not judge a figure more finely than "the tool saw what was there": a
sample of a third of a second on a loaded machine says no more.
"""

from __future__ import annotations

import importlib.metadata
import sys
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.environment import doctor_probe
from perfwatch.environment.bounded import Bounds, ask
from perfwatch.environment.checks.mending import AGAIN, WITH_THE_LOCK, own_pip_line, pip_line, tracing
from perfwatch.environment.checks.patient import (
    PROBE_SECONDS,
    Patient,
    ProbeFailed,
    ProbeLate,
    Seen,
    last_line,
)
from perfwatch.records.doctor import CheckState

if TYPE_CHECKING:
    from typing import Any

WORK_SECONDS = 0.05
SAMPLED_SECONDS = 0.3
_RATE_HERTZ = 200
#: A sampler that saw fewer of the ones due did not look, whatever else the machine had to do.
_SEEN_RATIO = 0.1
_INSTALL = " To install it there: "


def timing(patient: Patient) -> Seen:
    """Run a programme that computes, leaves a process behind and ends with status 3, under the supervisor."""
    command = tuple(patient.probe.command("supervised", {"seconds": WORK_SECONDS}))
    source = "an execution under perfwatch's supervisor"
    if sys.platform == "win32":
        return Seen(
            state=CheckState.BROKEN,
            fact="the supervisor needs fork and wait4",
            means="Nothing can be measured on Windows; stored runs can be shown.",
            do="wsl --install",
        )
    outcome = patient.execute(command, round(PROBE_SECONDS * 1e9))
    if outcome.exit_code != 3:
        return Seen(
            state=CheckState.BROKEN,
            fact=f"a programme that ends with status 3 ended with {outcome.exit_code}",
            source=source,
            means="Nothing can be measured: the target's interpreter does not run as asked.",
            do=f"{patient.interpreter.executable} -c 'raise SystemExit(3)'",
        )
    if outcome.cpu_ns < WORK_SECONDS * 1e9 / 2 or outcome.wall_ns < WORK_SECONDS * 1e9:
        return Seen(
            state=CheckState.BROKEN,
            fact=f"{units.time(WORK_SECONDS * 1e9)} of work were counted as {units.time(outcome.cpu_ns)} "
            f"of processor time in {units.time(outcome.wall_ns)}",
            source=source,
            means="The system's account of processes cannot be relied on, and so can no figure here.",
        )
    return Seen(
        state=CheckState.OK,
        fact=f"started, timed ({units.time(outcome.wall_ns)}) and cleaned up after",
        source=source,
        figures={
            "wall_ns": outcome.wall_ns,
            "cpu_ns": outcome.cpu_ns,
            "survivors_count": len(outcome.survivors),
        },
    )


def pyinstrument(patient: Patient) -> Seen:
    """Sample 0.3 s of computing in one named function."""
    return _tried(patient, "pyinstrument", {"seconds": SAMPLED_SECONDS}, _sampled)


def _sampled(said: dict[str, Any]) -> Seen:
    seen, due = said["seen"], SAMPLED_SECONDS * 1000
    fact = f"pyinstrument {said['version']}: {seen} of {said['samples']} samples in the busy function"
    figures = {"samples_count": said["samples"], "seen_count": seen}
    if seen < due * _SEEN_RATIO:
        return _blind(fact, figures, "The call tree would miss most of the time.")
    return Seen(state=CheckState.OK, fact=fact, figures=figures)


def lines(patient: Patient) -> Seen:
    """Trace a loop that runs a known number of times."""
    return _tried(patient, "line_profiler", {}, _counted)


def _counted(said: dict[str, Any]) -> Seen:
    fact = f"line_profiler {said['version']}: {said['hits']} hits counted of {said['expected']}"
    figures = {"hits_count": said["hits"], "expected_count": said["expected"]}
    if said["hits"] != said["expected"]:
        return _blind(fact, figures, "Hits would be wrong.")
    return Seen(state=CheckState.OK, fact=fact, figures=figures)


def memory(patient: Patient) -> Seen:
    """Let the interpreter write a capture of one allocation, and read it as the memory pass does."""
    capture = patient.folder / "doctor-memory.bin"

    def read(said: dict[str, Any]) -> Seen:
        import memray

        with memray.FileReader(capture) as reader:
            peak = reader.metadata.peak_memory
        fact = f"memray {said['version']}: {units.size(peak)} traced of {units.size(said['allocated'])}"
        figures = {"peak_bytes": peak, "allocated_bytes": said["allocated"]}
        if peak < said["allocated"]:
            return _blind(fact, figures, "Peaks would be too low.")
        return Seen(state=CheckState.OK, fact=fact, figures=figures)

    return _tried(patient, "memray", {"capture": str(capture)}, read)


def _blind(fact: str, figures: dict[str, float], means: str) -> Seen:
    return Seen(state=CheckState.BROKEN, fact=fact, figures=figures, means=means, do="perfwatch doctor")


def _tried(patient: Patient, tool: str, options: dict[str, Any], judge: Any) -> Seen:
    """Run a tool's probe and judge its answer; say what mends it where it fails."""
    source = f"a {tool} run in the target's interpreter"
    refused = patient.lending.refused.get(tool)
    if refused is not None:
        why, _, line = refused.partition(_INSTALL)
        return Seen(
            state=CheckState.BROKEN, fact=why.rstrip("."), source=source, means=_WITHOUT[tool], do=line
        )
    try:
        seen: Seen = judge(patient.probe(tool, options))
    except ProbeLate as error:
        return Seen(
            state=CheckState.BROKEN,
            fact=f"{tool}: {error}",
            source=source,
            means=f"{AGAIN} {_WITHOUT[tool]}",
            do="perfwatch doctor",
        )
    except (ProbeFailed, OSError) as error:
        return Seen(
            state=CheckState.BROKEN,
            fact=f"{tool} fails: {error}",
            source=source,
            means=_WITHOUT[tool],
            do=_reinstall_line(patient, tool),
        )
    return Seen(
        state=seen.state, fact=seen.fact, source=source, means=seen.means, do=seen.do, figures=seen.figures
    )


#: What is missing where a tool is.
_WITHOUT = {
    "pyinstrument": "No call tree where py-spy cannot look either.",
    "line_profiler": "No hits: line times still come from py-spy.",
    "memray": "No memory figures but the process's peak.",
}


def _reinstall_line(patient: Patient, tool: str) -> str:
    words = ("--force-reinstall", tool)
    return own_pip_line(*words) if tool in patient.lending.lent else pip_line(patient.interpreter, *words)


def py_spy(patient: Patient) -> Seen:
    """Let py-spy start a programme that computes for 0.3 s, and count what it saw."""
    source = "py-spy record -- a busy programme"
    if patient.py_spy is None:
        return Seen(
            state=CheckState.BROKEN,
            fact="py-spy is not installed",
            source=source,
            means=_WITHOUT_PY_SPY,
            do=own_pip_line("py-spy"),
        )
    output = patient.folder / "doctor-stacks.raw"
    command = [patient.py_spy, "record", "-f", "raw", "-r", str(_RATE_HERTZ), "-o", str(output), "--"]
    command += patient.probe.command("busy", {"seconds": SAMPLED_SECONDS})
    bounds = Bounds(timeout_s=PROBE_SECONDS, with_stderr=True)
    said = ask(command, bounds, environ=patient.environ, folder=patient.folder).output
    text = output.read_text(encoding="utf-8", errors="replace") if output.exists() else ""
    seen = samples_in(text, doctor_probe.busy_as_told.__name__)
    if seen < SAMPLED_SECONDS * _RATE_HERTZ * _SEEN_RATIO:
        reason = last_line(said.decode("utf-8", "replace")) if not text else f"it saw {seen} samples"
        means, line = _why_blind(patient)
        return Seen(
            state=CheckState.BROKEN,
            fact=f"py-spy fails: {reason or 'it said nothing'}",
            source=source,
            means=means,
            do=line,
        )
    return Seen(
        state=CheckState.OK,
        fact=f"py-spy {_own_version('py-spy')}: {seen} samples in the busy function".replace("  ", " "),
        source=source,
        figures={"samples_count": seen, "rate_hertz": _RATE_HERTZ},
    )


_WITHOUT_PY_SPY = "Line times come from the tracer, and threads and children stay unseen."


def _why_blind(patient: Patient) -> tuple[str, str]:
    if patient.interpreter.free_threaded:
        return f"py-spy does not read free-threaded interpreters. {_WITHOUT_PY_SPY}", WITH_THE_LOCK
    why, line = tracing(patient.root, patient.environ)
    return f"{why} {_WITHOUT_PY_SPY}".strip(), line or own_pip_line("--upgrade", "py-spy")


def samples_in(text: str, function: str) -> int:
    """Return how many samples of py-spy's raw format have the function on their stack."""
    rows = (row.rpartition(" ") for row in text.splitlines() if f"{function} (" in row)
    return sum(int(count) for _, _, count in rows if count.isdigit())


def _own_version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""  # found on the path, from elsewhere


def io_counters(patient: Patient) -> Seen:
    """Read a known number of bytes and look at the process's own counter."""
    source = "/proc/self/io around a read of known size"
    if not (patient.root / "proc/self/io").exists():
        return Seen(
            state=CheckState.WARNING,
            fact="there is no /proc/self/io",
            source=source,
            means="Processor time, faults and switches are counted; bytes read and written are not.",
        )
    try:
        said = patient.probe("io_counters")
    except ProbeFailed as error:
        return Seen(
            state=CheckState.BROKEN,
            fact=f"the counters cannot be read: {error}",
            source=source,
            means="Bytes read and written stay unknown.",
        )
    fact = f"{units.size(said['counted'])} counted of {units.size(said['read'])} read"
    figures = {"counted_bytes": said["counted"], "read_bytes": said["read"]}
    if said["counted"] < said["read"]:
        means = "This kernel does not count: bytes read and written would be too low."
        return Seen(state=CheckState.BROKEN, fact=fact, source=source, means=means, figures=figures)
    return Seen(state=CheckState.OK, fact=fact, source=source, figures=figures)
