"""Find and call the benchmarks of an asv-style module.

``time_*``, ``timeraw_*``, ``mem_*``, ``peakmem_*`` and ``track_*``, as functions or
methods, with ``params``, ``param_names``, ``setup``, ``teardown``, ``setup_cache``
and ``NotImplementedError`` in ``setup`` meaning "not for these parameters", as the
documentation of airspeed velocity describes them. Each is looked for on the function,
then on its object, then in the module; of set-ups all count, the module's first.
``number = 1`` means that each call needs its set-up afresh. No environment is built.
"""

from __future__ import annotations

import importlib
import inspect
import itertools
import os
import re
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from .subject import Subject, describe_exception

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

    from .subject import Collector

_NAME = re.compile(r"^(time|timeraw|mem|peakmem|track)_")
_KINDS = {"time": "time", "timeraw": "time", "mem": "memory", "peakmem": "peak-memory", "track": "track"}


def drive(request: dict[str, Any], collector: Collector) -> int:
    """Measure the named benchmarks in their order, else each with each set of parameters."""
    cases, names = list(_cases(load(request["target"]["path"]))), request["names"]
    if names is not None:
        cases = sorted(
            (case for case in cases if case.name in names), key=lambda case: names.index(case.name)
        )
    cached: dict[Any, Any] = {}
    for case in cases:
        try:
            case.run(collector, cached)
        except Exception as error:
            collector.records.append({"name": case.name, "error": describe_exception(error)})
    return 0


def names(path: str) -> list[dict[str, Any]]:
    """What there is to measure, without calling any of it."""
    return [
        {"name": case.name, "group": case.group, "parameters": case.parameters, "kind": case.kind}
        for case in _cases(load(path))
    ]


def load(path: str) -> ModuleType:
    """Import the file under the name that its packages give it."""
    folder, file = os.path.split(os.path.abspath(path))  # noqa: PTH100
    parts = [os.path.splitext(file)[0]]  # noqa: PTH122
    while os.path.exists(os.path.join(folder, "__init__.py")):  # noqa: PTH110, PTH118
        folder, package = os.path.split(folder)
        parts.insert(0, package)
    sys.path.insert(0, folder)
    return importlib.import_module(".".join(parts))


class _Case:
    """One benchmark with one set of parameters; ``sources`` hold its attributes, the nearest first."""

    def __init__(self, function_name: str, base: str, sources: list[Any], values: tuple[Any, ...]) -> None:
        self.function_name = function_name
        self.sources = sources
        self.values = values
        labels = [str(label) for label in _first(sources, "param_names", ())]
        labels += [f"param{index + 1}" for index in range(len(labels), len(values))]
        self.parameters = {key: _short(value) for key, value in zip(labels, values, strict=False)}
        shown = ", ".join(self.parameters.values())
        self.name = f"{base}({shown})" if values else base
        self.group = base.rpartition(".")[0] or None
        match = _NAME.match(function_name)
        self.raw = match is not None and match.group(1) == "timeraw"
        self.kind = _KINDS[match.group(1)] if match else "time"

    def run(self, collector: Collector, cached: dict[Any, Any]) -> None:
        """Set up, measure, tear down."""
        sources = self._fresh()
        function = sources[0]
        arguments = (*_cache_of(sources, cached), *self.values)
        if self.raw:
            call: Callable[[], Any] = lambda: _raw(function(*arguments))  # noqa: E731
        elif self.kind == "memory":
            call = lambda: deep_size(function(*arguments))  # noqa: E731
        else:
            call = lambda: function(*arguments)  # noqa: E731
        subject = Subject(
            name=self.name,
            call=call,
            group=self.group,
            parameters=self.parameters,
            kind=self.kind,
            unit=str(_first(sources, "unit", "")),
            given=lambda: (*sources[1:-1], *arguments),  # a method works on its object, too
        )
        if self.kind == "time" and _first(sources, "number", 0) == 1:
            subject.before = lambda: _renew(sources, arguments)
        try:
            _set_up(sources, arguments)
        except NotImplementedError:
            # asv's way to leave out a combination
            collector.records.append({"name": self.name, "left_out": "its set-up is not implemented"})
            return
        try:
            collector.measure(subject)
        finally:
            _tear_down(sources, arguments)

    def _fresh(self) -> list[Any]:
        """The sources with an object of this benchmark's own in the place of its class."""
        if len(self.sources) < 3:
            return self.sources
        instance = self.sources[1]()
        return [getattr(instance, self.function_name), instance, self.sources[2]]


