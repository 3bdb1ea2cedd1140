"""From a project's files and its environment to a ``Config``; must not apply any setting.

The order is default, file, environment, flag; the caller applies the flags with
``Config.with_flags``. A project has one place for its settings: where both
``[tool.perfwatch]`` and ``perfwatch.toml`` hold some, that is an error, because
whichever lost would be passed over in silence.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch.config.key import Key, WrongValueError, near_name
from perfwatch.config.keys import KEYS, TABLES, TargetEntry
from perfwatch.config.toml_lines import key_lines
from perfwatch.errors import ConfigError
from perfwatch.records.gate import Acceptance, GatePolicy, Limit, Override
from perfwatch.records.plan import Plan, Policy
from perfwatch.records.proof import Experiment
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

OWN_FILE = "perfwatch.toml"
PROJECT_FILE = "pyproject.toml"
ROOT_MARKS = (PROJECT_FILE, OWN_FILE, ".git")
NOTHING_DONE = "A setting that is not understood is not passed over in silence, so nothing was measured."

_PLAN = Plan()
_GATE = GatePolicy()
_LINE = re.compile(r"\bline (\d+)")
#: What an example in TOML has more than the same text in the environment.
_TOML_MARKS = re.compile(r'[\[\]" ]')


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings of a project.

    ``root`` is the project's folder, ``source`` the file that the settings were
    read from. ``store`` is an absolute path or a URL; ``None`` stands for the
    default. Times are nanoseconds.
    """

    root: Path
    source: Path | None = None
    targets: tuple[TargetEntry, ...] = ()
    python: str | None = None
    prepare: str | None = None
    store: str | None = None
    passes: tuple[PassName, ...] = _PLAN.passes
    budget_ns: int = _PLAN.budget_ns
    per_benchmark_ns: int = _PLAN.per_benchmark_ns
    timeout_ns: int | None = _PLAN.timeout_ns
    processes_count: int = _PLAN.processes_count
    samples_count: int = _PLAN.samples_count
    diagnosis_experiments: bool = _PLAN.experiments
    margin_ratio: float = Policy().margin_ratio
    fail_above_ratio: float = _GATE.fail_above_ratio
    min_change_ns: float = _GATE.min_change_ns
    min_change_bytes: float = _GATE.min_change_bytes
    gated_metrics: tuple[str, ...] = _GATE.metrics
    fail_on_undecided: bool = _GATE.fail_on_undecided
    acceptances: tuple[Acceptance, ...] = ()
    overrides: tuple[Override, ...] = ()
    limits: tuple[Limit, ...] = ()
    same_output: bool = False
    experiments: tuple[Experiment, ...] = ()
    report_dir: Path | None = None
    environments: str = "auto"
    build: str | None = None
    requirements: tuple[str, ...] | None = None

    def with_flags(self, **flags: Any) -> Config:
        """Return the settings with those flags that were given; ``None`` is a flag that was not."""
        return replace(self, **{name: value for name, value in flags.items() if value is not None})

    def plan(self) -> Plan:
        """Return how to measure."""
        return Plan(
            passes=self.passes,
            budget_ns=self.budget_ns,
            per_benchmark_ns=self.per_benchmark_ns,
            processes_count=self.processes_count,
            samples_count=self.samples_count,
            python=self.python,
            prepare=self.prepare,
            timeout_ns=self.timeout_ns,
            experiments=self.diagnosis_experiments,
        )

    def policy(self) -> Policy:
        """Return how to decide."""
        margins = tuple(
            (one.pattern, one.margin_ratio) for one in self.overrides if one.margin_ratio is not None
        )
        return Policy(margin_ratio=self.margin_ratio, margins=margins)

    def gate_policy(self) -> GatePolicy:
        """Return what a gate lets pass."""
        return GatePolicy(
            fail_above_ratio=self.fail_above_ratio,
            min_change_ns=self.min_change_ns,
            min_change_bytes=self.min_change_bytes,
            metrics=self.gated_metrics,
            fail_on_undecided=self.fail_on_undecided,
            acceptances=self.acceptances,
            overrides=self.overrides,
            limits=self.limits,
            same_output=self.same_output,
        )


