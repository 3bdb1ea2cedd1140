"""Name the function that a source line stands in, the same way for every tool.

One tool says ``Model.fit``, another ``fit``, a third ``<listcomp>``, of the same
line: a line that is named twice cannot be joined. It must not run the source.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

#: A longer file is generated or data.
BYTES_AT_MOST = 1_000_000
_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A function by its qualified name, and the line at which its code starts: its first decorator's, if it has one."""

    name: str
    line: int


def enclosing_function(file: str, line: int, told: str) -> str:
    """The qualified name of the function around a line; what the tool told where the source cannot be read.

    Comprehensions and lambdas belong to the function around them.
    """
    return definition(file, line, told).name


def definition(file: str, line: int, told: str) -> Definition:
    """The function around a line, as ``enclosing_function`` names it, and where it starts (0: not known)."""
    spans = _scopes(file)
    if spans is None:
        return Definition(name=told, line=0)
    inside = (found for first, last, found in spans if first <= line <= last)
    return next(inside, Definition(name="<module>", line=1))


@lru_cache(maxsize=256)
def _scopes(file: str) -> tuple[tuple[int, int, Definition], ...] | None:
    """First and last line of each body, the innermost first; ``None`` for what is no source of ours to read."""
    try:
        data = Path(file).read_bytes()
        tree = ast.parse(data) if len(data) <= BYTES_AT_MOST else None
    except (OSError, ValueError, SyntaxError, RecursionError):
        return None  # generated code has no file, and a newer Python's source does not parse here
    if tree is None:
        return None
    found: list[tuple[int, int, Definition]] = []
    waiting: list[tuple[ast.AST, str]] = [(tree, "")]
    while waiting:
        node, prefix = waiting.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, _Scope):
                name = f"{prefix}{child.name}"
                starts = min([child.lineno, *(one.lineno for one in child.decorator_list)])
                place = Definition(name=name, line=starts)
                found.append((child.body[0].lineno, child.end_lineno or child.lineno, place))
                waiting.append(
                    (child, f"{name}." if isinstance(child, ast.ClassDef) else f"{name}.<locals>.")
                )
            else:
                waiting.append((child, prefix))
    # A scope inside another begins later; on one and the same line it ends sooner.
    return tuple(sorted(found, key=lambda scope: (-scope[0], scope[1])))
