"""Run a pytest suite with our own ``benchmark`` and ``perfwatch`` fixtures in place of the plugins'.

What a test hands to the fixture becomes the subject; a test that uses neither
is a subject itself, called once in each process, because its fixtures were made
for one call. It must not change what the tests see of everything else.
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from .rounds import Rounds, owner_of
from .subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .subject import Collector

LONGEST_REPORT = 8_000
#: By this name the plugin of ``pytest --perfwatch`` knows that it is in a worker, and stays silent.
WORKER = "perfwatch-worker"
FIXTURES = ("benchmark", "perfwatch")
#: The options of ``pytest --perfwatch``, and whether each takes a value: a project may have set them for good.
OPTIONS = {
    "--perfwatch": False,
    "--perfwatch-base": True,
    "--perfwatch-passes": True,
    "--perfwatch-budget": True,
    "--perfwatch-per-benchmark": True,
}
#: Options that name a file which the user's own run writes, as ``config.option`` has them.
_WRITTEN = ("xmlpath", "log_file", "report_log", "htmlpath")
#: Options of the cache's plugin, which is switched off here: nothing of them may hold, and none is an error.
_CACHE_FLAGS = (
    ("--lf", "--last-failed"),
    ("--ff", "--failed-first"),
    ("--nf", "--new-first"),
    ("--sw", "--stepwise"),
    ("--sw-skip", "--stepwise-skip"),
    ("--sw-reset", "--stepwise-reset"),
    ("--cache-clear",),
)
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def drive(request: dict[str, Any], collector: Collector) -> int:
    """Run the chosen tests under the collector; what failed is in the records, the status is 0."""
    import pytest

    plugin = _Measuring(collector, request["names"])
    options = ["--assert=plain"] if hasattr(collector, "instrumented") else []
    status = pytest.main([*_arguments(request["target"]), *options, "-q"], plugins=[plugin])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) and not collector.records:
        raise RuntimeError(
            f"pytest ended with status {int(status)} ({getattr(status, 'name', '?')}) and ran no test"
        )
    return 0


def names(target: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The tests to measure, and the files that could not be collected."""
    import pytest

    plugin = _Collecting(fixture_only=target["parameters"].get("only") == "fixture")
    status = pytest.main([*_arguments(target), "--collect-only", "-q"], plugins=[plugin])
    if status in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.INTERNAL_ERROR) and not plugin.found:
        raise RuntimeError(f"pytest ended with status {int(status)} and collected nothing")
    return plugin.found, plugin.errors


def _arguments(target: dict[str, Any]) -> list[str]:
    sys.path.insert(0, os.getcwd())  # noqa: PTH109
    place = target["path"] + ("::" + target["function"] if target["function"] else "")
    # Whatever spreads or traces the tests would be measured in their stead.
    quiet = ["-p", "no:cacheprovider"]
    if _loads("xdist", target["arguments"]):
        quiet.append("-n0")
    if _loads("pytest_cov", target["arguments"]):
        quiet.append("--no-cov")
    return [place, *target["arguments"], *quiet]


def _loads(plugin: str, arguments: list[str]) -> bool:
    """Whether pytest will have a plugin's options: it is installed, and not left alone by the user's wish."""
    if importlib.util.find_spec(plugin) is None:
        return False
    return not os.environ.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD") or any(plugin in word for word in arguments)


def _error(kind: str, nodeid: str, message: str, text: str) -> dict[str, Any]:
    return {
        "name": nodeid,
        "error": {"kind": kind, "type": "", "message": message[:500], "traceback": text[-LONGEST_REPORT:]},
    }


def _stand_in(config: Any, collector: Collector | None) -> None:
    """Where pytest-benchmark is absent or switched off, a suite written for it runs all the same."""
    config.addinivalue_line("markers", "perfwatch: as pytest --perfwatch has it")
    if collector is not None:
        config.pluginmanager.register(_own_fixture(collector))
    # By its second name it goes where it was asked for with -p.
    if any(config.pluginmanager.hasplugin(name) for name in ("benchmark", "pytest_benchmark.plugin")):
        return
    config.addinivalue_line("markers", "benchmark: as pytest-benchmark has it")
    if collector is not None:
        config.pluginmanager.register(_benchmark_fixture(collector))


