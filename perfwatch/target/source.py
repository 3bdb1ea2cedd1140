"""A target's source, read and parsed; must not execute or import it."""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
import warnings
from dataclasses import dataclass
from pathlib import Path

from perfwatch.errors import TargetError

PYTHON_SUFFIXES = (".py", ".pyw")
SHEBANG = re.compile(rb"#!.*\b(python|pypy)[\d.]*\b")
SHOWN_CHARACTERS = 100
BINARY_SEARCH_BYTES = 8192
TEXT_NAME = "<target>"

#: What a file is by its first bytes.
MAGIC = (
    (b"\x7fELF", "an ELF executable or library"),
    (b"MZ", "a Windows executable or library"),
    (b"\xcf\xfa\xed\xfe", "a Mach-O executable or library"),
    (b"\xca\xfe\xba\xbe", "a Mach-O executable or library"),
    (b"PK\x03\x04", "a zip archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
)
#: What a file is by its suffix, and what would work in its stead.
OTHER_SUFFIXES = {
    ".ipynb": ("a notebook", "Notebooks are not supported yet: jupyter nbconvert --to script {file}"),
    ".pyc": ("compiled Python", "Name the source file instead."),
    ".pyi": ("a type stub", "Name the module that it describes."),
    ".pyx": ("Cython source", "Name a Python script that calls the compiled module."),
    ".sh": ("a shell script", "Name the Python program that it starts."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A Python file.

    ``tree`` is ``None`` where our own grammar cannot read what the target's
    newer interpreter may well understand.
    """

    path: Path
    text: str
    tree: ast.Module | None


def read_source(path: Path, *, version: tuple[int, int] | None = None, any_suffix: bool = False) -> Source:
    """Read and parse the Python file ``path`` for an interpreter of ``version`` (``None``: ours).

    ``any_suffix`` takes the user's word for it that the text is Python. Raises
    ``TargetError`` where the file cannot be read, is not Python, or has a syntax
    error that the target's interpreter would find too.
    """
    data = _read_bytes(path)
    _refuse_other_kinds(path, data, any_suffix=any_suffix)
    text = _decode(path, data)
    try:
        return Source(path=path, text=text, tree=parse_text(text))
    except SyntaxError as error:
        if version is not None and version > sys.version_info[:2]:
            return Source(path=path, text=text, tree=None)
        raise TargetError(
            f"{path.name}, line {error.lineno}: {error.msg}\n{_pointed_line(text, error)}".rstrip(),
            means="Python cannot run a file with a syntax error, so nothing was measured.",
            do=f"Mend line {error.lineno} of {path}.",
        ) from error


def parse_text(text: str) -> ast.Module | None:
    """Parse source, and check it as the compiler would; ``None`` where it is too deep for the parser.

    Raises ``SyntaxError``.
    """
    with warnings.catch_warnings():
        # A doubtful escape is the target's affair: its own first execution warns of it.
        warnings.simplefilter("ignore")
        try:
            # Given a real file's name, CPython reads long lines from there and counts its columns anew.
            tree = ast.parse(text, TEXT_NAME)
            # The parser alone lets "return" outside a function pass.
            compile(tree, TEXT_NAME, "exec", dont_inherit=True)
        except (RecursionError, MemoryError):
            return None
        except ValueError as error:
            # 3.11 reports a null character so; later versions by a SyntaxError.
            raise SyntaxError(str(error), (TEXT_NAME, 1, None, None)) from error
    return tree


def _read_bytes(path: Path) -> bytes:
    if not path.is_file():
        raise TargetError(
            f"{path} is neither a file nor a folder.",
            means="perfwatch runs a target several times, which a pipe or a device does not allow.",
            do="Save the program to a file and name that.",
        )
    try:
        return path.read_bytes()
    except OSError as error:
        raise TargetError(
            f"{path} cannot be read: {error.strerror}.",
            means="The target was not measured.",
            do="Check the file's permissions.",
        ) from error


def _refuse_other_kinds(path: Path, data: bytes, *, any_suffix: bool) -> None:
    suffix = path.suffix.lower()
    if suffix in OTHER_SUFFIXES and not (any_suffix and suffix != ".ipynb"):
        what, do = OTHER_SUFFIXES[suffix]
        raise _not_python(path, what, do.format(file=path.name))
    # No Python source holds a null character; UTF-16 text does.
    if b"\0" in data[:BINARY_SEARCH_BYTES]:
        named = (what for magic, what in MAGIC if data.startswith(magic))
        raise _not_python(path, next(named, "a binary file"))
    first_line = data.split(b"\n", 1)[0]
    if any_suffix or suffix in PYTHON_SUFFIXES or SHEBANG.match(first_line):
        return
    if first_line.startswith(b"#!"):
        interpreter = _printable(first_line[2:].decode("utf-8", "replace").strip())
        raise _not_python(path, f"a program for {interpreter}")
    raise _not_python(
        path,
        f"a {suffix} file" if suffix else "a file without suffix and without a Python shebang line",
        "If it does hold Python, say so: --as script",
    )


def _not_python(
    path: Path, what: str, do: str = "Name a Python script, module, callable or test."
) -> TargetError:
    return TargetError(
        f"{path.name} is not Python: it is {what}.",
        means="perfwatch measures Python programs only; nothing was run.",
        do=do,
    )


def _decode(path: Path, data: bytes) -> str:
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        # Up to 3.12 the tokenizer says "invalid or missing encoding declaration" of a stray byte.
        is_stray = isinstance(error, SyntaxError) and "missing" in str(error)
        reason = "it is not UTF-8, and declares no other encoding" if is_stray else str(error)
        raise TargetError(
            f"{path.name} is not readable as text: {reason}.",
            means="Python would refuse it for the same reason; nothing was run.",
            do="Save it as UTF-8, or declare its encoding in the first line.",
        ) from error


def _pointed_line(text: str, error: SyntaxError) -> str:
    """The offending line with a caret below it, cut to what fits a terminal."""
    lines = text.split("\n")
    if error.lineno is None or not 0 < error.lineno <= len(lines):
        return ""
    line = _printable(lines[error.lineno - 1].rstrip())
    column = max((error.offset or 1) - 1, 0)
    start = len(line) - len(line.lstrip())
    if column - start > SHOWN_CHARACTERS:
        start = column - SHOWN_CHARACTERS // 2
    shown = line[start : start + SHOWN_CHARACTERS]
    return f"    {shown}\n    {' ' * max(column - start, 0)}^"


def _printable(text: str) -> str:
    """The text with one blank for each character that could steer a terminal."""
    return "".join(character if character.isprintable() else " " for character in text)
