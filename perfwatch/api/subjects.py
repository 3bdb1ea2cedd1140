"""What was handed to ``profile`` or ``benchmark``: whether another process can have it, and its arguments.

It must not call the function, and must not measure.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import inspect
import io
import pickle
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from perfwatch.errors import TargetError

_NOTHING = "Nothing was called, and nothing was measured."
_LAMBDA = "<lambda>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A function and its arguments, as they were handed over.

    ``title`` is its name for people. ``module`` and ``path`` are how another
    process imports it, where one can; ``pickled`` is what it is called with
    there, ``main`` what the caller's ``__main__`` is called there. Otherwise
    ``here_because`` says why it has to be measured in this process.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    keywords: Mapping[str, Any]
    title: str
    module: str | None = None
    path: str | None = None
    main: str | None = None
    pickled: bytes = b""
    here_because: str = ""

    @property
    def call(self) -> Callable[[], Any]:
        """The call to make here: without a frame of ours, that a profile would show."""
        if not (self.arguments or self.keywords):
            return self.function
        return functools.partial(self.function, *self.arguments, **self.keywords)

    @property
    def digest(self) -> str:
        """What tells calls with other arguments apart; empty for a call without any."""
        if not (self.arguments or self.keywords):
            return ""
        return hashlib.sha256(self.pickled).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """Where a function is to be found, and what it needs ahead of the arguments: its object, where it is a method."""

    module: str
    path: str
    owner: tuple[Any, ...] = ()


def subject_of(function: Any, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> Subject:
    """Look at what was handed over.

    Raises ``TargetError`` for what is not called once to do its work: no callable, a
    generator or coroutine function.
    """
    _refuse_uncallable(function)
    while isinstance(function, functools.partial):
        arguments = (*function.args, *arguments)
        keywords = {**function.keywords, **keywords}
        function = function.func
    _refuse_postponed(function)
    named = _named(function)
    found = Subject(
        function=function,
        arguments=arguments,
        keywords=dict(keywords),
        title=_title(function, named),
    )
    return _reachable(found, named)


def importable_name(function: Any) -> str:
    """Return ``module:path`` of a function; raises ``TargetError`` for one that no other process can import."""
    _refuse_uncallable(function)
    named = _named(function)
    module, unreachable = _importable_as(named.module)
    reason = _nameless(named) or unreachable or _elsewhere(function, named)
    if named.owner and not reason:
        reason = "it is bound to an object that only this process has"
    if reason:
        raise TargetError(
            f"{_title(function, named)} cannot be proved: {reason}.",
            means=_NOTHING,
            do="Make it a function of a module: both sides are called in processes of their own.",
        )
    return f"{module}:{named.path}"


def _reachable(subject: Subject, named: _Named) -> Subject:
    """The subject with the way to it from another process, or with the reason why there is none."""
    reason = _nameless(named)
    module, unreachable = _importable_as(named.module)
    reason = reason or unreachable or _elsewhere(subject.function, named)
    if not reason:
        try:
            pickled = _pickled(((*named.owner, *subject.arguments), dict(subject.keywords)))
        except Exception as error:  # noqa: BLE001 - an object's own __reduce__ may raise anything
            text = str(error).partition("\n")[0][:200]
            reason = f"its arguments cannot be pickled ({type(error).__name__}: {text})"
    if reason:
        return replace(subject, here_because=reason)
    main, unreachable = _importable_as("__main__")
    return replace(
        subject, module=module, path=named.path, main=None if unreachable else main, pickled=pickled
    )


def _refuse_uncallable(function: Any) -> None:
    if callable(function):
        return
    kind = type(function).__name__
    called = inspect.isgenerator(function) or inspect.iscoroutine(function) or inspect.isasyncgen(function)
    if inspect.iscoroutine(function):
        function.close()  # or the interpreter would warn that nobody awaited it
    raise TargetError(
        f"What was handed over is no function but of type {kind}, and cannot be called.",
        means=_NOTHING,
        do="It is what a call has returned: hand over the function and its arguments, f, x and not f(x)."
        if called or not isinstance(function, ModuleType)
        else "Name a function of the module.",
    )


def _refuse_postponed(function: Any) -> None:
    name = getattr(function, "__qualname__", type(function).__qualname__)
    body = function if inspect.isroutine(function) else type(function).__call__
    if inspect.isgeneratorfunction(body) or inspect.isasyncgenfunction(body):
        raise TargetError(
            f"{name} is a generator function: a call makes a generator, and its work is done by whoever iterates.",
            means=_NOTHING,
            do="Hand over a function that uses it up, such as def consume(): return sum(1 for _ in f()).",
        )
    if inspect.iscoroutinefunction(body):
        raise TargetError(
            f"{name} is a coroutine function: a call makes a coroutine, and its work is done by whoever awaits it.",
            means=_NOTHING,
            do="Hand over a function that runs it, such as def run(): return asyncio.run(f()).",
        )


def _named(function: Any) -> _Named:
    """The name of a function; a method's is its class's, and its object the first argument."""
    owner = getattr(function, "__self__", None)
    kind = type(function)
    if inspect.isroutine(function) and owner is not None and not isinstance(owner, type | ModuleType):
        return _Named(
            module=type(owner).__module__,
            path=f"{type(owner).__qualname__}.{function.__name__}",
            owner=(owner,),
        )
    # numpy's universal functions are objects that have a name in a module, as functions do.
    path = getattr(function, "__qualname__", getattr(function, "__name__", None))
    if path is None:
        return _Named(module=kind.__module__, path=f"{kind.__qualname__}.__call__", owner=(function,))
    return _Named(module=_module_of(function), path=str(path))


def _module_of(function: Any) -> str:
    """The module that a function says it is from; a universal function of numpy's does not say."""
    module = getattr(function, "__module__", None)
    return module if isinstance(module, str) else type(function).__module__


