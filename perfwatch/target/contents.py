"""What a parsed file defines: tests, asv benchmarks, functions; must not read files nor run code."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef

#: The prefixes by which asv tells what a function measures.
ASV_PREFIXES = ("time_", "timeraw_", "mem_", "peakmem_", "track_")
#: pytest collects the first by default; projects of benchmarks often add the second.
TEST_PREFIX = "test"
FIXTURE_PREFIXES = ("test", "bench")
#: The fixtures of pytest-benchmark, and ours.
FIXTURES = frozenset({"benchmark", "benchmark_weave", "perfwatch"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedTest:
    """A test by its pytest name (``Class::test``), and whether it uses the benchmark fixture."""

    name: str
    uses_fixture: bool


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a body in order, also those under ``if``, ``try``, ``with``, ``match`` and loops."""
    # A stack, not recursion: each elif nests one deeper, and tables of them are long.
    waiting = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        yield statement
        if not isinstance(statement, Function | ast.ClassDef):
            waiting += reversed(_inner_statements(statement))


def _inner_statements(statement: ast.stmt) -> list[ast.stmt]:
    branches = [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]
    inner = list(getattr(statement, "body", []))
    for branch in branches:
        inner += branch.body
    return [*inner, *getattr(statement, "orelse", []), *getattr(statement, "finalbody", [])]


def has_main_guard(tree: ast.Module) -> bool:
    """Whether the file asks ``__name__ == "__main__"``: it means to be run as a script."""
    return any(isinstance(node, ast.If) and _asks_for_main(node.test) for node in tree.body)


def _asks_for_main(test: ast.expr) -> bool:
    names = {node.id for node in ast.walk(test) if isinstance(node, ast.Name)}
    texts = {node.value for node in ast.walk(test) if isinstance(node, ast.Constant)}
    return "__name__" in names and "__main__" in texts


def acts_when_run(tree: ast.Module) -> bool:
    """Whether running the file does more than define and import things."""
    passive = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    passive_too = (ast.Assign, ast.AnnAssign, ast.Pass)
    return any(
        not isinstance(node, passive + passive_too)
        and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        for node in tree.body
    )


# asv


def asv_benchmarks(tree: ast.Module) -> tuple[str, ...]:
    """Names of the functions and methods (``Suite.time_x``) that asv would run.

    A function that needs arguments counts only where asv could give it some:
    it has ``params``, a decorator, or a class that has ``params``,
    ``setup_cache`` or a base. So a simulation's ``time_step(state)`` is left alone.
    """
    given = {
        target.value.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name)
    }
    names: list[str] = []
    for node in statements(tree.body):
        if isinstance(node, ast.FunctionDef) and _is_asv(node, own=0, given=node.name in given):
            names.append(node.name)
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            names += [
                f"{node.name}.{method.name}"
                for method in statements(node.body)
                if isinstance(method, ast.FunctionDef)
                and _is_asv(method, own=1, given=_gives_arguments(node))
            ]
    return tuple(dict.fromkeys(names))


def _is_asv(function: ast.FunctionDef, *, own: int, given: bool) -> bool:
    if not function.name.startswith(ASV_PREFIXES):
        return False
    return given or bool(function.decorator_list) or len(required_arguments(function)) <= own


def _gives_arguments(suite: ast.ClassDef) -> bool:
    return bool(suite.bases) or not {"params", "setup_cache"}.isdisjoint(_bound_names(suite.body))


def required_arguments(function: Function) -> tuple[str, ...]:
    """Names of the arguments that a call must give."""
    positional = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    required = positional[: len(positional) - len(function.args.defaults)]
    keywords = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
    return (*required, *(argument.arg for argument, default in keywords if default is None))


# pytest


