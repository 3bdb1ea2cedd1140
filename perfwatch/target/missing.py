"""What to say of a target that is not there: the nearest thing that is."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.errors import TargetError
from perfwatch.target.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfwatch.target.choice import TargetChoice

FORMS = "path/script.py, -m package.module, package.module:function, path/test_x.py::test or workload:NAME"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the name that was probably meant; upper and lower case count as near."""
    names = sorted(set(known))
    close = get_close_matches(name, names, n=1)
    if close:
        return close[0]
    lowered = {each.lower(): each for each in names}
    close = get_close_matches(name.lower(), lowered, n=1)
    return lowered[close[0]] if close else None


def nearest_file(text: str, choice: TargetChoice) -> str | None:
    """Return the project's Python file that ``text`` comes nearest to, relative to the user's folder.

    The same name in another folder comes first, then a similar name in the
    folder that was named, then a similar path anywhere in the project.
    """
    wanted = Path(text)
    beside = _names_beside(choice.cwd / wanted)
    near = nearest(wanted.name, beside)
    files = {_shown(path, choice): path for path in walk(choice.root).python}
    same_name = [shown for shown, path in files.items() if path.name == wanted.name]
    if same_name:
        return nearest(text, same_name) or same_name[0]
    if near is not None:
        return (wanted.parent / near).as_posix()
    return nearest(wanted.as_posix(), files) or _by_name(wanted.name, files)


def _by_name(name: str, files: dict[str, Path]) -> str | None:
    near = nearest(name, (path.name for path in files.values()))
    return next((shown for shown, path in files.items() if path.name == near), None)


def _names_beside(path: Path) -> list[str]:
    try:
        return [each.name for each in path.parent.iterdir() if each.suffix == ".py"]
    except OSError:
        # The folder is missing, too: there is nothing beside the file.
        return []


def _shown(path: Path, choice: TargetChoice) -> str:
    return (path.relative_to(choice.cwd) if path.is_relative_to(choice.cwd) else path).as_posix()


def not_found(text: str, choice: TargetChoice) -> TargetError:
    """The error for words that name nothing: the nearest file, or the forms that a target can take."""
    near = nearest_file(text, choice)
    if near is not None:
        do = f"Did you mean {near}?"
    elif _is_dotted(text):
        do = f"A module is run by -m: perfwatch run -m {text}. A callable is named {text}:function."
    else:
        do = f"A target is {FORMS}."
    return TargetError(
        f"There is no file or folder {text!r} in {choice.cwd}.",
        means="There is nothing to measure.",
        do=do,
    )


def _is_dotted(text: str) -> bool:
    return all(part.isidentifier() for part in text.split(".")) and not text.endswith(".py")
