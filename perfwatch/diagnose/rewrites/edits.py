"""Changes of a source that leave the rest of it, comments and blanks and all, as it is.

Places are nodes of ``ast``; what is changed is the concrete tree of libcst at the same
lines and columns. It must not decide what to change.
"""

from __future__ import annotations

import ast
import itertools
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider

from perfwatch.diagnose.source import Module

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_Thing = TypeVar("_Thing")
#: What a visited node is left as: changed, with others beside it, or gone.
_Left = cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[Any]
#: Line and column (in characters) of a beginning, and of an end; of statements the beginning alone.
_Place = tuple[int, ...]


@dataclass(eq=False)
class Edits:
    """Changes of one module, gathered first and made together.

    Statements and expressions are written as Python; statements without indentation.
    """

    module: Module
    _expressions: dict[_Place, str] = field(default_factory=dict)
    _before: dict[_Place, list[str]] = field(default_factory=dict)
    _after: dict[_Place, list[str]] = field(default_factory=dict)
    _instead: dict[_Place, str] = field(default_factory=dict)
    _decorators: dict[int, str] = field(default_factory=dict)
    _removed: list[_Place] = field(default_factory=list)
    _bodies: list[_Place] = field(default_factory=list)

    @cached_property
    def _lines(self) -> list[str]:
        return self.module.text.split("\n")

    def replace(self, node: ast.AST, expression: str) -> None:
        """Put another expression in an expression's place."""
        self._expressions[self._place(node)] = expression

    def before(self, statement: ast.stmt, *lines: str) -> None:
        """Put statements in front of a statement."""
        self._before.setdefault(self._start(statement), []).extend(lines)

    def after(self, statement: ast.stmt, *lines: str) -> None:
        """Put statements behind a statement."""
        self._after.setdefault(self._start(statement), []).extend(lines)

    def instead(self, statement: ast.stmt, line: str) -> None:
        """Put another simple statement in the place of a simple one, whose comments stay."""
        self._instead[self._start(statement)] = line

    def remove(self, statement: ast.stmt) -> None:
        """Take a simple statement out, with its comments; there is another one in its block."""
        self._removed.append(self._start(statement))

    def decorate(self, function: ast.FunctionDef, decorator: str) -> None:
        """Put a decorator on a function that has none."""
        self._decorators[function.lineno] = decorator

    def unnest(self, outer: ast.For) -> None:
        """Give a loop that holds nothing but another one the body of that one."""
        self._bodies.append(self._start(outer))

    def need(self, statement: str, ahead_of: ast.AST) -> None:
        """Import something, behind the last import in front of a place at the module's own level, if it is not there."""
        wanted = ast.unparse(ast.parse(statement))
        top = self.module.tree.body
        if any(ast.unparse(one) == wanted for one in top if isinstance(one, (ast.Import, ast.ImportFrom))):
            return
        line = ahead_of.lineno  # type: ignore[attr-defined]
        imports = [one for one in top if isinstance(one, (ast.Import, ast.ImportFrom)) and one.lineno < line]
        if imports:
            self.after(imports[-1], statement)
        elif _is_docstring(top[0]) and len(top) > 1:
            self.after(top[0], statement)
        else:
            self.before(top[0], statement)

    def text(self) -> str:
        """Return the source with all changes made.

        Raises ``ValueError`` where a place is not found in the concrete tree.
        """
        try:
            wrapper = MetadataWrapper(cst.parse_module(self.module.text))
        except cst.ParserSyntaxError as error:
            raise ValueError(str(error.message)) from error
        editor = _Editor(self)
        changed = wrapper.visit(editor)
        wanted = len(self._expressions) + len(self._instead) + len(self._decorators) + len(self._bodies)
        wanted += len(self._before) + len(self._after) + len(self._removed)
        if editor.made != wanted:
            raise ValueError("a place that is to be changed is written in a way that is not understood")
        return changed.code

    def _place(self, node: ast.AST) -> _Place:
        first, last = node.lineno, node.end_lineno or node.lineno  # type: ignore[attr-defined]
        return (
            first,
            self._characters(first, node.col_offset),  # type: ignore[attr-defined]
            last,
            self._characters(last, node.end_col_offset or 0),  # type: ignore[attr-defined]
        )

    def _start(self, statement: ast.stmt) -> _Place:
        return self._place(statement)[:2]

    def _characters(self, line: int, column_bytes: int) -> int:
        """Columns of ``ast`` count bytes of UTF-8, those of libcst characters."""
        content = self._lines[line - 1].encode("utf-8")[:column_bytes]
        return len(content.decode("utf-8", errors="ignore"))


