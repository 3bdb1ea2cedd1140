"""What a rewrite is given and what it returns; it must not know any rule."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from perfwatch.diagnose.source import Module, Program

_ATOMS = (ast.Name, ast.Attribute, ast.Subscript, ast.Call)


@dataclass(frozen=True, eq=False, kw_only=True)
class Asked:
    """The statement that a finding points to, with the programme around it."""

    program: Program
    module: Module
    statement: ast.stmt
    packages: frozenset[str] = frozenset()

    def fresh(self, wish: str) -> str:
        """Return a name that nothing in the file has, as near to the wish as can be."""
        taken = set(re.findall(r"\w+", self.module.text))
        names = [wish, *(f"{wish}_{number}" for number in range(2, len(taken) + 3))]
        return next(name for name in names if name not in taken)

    def top(self) -> ast.stmt:
        """Return the statement at the module's own level that the one of the finding is, or stands in."""
        found: ast.AST = self.statement
        for one in self.module.above(self.statement):
            if one is self.module.tree:
                break
            found = one
        return found  # type: ignore[return-value]

    def segment(self, node: ast.AST) -> str:
        """Return an expression's own source; in parentheses where it has several lines that nothing else holds together."""
        words = ast.get_source_segment(self.module.text, node) or ast.unparse(node)
        held = isinstance(node, (*_ATOMS, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.ListComp))
        return words if "\n" not in words or (held and words.endswith((")", "]", "}"))) else f"({words})"

    def operand(self, node: ast.AST) -> str:
        """Return an expression's source, in parentheses where something beside it could take a part of it."""
        words = self.segment(node)
        return (
            words
            if isinstance(node, _ATOMS) or (words.startswith("(") and isinstance(node, ast.Tuple))
            else f"({words})"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What should be: the file's new text, or variables of the environment; ``summary`` says what was done."""

    summary: str
    text: str = ""
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why a rewrite leaves the code alone, as part of a sentence."""

    reason: str


Rewrite = Callable[[Asked], Changed | Refused]
