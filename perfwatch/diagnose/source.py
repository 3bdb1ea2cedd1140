"""The user's sources as trees: which statement stands on a line, what loops around it, what a name was imported as.

This module must not know of measurements, and must not run what it reads.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfwatch.records.run import SourceFile

Function = ast.FunctionDef | ast.AsyncFunctionDef
Node = TypeVar("Node", bound=ast.AST)


FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LOOPS = (ast.For, ast.AsyncFor, ast.While)


@dataclass(eq=False)
class Module:
    """One source file: its tree with parents, and the names that it imports."""

    file: str
    text: str
    tree: ast.Module

    @cached_property
    def _index(self) -> tuple[dict[ast.AST, ast.AST], dict[type[ast.AST], list[ast.AST]]]:
        """What each node stands in, and the nodes of each type: made where a module is asked about at all."""
        return _indexed(self.tree)

    @property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """What each node stands in, in the order of a walk."""
        return self._index[0]

    @overload
    def nodes(self, only: type[Node], /) -> list[Node]: ...

    @overload
    def nodes(self, *types: type[ast.AST]) -> list[Any]: ...

    def nodes(self, *types: type[ast.AST]) -> list[Any]:
        """Return the file's nodes of some types."""
        found = [self._index[1].get(one, []) for one in types]
        return found[0] if len(found) == 1 else [node for nodes in found for node in nodes]

    @cached_property
    def _lines(self) -> list[bytes]:
        """The lines as bytes: the tree counts columns in UTF-8."""
        return self.text.encode("utf-8", "replace").splitlines(keepends=True)

    @cached_property
    def imports(self) -> dict[str, str]:
        """What each imported name stands for, dotted: ``np`` for ``numpy``, ``exp`` for ``math.exp``."""
        found: dict[str, str] = {}
        for node in self.nodes(ast.Import, ast.ImportFrom):
            if isinstance(node, ast.Import):
                for one in node.names:
                    top = one.name.partition(".")[0]
                    found[one.asname or top] = one.name if one.asname else top
            elif node.module and not node.level:
                found |= {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
        return found

    @cached_property
    def functions(self) -> dict[str, list[Function]]:
        """Every function and method of the file, by its simple name."""
        found: dict[str, list[Function]] = {}
        for node in self.nodes(*FUNCTIONS):
            found.setdefault(node.name, []).append(node)
        return found

    @cached_property
    def classes(self) -> dict[str, list[ast.ClassDef]]:
        """Every class of the file, by its name."""
        found: dict[str, list[ast.ClassDef]] = {}
        for node in self.nodes(ast.ClassDef):
            found.setdefault(node.name, []).append(node)
        return found

    @cached_property
    def calls(self) -> dict[str, list[ast.Call]]:
        """Every call of the file, by the simple name of what is called."""
        found: dict[str, list[ast.Call]] = {}
        for node in self.nodes(ast.Call):
            found.setdefault(called_name(node), []).append(node)
        return found

    @cached_property
    def attributes(self) -> dict[str, list[ast.Attribute]]:
        """Every attribute of ``self`` that the file names, by its name."""
        found: dict[str, list[ast.Attribute]] = {}
        for node in ast.walk(self.tree):
            if (
                isinstance(node, ast.Attribute)
                and isinstance(node.value, ast.Name)
                and node.value.id == "self"
            ):
                found.setdefault(node.attr, []).append(node)
        return found

    @cached_property
    def _statements(self) -> dict[int, ast.stmt]:
        """The innermost statement that begins on, or spans, each line."""
        found: dict[int, ast.stmt] = {}
        for node in self.parents:  # in the order of a walk: what stands inside comes later
            if not isinstance(node, ast.stmt):
                continue
            last = (node.end_lineno or node.lineno) if not _is_compound(node) else _header_end(node)
            for line in range(_first_line(node), last + 1):
                other = found.get(line)
                if other is None or node.lineno >= other.lineno:
                    found[line] = node
        return found

    def statement_at(self, line: int) -> ast.stmt | None:
        """Return the innermost statement on a line; of a compound one only its header counts."""
        return self._statements.get(line)

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what a node stands in, from the innermost out."""
        while (node := self.parents.get(node)) is not None:  # type: ignore[assignment]
            yield node

    def function_of(self, node: ast.AST) -> Function | ast.Lambda | None:
        """Return the function that a node stands in, ``None`` for the module's own level."""
        for one in self.above(node):
            if isinstance(one, (*FUNCTIONS, ast.Lambda)):
                return one
        return None

    def class_of(self, node: ast.AST) -> ast.ClassDef | None:
        """Return the class whose body a function stands in."""
        parent = self.parents.get(node)
        return parent if isinstance(parent, ast.ClassDef) else None

    def loops_around(self, node: ast.AST) -> list[ast.AST]:
        """Return the loops and comprehensions that repeat a node within its function, innermost first."""
        found: list[ast.AST] = []
        inside = below = node
        for one in self.above(node):
            if isinstance(one, (*FUNCTIONS, ast.Lambda, ast.ClassDef)):
                break
            repeats_body = isinstance(one, LOOPS) and (
                inside in one.body or (isinstance(one, ast.While) and inside is one.test)
            )
            if repeats_body or (isinstance(one, COMPREHENSIONS) and _repeated(one, inside, below)):
                found.append(one)
            inside, below = one, inside
        return found

    def dotted(self, node: ast.AST) -> str:
        """Return the full name of what is called or named, through its import: ``numpy.linalg.inv``; else empty."""
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        top = self.imports.get(node.id)
        if top is None:
            return "" if parts else node.id
        return ".".join((top, *reversed(parts)))

    def words(self, node: ast.AST) -> str:
        """Return a node's own source, on one line."""
        return " ".join((self._segment(node) or ast.unparse(node)).split())

    def _segment(self, node: ast.AST) -> str:
        """Return a node's source as it stands: ``ast.get_source_segment`` splits the whole file for each."""
        first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", None)
        if not first or last is None or last > len(self._lines):
            return ""
        start, end = node.col_offset, node.end_col_offset  # type: ignore[attr-defined]
        lines = self._lines[first - 1 : last]
        lines[-1] = lines[-1][:end]
        lines[0] = lines[0][start:]
        return b"".join(lines).decode("utf-8", "replace")


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", ())
    return min([node.lineno, *(int(one.lineno) for one in decorators)])


def _is_compound(node: ast.stmt) -> bool:
    return bool(getattr(node, "body", None))


def _header_end(node: ast.stmt) -> int:
    first = node.body[0]  # type: ignore[attr-defined]
    return max(node.lineno, min(_first_line(first) - 1, _headers_last(node)))


def _headers_last(node: ast.stmt) -> int:
    """The last line of what a compound statement evaluates itself."""
    parts = [
        part
        for name, value in ast.iter_fields(node)
        if name not in {"body", "orelse", "finalbody", "handlers"}
        for part in (value if isinstance(value, list) else [value])
        if isinstance(part, ast.AST)
    ]
    return max((getattr(part, "end_lineno", None) or node.lineno for part in parts), default=node.lineno)


def _repeated(comprehension: ast.AST, inside: ast.AST, below: ast.AST) -> bool:
    """Whether a part of a comprehension is evaluated for each item: all but the first thing looped over."""
    first: ast.comprehension = comprehension.generators[0]  # type: ignore[attr-defined]
    return inside is not first or below is not first.iter


@dataclass(eq=False)
class Program:
    """All sources of the user's that a run saw; those that cannot be read are left out by name."""

    modules: dict[str, Module]
    unreadable: tuple[str, ...] = ()
    _naming: dict[str, list[Module]] = field(repr=False, default_factory=dict)

    def naming(self, word: str) -> list[Module]:
        """Return the modules whose text has a word somewhere: the others need not be gone through for it."""
        if word not in self._naming:
            self._naming[word] = [module for module in self.modules.values() if word in module.text]
        return self._naming[word]

    def calls_named(self, name: str) -> list[tuple[Module, ast.Call]]:
        """Return every call of something with a simple name: ``f(…)``, ``a.f(…)``."""
        return [(module, call) for module in self.naming(name) for call in module.calls.get(name, ())]

    def functions_named(self, name: str) -> list[tuple[Module, Function]]:
        """Return the user's functions and methods of a name."""
        return [
            (one, function) for one in self.naming(f"def {name}") for function in one.functions.get(name, ())
        ]

    def defined(self, module: Module, call: ast.Call) -> tuple[Module, Function] | None:
        """Return the user's function that a call means, where its simple name means one alone."""
        name = called_name(call)
        if isinstance(call.func, ast.Name) and len(module.functions.get(name, ())) == 1:
            return module, module.functions[name][0]
        found = self.functions_named(name)
        return found[0] if len(found) == 1 else None

    def given(self, function: Function, name: str) -> list[tuple[Module, ast.expr]]:
        """Return what the calls of a function hand over for one of its arguments, by place or by name."""
        arguments = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        place = arguments.index(name) if name in arguments else len(arguments)
        found: list[tuple[Module, ast.expr]] = []
        for module, call in self.calls_named(function.name):
            named = {one.arg: one.value for one in call.keywords}
            if name in named:
                found.append((module, named[name]))
            elif place < min(len(call.args), len(arguments)):
                found.append((module, call.args[place]))
        return found

    def class_made(self, module: Module, call: ast.Call) -> tuple[Module, ast.ClassDef] | None:
        """Return the user's class of which a call makes an object: by its name, or by ``cls`` in a method of its own."""
        if not isinstance(call.func, ast.Name):
            return None
        function = module.function_of(call)
        owner = None if function is None else module.class_of(function)
        if call.func.id == "cls" and owner is not None:
            return module, owner
        name = call.func.id
        found = [(one, each) for one in self.naming(f"class {name}") for each in one.classes.get(name, ())]
        return found[0] if len(found) == 1 else None


def initialiser(made: ast.ClassDef) -> Function | None:
    """Return the function by which objects of a class are set up; ``None`` where it has none of its own."""
    return next(
        (one for one in made.body if isinstance(one, ast.FunctionDef) and one.name == "__init__"), None
    )


def called_name(call: ast.Call) -> str:
    """Return the last part of what is called: ``predict`` of ``model.predict(x)``."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def read(sources: Sequence[SourceFile]) -> Program:
    """Parse sources; what does not parse, or is too deep to, is named and left out."""
    modules, unreadable = {}, []
    for source in sources:
        try:
            tree = ast.parse(source.text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            unreadable.append(source.file)
            continue
        modules[source.file] = Module(file=source.file, text=source.text, tree=tree)
    return Program(modules=modules, unreadable=tuple(unreadable))


#: Fields whose nodes the interpreter shares among all trees: they stand in nothing of their own.
_SHARED = frozenset({"ctx", "op", "ops"})


def _indexed(tree: ast.Module) -> tuple[dict[ast.AST, ast.AST], dict[type[ast.AST], list[ast.AST]]]:
    """Go through a tree once, in the order of ``ast.walk``: what each node stands in, and the nodes of each type."""
    parents: dict[ast.AST, ast.AST] = {}
    by_type: dict[type[ast.AST], list[ast.AST]] = {}
    waiting: list[ast.AST] = [tree]
    for node in waiting:  # grows as it is gone through
        by_type.setdefault(type(node), []).append(node)
        for name in node._fields:
            if name in _SHARED:
                continue
            value = getattr(node, name, None)
            for child in value if isinstance(value, list) else (value,):
                if isinstance(child, ast.AST):
                    parents[child] = node
                    waiting.append(child)
    return parents, by_type


def lines_of(text: str) -> list[str]:
    """Return a source's lines as the interpreter counts them: a form feed ends none, as it does for ``splitlines``."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def header_parts(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield what a statement evaluates itself: all of a simple one, the header alone of a compound one."""
    for name, value in ast.iter_fields(statement):
        if _is_compound(statement) and name in {"body", "orelse", "finalbody", "handlers", "decorator_list"}:
            continue
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.AST):
                yield from _without_functions(part)


def _without_functions(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, (*FUNCTIONS, ast.Lambda)):
        return
    for child in ast.iter_child_nodes(node):
        yield from _without_functions(child)


def bound_in(node: ast.AST) -> set[str]:
    """Return the names that are bound, or changed in place, anywhere inside a loop or comprehension."""
    found: set[str] = set()
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and isinstance(one.ctx, (ast.Store, ast.Del)):
            found.add(one.id)
        elif isinstance(one, (ast.Subscript, ast.Attribute)) and isinstance(one.ctx, (ast.Store, ast.Del)):
            found |= names_in(one.value)
        elif isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in CHANGING:
            found |= names_in(one.func.value)
    return found


#: Methods that change what they are asked of.
CHANGING = frozenset({
    "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse", "add", "discard",
    "update", "setdefault", "popitem", "fill", "partial_fit", "fit", "write", "seek", "read",
    "readline", "resize", "shuffle", "random", "normal", "integers", "standard_normal",
})  # fmt: skip


def names_in(node: ast.AST) -> set[str]:
    """Return the names that an expression reads."""
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
