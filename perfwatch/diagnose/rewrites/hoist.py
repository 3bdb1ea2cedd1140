"""What a loop computes anew in each turn is computed once, in front of it."""

from __future__ import annotations

import ast
from itertools import chain
from typing import TYPE_CHECKING

from perfwatch.diagnose.purity import is_pure
from perfwatch.diagnose.rewrites.edits import Edits
from perfwatch.diagnose.rewrites.rewrite import Asked, Changed, Refused
from perfwatch.diagnose.rewrites.safety import (
    is_conditional,
    is_only_read,
    is_untouched,
    loops_of,
    reads_what_changes,
    variables,
)
from perfwatch.diagnose.source import called_name, header_parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Asking these costs no more than a name does.
_CHEAP = frozenset({"range", "len", "enumerate", "zip", "abs", "min", "max", "float", "int", "iter", "next"})


def hoist(asked: Asked) -> Changed | Refused:
    """Move the outermost calls of a statement that do not depend on its loop out of it, as far as they may go."""
    module = asked.module
    if not loops_of(module, asked.statement):
        return Refused(reason="no loop stands around the line in its function")
    calls = [one for one in _calls(asked) if _is_invariant(asked, one, loops_of(module, one)[0])]
    whole = [one for one in calls if not any(one in ast.walk(other) for other in calls if other is not one)]
    if not whole:
        return Refused(
            reason="no call on the line is sure to come to the same in each turn: what it reads, or what it answers, may change"
        )
    return moved(asked, Edits(module), whole)


def moved(asked: Asked, edits: Edits, calls: Sequence[ast.Call]) -> Changed:
    """Return the source with each call's value computed in front of the outermost loop that it does not depend on.

    Calls that are written alike share one value.
    """
    names: dict[tuple[str, int], str] = {}
    for call in calls:
        loop = _outermost(asked, call)
        written = asked.segment(call)
        name = names.get((written, loop.lineno))
        if name is None:
            wish = asked.fresh(f"kept_{called_name(call)}")
            others = (f"{wish}_{number}" for number in range(2, len(calls) + 2))
            name = next(one for one in chain([wish], others) if one not in names.values())
            names[written, loop.lineno] = name
            edits.before(loop, f"{name} = {written}")
        edits.replace(call, name)
    said = ", ".join(dict.fromkeys(asked.module.words(one) for one in calls))
    verb = "is" if len(names) == 1 else "are"
    return Changed(text=edits.text(), summary=f"{said} {verb} computed once, in front of the loop")


def _outermost(asked: Asked, call: ast.Call) -> ast.stmt:
    loop, *others = loops_of(asked.module, call)
    for outer in others:
        if not _is_invariant(asked, call, outer):
            break
        loop = outer
    return loop


def _calls(asked: Asked) -> Iterator[ast.Call]:
    for part in header_parts(asked.statement):
        if isinstance(part, ast.Call) and loops_of(asked.module, part):
            yield part


def _is_invariant(asked: Asked, call: ast.Call, loop: ast.AST) -> bool:
    program, module = asked.program, asked.module
    if module.dotted(call.func) in _CHEAP or not is_pure(program, module, call):
        return False
    inside = [one for one in module.loops_around(call) if one in ast.walk(loop)]
    if any(variables(module, call) & _targets(one) for one in inside):
        return False
    if is_conditional(module, call, loop) or not is_untouched(program, module, loop, variables(module, call)):
        return False
    for one in ast.walk(call):
        found = program.defined(module, one) if isinstance(one, ast.Call) else None
        if found is not None and reads_what_changes(program, *found):
            return False
    return is_only_read(program, module, call)


def _targets(loop: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(loop) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