def collected_tests(tree: ast.Module) -> tuple[CollectedTest, ...]:
    """Tests as pytest's default rules would collect them, parameters not multiplied.

    A function called ``bench…`` that takes the fixture is one too: projects of
    benchmarks tell pytest so. A file's own fixture of that name is another thing.
    """
    own_fixture = any(
        isinstance(node, Function) and node.name in FIXTURES and _has_decorator(node, "fixture")
        for node in tree.body
    )
    return tuple(
        CollectedTest(name=name, uses_fixture=uses and not own_fixture)
        for name, uses in _tests_in(tree.body, "", marked=_is_marked(tree.body))
    )


def has_tests(tree: ast.Module) -> bool:
    """Whether pytest would find a test here; inherited and imported ones count as likely."""
    names = names_of(tree)
    imported = names.bound - names.functions.keys() - names.classes.keys()
    return (
        bool(collected_tests(tree))
        or any(_is_test_class(node) and node.bases for node in names.classes.values())
        or any(name == "*" or name.lower().startswith("test") for name in imported)
    )


def _tests_in(body: list[ast.stmt], prefix: str, *, marked: bool) -> Iterator[tuple[str, bool]]:
    for node in statements(body):
        if isinstance(node, Function):
            uses = _uses_fixture(node)
            if node.name.startswith(FIXTURE_PREFIXES if uses else TEST_PREFIX):
                yield prefix + node.name, uses or marked
        elif isinstance(node, ast.ClassDef) and _is_test_class(node):
            inside = marked or _is_marked(node.body) or _has_decorator(node, "mark.benchmark")
            yield from _tests_in(node.body, f"{prefix}{node.name}::", marked=inside)


def _is_test_class(node: ast.ClassDef) -> bool:
    return node.name.startswith("Test") or any(ast.unparse(base).endswith("TestCase") for base in node.bases)


def _uses_fixture(function: Function) -> bool:
    if _has_decorator(function, "mark.benchmark"):
        return True
    # pytest leaves arguments with a default alone.
    wanted = FIXTURES.intersection(required_arguments(function))
    return bool(wanted - _parametrised(function)) and not _has_decorator(function, "fixture")


def _parametrised(function: Function) -> set[str]:
    """Arguments that ``@pytest.mark.parametrize`` fills, which are then no fixtures."""
    names: set[str] = set()
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and _dotted(decorator).endswith("mark.parametrize"):
            for node in ast.walk(decorator.args[0]) if decorator.args else ():
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    names.update(part.strip() for part in node.value.split(","))
    return names


def _is_marked(body: list[ast.stmt]) -> bool:
    """Whether ``pytestmark`` marks everything in the body as a benchmark."""
    return any(
        isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets)
        and "mark.benchmark" in ast.unparse(node.value)
        for node in body
    )


def _has_decorator(node: Function | ast.ClassDef, ending: str) -> bool:
    dotted = (_dotted(decorator) for decorator in node.decorator_list)
    return any(name == ending or name.endswith("." + ending) for name in dotted)


def _dotted(decorator: ast.expr) -> str:
    return ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)


# Names


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What a body binds: ``functions`` by name, all ``bound`` names, whether there may be more (``open``)."""

    functions: dict[str, Function]
    classes: dict[str, ast.ClassDef]
    bound: frozenset[str]
    open: bool


def names_of(tree: ast.Module) -> Names:
    """Names that the module binds at its top level.

    ``open`` is true where a star import, ``__getattr__`` or ``globals()``
    may add names that the text does not show.
    """
    body = list(statements(tree.body))
    bound = _bound_names(tree.body)
    written = any(isinstance(node, ast.Name) and node.id in {"globals", "exec"} for node in ast.walk(tree))
    return Names(
        functions={node.name: node for node in body if isinstance(node, Function)},
        classes={node.name: node for node in body if isinstance(node, ast.ClassDef)},
        bound=frozenset(bound),
        open="*" in bound or "__getattr__" in bound or written,
    )


def _bound_names(body: list[ast.stmt]) -> set[str]:
    names: set[str] = set()
    for node in statements(body):
        if isinstance(node, Function | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).split(".")[0] for alias in node.names)
        else:
            # The bodies of compound statements are visited on their own; their heads bind names too.
            names.update(
                part.id
                for part in ast.walk(node)
                if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
            )
    return names
