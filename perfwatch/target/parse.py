"""From the words of a command line to the target they name; must not import or run the target."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.errors import TargetError
from perfwatch.records.run import Target, TargetKind
from perfwatch.target.bundled import PREFIX as WORKLOAD_PREFIX
from perfwatch.target.bundled import workload_target
from perfwatch.target.choice import TargetChoice
from perfwatch.target.files import asv_modules, holds_tests, node_target, path_target
from perfwatch.target.identity import file_target
from perfwatch.target.missing import FORMS, not_found
from perfwatch.target.modules import callable_target, is_callable_name, module_target

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["TargetChoice", "parse_target", "parse_targets"]

#: What ``--as`` can ask for; a module is asked for by ``-m``, a workload by its prefix.
AS_KINDS = (TargetKind.SCRIPT, TargetKind.PYTEST, TargetKind.ASV, TargetKind.CALLABLE)


def parse_target(tokens: Sequence[str], choice: TargetChoice) -> Target:
    """Return the target that the words name; the words after the first are the target's own.

    An existing path wins over any other reading, unless ``choice.as_kind`` says
    otherwise. Raises ``TargetError`` where the words name nothing that can be
    measured, with the nearest thing that can.
    """
    words = tuple(tokens[1:] if tokens[:1] == ["--"] or tokens[:1] == ("--",) else tokens)
    _check_words(words)
    _check_choice(choice)
    target = _named(words, choice)
    if choice.setup is not None and target.kind is not TargetKind.CALLABLE:
        raise TargetError(
            f"--setup {choice.setup} makes the arguments of a callable, and {target.name} is none.",
            means="Nobody would call it, so nothing was measured.",
            do="Leave --setup out, or name a callable: package.module:function",
        )
    return target


def parse_targets(tokens: Sequence[str], choice: TargetChoice) -> tuple[Target, ...]:
    """Return the targets that the words name: one, or the modules of a folder of asv benchmarks."""
    folder = _existing(tokens[0], choice) if len(tokens) == 1 else None
    if folder is not None and folder.is_dir() and choice.as_kind in {None, TargetKind.ASV}:
        # Tests come first in a folder, as they do for parse_target.
        modules = asv_modules(folder) if choice.as_kind is TargetKind.ASV or not holds_tests(folder) else []
        if modules:
            return tuple(file_target(TargetKind.ASV, file, choice.root) for file in modules)
    return (parse_target(tokens, choice),)


def _check_words(words: tuple[str, ...]) -> None:
    if not words or not words[0].strip():
        raise TargetError(
            "The target has an empty name." if words else "No target was named.",
            means="There is nothing to measure.",
            do=f"A target is {FORMS}.",
        )
    if words[0].startswith("-") and not words[0].startswith("-m"):
        raise TargetError(
            f"The option {words[0]!r} stands where the target should.",
            means="The words from here on are the target's own, so nobody would read it.",
            do=f"Name the target first: {FORMS}.",
        )


def _check_choice(choice: TargetChoice) -> None:
    if choice.as_kind is not None and choice.as_kind not in AS_KINDS:
        raise TargetError(
            f"--as {choice.as_kind.value} is not a reading that can be asked for.",
            means="It is not clear what should be measured.",
            do=f"Choose one of: {', '.join(kind.value for kind in AS_KINDS)}.",
        )


def _named(words: tuple[str, ...], choice: TargetChoice) -> Target:
    first, rest = words[0], words[1:]
    if first.startswith("-m"):
        return _module(words, choice)
    if choice.as_kind is TargetKind.CALLABLE:
        return _callable(first, rest, choice)
    path = _existing(first, choice)
    if path is not None:
        return path_target(path, first, rest, choice)
    if first.startswith(WORKLOAD_PREFIX):
        return workload_target(first, rest)
    if "::" in first:
        return _node(first, rest, choice)
    before, colon, after = first.rpartition(":")
    file = _existing(before, choice) if colon else None
    # A folder of a package's name is the package that the callable is imported from.
    if file is not None and not (file.is_dir() and is_callable_name(first)):
        raise _callable_in_file(before, after)
    if is_callable_name(first):
        return _callable(first, rest, choice)
    raise not_found(first, choice)


def _existing(text: str, choice: TargetChoice) -> Path | None:
    """Return the absolute path that ``text`` names, where there is one; links are not resolved."""
    # os.path.exists takes any text for a question: too long a name, a null character.
    path = os.path.normpath(os.path.join(choice.cwd, os.path.expanduser(text)))  # noqa: PTH111, PTH118
    return Path(path) if text and os.path.exists(path) else None  # noqa: PTH110


def _module(words: tuple[str, ...], choice: TargetChoice) -> Target:
    # "-mpackage" is python's own short form.
    words = words if words[0] == "-m" else ("-m", words[0][2:], *words[1:])
    if choice.as_kind is not None:
        raise TargetError(
            f"--as {choice.as_kind.value} and -m contradict each other.",
            means="-m runs a module as a program, as python -m does.",
            do="Leave one of them out.",
        )
    if len(words) == 1:
        raise TargetError(
            "-m has no module's name after it.",
            means="There is nothing to measure.",
            do="Write for example perfwatch run -m package.module",
        )
    return module_target(words[1], words[2:], choice)


def _callable(text: str, arguments: tuple[str, ...], choice: TargetChoice) -> Target:
    if arguments:
        raise TargetError(
            f"{text} is a callable, and takes no words from the command line: {' '.join(arguments)}",
            means="A callable gets its arguments from a set-up.",
            do="Put perfwatch's own options in front of it, and name a set-up: --setup package.module:make_inputs",
        )
    return callable_target(text, choice)


def _node(text: str, arguments: tuple[str, ...], choice: TargetChoice) -> Target:
    if choice.as_kind is not None and choice.as_kind is not TargetKind.PYTEST:
        raise TargetError(
            f"--as {choice.as_kind.value} does not fit {text}: '::' names a pytest test.",
            means="It is not clear what should be measured.",
            do="Leave --as out, or name the file alone.",
        )
    return node_target(text, arguments, choice)


def _callable_in_file(file_text: str, function: str) -> TargetError:
    module = file_text.removesuffix(".py").replace("\\", "/").strip("./").replace("/", ".")
    return TargetError(
        f"{file_text}:{function} names a function by its file.",
        means="A callable is imported, so it is named by its module.",
        do=f"Write {module}:{function}",
    )
