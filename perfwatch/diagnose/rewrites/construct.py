"""Patterns, and generators whose stream is always the same, made once."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rewrites.edits import Edits
from perfwatch.diagnose.rewrites.hoist import moved
from perfwatch.diagnose.rewrites.rewrite import Asked, Changed, Refused
from perfwatch.diagnose.rewrites.safety import (
    is_conditional,
    is_only_read,
    is_untouched,
    loops_of,
    scope_of,
    variables,
)
from perfwatch.diagnose.source import called_name, header_parts

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Where each function of ``re`` takes its flags, counted from 0.
_FLAGS_AT = {
    "compile": 1, "match": 2, "search": 2, "fullmatch": 2, "findall": 2, "finditer": 2, "split": 3, "sub": 4, "subn": 4,
}  # fmt: skip
_MAKERS = frozenset({"numpy.random.default_rng", "numpy.random.RandomState", "random.Random"})


def compile_once(asked: Asked) -> Changed | Refused:
    """Compile the patterns of a line at the module's own level; those that are built there, once for each."""
    module = asked.module
    found = [
        one for one in header_parts(asked.statement) if isinstance(one, ast.Call) and _function(asked, one)
    ]
    if not found:
        return Refused(reason="no function of re with a pattern of its own is called on the line")
    call = found[0]
    if any(isinstance(one, ast.Starred) for one in call.args) or any(
        one.arg is None for one in call.keywords
    ):
        return Refused(reason="the arguments of the call are not written out")
    edits = Edits(module)
    pattern, flags, rest = _taken_apart(asked, call)
    top = asked.top()
    constant = isinstance(call.args[0], ast.Constant) if call.args else False
    if constant and not _is_variable(asked, flags):
        name = asked.fresh("PATTERN")
        edits.before(top, f"{name} = re.compile({', '.join([pattern, *flags])})")
        compiled = name
    else:
        name = asked.fresh("compiled")
        edits.need("import functools", top)
        edits.before(top, f"{name} = functools.cache(re.compile)")
        compiled = f"{name}({', '.join([pattern, *flags])})"
    edits.need("import re", top)
    function = _function(asked, call)
    edits.replace(call, compiled if function == "compile" else f"{compiled}.{function}({', '.join(rest)})")
    return Changed(text=edits.text(), summary=f"the pattern {module.words(call.args[0])} is compiled once")


def _function(asked: Asked, call: ast.Call) -> str:
    full = asked.module.dotted(call.func)
    name = full.removeprefix("re.")
    return name if full.startswith("re.") and name in _FLAGS_AT and call.args else ""


def _taken_apart(asked: Asked, call: ast.Call) -> tuple[str, list[str], list[str]]:
    """The pattern, its flags as arguments of ``re.compile``, and the arguments that the method takes."""
    segment = asked.segment
    at = _FLAGS_AT[_function(asked, call)]
    flags = [segment(one) for one in call.args[at : at + 1]]
    flags += [segment(one.value) for one in call.keywords if one.arg == "flags"]
    rest = [segment(one) for place, one in enumerate(call.args) if place not in {0, at}]
    rest += [f"{one.arg}={segment(one.value)}" for one in call.keywords if one.arg != "flags"]
    return segment(call.args[0]), flags, rest


def _is_variable(asked: Asked, flags: list[str]) -> bool:
    return any(variables(asked.module, ast.parse(one)) for one in flags)


def make_once(asked: Asked) -> Changed | Refused:
    """Draw once, in front of the loop, what a generator of one constant seed draws first in each turn."""
    module = asked.module
    for draw in _first_draws(asked):
        loop = loops_of(module, draw)[0]
        names = variables(module, draw)
        if is_conditional(module, draw, loop) or not is_untouched(asked.program, module, loop, names, draw):
            continue
        if names & {
            one.id for one in ast.walk(loop) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
        }:
            continue
        if is_only_read(asked.program, module, draw):
            return moved(asked, Edits(module), [draw])
    return Refused(
        reason="each generator begins its own stream: one generator for all of them would draw other numbers"
    )


def _first_draws(asked: Asked) -> Iterator[ast.Call]:
    """Calls like ``default_rng(7).normal(size=n)`` in a loop: the generator goes with its first draw."""
    for one in header_parts(asked.statement):
        if not (isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)):
            continue
        made = one.func.value
        if not (isinstance(made, ast.Call) and asked.module.dotted(made.func) in _MAKERS):
            continue
        seeded = (
            len(made.args) == 1 and isinstance(made.args[0], ast.Constant) and made.args[0].value is not None
        )
        plain = called_name(one) not in {"shuffle", "seed", "bit_generator"} and not any(
            isinstance(inner, ast.Call) for argument in one.args for inner in ast.walk(argument)
        )
        if seeded and plain and loops_of(asked.module, one) and scope_of(asked.module, one):
            yield one
