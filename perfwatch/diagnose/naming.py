"""What other names a thing goes by: through assignments, returns and arguments of the user's own functions.

Names are not told apart by scope, so that a thing may seem to have a name too many. This
module must not know of measurements.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.source import FUNCTIONS

if TYPE_CHECKING:
    from perfwatch.diagnose.source import Module, Program

#: Longer ways from hand to hand are not followed.
_HANDS = 4


def all_names(node: ast.AST) -> set[str]:
    """Return the names and the attributes that an expression reads."""
    plain = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    return plain | {one.attr for one in ast.walk(node) if isinstance(one, ast.Attribute)}


def names_of(program: Program, names: set[str]) -> set[str]:
    """Return the names given, and those under which the same thing is handed on."""
    found = {one for one in names if one != "self"}
    for _ in range(_HANDS):
        more = _handed_on(program, found)
        if more <= found:
            break
        found |= more
    return found


def _handed_on(program: Program, names: set[str]) -> set[str]:
    found: set[str] = set()
    returning = _returning(program, names)
    for module in _speaking_of(program, names | returning):
        for node in module.nodes(ast.Assign, ast.Call):
            if isinstance(node, ast.Assign):
                found |= _assigned(node, names, returning)
            elif (known := program.defined(module, node)) is not None:
                arguments = [one.arg for one in known[1].args.args if one.arg not in {"self", "cls"}]
                found |= {
                    to for to, given in zip(arguments, node.args, strict=False) if _is_named(given, names)
                }
    return found


def _speaking_of(program: Program, names: set[str]) -> list[Module]:
    return list({id(module): module for name in sorted(names) for module in program.naming(name)}.values())


def _assigned(node: ast.Assign, names: set[str], returning: set[str]) -> set[str]:
    """The names that an assignment gives to the thing: those of another name, or of a function that returns it."""
    pairs = [(target, node.value) for target in node.targets]
    for target, value in pairs:
        if (
            isinstance(target, ast.Tuple)
            and isinstance(value, ast.Tuple)
            and len(target.elts) == len(value.elts)
        ):
            pairs += list(zip(target.elts, value.elts, strict=True))
    return {
        name
        for target, value in pairs
        if _is_named(value, names) or (isinstance(value, ast.Call) and all_names(value.func) & returning)
        for name in all_names(target) - {"self"}
    }


def _is_named(node: ast.AST, names: set[str]) -> bool:
    name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return name in names


def _returning(program: Program, names: set[str]) -> set[str]:
    """The user's functions that return the thing, alone or among others."""
    found: set[str] = set()
    for module in _speaking_of(program, names):
        for node in module.nodes(ast.Return):
            if node.value is None:
                continue
            parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
            function = module.function_of(node)
            if isinstance(function, FUNCTIONS) and any(_is_named(one, names) for one in parts):
                found.add(function.name)
    return found