def _title(function: Any, named: _Named) -> str:
    line = getattr(getattr(function, "__code__", None), "co_firstlineno", None)
    # Of several lambdas only their lines tell which is meant.
    place = f":{line}" if named.path.endswith(_LAMBDA) and line is not None else ""
    module, _ = _importable_as(named.module)
    return f"{module}:{named.path}{place}"


def _importable_as(module: str) -> tuple[str, str]:
    """The name under which another process imports a module, and why it cannot, where it cannot."""
    if module != "__main__":
        known = sys.modules.get(module)
        if getattr(known, "__spec__", None) is None:
            return module, f"its module {module} was made by this process, and no other can import it"
        return module, ""
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    spec = getattr(main, "__spec__", None)
    if file is None or not Path(file).is_file() or Path(file).suffix != ".py":
        return module, "it was defined in an interactive session, which no other process can import"
    name = spec.name if spec is not None else Path(file).stem
    if spec is None and not name.isidentifier():
        return module, f"it was defined in {Path(file).name}, whose name no import statement can say"
    if not _has_guard(Path(file)):
        return module, (
            f'it was defined in {Path(file).name}, which has no line `if __name__ == "__main__":`, '
            "so that importing it in another process would run it again"
        )
    return name, ""


@functools.cache
def _has_guard(file: Path) -> bool:
    """Whether a script tells being run from being imported."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    return any(
        isinstance(node, ast.If)
        and isinstance(node.test, ast.Compare)
        and isinstance(node.test.left, ast.Name)
        and node.test.left.id == "__name__"
        for node in tree.body
    )


def _nameless(named: _Named) -> str:
    """Why a function has no name that an import could lead to; empty where it has."""
    if named.path.endswith(_LAMBDA):
        return "a lambda has no name by which another process could import it"
    if "<locals>" in named.path:
        return "it was defined inside of a function, where no other process can import it from"
    return ""


def _elsewhere(function: Any, named: _Named) -> str:
    """Why the name does not lead to this function; empty where it does."""
    found: Any = sys.modules[named.module]
    for part in named.path.split("."):
        found = getattr(found, part, None)
    if named.owner and not inspect.ismethod(function):
        same = callable(found)  # a method of compiled code, or __call__: bound, it is another object
    else:
        same = getattr(found, "__func__", found) is getattr(function, "__func__", function)
    return "" if same else f"the name {named.path} in {named.module} does not lead to it"


class _Pickler(pickle.Pickler):
    """Refuses what only this process's ``__main__`` defines, where another process cannot import that."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, type) or inspect.isfunction(value):
            _, reason = _importable_as(value.__module__)
            if reason and value.__module__ == "__main__":
                raise pickle.PicklingError(f"{value.__qualname__}: {reason}")
        return NotImplemented


def _pickled(value: Any) -> bytes:
    """Pickle arguments."""
    file = io.BytesIO()
    _Pickler(file, protocol=5).dump(value)
    return file.getvalue()
