"""Call an importable function, with the arguments that its set-up makes."""

from __future__ import annotations

import collections
import functools
import importlib
import json
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
    if "pairs" in case:
        return Subject(name=case["name"], call=lambda: _held(case))
    if "rule" in case:
        return Subject(name=case["name"], call=lambda: _judged(case))
    function = resolve(case["function"])
    if not callable(function):
        raise TypeError(f"{case['function']} is a {type(function).__name__}, and cannot be called")
    if case.get("drawn"):
        function = _drawing(function)
    call: Callable[[], Any]
    before = None
    if case.get("fresh"):
        call = fresh = _Fresh(function, lambda: _arguments(case))
        before = fresh.renew
    else:
        arguments, keywords = _arguments(case)
        call = functools.partial(function, *arguments, **keywords) if arguments or keywords else function
    return Subject(
        name=case["name"],
        call=call,
        before=before,
        group=case.get("group"),
        parameters=case.get("parameters", {}),
    )


def _held(case: dict[str, Any]) -> str:
    """What both sides' opaque objects say of each other, as JSON: the reference is called twice, the candidate once."""
    from .holding import held_together

    values = []
    for name in ("function", "function", "candidate"):
        arguments, keywords = _arguments(case)
        values.append(resolve(case[name])(*arguments, **keywords))
    return json.dumps(held_together(values[0], values[1], values[2], case["pairs"]))


def _judged(case: dict[str, Any]) -> str:
    """What the user's rule says of both sides' values, each from arguments of its own; "" where they are the same."""
    reference, candidate = resolve(case["function"]), resolve(case["candidate"])
    inputs, references, candidates = [], [], []
    for seed in case["seeds"]:
        drawn = {**case, "setup_offered": {**case["setup_offered"], "seed": seed}}
        (first, by_name), (second, also_by_name) = _arguments(drawn), _arguments(drawn)
        arguments, keywords = _arguments(drawn)
        inputs.append(arguments[0] if len(arguments) == 1 and not keywords else keywords or arguments)
        references.append(reference(*first, **by_name))
        candidates.append(candidate(*second, **also_by_name))
    said = resolve(case["rule"])(inputs, references, candidates)
    if not isinstance(said, str):
        raise TypeError(
            f"the rule {case['rule']} returned a {type(said).__name__}: it says in a text why answers differ"
        )
    return said


class _Fresh:
    """A call whose arguments are made anew before each: it changes them."""

    def __init__(self, function: Callable[..., Any], make: Callable[[], Any]) -> None:
        self._function = function
        self._make = make
        self.renew()

    def renew(self) -> None:
        """Make the arguments of the next call."""
        self.args, self.keywords = self._make()

    def __call__(self) -> Any:
        return self._function(*self.args, **self.keywords)


def _drawing(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with all items of what it returns drawn: a generator works only then."""

    @functools.wraps(function)
    def drawn(*arguments: Any, **keywords: Any) -> None:
        collections.deque(function(*arguments, **keywords), maxlen=0)

    return drawn


def _arguments(case: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What the set-up returns: a tuple is positional, a dict is by name, anything else is the one argument."""
    if not case.get("setup"):
        return (), {}
    make = resolve(case["setup"])
    made = make(*case.get("setup_arguments", ()), **_taken(make, case.get("setup_offered", {})))
    if case.get("setup_is_argument"):
        return (made,), {}
    if isinstance(made, Handed):
        return made.arguments, made.keywords
    if isinstance(made, tuple) and type(made) is tuple:
        return made, {}
    if isinstance(made, dict):
        return (), made
    return (made,), {}


def _taken(make: Callable[..., Any], offered: dict[str, Any]) -> dict[str, Any]:
    """Of what is offered by name, what the function takes."""
    if not offered:
        return {}
    import inspect

    parameters = inspect.signature(make).parameters
    if any(one.kind is one.VAR_KEYWORD for one in parameters.values()):
        return offered
    return {name: value for name, value in offered.items() if name in parameters}


def resolve(name: str) -> Callable[..., Any]:
    """``package.module:attribute.path`` → the object; the module is imported."""
    module_name, _, path = name.partition(":")
    found: Any = importlib.import_module(module_name)
    for part in path.split("."):
        found = getattr(found, part)
    return found  # type: ignore[no-any-return]
