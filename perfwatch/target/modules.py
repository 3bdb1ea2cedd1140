"""Targets that are named by a module: ``-m module`` and ``module:function``; must not import them.

A module whose file is not in the project may still be installed where the target
runs: then nothing is said here, and the first execution tells.
"""

from __future__ import annotations

import keyword
from dataclasses import replace
from typing import TYPE_CHECKING

from perfwatch.errors import TargetError
from perfwatch.records.run import Target, TargetKind
from perfwatch.target.contents import Names, names_of, required_arguments
from perfwatch.target.identity import target_key
from perfwatch.target.missing import nearest
from perfwatch.target.source import read_source

if TYPE_CHECKING:
    from pathlib import Path

    from perfwatch.target.choice import TargetChoice


def is_dotted_name(text: str) -> bool:
    """Whether the text could name a module or an attribute: identifiers joined by dots."""
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in text.split("."))


def module_target(module: str, arguments: tuple[str, ...], choice: TargetChoice) -> Target:
    """Return the target of ``-m module``. Raises ``TargetError``."""
    is_file = module.endswith(".py") and (choice.cwd / module).is_file()
    if is_file or not is_dotted_name(module):
        raise TargetError(
            f"-m {module}: that is not a module's name.",
            means="-m takes a dotted name, as python -m does.",
            do=f"Write perfwatch run {module}" if is_file else "Write for example -m package.module",
        )
    # A folder without __init__.py and modules of the same name may be elsewhere, too: those are left to the run.
    file = find_module(module, choice)
    if file is not None and file.name == "__init__.py":
        main = file.with_name("__main__.py")
        if not main.is_file():
            raise TargetError(
                f"-m {module}: the package {file.parent} has no __main__.py.",
                means="Python can run a package only through that file.",
                do=f"Name one of its modules (-m {module}.NAME) or a function ({module}:NAME).",
            )
        file = main
    if file is not None:
        read_source(file, version=choice.version)
    return Target(
        kind=TargetKind.MODULE,
        name=f"-m {module}",
        key=target_key(TargetKind.MODULE, module, arguments=arguments),
        module=module,
        arguments=arguments,
    )


def is_callable_name(text: str) -> bool:
    """Whether the text has the form ``package.module:function`` (or ``:Class.method``)."""
    module, colon, function = text.partition(":")
    return bool(colon) and is_dotted_name(module) and is_dotted_name(function)


def callable_target(text: str, choice: TargetChoice) -> Target:
    """Return the target of ``package.module:function``. Raises ``TargetError``.

    Where the module's file is found in the project, the function, its set-up
    and the arguments that it needs are checked by reading the file.
    """
    if not is_callable_name(text):
        raise TargetError(
            f"{text!r} does not name a callable.",
            means="A callable is named by its module and its name, with a colon between them.",
            do="Write for example package.module:function",
        )
    _check_function(text, choice, needs_none=choice.setup is None)
    if choice.setup is not None:
        _check_setup(choice.setup, text, choice)
    module, _, function = text.partition(":")
    return Target(
        kind=TargetKind.CALLABLE,
        name=text,
        key=target_key(TargetKind.CALLABLE, text, setup=choice.setup),
        module=module,
        function=function,
        setup=choice.setup,
    )


def _check_setup(setup: str, text: str, choice: TargetChoice) -> None:
    if not is_callable_name(setup):
        suggestion = (
            f"{text.partition(':')[0]}:{setup}" if is_dotted_name(setup) else "package.module:make_inputs"
        )
        raise TargetError(
            f"{choice.setup_option} {setup!r} does not name a callable.",
            means=f"The arguments of {text} cannot be made.",
            do=f"Write for example {choice.setup_option} {suggestion}",
        )
    _check_function(setup, replace(choice, setup=None), needs_none=True, role="the set-up ")


def find_module(module: str, choice: TargetChoice) -> Path | None:
    """Return the file of a module (``__init__.py`` for a package) under the user's folder, the project or ``src``."""
    parts = module.split(".")
    for folder in dict.fromkeys((choice.cwd, choice.root, choice.root / "src")):
        place = folder.joinpath(*parts)
        for file in (place / "__init__.py", place.with_name(f"{place.name}.py")):
            if file.is_file():
                return file
    return None


def _check_function(text: str, choice: TargetChoice, *, needs_none: bool, role: str = "") -> None:
    """Raise where the module's own text shows that the function is missing, or needs arguments."""
    module, _, dotted = text.partition(":")
    file = find_module(module, choice)
    tree = read_source(file, version=choice.version).tree if file is not None else None
    if file is None or tree is None:
        return
    names = names_of(tree)
    name, _, attribute = dotted.partition(".")
    if name not in names.bound and not names.open and not _is_submodule(file, name):
        _refuse_name(name, module, names, role)
    # What a decorator makes of a function, only its import shows.
    function = names.functions.get(name)
    if attribute or function is None or function.decorator_list:
        return
    required = [name for name in required_arguments(function) if not role or name not in choice.setup_given]
    if needs_none and required:
        raise TargetError(
            f"{text} needs arguments: {', '.join(required)}.",
            means="It cannot be called without them, so nothing was measured.",
            do="Give the set-up defaults, or name another."
            if role
            else f"Name a callable that makes them: {choice.setup_option} {module}:make_inputs (a tuple, or a dict by name).",
        )


def _is_submodule(file: Path, name: str) -> bool:
    return file.name == "__init__.py" and (
        (file.parent / name).is_dir() or (file.parent / f"{name}.py").is_file()
    )


def _refuse_name(name: str, module: str, names: Names, role: str) -> None:
    known = [each for each in (*names.functions, *names.classes) if not each.startswith("__")]
    near = nearest(name, known) or nearest(name, names.bound)
    if near is not None:
        do = f"Did you mean {module}:{near}?"
    elif known:
        do = f"It defines: {', '.join(sorted(known)[:10])}."
    else:
        do = "It defines no function."
    raise TargetError(
        f"The module {module} has no function {name!r}.",
        means=f"There is nothing to call{' as ' + role.strip() if role else ''}, so nothing was measured.",
        do=do,
    )