def _cases(module: ModuleType) -> Iterator[_Case]:
    for attribute, value in sorted(vars(module).items()):
        if inspect.isclass(value) and value.__module__ == module.__name__ and not attribute.startswith("_"):
            for name in sorted(dir(value)):
                if _NAME.match(name) and callable(getattr(value, name)):
                    yield from _expanded(name, f"{attribute}.{name}", [getattr(value, name), value, module])
        elif _NAME.match(attribute) and inspect.isfunction(value):
            yield from _expanded(attribute, attribute, [value, module])


def _expanded(function_name: str, base: str, sources: list[Any]) -> Iterator[_Case]:
    axes = list(_first(sources, "params", ()))
    if axes and not isinstance(axes[0], list | tuple):
        axes = [axes]
    for values in itertools.product(*axes):
        yield _Case(function_name, base, sources, values)


def _first(sources: list[Any], name: str, default: Any) -> Any:
    """The attribute of the nearest source that has it."""
    return next((value for one in sources if (value := getattr(one, name, None)) is not None), default)


def _set_up(sources: list[Any], arguments: tuple[Any, ...]) -> None:
    for source in reversed(sources):
        if getattr(source, "setup", None) is not None:
            source.setup(*arguments)


def _tear_down(sources: list[Any], arguments: tuple[Any, ...]) -> None:
    for source in sources:
        if getattr(source, "teardown", None) is not None:
            source.teardown(*arguments)


def _renew(sources: list[Any], arguments: tuple[Any, ...]) -> None:
    _tear_down(sources, arguments)
    _set_up(sources, arguments)


def _cache_of(sources: list[Any], cached: dict[Any, Any]) -> tuple[Any, ...]:
    make: Callable[[], Any] | None = _first(sources, "setup_cache", None)
    if make is None:
        return ()
    # Of a method, each benchmark's object has one of its own: the function below it is shared.
    key = getattr(make, "__func__", make)
    if key not in cached:
        cached[key] = make()
    return () if cached[key] is None else (cached[key],)


def _raw(code: str | tuple[str, str]) -> None:
    """Run a ``timeraw_`` benchmark's text in a fresh interpreter."""
    statement, setup = code if isinstance(code, tuple) else (code, "")
    text = f"{textwrap.dedent(setup)}\n{textwrap.dedent(statement)}"
    subprocess.run([sys.executable, "-c", text], check=True, stdin=subprocess.DEVNULL)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def deep_size(root: Any) -> int:
    """Bytes of an object and all that it refers to, each counted once; arrays by their own account.

    Shared modules, classes and functions are left out, as no benchmark owns them.
    """
    seen: set[int] = set()
    waiting = [root]
    total = 0
    while waiting:
        item = waiting.pop()
        if id(item) in seen or inspect.ismodule(item) or inspect.isclass(item) or inspect.isroutine(item):
            continue
        seen.add(id(item))
        size = sys.getsizeof(item, 0)
        data = getattr(item, "nbytes", 0)
        total += max(size, data) if isinstance(data, int) else size
        if isinstance(item, dict):
            waiting.extend(item.keys())
            waiting.extend(item.values())
        elif isinstance(item, list | tuple | set | frozenset):
            waiting.extend(item)
        waiting.extend(vars(item).values() if hasattr(item, "__dict__") else ())
    return total
