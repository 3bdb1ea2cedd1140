"""Targets that are named by a path: scripts, pytest and asv files, folders; must not run them.

How a file is read, where ``--as`` does not say it:

1. A file with tests that use the benchmark fixture is pytest's, whatever its
   name: a fixture is asked for on purpose, a prefix may be there by chance.
2. A file that is named as pytest names tests, and has some, is pytest's.
3. A file with asv benchmarks is asv's, unless it is a script with a
   ``__main__`` guard that is not called ``bench_…``, or that was given arguments.
4. Everything else is a script.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.errors import TargetError
from perfwatch.records.run import Target, TargetKind
from perfwatch.target.contents import asv_benchmarks, collected_tests, has_main_guard, has_tests, names_of
from perfwatch.target.identity import file_target, project_name, target_key
from perfwatch.target.missing import nearest, not_found
from perfwatch.target.source import Source, read_source
from perfwatch.target.walk import walk

if TYPE_CHECKING:
    import ast

    from perfwatch.target.choice import TargetChoice

BENCH_PREFIX = "bench_"
SHOWN_FILES = 3


def is_named_as_tests(path: Path) -> bool:
    """Whether pytest would look for tests in a file of this name."""
    return path.suffix == ".py" and (path.name.startswith("test_") or path.stem.endswith("_test"))


def kind_of(source: Source, *, has_arguments: bool) -> TargetKind:
    """Decide how a file is read, by the order in the module's docstring."""
    path, tree = source.path, source.tree
    if tree is None:
        return TargetKind.PYTEST if is_named_as_tests(path) else TargetKind.SCRIPT
    fixture_is_used = any(test.uses_fixture for test in collected_tests(tree))
    if fixture_is_used or (is_named_as_tests(path) and has_tests(tree)):
        return TargetKind.PYTEST
    if asv_benchmarks(tree):
        is_script = has_main_guard(tree) and (has_arguments or not path.name.startswith(BENCH_PREFIX))
        return TargetKind.SCRIPT if is_script else TargetKind.ASV
    return TargetKind.SCRIPT


def path_target(path: Path, typed: str, arguments: tuple[str, ...], choice: TargetChoice) -> Target:
    """Return the target of an existing file or folder. Raises ``TargetError``."""
    if path.is_dir():
        return _folder_target(path, typed, arguments, choice)
    source = read_source(path, version=choice.version, any_suffix=choice.as_kind is TargetKind.SCRIPT)
    kind = choice.as_kind or kind_of(source, has_arguments=bool(arguments))
    if kind is TargetKind.ASV:
        _check_asv(source, typed, arguments)
    elif kind is TargetKind.PYTEST and source.tree is not None and not _may_have_tests(source.tree):
        raise TargetError(
            f"{typed} holds no tests.",
            means="pytest would collect nothing from it, so there is nothing to measure.",
            do="Run it as a script: --as script",
        )
    return file_target(kind, path, choice.root, typed=typed, arguments=arguments)


def _may_have_tests(tree: ast.Module) -> bool:
    """Whether a project's own naming could make tests of what the file defines."""
    names = names_of(tree)
    return has_tests(tree) or bool(names.classes or names.functions)


def _check_asv(source: Source, typed: str, arguments: tuple[str, ...]) -> None:
    if arguments:
        raise TargetError(
            f"{typed} is an asv module, and asv modules take no arguments: {' '.join(arguments)}",
            means="It is not clear who should get them, so nothing was measured.",
            do=f"Put perfwatch's own options in front of {typed}; or run it as a script: --as script",
        )
    if source.tree is not None and not asv_benchmarks(source.tree) and not names_of(source.tree).classes:
        raise TargetError(
            f"{typed} defines no asv benchmark.",
            means="asv measures functions and methods called time_*, timeraw_*, mem_*, peakmem_* or track_*.",
            do="Name one so, or run the file as a script: --as script",
        )


