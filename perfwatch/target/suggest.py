"""Commands that would work in a project where nothing was found to measure; must not run them."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from perfwatch.errors import TargetError
from perfwatch.target.contents import acts_when_run, has_main_guard, names_of, required_arguments
from perfwatch.target.files import is_named_as_tests
from perfwatch.target.identity import project_name
from perfwatch.target.modules import is_dotted_name
from perfwatch.target.source import read_source
from perfwatch.target.walk import walk

if TYPE_CHECKING:
    import ast
    from pathlib import Path

#: The nearest files of a project are enough for three suggestions.
PARSED_LIMIT = 200
NOT_SUGGESTED = frozenset({"setup.py", "conftest.py", "conf.py", "__init__.py"})

#: What works anywhere, for a folder that offers too little.
ANYWHERE = (
    "perfwatch run workload:digital-twin/physics",
    "perfwatch run -m timeit -n 20 'sorted(range(100_000))'",
    "perfwatch run calendar:TextCalendar",
)


def suggestions(root: Path) -> tuple[str, str, str]:
    """Return three commands that would work in ``root``, taken from its own files where they allow it.

    A script, a package that runs by ``-m``, a function that needs no arguments;
    then more of the same; then what works anywhere.
    """
    scripts: list[str] = []
    modules: list[str] = []
    callables: list[str] = []
    for path in walk(root).python[:PARSED_LIMIT]:
        if is_named_as_tests(path) or path.name in NOT_SUGGESTED:
            continue
        try:
            tree = read_source(path).tree
        except TargetError:
            continue  # what cannot be read is no suggestion
        if tree is not None:
            _sort_in(path, root, tree, (scripts, modules, callables))
    ordered = [*scripts[:1], *modules[:1], *callables[:1], *scripts[1:3], *callables[1:3]]
    first, second, third = [*(f"perfwatch run {words}" for words in ordered), *ANYWHERE][:3]
    return first, second, third


def _sort_in(path: Path, root: Path, tree: ast.Module, lists: tuple[list[str], list[str], list[str]]) -> None:
    scripts, modules, callables = lists
    module = module_name(path, root)
    if path.name == "__main__.py":
        package = module.rpartition(".")[0] if module is not None else ""
        if package:
            modules.append(f"-m {package}")
    elif has_main_guard(tree) or (acts_when_run(tree) and not (path.parent / "__init__.py").is_file()):
        scripts.append(shlex.quote(project_name(path, root)))
    elif module is not None:
        callables += [f"{module}:{name}" for name in _plain_functions(tree)]


def module_name(path: Path, root: Path) -> str | None:
    """Return the name by which a file below ``root`` (or its ``src``) is imported, ``None`` where it has none."""
    for base in (root / "src", root):
        if not path.is_relative_to(base):
            continue
        parts = path.relative_to(base).with_suffix("").parts
        packages = [base.joinpath(*parts[:depth]) for depth in range(1, len(parts))]
        if all((package / "__init__.py").is_file() for package in packages) and is_dotted_name(
            ".".join(parts)
        ):
            return ".".join(parts)
    return None


def _plain_functions(tree: ast.Module) -> list[str]:
    """Public functions that can be called as they are."""
    return [
        name
        for name, function in names_of(tree).functions.items()
        if not name.startswith("_")
        and not function.decorator_list
        and not required_arguments(function)
        and type(function).__name__ == "FunctionDef"
    ]
