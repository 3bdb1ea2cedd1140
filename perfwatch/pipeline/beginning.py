"""``perfwatch init``: what a project starts with, written where nothing is yet.

All that could stand in the way is looked at before the first file is written.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import tempfile
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.config.beginning import NOTHING_WRITTEN, quoted, starting_table, with_table
from perfwatch.config.from_asv import FromAsv, from_asv, only_settings
from perfwatch.config.load import OWN_FILE, PROJECT_FILE
from perfwatch.environment.origin import requirement
from perfwatch.errors import ConfigError, StoreError, TargetError, UsageError
from perfwatch.target.contents import collected_tests
from perfwatch.target.discover import Survey, survey
from perfwatch.target.source import read_source
from perfwatch.target.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfwatch.target.discover import Found

WORKFLOWS = Path(".github", "workflows")
#: The workflows by name, each from the template of the same name.
MEASURES, COMMENTS = "perfwatch.yml", "perfwatch-comment.yml"


class Part(StrEnum):
    """What ``init`` writes."""

    SETTINGS = "settings"
    WORKFLOW = "workflow"


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What was written, what it measures, and sentences on what a person should look at."""

    files: tuple[Path, ...]
    targets: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


def begin(root: Path, parts: Sequence[Part], *, asv: bool) -> Begun:
    """Write a project's first settings and workflow.

    Raises ``UsageError`` where one of the files is there already, or cannot be
    read; then nothing is written.
    """
    looked = survey(root)
    taken = from_asv(only_settings(tuple(walk(root).asv_settings), root)) if asv else None
    notes = [*looked.notes, *(() if taken is None else taken.notes)]
    targets = tuple(_targets(looked, taken, notes))
    if not targets:
        notes.append(
            "No benchmark was found, so no target is named; a gate ends with 5 (nothing was measured) until one is."
        )
    texts: dict[Path, str] = {}
    if Part.SETTINGS in parts:
        texts |= _settings(root, targets)
    if Part.WORKFLOW in parts:
        texts |= _workflows(root, taken, notes)
    _write_all(texts)
    return Begun(files=tuple(texts), targets=targets, notes=tuple(notes))


def _targets(looked: Survey, taken: FromAsv | None, notes: list[str]) -> Iterator[str]:
    """The targets' words; of asv's settings only what lies in their folder."""
    for found in looked.found:
        path = None if found.target.path is None else Path(found.target.path)
        if taken is not None and (path is None or not path.is_relative_to(taken.folder)):
            continue
        try:
            found.target.name.encode("utf-8")
        except UnicodeEncodeError:
            notes.append(
                f"{found.target.name!a} was left out: its name is no text that a settings file takes."
            )
            continue
        yield from (shlex.quote(word) for word in _words(found))


def _words(found: Found) -> Iterator[str]:
    """A file, or its tests that use the benchmark fixture where others stand beside them."""
    target = found.target
    if target.parameters.get("only") != "fixture" or target.path is None:
        yield target.name
        return
    # A file that vanished since it was found: its name is the best that is left.
    with contextlib.suppress(TargetError):
        tree = read_source(Path(target.path)).tree
        if tree is not None:
            yield from (f"{target.name}::{test.name}" for test in collected_tests(tree) if test.uses_fixture)
            return
    yield target.name


def _settings(root: Path, targets: Sequence[str]) -> dict[Path, str]:
    own, project = root / OWN_FILE, root / PROJECT_FILE
    _refuse_existing([own])
    if not project.is_file():
        return {own: starting_table(targets, prefix="")}
    try:
        text = project.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{project} cannot be read: {error}.",
            means=NOTHING_WRITTEN,
            do="Mend it, and try again. It has to be UTF-8.",
        ) from error
    return {project: with_table(text, starting_table(targets, prefix="tool.perfwatch"))}


def _workflows(root: Path, taken: FromAsv | None, notes: list[str]) -> dict[Path, str]:
    top = next((place for place in (root, *root.parents) if (place / ".git").exists()), root)
    paths = {name: top / WORKFLOWS / name for name in (MEASURES, COMMENTS)}
    _refuse_existing(list(paths.values()))
    version = "{}.{}".format(*sys.version_info)
    wanted, is_certain = requirement()
    if not is_certain:
        notes.append(
            f"This perfwatch was installed from a folder that no runner has: see that pip finds {wanted} there, "
            "or write under PERFWATCH in both workflows where it is to be had."
        )
    marks = {
        "__FOLDER__": quoted(root.relative_to(top).as_posix()),
        "__REQUIREMENT__": quoted(wanted),
        "__PYTHON__": quoted((taken and taken.python) or version),
        "__THRESHOLD__": quoted((taken and taken.alert_threshold) or "105%"),
        "__INSTALL__": _install(root, notes),
    }
    return {path: _filled(name, marks) for name, path in paths.items()}


def _install(root: Path, notes: list[str]) -> str:
    if any((root / name).is_file() for name in (PROJECT_FILE, "setup.py")):
        return "python -m pip install ."
    if (root / "requirements.txt").is_file():
        return "python -m pip install --requirement requirements.txt"
    notes.append("How the project is installed is not known: write it into the workflow's step.")
    return "'true'"


def _filled(name: str, marks: dict[str, str]) -> str:
    from perfwatch.report.templates import template_dir

    text = (template_dir() / name).read_text(encoding="utf-8")
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text


def _refuse_existing(paths: Sequence[Path]) -> None:
    # A link to nowhere is something, too.
    there = [str(path) for path in paths if os.path.lexists(path)]
    if there:
        other = Part.WORKFLOW if paths[0].name == OWN_FILE else Part.SETTINGS
        raise UsageError(
            f"{' and '.join(there)} {'is' if len(there) == 1 else 'are'} there already.",
            means=f"{NOTHING_WRITTEN} No file is ever overwritten.",
            do=f"Edit it, or move it away. The rest alone: perfwatch init --only {other}",
        )


def _write_all(texts: dict[Path, str]) -> None:
    """Write all files, or none: each is complete beside its place before the first takes it."""
    ready: list[tuple[Path, Path]] = []
    try:
        for path, text in texts.items():
            ready.append((_beside(path.resolve(), text), path.resolve()))
        for partial, target in ready:
            partial.replace(target)
    except OSError as error:
        raise StoreError(
            f"{error.filename or path} could not be written: {error.strerror or error}.",
            means=NOTHING_WRITTEN,
            do="Mend the folder's permissions or free space, and try again.",
        ) from error
    finally:
        for partial, _ in ready:
            partial.unlink(missing_ok=True)


def _beside(target: Path, text: str) -> Path:
    """A file with the text in the target's folder, and with the permissions that the target has or is to have."""
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".perfwatch-", dir=target.parent)
    partial = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))
        partial.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o644)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return partial
