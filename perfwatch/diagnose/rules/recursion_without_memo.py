"""Recursion that asks the same questions again."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import FUNCTIONS, called_name, names_in
from perfwatch.diagnose.wording import times
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene
    from perfwatch.diagnose.source import Function, Module

_REFERENCE = "https://docs.python.org/3/library/functools.html#functools.cache"
_MANY = 2_000


def find(scene: Scene) -> Iterator[Suspect]:
    """A function that calls itself twice and more, without keeping its answers."""
    seen: set[int] = set()
    for site in scene.sites:
        function = site.module.function_of(site.statement)
        if not isinstance(function, FUNCTIONS) or id(function) in seen:
            continue
        seen.add(id(function))
        own = [
            one
            for one in ast.walk(function)
            if isinstance(one, ast.Call) and called_name(one) == function.name
        ]
        entered = scene.calls_of(site.module, function)
        if entered < _MANY or _keeps(site.module, function) or not _comes_again(site.module, function, own):
            continue
        last = function.end_lineno or function.lineno
        share = max(scene.evidence.share(site.module.file, line) for line in range(function.lineno, last + 1))
        arguments = ", ".join(one.arg for one in function.args.args if one.arg != "self")
        statement = next((one for one in site.module.above(own[0]) if isinstance(one, ast.stmt)), function)
        yield Suspect(
            module=site.module,
            node=statement,
            share=share,
            mechanism=f"{function.name} calls itself at {len(own)} places and was entered {times(entered)}; nothing keeps its answers",
            evidence={"calls_count": entered},
            advice=Advice(
                summary=f"Keep the answers of {function.name} by its arguments ({arguments}), or fill a table from the small cases up.",
                code=f"@functools.cache\ndef {function.name}({arguments}): ...",
                risk="Answers are kept as long as the function lives; arguments must be hashable.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
        )


def _comes_again(module: Module, function: Function, own: list[ast.Call]) -> bool:
    """Whether different ways lead to the same arguments: each call moves an argument by a step, and there are several.

    Children of a node, halves of a list and places doubled in a heap are each met once.
    """
    arguments = {one.arg for one in function.args.args} - {"self", "cls"}
    several = len(own) >= 2 or any(module.loops_around(one) for one in own)
    by_chance = any(
        "random" in module.dotted(one.func) for one in ast.walk(function) if isinstance(one, ast.Call)
    )
    return (
        several
        and not by_chance
        and all(any(_is_step(one, arguments) for one in call.args) for call in own if call.args)
        and not any(_is_changed_otherwise(one, arguments) for call in own for one in call.args)
    )


def _is_step(node: ast.AST, arguments: set[str]) -> bool:
    """Whether an argument is one that the function was given, less or more something: ``n - 1``, ``text[1:]``."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Sub)):
        return bool(names_in(node) & arguments) and _is_plain(node)
    if (
        isinstance(node, ast.Subscript)
        and isinstance(node.value, ast.Name)
        and isinstance(node.slice, ast.Slice)
    ):
        ends = [one for one in (node.slice.lower, node.slice.upper) if one is not None]
        return node.value.id in arguments and bool(ends) and not any(names_in(one) for one in ends)
    return False


def _is_plain(node: ast.BinOp) -> bool:
    return not any(
        isinstance(one, (ast.Mult, ast.FloorDiv, ast.Div, ast.List, ast.Tuple, ast.JoinedStr, ast.LShift))
        for one in ast.walk(node)
    )


def _is_changed_otherwise(node: ast.AST, arguments: set[str]) -> bool:
    """Whether an argument is handed on as something new, with which a question does not come again."""
    if isinstance(node, ast.BinOp):
        return bool(names_in(node) & arguments) and not _is_plain(node)
    return isinstance(node, (ast.List, ast.Tuple, ast.Attribute, ast.Set, ast.Dict))


def _keeps(module: Module, function: Function) -> bool:
    """Whether answers are kept: by a decorator, or in something that is asked and filled by the arguments."""
    decorated = any(
        "cache" in module.words(one).lower() or "memo" in module.words(one).lower()
        for one in function.decorator_list
    )
    names = {one.arg for one in function.args.args}
    filled = any(
        isinstance(one, ast.Subscript)
        and isinstance(one.ctx, ast.Store)
        and isinstance(one.slice, (ast.Name, ast.Tuple))
        and {each.id for each in ast.walk(one.slice) if isinstance(each, ast.Name)} & names
        for one in ast.walk(function)
    )
    asked = any(
        isinstance(one, ast.Compare) and isinstance(one.ops[0], (ast.In, ast.NotIn))
        for one in ast.walk(function)
    )
    return decorated or (filled and asked)


RULE = Rule(
    slug="recursion-without-memo",
    title="The same questions again",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a function that calls itself at two places and more, or in a loop, each time a step from its own arguments, with no cache, entered 2,000 times and more",
    limits="whether questions come again is told by the form of the arguments: a step back or forward does, a child or a half does not",
    source=_REFERENCE,
    find=find,
)
