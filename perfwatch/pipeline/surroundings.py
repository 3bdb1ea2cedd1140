"""Where a command was typed, and all that its executions share.

It must not measure.
"""

from __future__ import annotations

import contextlib
import secrets
import shutil
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import perfwatch
from perfwatch.collect.ownership import Ownership
from perfwatch.environment import (
    Interpreter,
    capture_commit,
    capture_environment,
    choose_interpreter,
    digest_sources,
    lent_profilers,
    probe_interpreter,
)
from perfwatch.errors import StoreError
from perfwatch.measure.setting import Setting
from perfwatch.measure.streams import NO_DESCRIPTOR, Input
from perfwatch.measure.written import SCRATCH_PREFIX
from perfwatch.records.run import RunHeader, Target
from perfwatch.store import new_run_id
from perfwatch.target.bundled import is_bundled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfwatch.builds.furnishing import Furnishing
    from perfwatch.builds.sides import Wish
    from perfwatch.config import Config
    from perfwatch.records.plan import Plan


#: Variables by which a tracer of coverage follows into child processes: it would be measured in their stead.
_TRACERS = ("COV_CORE_", "COVERAGE_PROCESS_")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a command was typed, and how: ``command`` is what is shown of it.

    ``aside`` says that the standard streams are not the target's to use.
    """

    cwd: Path
    environ: Mapping[str, str]
    command: str
    aside: bool = False


def untraced(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without what would start a tracer in each worker."""
    return {name: value for name, value in environ.items() if not name.startswith(_TRACERS)}


@contextlib.contextmanager
def setting_for(
    targets: Sequence[Target], config: Config, place: Place
) -> Iterator[tuple[RunHeader, Setting]]:
    """What is known before the first execution, and a scratch folder that lasts until the last."""
    interpreter = probe_interpreter(_interpreter_for(targets, config, place))
    header = _header(targets, config, place, interpreter)
    folder = scratch_folder()
    try:
        yield header, _setting(targets, config, place, (interpreter, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def header_for(targets: Sequence[Target], config: Config, place: Place) -> RunHeader:
    """What is known of a command before its first execution."""
    return _header(targets, config, place, probe_interpreter(_interpreter_for(targets, config, place)))


def _header(targets: Sequence[Target], config: Config, place: Place, interpreter: Interpreter) -> RunHeader:
    started = datetime.now(UTC)
    return RunHeader(
        id=new_run_id(started, secrets.token_hex(2)),
        started_at=started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        command=place.command,
        targets=tuple(targets),
        environment=capture_environment(interpreter, config.root, place.environ),
        commit=capture_commit(config.root),
        code_digest=digest_sources(config.root),
        project_root=str(config.root),
        keyword=config.plan().keyword,
        settings=settings_of(config.plan()),
    )


def settings_of(plan: Plan) -> dict[str, int | float | str | bool | None]:
    """The plan as plain figures by their names; lists as texts."""
    given = {one.name: getattr(plan, one.name) for one in fields(plan)}
    return {name: _plain(value) for name, value in given.items()}


def _plain(value: object) -> int | float | str | bool | None:
    if isinstance(value, tuple | frozenset):
        return ", ".join(sorted(map(str, value)) if isinstance(value, frozenset) else map(str, value))
    return value if value is None or isinstance(value, int | float | bool) else str(value)


def furnishing_for(targets: Sequence[Target], wish: Wish, config: Config, place: Place) -> Furnishing:
    """What is asked of the environments of a gate's two sides; raises ``InterpreterError`` for one that is not there."""
    from perfwatch.builds.environments import FOLDER
    from perfwatch.builds.furnishing import EnvironmentKind, Furnishing

    usual = _interpreter_for(targets, config, place)
    kind = wish.environments or config.environments
    return Furnishing(
        kind=None if kind in {None, "auto"} else EnvironmentKind(str(kind)),
        base=usual if wish.base_python is None else choose_interpreter(wish.base_python, place.environ),
        head=usual if wish.head_python is None else choose_interpreter(wish.head_python, place.environ),
        build=config.build,
        requirements=config.requirements,
        folder=config.root / ".perfwatch" / FOLDER,
    )


def scratch_folder() -> Path:
    """Make a folder for the files of one command; raises ``StoreError`` where there is no room."""
    try:
        return Path(tempfile.mkdtemp(prefix=SCRATCH_PREFIX))
    except OSError as error:
        raise StoreError(
            f"There is no folder for scratch files: {error.strerror or error}.",
            means="Nothing was measured.",
            do="Set TMPDIR to a folder that can be written.",
        ) from error


def _interpreter_for(targets: Sequence[Target], config: Config, place: Place) -> str:
    """The bundled workloads run in our own environment unless another is asked for: they are ours."""
    if config.python is None and all(is_bundled(target) for target in targets):
        return sys.executable
    return choose_interpreter(config.python, place.environ)


def _packages_of(targets: Sequence[Target], interpreter: Interpreter) -> tuple[str, ...]:
    """The installed packages that are themselves what is measured: their lines are the user's."""
    names = {target.module.partition(".")[0] for target in targets if target.module}
    places = [Path(folder) / name for name in names for folder in interpreter.site_folders]
    return tuple(str(place) for place in places if place.is_dir())


def _setting(
    targets: Sequence[Target], config: Config, place: Place, found: tuple[Interpreter, Path]
) -> Setting:
    interpreter, folder = found
    lending = lent_profilers(interpreter)
    package = Path(perfwatch.__file__).parent
    return Setting(
        root=config.root,
        cwd=place.cwd,
        interpreter=interpreter.executable,
        environment=dict(place.environ),
        folder=folder,
        ownership=Ownership(
            root=config.root,
            libraries=(interpreter.prefix, interpreter.stdlib, str(package), *interpreter.site_folders),
            own=(str(package / "workloads"), *_packages_of(targets, interpreter)),
            cwd=place.cwd,
        ),
        stdin=Input(NO_DESCRIPTOR if place.aside else 0, folder),
        lent_names=tuple(dict.fromkeys(name for tool in lending.lent.values() for name in tool.names)),
        lent_folders=tuple(dict.fromkeys(path for tool in lending.lent.values() for path in tool.folders)),
        missing=lending.refused,
        append_path=str(package.parent),
        aside=place.aside,
    )
