"""From a function and what was asked to a report: through worker processes where they can import it, else here.

It must not read options, and must not word results.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch import pipeline
from perfwatch.api.asked import Asked
from perfwatch.api.subjects import Subject
from perfwatch.errors import ExitCode, StoreError, TargetFailed, Terminated, UsageError
from perfwatch.pipeline.here import Here, profile_here, time_here
from perfwatch.pipeline.surroundings import untraced
from perfwatch.places import store_in
from perfwatch.records.run import FailureKind, Target, TargetKind
from perfwatch.target.identity import target_key
from perfwatch.worker.handed import SETUP, VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.records.report import Report

_PATH_ASKED_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What is measured, for which verb, and how it was asked for."""

    verb: str
    subject: Subject
    asked: Asked

    @property
    def target(self) -> Target:
        """The target; it is known by the name that was asked for, else by the function's and its arguments."""
        subject = self.subject
        arguments = (subject.digest,) if subject.digest else ()
        known_as = self.asked.name
        return Target(
            kind=TargetKind.CALLABLE,
            name=known_as or subject.title,
            key=target_key(
                TargetKind.CALLABLE, known_as or subject.title, arguments=() if known_as else arguments
            ),
            module=subject.module,
            function=subject.path,
            setup=SETUP if subject.pickled else None,
        )

    def place(self, environ: dict[str, str]) -> pipeline.Place:
        """Where it was asked; standard streams are the program's that asks."""
        command = f"perfwatch.{self.verb}({self.subject.title})"
        return pipeline.Place(cwd=Path.cwd(), environ=environ, command=command, aside=True)


def refuse(verb: str) -> None:
    """Raise ``UsageError`` inside of a measurement, and on Windows."""
    if VARIABLE in os.environ:
        raise UsageError(
            f"perfwatch.{verb} was called in a process that perfwatch measures.",
            means="A measurement inside of another measures nothing; this one was not made.",
            do='Where a script measures itself, call it below `if __name__ == "__main__":`.',
        )
    if sys.platform == "win32":
        raise UsageError(
            f"perfwatch.{verb} does not work on Windows yet: its supervisor needs fork and wait4.",
            means="Nothing was called, and nothing was measured.",
            do="Measure on Linux or macOS, or inside WSL.",
        )


def in_workers(errand: Errand) -> Report:
    """Measure in processes of its own; raises ``TargetFailed`` where the function does not work there."""
    asked = errand.asked
    try:
        with in_order_on_sigterm(), _handed(errand.subject) as environ, store_in(asked.config) as store:
            report, code = pipeline.run(
                [errand.target], asked.config, errand.place(environ), store, asked.progress
            )
    except Terminated:
        code = ExitCode.TERMINATED
    if code is ExitCode.TERMINATED:
        # What was begun is ended: now the program ends as it would have without us.
        signal.raise_signal(signal.SIGTERM)
        raise Terminated
    if code is ExitCode.INTERRUPTED:
        raise KeyboardInterrupt
    _raise_failures(errand, report)
    return report


@contextlib.contextmanager
def in_order_on_sigterm() -> Iterator[None]:
    """Turn SIGTERM into ``Terminated``, unless the program has a use of its own for it."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, _terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _terminated(_number: int, _frame: Any) -> None:
    raise Terminated


def timed_here(errand: Errand) -> Report:
    """Time the call in this process."""
    asked = errand.asked
    with store_in(asked.config) as store:
        run = time_here(_here(errand), asked.config, errand.place(_environ()), store)
        return pipeline.noted(pipeline.report_on(run, asked.config.policy(), store), store)


def profiled_here(errand: Errand) -> tuple[Any, Report]:
    """Make the call in this process, under a profiler; its value and the report."""
    asked = errand.asked
    with store_in(asked.config) as store:
        value, run = profile_here(_here(errand), asked.config, errand.place(_environ()), store)
        return value, pipeline.noted(pipeline.report_on(run, asked.config.policy(), store), store)


def _here(errand: Errand) -> Here:
    return Here(target=errand.target, call=errand.subject.call, reason=errand.subject.here_because)


def _environ() -> dict[str, str]:
    """Our environment, without what would trace the workers, and without the folder of another run's spans."""
    return {name: value for name, value in untraced(os.environ).items() if name != "PERFWATCH_SPANS"}


def environ_of_workers() -> dict[str, str]:
    """The environment of processes that are to import what this one does."""
    return {**_environ(), **_import_path()}


@contextlib.contextmanager
def _handed(subject: Subject) -> Iterator[dict[str, str]]:
    """Write the arguments into a file of a folder that is ours alone; the environment that workers get."""
    folder = None
    try:
        try:
            folder = Path(tempfile.mkdtemp(prefix="perfwatch-handed-"))
            file = folder / "arguments"
            heading = json.dumps({"main": subject.main}).encode()
            file.write_bytes(heading + b"\n" + subject.pickled)
        except OSError as error:
            raise StoreError(
                f"The function's arguments could not be written down: {error.strerror or error}.",
                means="Nothing was measured in processes of its own.",
                do="Free some space there, or set TMPDIR to a folder on another disk.",
            ) from error
        yield {**environ_of_workers(), VARIABLE: str(file)}
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _import_path() -> dict[str, str]:
    """Where this process imports from and a fresh one would not: its program's folder, and what it put on ``sys.path``."""
    fresh = _fresh_path(sys.executable, os.environ.get("PYTHONPATH", ""))
    here = [os.path.abspath(entry) for entry in sys.path if isinstance(entry, str)]  # noqa: PTH100 - links stay
    added = [entry for entry in dict.fromkeys(here) if entry not in fresh and os.pathsep not in entry]
    known = os.environ.get("PYTHONPATH", "")
    words = [*added, *([known] if known else [])]
    return {"PYTHONPATH": os.pathsep.join(words)} if words else {}


@functools.cache
def _fresh_path(executable: str, _pythonpath: str) -> frozenset[str]:
    """What an interpreter has on ``sys.path`` without a program; nothing where it does not say."""
    asked = [executable, "-c", "import json, sys; print(json.dumps(sys.path[1:]))"]
    try:
        said = subprocess.run(asked, capture_output=True, check=True, timeout=_PATH_ASKED_S).stdout
        return frozenset(os.path.abspath(entry) for entry in json.loads(said.splitlines()[-1]))  # noqa: PTH100
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return frozenset()


def _raise_failures(errand: Errand, report: Report) -> None:
    """Raise where no time came of it: the first failure says why."""
    failures = report.run.failures
    full = [one for one in failures if one.kind is FailureKind.COLLECTOR]
    if full:
        raise StoreError(full[0].message, do=full[0].advice)
    if any(benchmark.timing for benchmark in report.run.benchmarks) or not failures:
        return
    first = failures[0]
    title = errand.subject.title
    if errand.verb == "profile":
        raise TargetFailed(
            f"{title} works here, and fails in a process of its own: {first.message}",
            means=first.stderr_tail,
            do="It needs something that this process has set up. Wrapped in a lambda, it is measured here.",
        )
    raise TargetFailed(f"{title}: {first.message}", means=first.stderr_tail, do=first.advice)
