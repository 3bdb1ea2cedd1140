"""Rules of other packages, by the entry point group ``perfwatch.rules``.

Each entry gives one :class:`~perfwatch.diagnose.rule.Rule`. One that does not load, or is no rule,
is named and left out; it never costs the others. This module must not judge.
"""

from __future__ import annotations

import re
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule
from perfwatch.diagnose.table import RULES
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.metadata import EntryPoint

GROUP = "perfwatch.rules"
_SLUG = re.compile(r"[a-z][a-z0-9-]{0,60}")
_TEXTS = ("title", "shape", "limits", "source")


def all_rules(own: Sequence[Rule] = RULES) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """Return the table's rules with those of other packages after them, and a sentence for each that was refused."""
    rules, notes = list(own), []
    taken = {rule.slug: "perfwatch" for rule in own}
    for entry in sorted(entry_points(group=GROUP), key=lambda one: (_package(one), one.name)):
        found = _loaded(entry)
        if isinstance(found, str):
            notes.append(f"The rule {entry.name} of {_package(entry)} was left out: {found}.")
        elif found.slug in taken:
            notes.append(
                f"The rule {entry.name} of {_package(entry)} was left out: {taken[found.slug]} has a rule {found.slug} already."
            )
        else:
            taken[found.slug] = _package(entry)
            rules.append(found)
    return tuple(rules), tuple(notes)


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "an unknown package"


def _loaded(entry: EntryPoint) -> Rule | str:
    """Return an entry's rule, or why there is none."""
    try:
        found = entry.load()
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever another package raises costs its rule alone
        return f"it cannot be loaded ({type(error).__name__}: {error})"
    if not isinstance(found, Rule):
        return f"{entry.value} is a {type(found).__name__} and no perfwatch.diagnose.rule.Rule"
    if not (isinstance(found.slug, str) and _SLUG.fullmatch(found.slug)):
        return f"its slug {found.slug!r} is not made of small letters, digits and hyphens"
    if not all(isinstance(getattr(found, name), str) for name in _TEXTS) or not callable(found.find):
        return "its title, shape, limits and source must be texts, and find a function"
    if not isinstance(found.needs, frozenset) or not all(isinstance(one, PassName) for one in found.needs):
        return "its needs must be a frozenset of PassName"
    return found