def _folder_target(folder: Path, typed: str, arguments: tuple[str, ...], choice: TargetChoice) -> Target:
    kind = choice.as_kind
    if kind in {None, TargetKind.PYTEST} and holds_tests(folder):
        return file_target(TargetKind.PYTEST, folder, choice.root, typed=typed, arguments=arguments)
    main = folder / "__main__.py"
    if kind in {None, TargetKind.SCRIPT} and main.is_file() and not (folder / "__init__.py").is_file():
        read_source(main, version=choice.version)
        return file_target(TargetKind.SCRIPT, main, choice.root, typed=typed, arguments=arguments)
    modules = asv_modules(folder) if kind in {None, TargetKind.ASV} else []
    if modules:
        raise TargetError(
            f"{typed} is a folder of {len(modules)} asv {'module' if len(modules) == 1 else 'modules'}.",
            means="One target is one module, so nothing was measured.",
            do=f"Name one: perfwatch run {project_name(modules[0], choice.cwd)}",
        )
    raise _nothing_in(folder, typed, choice)


def holds_tests(folder: Path) -> bool:
    """Whether pytest would find a test below ``folder``; a test file that does not parse counts, for its own error."""
    trees = (_tree(file) for file in walk(folder).python if is_named_as_tests(file))
    return any(tree is None or has_tests(tree) for tree in trees)


def asv_modules(folder: Path) -> list[Path]:
    """Return the files below ``folder`` that hold asv benchmarks."""
    trees = ((file, _tree(file)) for file in walk(folder).python if not is_named_as_tests(file))
    return [file for file, tree in trees if tree is not None and asv_benchmarks(tree)]


def _tree(file: Path) -> ast.Module | None:
    try:
        return read_source(file).tree
    except TargetError:
        return None  # its own error is told once it is named


def _nothing_in(folder: Path, typed: str, choice: TargetChoice) -> TargetError:
    if (folder / "__init__.py").is_file() and (folder / "__main__.py").is_file():
        do = f"It is a package: perfwatch run -m {folder.name}"
    else:
        files = [project_name(file, choice.cwd) for file in walk(folder).python]
        do = (
            f"Name a file in it: {', '.join(files[:SHOWN_FILES])}"
            if files
            else "Name a folder that has some."
        )
    return TargetError(
        f"The folder {typed} holds no tests.",
        means="A folder is measured as a folder of tests; this one has no test_*.py with tests.",
        do=do,
    )


def node_target(text: str, arguments: tuple[str, ...], choice: TargetChoice) -> Target:
    """Return the target of ``path/test_x.py::Class::test[param]``; what follows ``::`` is its ``function``.

    Raises ``TargetError``.
    """
    file_text, _, node = text.partition("::")
    path = Path(os.path.normpath(choice.cwd / file_text))
    if not path.is_file():
        raise not_found(file_text, choice)
    source = read_source(path, version=choice.version)
    if source.tree is not None:
        _check_node(source.tree, node, file_text)
    name = f"{project_name(path, choice.root)}::{node}"
    return Target(
        kind=TargetKind.PYTEST,
        name=text,
        key=target_key(TargetKind.PYTEST, name, arguments=arguments),
        path=str(path),
        function=node,
        arguments=arguments,
    )


def _check_node(tree: ast.Module, node: str, file_text: str) -> None:
    """Raise where the file's own text shows that there is no such test."""
    names = names_of(tree)
    # Parameters may hold anything, colons too.
    wanted = node.partition("[")[0]
    head, _, rest = wanted.partition("::")
    inherited = head in names.classes and bool(names.classes[head].bases)
    found = [test.name for test in collected_tests(tree)]
    if not rest:
        exists = head in names.bound
    else:
        exists = inherited or any(name == wanted or name.startswith(f"{wanted}::") for name in found)
    if exists or names.open:
        return
    if wanted and any(wanted == name.replace(".", "::") for name in asv_benchmarks(tree)):
        raise TargetError(
            f"{file_text} is an asv module; its benchmarks are not named by '::'.",
            means="'::' names a pytest test, so nothing was measured.",
            do=f"Choose one by name: perfwatch run -k {wanted.rpartition('::')[2]} {file_text}",
        )
    near = nearest(wanted, found)
    raise TargetError(
        f"{file_text} has no test {wanted!r}.",
        means="pytest would collect nothing, so there is nothing to measure.",
        do=f"Did you mean {file_text}::{near}?"
        if near
        else f"Name a test of the file, or run it all: {file_text}",
    )
