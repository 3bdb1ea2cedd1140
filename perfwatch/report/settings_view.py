"""What was asked for, in words: every setting of the plan, and what verdicts and the gate go by.

It must not know what a setting does: it formats a figure by the unit in its name.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from perfwatch import units
from perfwatch.report.section import Fact
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from perfwatch.records.report import Report

_LIMIT = 120
_UNITS = {"_ns": units.time, "_bytes": units.size, "_ratio": units.percent, "_count": units.count}
#: Shares whose names do not say so.
_LEVELS = frozenset({"confidence_level"})


def settings_facts(report: Report) -> tuple[tuple[str, tuple[Fact, ...]], ...]:
    """Return titles with their settings: of the plan, of verdicts, of the gate; those that there are."""
    gate = report.gate.policy if report.gate is not None else None
    parts = (
        ("Plan", report.run.header.settings),
        ("Verdicts", _named(report.policy)),
        ("Gate", _named(gate)),
    )
    return tuple((title, _facts(values)) for title, values in parts if values)


def _named(record: Any) -> dict[str, Any]:
    return {} if record is None else {one.name: getattr(record, one.name) for one in fields(record)}


def _facts(values: dict[str, Any]) -> tuple[Fact, ...]:
    labels = [_label(name) for name in values]
    # Where the units alone tell two apart, the label keeps them.
    told = [
        name.replace("_", " ") if labels.count(label) > 1 else label
        for name, label in zip(values, labels, strict=True)
    ]
    return tuple(
        Fact(label=visible(label, 60), value=_worded(name, value))
        for label, (name, value) in zip(told, values.items(), strict=True)
    )


def _label(name: str) -> str:
    suffix = next((suffix for suffix in _UNITS if name.endswith(suffix)), "")
    return name.removesuffix(suffix).replace("_", " ")


def _worded(name: str, value: Any) -> str:
    if value is None or value in ("", ()):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        if name in _LEVELS:
            return units.percent(value)
        shown = next((shown for suffix, shown in _UNITS.items() if name.endswith(suffix)), units.count)
        return shown(value)
    if isinstance(value, tuple):
        return visible("; ".join(map(_item, value)), _LIMIT)
    return visible(str(value), _LIMIT)


def _item(value: Any) -> str:
    """Return one of several values: a pair, a record by what it says, or a text."""
    if isinstance(value, tuple):
        return ": ".join(units.percent(part) if isinstance(part, float) else str(part) for part in value)
    given = _named(value) if hasattr(value, "__dataclass_fields__") else {}
    if not given:
        return str(value)
    told = {name: each for name, each in given.items() if each not in (None, "", ())}
    return ", ".join(
        each if name == "pattern" else f"{_label(name)} {_worded(name, each)}" for name, each in told.items()
    )