def _own_fixture(collector: Collector) -> Any:
    """A plugin that offers the ``perfwatch`` fixture; pytest looks for fixtures on the class."""
    import pytest

    class OwnFixture:
        @pytest.fixture
        def perfwatch(self, request: Any) -> _RoundsFixture:
            _refuse_two(request.fixturenames)
            return _RoundsFixture(collector, request.node)

    return OwnFixture()


def _benchmark_fixture(collector: Collector) -> Any:
    """A plugin that offers the ``benchmark`` fixture."""
    import pytest

    class BenchmarkFixture:
        @pytest.fixture
        def benchmark(self, request: Any) -> _Fixture:
            return _Fixture(collector, request.node)

    return BenchmarkFixture()


class _InWorker:
    """What both of our plugins do: let every option stand that the project may have set for good."""

    __name__ = WORKER

    def pytest_addoption(self, parser: Any, pluginmanager: Any) -> None:
        group = parser.getgroup("perfwatch")
        for name, takes_value in OPTIONS.items():
            # Its own plugin may have been there before.
            with contextlib.suppress(ValueError):
                group.addoption(name, action="store" if takes_value else "store_true")
        if pluginmanager.is_blocked("cacheprovider"):
            for names in _CACHE_FLAGS:
                group.addoption(*names, action="store_true")
            group.addoption("--lfnf", "--last-failed-no-failures", action="store")

    def pytest_cmdline_main(self, config: Any) -> None:
        """Leave the files alone that the user's own run of pytest writes."""
        for name in _WRITTEN:
            if getattr(config.option, name, None):
                setattr(config.option, name, None)


class _Collecting(_InWorker):
    """Keeps what pytest collects."""

    def __init__(self, *, fixture_only: bool) -> None:
        self.fixture_only = fixture_only
        self.found: list[dict[str, Any]] = []
        self.errors: list[dict[str, Any]] = []

    def pytest_configure(self, config: Any) -> None:
        _stand_in(config, None)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            text = str(report.longreprtext)
            last = next((line for line in reversed(text.splitlines()) if line.strip()), "collection failed")
            kind = "syntax" if "SyntaxError" in text else "import"
            self.errors.append(_error(kind, report.nodeid, last.removeprefix("E   "), text))

    def pytest_collection_finish(self, session: Any) -> None:
        for item in session.items:
            marked = item.get_closest_marker("benchmark") is not None
            uses = marked or _uses_fixture(item)
            if uses or not self.fixture_only:
                self.found.append(
                    {"name": item.nodeid, "group": _group(item), "parameters": _parameters(item)}
                )


class _Measuring(_InWorker):
    """Replaces the ``benchmark`` fixture, and measures tests that do without."""

    def __init__(self, collector: Collector, chosen: list[str] | None) -> None:
        self.collector = collector
        self.chosen = None if chosen is None else set(chosen)

    def pytest_configure(self, config: Any) -> None:
        _stand_in(config, self.collector)

    def pytest_collection_modifyitems(self, config: Any, items: list[Any]) -> None:
        if self.chosen is not None:
            dropped = [item for item in items if item.nodeid not in self.chosen]
            items[:] = [item for item in items if item.nodeid in self.chosen]
            if dropped:
                config.hook.pytest_deselected(items=dropped)

    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Any:
        if fixturedef.argname != "benchmark" or "pytest_benchmark" not in fixturedef.func.__module__:
            return None
        from pytest_benchmark.fixture import BenchmarkFixture

        fixture = _one_of(BenchmarkFixture)(self.collector, request.node)
        fixturedef.cached_result = (fixture, fixturedef.cache_key(request), None)
        return fixture

    def pytest_pyfunc_call(self, pyfuncitem: Any) -> bool | None:
        if _uses_fixture(pyfuncitem) or inspect.iscoroutinefunction(pyfuncitem.obj):
            return None
        arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}  # noqa: SLF001 - as pytest itself does
        self.collector.measure(_subject(pyfuncitem, lambda: pyfuncitem.obj(**arguments), single=True))
        return True

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.failed:
            lines = str(report.longreprtext).splitlines()
            message = next(
                (line[1:].strip() for line in lines if line.startswith("E ")), f"{report.when} failed"
            )
            self.collector.records.append(
                _error("exception", report.nodeid, message, str(report.longreprtext))
            )


