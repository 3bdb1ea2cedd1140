"""Mechanical rewrites: a finding and the source it points to → the source as it should be, or why not.

A rewrite must not run anything, and leaves alone what it cannot judge by the form of
the code: whether the changed copy is right and faster, an experiment says. The user's
file is nobody's to write here; formatting and comments of what is not changed are kept.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rewrites.rewrite import Asked, Changed, Refused
from perfwatch.diagnose.rewrites.table import REWRITES

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from perfwatch.diagnose.source import Program
    from perfwatch.records.finding import Finding

__all__ = ["REWRITES", "Changed", "Refused", "has_rewrite", "rewrite"]


def has_rewrite(finding: Finding) -> bool:
    """Whether there is a mechanical rewrite for findings of this rule."""
    return finding.rule in REWRITES


def rewrite(finding: Finding, program: Program, packages: AbstractSet[str]) -> Changed | Refused:
    """Return the changed source of a finding's file, or the reason why there is none.

    ``packages`` are those that the target's interpreter can import.
    """
    if not has_rewrite(finding):
        return Refused(reason=f"there is no mechanical rewrite for {finding.rule}")
    module = program.modules.get(finding.file)
    if module is None:
        return Refused(reason=f"{finding.file} cannot be read as Python")
    statement = module.statement_at(finding.line_start)
    if statement is None:
        return Refused(reason=f"no statement stands on line {finding.line_start} of {finding.file}")
    asked = Asked(program=program, module=module, statement=statement, packages=frozenset(packages))
    try:
        found = REWRITES[finding.rule](asked)
        if isinstance(found, Changed) and found.text:
            ast.parse(found.text)
    except RecursionError:
        return Refused(reason=f"{finding.file} is nested too deep to be rewritten")
    except (ValueError, SyntaxError) as error:
        return Refused(reason=f"the code is written in a way that cannot be changed mechanically ({error})")
    return found
