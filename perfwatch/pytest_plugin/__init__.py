"""``pytest --perfwatch``: the tests run as always, then those that are benchmarks are measured.

This module loads in everybody's pytest: it must import nothing of ours before it
is asked to measure, and must change nothing where nobody asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

#: The name of perfwatch's own plugin in a process that measures tests.
IN_WORKER = "perfwatch-worker"
MARKER = (
    "perfwatch(margin): the change of this benchmark that counts as none, as in margin=0.02 or margin='2%'"
)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the options; a worker has added them already."""
    if pluginmanager.hasplugin(IN_WORKER):
        return
    group = parser.getgroup("perfwatch", "measuring with perfwatch")
    group.addoption(
        "--perfwatch",
        action="store_true",
        help="Measure the tests that use the benchmark or the perfwatch fixture, after the tests have run.",
    )
    group.addoption(
        "--perfwatch-base",
        metavar="REV",
        help="Hold them against this revision, in turns; a confirmed regression ends with 1.",
    )
    group.addoption(
        "--perfwatch-passes",
        metavar="NAMES",
        help="Comma-separated: timing,cpu,lines,memory,io,gpu [default: the project's, else all].",
    )
    group.addoption(
        "--perfwatch-budget", metavar="DURATION", help="How long all measuring may take [default: 10m]."
    )
    group.addoption(
        "--perfwatch-per-benchmark",
        metavar="DURATION",
        help="How long the timing of one benchmark may take [default: 15s].",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker; with ``--perfwatch``, refuse what cannot be measured and take the run's course."""
    config.addinivalue_line("markers", MARKER)
    if config.pluginmanager.hasplugin(IN_WORKER):
        return
    if not config.getoption("perfwatch"):
        if config.getoption("perfwatch_base"):
            raise pytest.UsageError(
                "--perfwatch-base names a revision, and nothing is measured without --perfwatch: add it."
            )
        return
    from perfwatch.pytest_plugin.course import Course
    from perfwatch.pytest_plugin.refusals import refuse

    refuse(config)
    config.pluginmanager.register(Course(config), "perfwatch-course")


class Once:
    """The ``perfwatch`` fixture where nothing is measured: it calls once and returns what that returned."""

    def __init__(self) -> None:
        self._used = False

    def __call__(
        self,
        function: Callable[..., Any],
        *args: Any,
        setup: Callable[[], Any] | None = None,
        teardown: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        """Set up, call, tear down; a coroutine is run to its end in an event loop."""
        if self._used:
            raise RuntimeError("The fixture measures one call of a test; this one used it twice")
        self._used = True
        from perfwatch.worker.rounds import Rounds

        rounds = Rounds(function, (args, kwargs), setup=setup, teardown=teardown)
        try:
            if rounds.before is not None:
                rounds.before()
            return rounds.call()
        finally:
            rounds.close()


@pytest.fixture
def perfwatch(request: pytest.FixtureRequest) -> Once:
    """A callable that is measured by ``pytest --perfwatch`` and by ``perfwatch run``: ``perfwatch(function, *args)``.

    ``setup`` and ``teardown`` run around each round, outside of its time; a
    coroutine function is awaited in an event loop.
    """
    if "benchmark" in request.fixturenames:
        raise RuntimeError(
            "A test measures one thing: it uses the benchmark or the perfwatch fixture, not both"
        )
    return Once()