def _refuse_two(fixtures: Iterable[str]) -> None:
    """Raise where a test asks for both fixtures: its name can stand for one thing that is measured."""
    if "benchmark" in fixtures:
        raise RuntimeError(
            "A test measures one thing: it uses the benchmark or the perfwatch fixture, not both"
        )


def _uses_fixture(item: Any) -> bool:
    return any(name in FIXTURES for name in getattr(item, "fixturenames", ()))


def _subject(item: Any, call: Callable[[], Any], *, single: bool) -> Subject:
    return Subject(
        name=item.nodeid, call=call, group=_group(item), parameters=_parameters(item), single=single
    )


def _group(item: Any) -> str | None:
    marker = item.get_closest_marker("benchmark")
    return marker.kwargs.get("group") if marker is not None else None


def _one_of(fixture_class: type) -> Callable[[Collector, Any], _Fixture]:
    """Our fixture as a kind of pytest-benchmark's: its hooks refuse any other (since 5.0)."""
    return type("Fixture", (_Fixture, fixture_class), {})


def _parameters(item: Any) -> dict[str, str]:
    callspec = getattr(item, "callspec", None)
    if callspec is None:
        return {}
    # An address is another one in each process, and says nothing of what was measured.
    return {name: _ADDRESS.sub("", repr(value))[:60] for name, value in callspec.params.items()}


class _Once:
    """A fixture that hands one thing of its test to the collector."""

    def __init__(self, collector: Collector, item: Any) -> None:
        self._collector = collector
        self._item = item
        self._used = False
        self.group = _group(item)

    def _measure(
        self, call: Callable[[], Any], before: Callable[[], Any] | None, given: Callable[[], tuple[Any, ...]]
    ) -> Any:
        if self._used:
            raise RuntimeError("The fixture measures one call of a test; this one used it twice")
        self._used = True
        subject = _subject(self._item, call, single=False)
        subject.before = before
        subject.given = given
        subject.group = self.group
        return self._collector.measure(subject)


class _Fixture(_Once):
    """The interface of pytest-benchmark's fixture, measured by a collector of ours."""

    enabled = True
    disabled = False

    def __init__(self, collector: Collector, item: Any) -> None:
        super().__init__(collector, item)
        self.name = item.name
        self.fullname = item.nodeid
        self.params = getattr(getattr(item, "callspec", None), "params", None)
        self.extra_info: dict[str, Any] = {}
        self.stats = None

    def __call__(self, function_to_benchmark: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return self._measure(
            lambda: function_to_benchmark(*args, **kwargs),
            None,
            lambda: (*owner_of(function_to_benchmark), *args, *kwargs.values()),
        )

    def pedantic(  # noqa: PLR0913, PLR0917 - the signature is pytest-benchmark's
        self,
        target: Callable[..., Any],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
        setup: Callable[[], Any] | None = None,
        teardown: Callable[..., Any] | None = None,
        rounds: int = 1,  # noqa: ARG002 - how often is our own decision
        warmup_rounds: int = 0,  # noqa: ARG002
        iterations: int = 1,  # noqa: ARG002
    ) -> Any:
        each = Rounds(target, (args, kwargs or {}), setup=setup, teardown=teardown)
        try:
            return self._measure(each.call, each.before, each.given)
        finally:
            each.close()


class _RoundsFixture(_Once):
    """The ``perfwatch`` fixture: coroutines are awaited, set-up and tear-down belong to each round."""

    def __call__(
        self,
        function: Callable[..., Any],
        *args: Any,
        setup: Callable[[], Any] | None = None,
        teardown: Callable[..., Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        rounds = Rounds(function, (args, kwargs), setup=setup, teardown=teardown)
        try:
            return self._measure(rounds.call, rounds.before, rounds.given)
        finally:
            rounds.close()
