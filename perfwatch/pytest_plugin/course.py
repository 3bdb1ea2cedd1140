"""The course of a measured test run: which tests passed, when measuring begins, how pytest ends.

It must not measure, and must not change how a test runs.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest

from perfwatch.errors import ExitCode
from perfwatch.pytest_plugin.selection import chosen_of, is_benchmark, margin_of, standing
from perfwatch.pytest_plugin.settings import settings_of
from perfwatch.records.plan import Event, StepStarted

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTHING_USES_IT = (
    "None of the tests that passed uses the benchmark or the perfwatch fixture: nothing was measured."
)
#: How pytest ends where its own code was 0: its codes hold, and a regression is 1.
PYTEST_CODES = {
    ExitCode.DONE: pytest.ExitCode.OK,
    ExitCode.REGRESSION: pytest.ExitCode.TESTS_FAILED,
    ExitCode.TARGET_FAILED: pytest.ExitCode.TESTS_FAILED,
    ExitCode.USAGE: pytest.ExitCode.USAGE_ERROR,
    ExitCode.UNDECIDED: pytest.ExitCode.OK,
    ExitCode.NOTHING_MEASURED: pytest.ExitCode.NO_TESTS_COLLECTED,
    ExitCode.NOT_COMPARABLE: pytest.ExitCode.INTERNAL_ERROR,
    ExitCode.STORE: pytest.ExitCode.INTERNAL_ERROR,
    ExitCode.CRASHED: pytest.ExitCode.INTERNAL_ERROR,
    ExitCode.INTERRUPTED: pytest.ExitCode.INTERRUPTED,
    ExitCode.TERMINATED: pytest.ExitCode.INTERRUPTED,
}


class Course:
    """A plugin of pytest that is there with ``--perfwatch`` alone."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._settings = settings_of(config)
        self._benchmarks: dict[str, pytest.Item] = {}
        self._seen: set[str] = set()
        self._passed: set[str] = set()
        self._failed: set[str] = set()
        self._text = ""

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Remember what the user left out: on the other side of a gate it is left out too."""
        self._seen.update(item.nodeid for item in items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Remember the tests; a marker that makes no sense ends the run before any of them."""
        for item in session.items:
            self._seen.add(item.nodeid)
            margin_of(item)
            if is_benchmark(item):
                self._benchmarks[item.nodeid] = item

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember which tests passed."""
        if report.failed:
            self._failed.add(report.nodeid)
        elif report.when == "call" and report.passed:
            self._passed.add(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Measure, when all tests have run; the first of pytest's codes and ours that is not 0 holds."""
        status = int(session.exitstatus)
        ended = status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        if ended or self._config.option.collectonly:
            return
        code = self._measured()
        if status == pytest.ExitCode.OK or code in (ExitCode.INTERRUPTED, ExitCode.TERMINATED):
            session.exitstatus = PYTEST_CODES[code]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print what came of it."""
        if self._text:
            terminalreporter.section("perfwatch")
            terminalreporter.write(self._text if self._text.endswith("\n") else f"{self._text}\n")

    def _measured(self) -> ExitCode:
        items = [
            item
            for name, item in self._benchmarks.items()
            if name in self._passed and name not in self._failed
        ]
        if not items:
            self._text = NOTHING_USES_IT
            return ExitCode.DONE
        reporter: pytest.TerminalReporter | None = self._config.pluginmanager.get_plugin("terminalreporter")
        try:
            ended = self._errand(items, reporter)
        except Exception:  # noqa: BLE001 - the tests' own result must not be lost with ours
            self._text = f"perfwatch itself crashed; please report this:\n{traceback.format_exc()}"
            return ExitCode.CRASHED
        return ended

    def _errand(self, items: list[pytest.Item], reporter: pytest.TerminalReporter | None) -> ExitCode:
        from perfwatch.pytest_plugin.measuring import Errand, measured

        config = self._config
        chosen = chosen_of(config, items, self._seen, self._settings.root)
        errand = Errand(
            chosen=chosen,
            names=tuple(item.nodeid for item in items),
            config=self._settings.choosing(chosen),
            cwd=standing(config, self._settings.root),
            words=tuple(str(word) for word in config.invocation_params.args),
            base=config.getoption("perfwatch_base"),
            colour=reporter is not None and reporter.hasmarkup,
        )
        ended = measured(errand, Told(reporter, len(items)))
        self._text = ended.text
        return ended.code


class Told:
    """Progress in pytest's own output: a line for each pass, with ``-v`` one for each step, with ``-q`` none."""

    def __init__(self, reporter: pytest.TerminalReporter | None, count: int) -> None:
        self._reporter = reporter if reporter is not None and reporter.verbosity >= 0 else None
        self._last = ""
        if self._reporter is not None:
            self._reporter.ensure_newline()
            self._reporter.write_line(f"perfwatch measures {count} {'test' if count == 1 else 'tests'}:")

    def __call__(self, event: Event) -> None:
        """Tell of a step that begins."""
        if self._reporter is None or not isinstance(event, StepStarted):
            return
        line = f"  {event.target}: {event.pass_name.value}"
        if self._reporter.verbosity > 0:
            line += f", {event.step}"
        if line != self._last:
            self._last = line
            self._reporter.write_line(line)
            self._reporter.flush()
