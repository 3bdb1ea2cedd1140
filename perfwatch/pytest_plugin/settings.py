"""The settings of a measured test run: the project's, with what the options of pytest ask for.

It must not measure.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from perfwatch.config import KEYS, Config, load_config
from perfwatch.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from perfwatch.pytest_plugin.selection import Chosen
    from perfwatch.records.plan import Plan, Policy

#: Whoever names passes wants them, however long the tests take: they are not cut short by the watch.
NEVER_NS = 10**18
#: What each option sets; a value is read as the environment variable of the setting is.
_FIELDS = {
    "perfwatch_passes": "passes",
    "perfwatch_budget": "budget_ns",
    "perfwatch_per_benchmark": "per_benchmark_ns",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TestRunConfig(Config):
    """The project's settings with what only a run of tests can ask for."""

    names: frozenset[str] | None = None
    left_out: frozenset[str] = frozenset()
    margins: Mapping[str, float] = field(default_factory=dict)
    passes_named: bool = False

    def plan(self) -> Plan:
        """Return how to measure."""
        # Not super(): a slotted dataclass is another class than the one this body was written in.
        plan = Config.plan(self)
        watch_after_ns = NEVER_NS if self.passes_named else plan.watch_after_ns
        return replace(plan, names=self.names, left_out=self.left_out, watch_after_ns=watch_after_ns)

    def policy(self) -> Policy:
        """Return how to decide."""
        policy = Config.policy(self)
        return replace(policy, margins=(*policy.margins, *self.margins.items()))

    def choosing(self, chosen: Chosen) -> TestRunConfig:
        """Return the settings for the tests that were chosen."""
        return replace(self, names=chosen.names, left_out=chosen.left_out, margins=chosen.margins)


def settings_of(config: pytest.Config) -> TestRunConfig:
    """The settings: file, then environment, then options; the interpreter is the one that runs the tests.

    Raises ``pytest.UsageError`` for a setting or an option that makes no sense.
    """
    try:
        project = load_config(config.rootpath, os.environ)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    fields = {name: getattr(project, name) for name in Config.__dataclass_fields__}
    given = {
        name: _read(option, name, text, project.root)
        for option, name in _FIELDS.items()
        if (text := config.getoption(option)) is not None
    }
    return TestRunConfig(
        **{**fields, **given, "python": sys.executable},
        passes_named="passes" in given,
    )


def _read(option: str, name: str, text: str, root: Path) -> Any:
    key = next(key for key in KEYS if key.field == name)
    try:
        return key.read(key.from_text(text), root)
    except ValueError as error:
        shown = "--" + option.replace("_", "-")
        raise pytest.UsageError(
            f"{shown} {text!r}: {error}.\nNo test was run. Write for example {_example(shown)}"
        ) from error


def _example(option: str) -> str:
    return f"{option}=timing,cpu" if option.endswith("passes") else f"{option}=90s"
