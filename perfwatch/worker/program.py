"""Run a script or module as ``__main__``, the way the interpreter would.

It must leave the target what it would have alone: ``sys.argv``, ``sys.path[0]``,
a ``__main__`` that child processes can import, and its own exit status.
"""

from __future__ import annotations

import importlib.util
import io
import os
import sys
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from .subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from .subject import Collector


def drive(request: dict[str, Any], collector: Collector) -> int:
    """Run the target's body once under the collector; return its exit status."""
    target = request["target"]
    sys.argv = [target["path"] or target["module"], *target["arguments"]]
    module, load = _main_module(target)
    sys.modules["__main__"] = module
    instrument: Callable[[CodeType, str], CodeType] = getattr(
        collector, "instrumented", lambda code, _file: code
    )
    code = instrument(load(), str(module.__dict__["__file__"]))
    status: list[int] = [0]

    def body() -> None:
        try:
            exec(code, module.__dict__)
        except SystemExit as leaving:
            status[0] = exit_status(leaving)

    collector.measure(Subject(name=request["names"][0], call=body, single=True))
    return status[0]


def _main_module(target: dict[str, Any]) -> tuple[ModuleType, Callable[[], CodeType]]:
    module = ModuleType("__main__")
    if target["kind"] == "script":
        path = target["path"]
        sys.path.insert(0, os.path.dirname(os.path.abspath(path)))  # noqa: PTH100, PTH120
        module.__dict__.update(__file__=path, __builtins__=__builtins__, __spec__=None)
        return module, lambda: _compiled(path)
    sys.path.insert(0, os.getcwd())  # noqa: PTH109
    name = target["module"]
    spec = importlib.util.find_spec(name)
    if spec is not None and spec.submodule_search_locations is not None:
        name = f"{name}.__main__"
        spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module named {name!r} that can be run", name=name)
    loader: Any = spec.loader
    sys.argv[0] = spec.origin
    module.__dict__.update(
        __file__=spec.origin,
        __builtins__=__builtins__,
        __spec__=spec,
        __package__=spec.parent,
        __loader__=loader,
    )
    return module, lambda: loader.get_code(name)


def _compiled(path: str) -> CodeType:
    with io.open_code(path) as file:
        return compile(file.read(), path, "exec")


def exit_status(leaving: SystemExit) -> int:
    """The process status that ``SystemExit`` asks for; a message goes to stderr, as the interpreter does."""
    if leaving.code is None:
        return 0
    if isinstance(leaving.code, int):
        return leaving.code & 0xFF
    print(leaving.code, file=sys.stderr)  # noqa: T201 - it is the target's own word
    return 1
