"""Which part of a policy concerns one benchmark; must not judge by it."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfwatch.records.plan import Policy


def fits(name: str, pattern: str) -> bool:
    """Whether a benchmark is meant by a pattern: by its very name, or as a shell matches file names.

    A test's parameters stand in brackets, ``test_fit[3]``, which a pattern takes
    for a set of characters: so the name itself always fits.
    """
    return name == pattern or fnmatchcase(name, pattern)


def policy_for(name: str, policy: Policy) -> Policy:
    """Return the policy with the margin of this benchmark: the last of ``margins`` that fits it, else its own."""
    fitting = [margin for pattern, margin in policy.margins if fits(name, pattern)]
    return replace(policy, margin_ratio=fitting[-1]) if fitting else policy