def load_config(start: Path, environ: Mapping[str, str]) -> Config:
    """Return the settings of the project around ``start``, overridden by ``environ``.

    Relative paths start from the project's folder where they stand in a file,
    and from ``start`` where they stand in the environment. Raises ``ConfigError``.
    """
    start = start.absolute()
    root = project_root(start)
    settings = _find_settings(root)
    values = {} if settings is None else _read_file(settings)
    values |= _read_environment(environ, start)
    return Config(root=root, source=None if settings is None else settings.file, **values)


def project_root(start: Path) -> Path:
    """Return the nearest folder from ``start`` upwards that looks like a project, else ``start``."""
    folders = (start, *start.parents)
    return next((each for each in folders if any(_exists(each / mark) for mark in ROOT_MARKS)), start)


def _exists(path: Path) -> bool:
    # Path.exists raises where a folder above may not be searched; such a folder is not the project.
    return os.path.exists(path)  # noqa: PTH110


# Files


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settings:
    """A file's table of settings: ``prefix`` is the way to it, ``text`` the whole file."""

    file: Path
    text: str
    table: dict[str, object]
    prefix: tuple[str, ...]

    def line(self, *path: str | int) -> int | None:
        """The line that a key stands in; that of the nearest key around it, where it has none itself."""
        lines = key_lines(self.text)
        way = (*self.prefix, *path)
        return next((lines[way[:depth]] for depth in range(len(way), 0, -1) if way[:depth] in lines), None)

    def place(self, *path: str | int) -> str:
        """``pyproject.toml, line 12``."""
        line = self.line(*path)
        return self.file.name if line is None else f"{self.file.name}, line {line}"

    def header(self, table: str = "") -> str:
        """How a table is written in this file, without brackets."""
        return ".".join((*self.prefix, *([table] if table else [])))


def _find_settings(root: Path) -> _Settings | None:
    """The project's settings, wherever they stand. Raises ``ConfigError`` where they stand twice."""
    found = []
    for name, prefix in ((OWN_FILE, ()), (PROJECT_FILE, ("tool", "perfwatch"))):
        file = root / name
        if file.is_file():
            settings = _parse(file, prefix)
            found += [settings] if settings is not None else []
    if len(found) > 1:
        own, project = found
        raise ConfigError(
            f"{own.file.name} and {project.place()} ([tool.perfwatch]) both hold settings.",
            means="It is not clear which of them should count, so nothing was measured.",
            do="Move all of them to one of the two files.",
        )
    return found[0] if found else None


def _parse(file: Path, prefix: tuple[str, ...]) -> _Settings | None:
    try:
        # The line ends that a TOML file may have count as one character each.
        text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        table: object = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise _unreadable(file, error) from error
    for depth, name in enumerate(prefix, 1):
        table = table.get(name, {}) if isinstance(table, dict) else table
        if not isinstance(table, dict):
            line = key_lines(text).get(prefix[:depth])
            raise ConfigError(
                f"{file.name}, line {line}: {'.'.join(prefix[:depth])} is not a table.",
                means=NOTHING_DONE,
                do="Write the settings below a line [tool.perfwatch].",
            )
    assert isinstance(table, dict)  # noqa: S101 - for mypy: the loop, or tomllib, has seen to it
    return _Settings(file=file, text=text, table=table, prefix=prefix) if table else None


def _unreadable(file: Path, error: Exception) -> ConfigError:
    if isinstance(error, OSError):
        return ConfigError(
            f"{file} cannot be read: {error.strerror}.",
            means="The project's settings are unknown, so nothing was measured.",
            do="Check the file's permissions.",
        )
    line = _LINE.search(str(error))
    where = f"{file.name}, line {line.group(1)}" if line else file.name
    return ConfigError(
        f"{where}: this is not valid TOML: {error}.",
        means="The project's settings cannot be read, so nothing was measured.",
        do=f"Mend {file}.",
    )