def _is_docstring(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


class _Editor(cst.CSTTransformer):
    """Makes the changes on the way up; ``made`` counts them."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, edits: Edits) -> None:
        super().__init__()
        self._edits = edits
        self.made = 0

    def _range(self, node: cst.CSTNode) -> _Place:
        found = self.get_metadata(PositionProvider, node)
        return (found.start.line, found.start.column, found.end.line, found.end.column)

    def on_leave(self, original_node: cst.CSTNode, updated_node: cst.CSTNode) -> _Left:  # type: ignore[override]
        """Change a node, once all inside it is changed."""
        updated: _Left = super().on_leave(original_node, updated_node)
        if not isinstance(updated, cst.CSTNode):
            return updated
        if isinstance(original_node, cst.BaseExpression):
            return self._expression(original_node, updated)
        if isinstance(original_node, cst.FunctionDef) and isinstance(updated, cst.FunctionDef):
            updated = self._decorated(original_node, updated)
        if isinstance(original_node, cst.For) and isinstance(updated, cst.For):
            updated = self._unnested(original_node, updated)
        if isinstance(original_node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
            return self._statement(original_node, updated)
        return updated

    def _expression(self, original: cst.BaseExpression, updated: cst.CSTNode) -> cst.CSTNode:
        text = self._edits._expressions.get(self._range(original))  # noqa: SLF001 - two halves of one thing
        if text is None:
            return updated
        self.made += 1
        new = cst.parse_expression(text)
        kept = getattr(updated, "lpar", ())
        return new.with_changes(lpar=kept, rpar=updated.rpar) if kept and not _is_plain(new) else new  # type: ignore[attr-defined]

    def _decorated(self, original: cst.FunctionDef, updated: cst.FunctionDef) -> cst.FunctionDef:
        line = self._range(original)[0]
        text = self._edits._decorators.get(line)  # noqa: SLF001
        if text is None:
            return updated
        self.made += 1
        return updated.with_changes(decorators=[cst.Decorator(decorator=cst.parse_expression(text))])

    def _unnested(self, original: cst.For, updated: cst.For) -> cst.For:
        if self._range(original)[:2] not in self._edits._bodies:  # noqa: SLF001
            return updated
        held = next((one for one in updated.body.body if isinstance(one, cst.For)), None)
        if held is None:
            return updated
        self.made += 1
        above = [*updated.leading_lines, *held.leading_lines]
        said = updated.body.header.comment if isinstance(updated.body, cst.IndentedBlock) else None
        if said is not None:  # of two comments behind the headers of loops that become one, one goes above it
            above.append(cst.EmptyLine(comment=said))
        return updated.with_changes(body=held.body, leading_lines=above)

    def _statement(self, original: cst.CSTNode, updated: cst.CSTNode) -> _Left:
        places = self._places(original)
        before, after = ([*_at(table, places)] for table in (self._edits._before, self._edits._after))  # noqa: SLF001
        if any(place in self._edits._removed for place in places):  # noqa: SLF001
            self.made += 1
            return cst.RemoveFromParent()
        instead = next(iter(_at(self._edits._instead, places)), None)  # noqa: SLF001
        self.made += len(before) + len(after) + int(instead is not None)
        if instead is not None and isinstance(updated, cst.SimpleStatementLine):
            updated = updated.with_changes(body=_parsed(instead).body)
        around = [[_parsed(line) for line in itertools.chain.from_iterable(one)] for one in (before, after)]
        if not (around[0] or around[1]):
            return updated
        return cst.FlattenSentinel([*_leading(around[0], updated), *around[1]])

    def _places(self, original: cst.CSTNode) -> Sequence[_Place]:
        """A line of simple statements has the places of each; a decorated function that of its ``def``."""
        if isinstance(original, cst.SimpleStatementLine):
            # A line with several statements is not to be parted: what belongs to one of them is not found.
            return [self._range(original.body[0])[:2]] if len(original.body) == 1 else []
        return [self._range(original)[:2]]


def _at(table: dict[_Place, _Thing], places: Sequence[_Place]) -> Iterator[_Thing]:
    for place in places:
        if place in table:
            yield table[place]


def _parsed(line: str) -> cst.SimpleStatementLine:
    statement = cst.parse_statement(line)
    if not isinstance(statement, cst.SimpleStatementLine):
        raise TypeError(line)
    return statement


def _leading(new: list[cst.SimpleStatementLine], old: cst.CSTNode) -> list[cst.CSTNode]:
    """Put statements in front of one, below the blank lines and above the comment that belong to it."""
    if not new:
        return [old]
    above: Sequence[cst.EmptyLine] = old.leading_lines  # type: ignore[attr-defined]
    blank = list(itertools.takewhile(lambda one: one.comment is None, above))
    first = new[0].with_changes(leading_lines=blank)
    return [first, *new[1:], old.with_changes(leading_lines=above[len(blank) :])]


def _is_plain(expression: cst.BaseExpression) -> bool:
    return isinstance(expression, (cst.Name, cst.Call, cst.Subscript, cst.Attribute))
