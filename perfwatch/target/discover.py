"""What a project offers to be measured when nobody names a target; must not import any of it.

Looked for, in this order: the benchmark folder of an ``asv.conf.json``,
``bench_*.py`` files, other benchmark files in a ``benchmarks`` folder, tests that
use the benchmark fixture. A file is found once, for the first of these reasons.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.errors import TargetError
from perfwatch.records.run import Target, TargetKind
from perfwatch.target.asv_settings import SettingsUnreadableError, benchmark_folder
from perfwatch.target.contents import FIXTURES, acts_when_run, asv_benchmarks, collected_tests, has_main_guard
from perfwatch.target.files import BENCH_PREFIX
from perfwatch.target.identity import file_target, project_name
from perfwatch.target.source import read_source
from perfwatch.target.suggest import suggestions
from perfwatch.target.walk import LOOKED_AT_LIMIT, walk

if TYPE_CHECKING:
    import ast

__all__ = ["Found", "Survey", "discover", "suggestions", "survey"]

BENCHMARKS_FOLDER = "benchmarks"
#: A benchmark file is written by hand; what is longer is data in disguise.
SOURCE_BYTES_LIMIT = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A target that was found, how many benchmarks its text shows (parameters not multiplied), and why."""

    target: Target
    benchmarks_count: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """What was found below a project's root.

    ``looked_count`` is how many files and folders were looked at; ``notes`` are
    sentences about what could not be read, or was not looked at.
    """

    found: tuple[Found, ...]
    looked_count: int
    notes: tuple[str, ...] = ()


def discover(root: Path) -> tuple[Found, ...]:
    """Return the targets that ``survey`` finds below ``root``."""
    return survey(root).found


def survey(root: Path, *, limit: int = LOOKED_AT_LIMIT) -> Survey:
    """Look for benchmarks below ``root``, over at most ``limit`` files and folders."""
    seen = walk(root, limit=limit)
    notes = [f"The folder {project_name(folder, root)} could not be read." for folder in seen.unreadable]
    if not seen.complete:
        notes.append(
            f"Only the first {limit} files and folders were looked at; name a target to measure others."
        )
    found: dict[Path, Found] = {}
    looked_count = seen.looked_count
    for settings in seen.asv_settings:
        try:
            folder = benchmark_folder(settings)
        except SettingsUnreadableError as error:
            notes.append(f"{project_name(settings, root)}: {error}")
            continue
        inside = walk(folder, limit=limit)
        looked_count += inside.looked_count
        shown = project_name(settings, root)
        if inside.unreadable:
            notes.append(f"{shown} names the folder {project_name(folder, root)}, which could not be read.")
        for path in inside.python:
            _add(found, _asv_file(path, root, f"in the benchmark folder of {shown}", notes))
    finders = (_bench_file, _file_in_benchmarks, _test_file)
    for finder in finders:
        for path in seen.python:
            if path not in found:
                _add(found, finder(path, root, notes))
    return Survey(found=tuple(found.values()), looked_count=looked_count, notes=tuple(dict.fromkeys(notes)))


def _add(found: dict[Path, Found], one: Found | None) -> None:
    if one is not None and one.target.path is not None:
        found.setdefault(Path(one.target.path), one)


def _bench_file(path: Path, root: Path, notes: list[str]) -> Found | None:
    if not path.name.startswith(BENCH_PREFIX):
        return None
    tree = _tree(path, root, notes)
    if tree is None:
        return None
    reason = f"named {BENCH_PREFIX}*.py"
    one = _fixture_tests(tree, path, root, reason) or _asv(tree, path, root, reason)
    if one is None and (has_main_guard(tree) or acts_when_run(tree)):
        one = Found(target=file_target(TargetKind.SCRIPT, path, root), benchmarks_count=1, reason=reason)
    return one


def _file_in_benchmarks(path: Path, root: Path, notes: list[str]) -> Found | None:
    # A plain script there may do anything (publish results, say), so it waits until it is named.
    if BENCHMARKS_FOLDER not in path.relative_to(root).parts[:-1]:
        return None
    tree = _tree(path, root, notes)
    reason = f"in a {BENCHMARKS_FOLDER} folder"
    if tree is None:
        return None
    return _fixture_tests(tree, path, root, reason) or _asv(tree, path, root, reason)


def _test_file(path: Path, root: Path, notes: list[str]) -> Found | None:
    if not _mentions_benchmark(path):
        return None
    tree = _tree(path, root, notes)
    return None if tree is None else _fixture_tests(tree, path, root, "")


def _asv_file(path: Path, root: Path, reason: str, notes: list[str]) -> Found | None:
    tree = _tree(path, root, notes)
    return None if tree is None else _asv(tree, path, root, reason)


def _asv(tree: ast.Module, path: Path, root: Path, reason: str) -> Found | None:
    names = asv_benchmarks(tree)
    target = file_target(TargetKind.ASV, path, root)
    return Found(target=target, benchmarks_count=len(names), reason=f"asv, {reason}") if names else None


def _fixture_tests(tree: ast.Module, path: Path, root: Path, reason: str) -> Found | None:
    """The tests of a file that use the fixture; the others are left out of what nobody asked for."""
    tests = collected_tests(tree)
    using = sum(test.uses_fixture for test in tests)
    if not using:
        return None
    target = file_target(TargetKind.PYTEST, path, root)
    if using < len(tests):
        target = replace(target, key=f"{target.key}?only=fixture", parameters={"only": "fixture"})
    counted = f"{using} {'test uses' if using == 1 else 'tests use'} the benchmark fixture"
    return Found(target=target, benchmarks_count=using, reason=f"{reason}, {counted}" if reason else counted)


def _mentions_benchmark(path: Path) -> bool:
    """Whether parsing the file can be worth it: most files of a project never say the word."""
    try:
        with path.open("rb") as file:
            text = file.read(SOURCE_BYTES_LIMIT)
            return any(fixture.encode() in text for fixture in FIXTURES)
    except OSError:
        # Asking again, with the word for the reader: read_source says what is wrong.
        return True


def _tree(path: Path, root: Path, notes: list[str]) -> ast.Module | None:
    try:
        if os.path.getsize(path) > SOURCE_BYTES_LIMIT:  # noqa: PTH202 - a DirEntry's path, asked once
            notes.append(f"{project_name(path, root)} is too long to look into.")
            return None
        return read_source(path).tree
    except (TargetError, OSError) as error:
        happened = error.happened if isinstance(error, TargetError) else str(error)
        notes.append(f"{project_name(path, root)} was left out: {happened.splitlines()[0]}")
        return None