def _read_file(settings: _Settings) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for path, value in _given(settings):
        key = _key(path)
        if key is None:
            raise _unknown(path, settings)
        if key.field in values:
            raise ConfigError(
                f"{settings.place(*path)}: {key.name} is set twice.",
                means="A hyphen and an underscore are one in a name, so it is not clear which value counts.",
                do="Remove one of the two lines.",
            )
        try:
            read = key.read(value, settings.file.parent)
        except ValueError as error:
            within = error.within if isinstance(error, WrongValueError) else ()
            example = f"{path[-1]} = {key.example}"
            raise _wrong(f"{settings.place(*path, *within)}: {key.name}", error, example) from error
        values[key.field] = read
    if "targets" in values:
        values["targets"] = tuple(
            replace(entry, where=settings.place("targets", index))
            for index, entry in enumerate(values["targets"])
        )
    return values


def _key(path: tuple[str, ...]) -> Key | None:
    """The setting that is written so; hyphens and underscores are one."""
    name = ".".join(path).replace("_", "-")
    return next((key for key in KEYS if key.name == name), None)


def _given(settings: _Settings) -> Iterator[tuple[tuple[str, ...], object]]:
    """Each setting of the file with the way to it."""
    for name, value in settings.table.items():
        if name not in TABLES:
            yield (name,), value
        elif isinstance(value, dict):
            yield from (((name, inner), each) for inner, each in value.items())
        else:
            raise ConfigError(
                f"{settings.place(name)}: {name} is not a table.",
                means=NOTHING_DONE,
                do=f"Write its settings below a line [{settings.header(name)}].",
            )


def _unknown(path: tuple[str, ...], settings: _Settings) -> ConfigError:
    *tables, name = path
    table = ".".join(tables)
    header = settings.header(table)
    there = f"[{header}] has no key" if header else "There is no key"
    if path == ("tool",) and not settings.prefix:
        do = f"In {OWN_FILE} the tables stand at the top: [profile], not [tool.perfwatch.profile]."
    else:
        do = _meant(table, name, settings)
    return ConfigError(f"{settings.place(*path)}: {there} {name!r}.", means=NOTHING_DONE, do=do)


def _meant(table: str, name: str, settings: _Settings) -> str:
    """The nearest known key: in the same table, else under its last name in any other."""
    by_table: dict[str, list[str]] = {"": list(TABLES)}
    for key in KEYS:
        group, _, last = key.name.rpartition(".")
        by_table.setdefault(group, []).append(last)
    near = near_name(name, by_table[table])
    if near:
        return f"Did you mean {near!r}?"
    for group, names in by_table.items():
        near = near_name(name, names) if group != table else ""
        if near:
            place = settings.header(group)
            return (
                f"Did you mean {near!r} in [{place}]?"
                if place
                else f"Did you mean {near!r}, outside any table?"
            )
    return f"Known here: {', '.join(by_table[table])}."


def _wrong(setting: str, error: ValueError, example: str) -> ConfigError:
    near = error.near if isinstance(error, WrongValueError) else ""
    return ConfigError(
        f"{setting}: {error}.",
        means=NOTHING_DONE,
        do=f"Did you mean {near!r}?" if near else f"Write for example {example}",
    )


# Environment


def _read_environment(environ: Mapping[str, str], start: Path) -> dict[str, Any]:
    """The settings of the environment; an empty variable is one that is not set."""
    values: dict[str, Any] = {}
    for key in KEYS:
        text = environ.get(key.environ, "").strip() if key.environ is not None else ""
        if text:
            try:
                values[key.field] = key.read(key.from_text(text), start)
            except ValueError as error:
                example = f"{key.environ}={_TOML_MARKS.sub('', key.example)}"
                raise _wrong(f"The environment's {key.environ}", error, example) from error
    return values
