"""Call an importable function, with the arguments that its set-up makes."""

from __future__ import annotations

import functools
import importlib
import os
import sys
from typing import TYPE_CHECKING, Any

from .handed import Handed
from .subject import Subject, describe_exception

if TYPE_CHECKING:
    from collections.abc import Callable

    from .subject import Collector


def drive(request: dict[str, Any], collector: Collector) -> int:
    """Measure the named cases in their order, else all; one that raises is recorded, and the next one runs."""
    sys.path.insert(0, os.getcwd())  # noqa: PTH109
    cases, names = request["target"]["cases"], request["names"]
    if names is not None:
        cases = sorted(
            (case for case in cases if case["name"] in names), key=lambda case: names.index(case["name"])
        )
    for case in cases:
        try:
            collector.measure(_subject(case))
        except Exception as error:
            collector.records.append({"name": case["name"], "error": describe_exception(error)})
    return 0


def _subject(case: dict[str, Any]) -> Subject:
    function = resolve(case["function"])
    if not callable(function):
        raise TypeError(f"{case['function']} is a {type(function).__name__}, and cannot be called")
    arguments, keywords = _arguments(case)
    call = functools.partial(function, *arguments, **keywords) if arguments or keywords else function
    return Subject(
        name=case["name"], call=call, group=case.get("group"), parameters=case.get("parameters", {})
    )


def _arguments(case: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the set-up returns: a tuple is positional, a dict is by name, anything else is the one argument."""
    if not case.get("setup"):
        return (), {}
    made = resolve(case["setup"])(*case.get("setup_arguments", ()))
    if case.get("setup_is_argument"):
        return (made,), {}
    if isinstance(made, Handed):
        return made.arguments, made.keywords
    if isinstance(made, tuple) and type(made) is tuple:
        return made, {}
    if isinstance(made, dict):
        return (), made
    return (made,), {}


def resolve(name: str) -> Callable[..., Any]:
    """``package.module:attribute.path`` → the object; the module is imported."""
    module_name, _, path = name.partition(":")
    found: Any = importlib.import_module(module_name)
    for part in path.split("."):
        found = getattr(found, part)
    return found  # type: ignore[no-any-return]
