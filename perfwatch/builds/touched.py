"""Which functions a change touched: the code of both sides' sources, function by function.

Code is held against code, not lines against lines: comments, layout and a function's
place in its file touch nothing, and a function that only got another name is known
again. This module must not import or run what it reads.
"""

from __future__ import annotations

import ast
import copy
import difflib
import warnings
from collections import Counter
from typing import TYPE_CHECKING

from perfwatch.records.profile_difference import Place, Touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

#: A longer file is generated or data.
BYTES_AT_MOST = 1_000_000
Function = ast.FunctionDef | ast.AsyncFunctionDef
_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def touched(base: Path, head: Path, files: Iterable[str]) -> Touched:
    """Return what differs between the functions of two trees, in files named relative to their roots.

    A file that only one side has counts as empty on the other. Those that
    neither has, or that do not parse, say nothing.
    """
    named = sorted(set(files))
    sources = {file: (source_of(base, file), source_of(head, file)) for file in named}
    before = {place: code for file in named for place, code in _functions_in(file, sources[file][0]).items()}
    after = {place: code for file in named for place, code in _functions_in(file, sources[file][1]).items()}
    renamed = _renamed(before, after)
    return Touched(
        functions=frozenset(place for place, code in after.items() if before.get(place, code) != code),
        new=frozenset(place for place in after if place not in before and place not in renamed),
        renamed=renamed,
        lines={file: _lines(*both) for file, both in sources.items() if both[0] != both[1]},
    )


def _renamed(before: Mapping[Place, str], after: Mapping[Place, str]) -> dict[Place, Place]:
    """Head's place → base's, where the same code is found at one new place, and is gone from one old one."""
    gone = {place: code for place, code in before.items() if place not in after}
    new = {place: code for place, code in after.items() if place not in before}
    lost, found = Counter(gone.values()), Counter(new.values())
    by_code = {code: place for place, code in gone.items()}
    return {place: by_code[code] for place, code in new.items() if lost[code] == 1 and found[code] == 1}


def source_of(root: Path, file: str) -> bytes:
    """Return a file of a tree; empty where it cannot be read, lies outside, or is too long to be written by hand."""
    path = root / file
    try:
        if path.is_relative_to(root) and path.is_file() and path.stat().st_size <= BYTES_AT_MOST:
            return path.read_bytes()
    except (OSError, ValueError):
        pass  # what cannot be read says nothing
    return b""


def _functions_in(file: str, source: bytes) -> dict[Place, str]:
    try:
        return {(file, name): code for name, code in functions_of(source).items()}
    except (ValueError, SyntaxError, RecursionError):
        return {}  # a newer Python's source does not parse here


def _lines(base: bytes, head: bytes) -> dict[int, int]:
    """Base's line → head's: lines that stayed, and those of a stretch that was replaced by one as long.

    What both have at their beginning and end is taken off first: the rest is compared in
    quadratic time, and is no more than what changed.
    """
    before, after = base.splitlines(), head.splitlines()
    shortest = min(len(before), len(after))
    first = next((at for at in range(shortest) if before[at] != after[at]), shortest)
    last = next((at for at in range(shortest - first) if before[-1 - at] != after[-1 - at]), shortest - first)
    found = {line: line for line in range(1, first + 1)}
    ends = len(before) - last, len(after) - last
    matcher = difflib.SequenceMatcher(None, before[first : ends[0]], after[first : ends[1]])
    for _, start, stop, start_head, stop_head in matcher.get_opcodes():
        if stop - start == stop_head - start_head:
            found |= {first + start + at + 1: first + start_head + at + 1 for at in range(stop - start)}
    return found | {ends[0] + at + 1: ends[1] + at + 1 for at in range(last)}


def functions_of(source: bytes) -> dict[str, str]:
    """Return the code of each function, by qualified name: signature, decorators and body.

    Functions inside it, its own name and its docstring are left out. Of several
    with one name (a branch each) all are taken together. Raises ``SyntaxError``
    for what is no source.
    """
    found: dict[str, str] = {}
    for name, function in definitions(source):
        found[name] = "\n".join(part for part in (found.get(name, ""), _code(function)) if part)
    return found


def definitions(source: bytes) -> Iterator[tuple[str, Function]]:
    """Yield each function of a source with its qualified name; raises ``SyntaxError`` for what is no source."""
    with warnings.catch_warnings():  # what the parser thinks of the user's escapes is no matter of ours
        warnings.simplefilter("ignore")
        waiting: list[tuple[ast.AST, str]] = [(ast.parse(source), "")]
    while waiting:
        node, prefix = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, _Scope):
                waiting.append((child, prefix))
                continue
            name = f"{prefix}{child.name}"
            inside = f"{name}." if isinstance(child, ast.ClassDef) else f"{name}.<locals>."
            waiting.append((child, inside))
            if isinstance(child, Function):
                yield name, child


class _Bare(ast.NodeTransformer):
    """Empties the functions inside a function, whose code is their own, and takes its own name from it."""

    def __init__(self, own_name: str) -> None:
        self._own_name = own_name

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Leave the name."""
        return ast.Name(id=node.name)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        """Leave the name."""
        return ast.Name(id=node.name)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """A function that calls itself is the same under another name."""
        return ast.Name(id="") if node.id == self._own_name else node


def _code(function: Function) -> str:
    body = function.body
    if ast.get_docstring(function, clean=False) is not None:
        body = body[1:]
    head = [part for part in (function.args, *function.decorator_list, function.returns) if part is not None]
    bare = _Bare(function.name)
    parts = [ast.dump(bare.visit(copy.deepcopy(part))) for part in (*head, *body)]
    return "\n".join([type(function).__name__, *parts])
