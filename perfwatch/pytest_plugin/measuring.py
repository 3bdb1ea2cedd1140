"""Measure the tests that were chosen, and put what came of it into words for the end of pytest's output.

It must not choose, and must not judge.
"""

from __future__ import annotations

import contextlib
import io
import os
import shlex
import shutil
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch import pipeline
from perfwatch.builds.sides import Wish
from perfwatch.errors import ExitCode, PerfwatchError, Terminated
from perfwatch.pipeline.surroundings import untraced
from perfwatch.places import reports_folder, store_in
from perfwatch.pytest_plugin.selection import Chosen
from perfwatch.pytest_plugin.settings import TestRunConfig
from perfwatch.records.gate import GateVerdict
from perfwatch.report.files import write_report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from perfwatch.records.plan import Progress
    from perfwatch.records.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What measuring came to: lines to print, and how a command of perfwatch's own would end."""

    text: str
    code: ExitCode


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What is to be measured, and how it is told: ``names`` are the tests in the order in which they ran.

    ``base`` is the revision to hold against, ``words`` are those of pytest's
    command line, ``colour`` says whether the terminal shows any.
    """

    chosen: Chosen
    names: tuple[str, ...]
    config: TestRunConfig
    cwd: Path
    words: tuple[str, ...]
    base: str | None
    colour: bool


def measured(errand: Errand, progress: Progress) -> Ended:
    """Profile the tests, or hold them against the base; what goes wrong is told, and nothing is raised."""
    text = io.StringIO()
    console = _console(text, errand)
    try:
        with _in_order_on_sigterm():
            code = _gated(errand, console, progress) if errand.base else _profiled(errand, console, progress)
    except PerfwatchError as error:
        code = error.exit_code
        for part in (error.happened, error.means, error.do):
            _say(console, part)
    except (KeyboardInterrupt, Terminated) as stop:
        code = ExitCode.TERMINATED if isinstance(stop, Terminated) else ExitCode.INTERRUPTED
        _say(console, "Measuring was interrupted before anything was complete.")
    return Ended(text=text.getvalue(), code=code)


def _profiled(errand: Errand, console: Console, progress: Progress) -> ExitCode:
    from perfwatch.report.terminal import render_terminal

    with store_in(errand.config) as store:
        report, code = pipeline.run(errand.chosen.targets, errand.config, _place(errand), store, progress)
    _shown(report, errand, lambda page: render_terminal(report, console, page))
    _say_missing(report, errand, console)
    return code


def _gated(errand: Errand, console: Console, progress: Progress) -> ExitCode:
    from perfwatch.report.gate_text import render_gate

    report, code = pipeline.gate(
        errand.chosen.targets,
        Wish(base=errand.base),
        (errand.config, errand.config.gate_policy()),
        _place(errand),
        progress,
    )
    _shown(report, errand, lambda page: render_gate(report, console, page))
    if code is ExitCode.INTERRUPTED or code is ExitCode.TERMINATED:
        _say(console, "Measuring was interrupted: what was complete is judged above, the rest is not known.")
    _say_missing(report, errand, console)
    return code


def _shown(report: Report, errand: Errand, render: Callable[[Path | None], None]) -> None:
    page = None
    try:
        html = write_report(report, reports_folder(errand.config) / report.run.header.id).html
        page = Path(os.path.relpath(html)) if html.is_relative_to(Path.cwd()) else html
    finally:
        # A folder that takes no report is no reason to show nothing.
        render(page)


def _say_missing(report: Report, errand: Errand, console: Console) -> None:
    """Name the tests that passed in this run and that no worker brought anything of: silence would read as "same"."""
    if report.gate is not None and report.gate.verdict is GateVerdict.UNTOUCHED:
        return
    told = {one.name for one in report.run.benchmarks}
    told |= {one.benchmark for one in report.comparisons}
    told |= {one.benchmark for one in report.run.failures if one.benchmark}
    missing = [name for name in errand.names if name not in told]
    if missing:
        _say(console, f"Not measured, though they passed: {', '.join(missing)}")


def _place(errand: Errand) -> pipeline.Place:
    return pipeline.Place(
        cwd=errand.cwd,
        environ=untraced(os.environ),
        command=shlex.join(["pytest", *errand.words]),
        aside=True,
    )


def _console(text: io.StringIO, errand: Errand) -> Console:
    from rich.console import Console

    width = shutil.get_terminal_size().columns
    return Console(file=text, width=width, force_terminal=errand.colour, highlight=False)


def _say(console: Console, sentence: str) -> None:
    from perfwatch.report.visible import visible

    if sentence:
        lines = (visible(line, 2_000) for line in sentence.splitlines())
        console.print("\n".join(lines), markup=False, soft_wrap=True)


@contextlib.contextmanager
def _in_order_on_sigterm() -> Iterator[None]:
    """Turn SIGTERM into ``Terminated``, so that what was started is ended and its folder removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _terminated(_number: int, _frame: Any) -> None:
    raise Terminated
