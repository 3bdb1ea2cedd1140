"""What the options of ``profile`` and ``benchmark`` ask for: the project's settings, changed by them.

It must not look at the function, and must not measure.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from perfwatch.config import KEYS, Config, load_config
from perfwatch.config.key import near_name
from perfwatch.errors import UsageError
from perfwatch.records.plan import Progress
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from perfwatch.records.plan import Event, Plan

#: Whoever names passes wants them, however long the function takes: it is not cut short by the watch.
NEVER_NS = 10**18
#: A profile is scaled to a clean time, and three processes tell that; a time to compare is ``benchmark``'s.
PROFILE_PROCESSES = 3
#: The setting that an option stands for; it is read as the setting is.
_SETTINGS = {
    "passes": "passes",
    "budget": "budget_ns",
    "timeout": "timeout_ns",
    "processes": "processes_count",
    "margin": "margin_ratio",
    "store": "store",
}
_COMMON = ("kwargs", "name", "budget", "timeout", "store", "progress")
OPTIONS = {
    "profile": (*_COMMON, "passes"),
    "benchmark": (*_COMMON, "processes", "margin"),
    "prove": ("name", "budget", "timeout", "progress"),
}


class CommonOptions(TypedDict, total=False):
    """What both verbs take.

    ``kwargs`` are the function's own arguments by name. ``name`` is what the
    measurement is known by in the store, instead of the function's name and a
    digest of its arguments. ``budget`` is how long measuring may take, ``timeout``
    one execution: seconds, or texts such as ``"90s"``. ``store`` is the database
    file; ``progress`` is called with each event.
    """

    kwargs: Mapping[str, Any]
    name: str
    budget: str | float
    timeout: str | float
    store: str | os.PathLike[str]
    progress: Callable[[Event], None]


class ProfileOptions(CommonOptions, total=False):
    """``passes`` are names of passes, in a list or separated by commas."""

    passes: str | Sequence[str]


class BenchmarkOptions(CommonOptions, total=False):
    """``processes`` is how many of them time the function at most, ``margin`` the change that counts as none."""

    processes: int
    margin: str | float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallConfig(Config):
    """The project's settings with what only a call from Python can ask for."""

    passes_named: bool = False

    def plan(self) -> Plan:
        """Return how to measure."""
        # Not super(): a slotted dataclass is another class than the one this body was written in.
        plan = Config.plan(self)
        return replace(plan, watch_after_ns=NEVER_NS) if self.passes_named else plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be done: ``keywords`` are the function's, the rest is ours."""

    config: CallConfig
    keywords: Mapping[str, Any]
    progress: Progress
    name: str | None = None


def asked_for(verb: str, options: Mapping[str, Any]) -> Asked:
    """Read the options of a verb over the project's settings.

    Raises ``UsageError`` for an option that there is not, or a value that it does not take.
    """
    for option in options:
        if option not in OPTIONS[verb]:
            raise _unknown(verb, option)
    given = {option: value for option, value in options.items() if value is not None}
    keywords, name = given.get("kwargs", {}), given.get("name")
    if not isinstance(keywords, Mapping) or not all(isinstance(each, str) for each in keywords):
        raise _wrong(verb, "kwargs", "it is not a mapping of names to values", "kwargs={'tolerance': 1e-6}")
    if name is not None and (not isinstance(name, str) or not name.strip()):
        raise _wrong(verb, "name", "it is not a text", "name='fit, small'")
    progress = given.get("progress", _silent)
    if not callable(progress):
        raise _wrong(verb, "progress", "it cannot be called", "progress=print")
    return Asked(config=_config(verb, given), keywords=keywords, progress=progress, name=name)


def _config(verb: str, given: Mapping[str, Any]) -> CallConfig:
    """The project's settings, then the verb's own, then what was given; the interpreter is the one that asks."""
    project = load_config(Path.cwd(), os.environ)
    fields = {name: getattr(project, name) for name in Config.__dataclass_fields__}
    if verb == "benchmark":
        fields["passes"] = (PassName.TIMING,)
    else:
        fields["processes_count"] = min(project.processes_count, PROFILE_PROCESSES)
    read = {
        _SETTINGS[option]: _read(verb, option, value, project.root)
        for option, value in given.items()
        if option in _SETTINGS
    }
    budget_ns = read.get("budget_ns")
    if budget_ns is not None:
        own = budget_ns if verb == "benchmark" else min(budget_ns, project.per_benchmark_ns)
        fields["per_benchmark_ns"] = own
    return CallConfig(
        **{**fields, **read, "python": sys.executable}, passes_named="passes" in given or verb == "benchmark"
    )


def _read(verb: str, option: str, value: Any, root: Path) -> Any:
    key = next(key for key in KEYS if key.field == _SETTINGS[option])
    if option == "passes":
        value = key.from_text(value) if isinstance(value, str) else list(value)
    elif option == "store":
        # Relative to where we stand, as every path in a program is.
        value = value if isinstance(value, str) and "://" in value else str(Path(value).absolute())
    try:
        return key.read(value, root)
    except ValueError as error:
        raise _wrong(verb, option, str(error), f"{option}={key.example}") from error


def _wrong(verb: str, option: str, why: str, example: str) -> UsageError:
    return UsageError(
        f"perfwatch.{verb} does not take this {option}: {why}.",
        means="Nothing was called, and nothing was measured.",
        do=f"Write for example {example}",
    )


def _unknown(verb: str, option: str) -> UsageError:
    near = near_name(option, OPTIONS[verb])
    meant = f"Did you mean {near}? " if near else ""
    return UsageError(
        f"perfwatch.{verb} has no option {option!r}.",
        means="Nothing was called, and nothing was measured.",
        do=f"{meant}An argument of the function's goes into kwargs={{{option!r}: ...}}. "
        f"The options are {', '.join(OPTIONS[verb])}.",
    )


def _silent(_event: Event) -> None:
    """Tell nobody."""
