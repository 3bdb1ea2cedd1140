"""The settings that decide how a gate ends; must not look for files, nor apply any."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from perfwatch.config.answer_rules import RULE_READERS, read_rule, read_yes
from perfwatch.config.entries import Reader, read_entries
from perfwatch.config.key import Key, WrongValueError, listed, near_name, read_duration, read_ratio
from perfwatch.config.quantities import parse_duration, parse_ratio, parse_size
from perfwatch.records.gate import Acceptance, Limit, Override

if TYPE_CHECKING:
    from pathlib import Path

#: What a gate compares, and may fail by.
METRICS = (
    "time",
    "cold",
    "compile",
    "peak_memory_bytes",
    "allocated_bytes",
    "allocations_count",
    "instructions_count",
)
FAIL_ON = ("nothing", "undecided")


def _metrics(value: object, _base: Path) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise WrongValueError(f"{value!r} is not a list of metrics ({', '.join(METRICS)})")
    for index, name in enumerate(value):
        if name not in METRICS:
            raise WrongValueError(
                f"{name!r} is not a metric ({', '.join(METRICS)})",
                within=(index,),
                near=near_name(str(name), METRICS),
            )
    return tuple(dict.fromkeys(value))


def _fail_on(value: object, _base: Path) -> bool:
    if value not in FAIL_ON:
        raise WrongValueError(f'{value!r} is neither "undecided" nor "nothing"')
    return value == "undecided"


def _same_output(value: object, _base: Path) -> bool:
    return read_yes(value)


def _switch(text: str) -> object:
    """The environment's word for yes or no; any other is for the reader to refuse."""
    return {"true": True, "1": True, "false": False, "0": False}.get(text.strip().lower(), text)


def _size(value: object, _base: Path) -> int:
    return parse_size(value)


def _pattern(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is not a pattern of benchmark names")
    return value


def _reason(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{value!r} is no reason")
    return value.strip()


def _day(value: object) -> date:
    """TOML has dates of its own; a text of the same form does as well."""
    if type(value) is date:  # a datetime is one, too, and names more than a day
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ValueError(f"{value!r} is not a day such as 2027-01-31") from None


def _acceptances(value: object, _base: Path) -> tuple[Acceptance, ...]:
    readers = {"pattern": _pattern, "reason": _reason, "until": _day}
    return tuple(
        Acceptance(
            pattern=str(one["pattern"]),
            reason=str(one["reason"]),
            until=until if isinstance(until := one.get("until"), date) else None,
            origin="the project's settings",
        )
        for one in read_entries(value, readers, ("pattern", "reason"))
    )


def _overrides(value: object, _base: Path) -> tuple[Override, ...]:
    readers: dict[str, Reader] = {
        "pattern": _pattern,
        "margin": parse_ratio,
        "fail-above": parse_ratio,
        "min-change": parse_duration,
        "same-output": read_yes,
        **RULE_READERS,
    }
    fields = {
        "margin": "margin_ratio",
        "fail-above": "fail_above_ratio",
        "min-change": "min_change_ns",
        "same-output": "same_output",
    }
    found = []
    for index, one in enumerate(read_entries(value, readers, ("pattern",))):
        rule = read_rule(one, index) if one.keys() & RULE_READERS.keys() else None
        plain = {fields.get(name, name): part for name, part in one.items() if name not in RULE_READERS}
        found.append(Override(**plain, answer_rule=rule))  # type: ignore[arg-type]
    return tuple(found)


def _limits(value: object, _base: Path) -> tuple[Limit, ...]:
    readers: dict[str, Reader] = {"pattern": _pattern, "time": parse_duration, "peak-memory": parse_size}
    fields = {"time": "time_ns", "peak-memory": "peak_memory_bytes"}
    return tuple(
        Limit(**{fields.get(name, name): part for name, part in one.items()})  # type: ignore[arg-type]
        for one in read_entries(value, readers, ("pattern",))
    )


GATE_KEYS = (
    Key(
        name="gate.margin",
        field="margin_ratio",
        kind="share",
        doc="The change that still counts as none.",
        example='"1%"',
        default="1%",
        read=read_ratio,
        environ="PERFWATCH_MARGIN",
    ),
    Key(
        name="gate.fail-above",
        field="fail_above_ratio",
        kind="share",
        doc="A confirmed regression fails the gate where it is larger than this.",
        example='"5%"',
        default="5%",
        read=read_ratio,
        environ="PERFWATCH_FAIL_ABOVE",
    ),
    Key(
        name="gate.min-change",
        field="min_change_ns",
        kind="duration",
        doc="A regression of a benchmark's time by less than this fails nothing.",
        example='"50us"',
        default="none",
        read=read_duration,
        environ="PERFWATCH_MIN_CHANGE",
    ),
    Key(
        name="gate.min-change-memory",
        field="min_change_bytes",
        kind="size",
        doc="A regression of a benchmark's memory by less than this fails nothing.",
        example='"1MB"',
        default="none",
        read=_size,
        environ="PERFWATCH_MIN_CHANGE_MEMORY",
    ),
    Key(
        name="gate.metrics",
        field="gated_metrics",
        kind="list of metrics",
        doc="What may fail the gate; the others are shown.",
        example='["time"]',
        default="time, peak_memory_bytes",
        read=_metrics,
        environ="PERFWATCH_METRICS",
        from_text=listed,
    ),
    Key(
        name="gate.fail-on",
        field="fail_on_undecided",
        kind='"undecided" or "nothing"',
        doc="Whether what stays undecided ends the gate with 3.",
        example='"undecided"',
        default="nothing",
        read=_fail_on,
        environ="PERFWATCH_FAIL_ON",
    ),
    Key(
        name="gate.same-output",
        field="same_output",
        kind="true or false",
        doc="Whether a benchmark that answers differently in head fails the gate, whatever its time.",
        example="true",
        default="false",
        read=_same_output,
        environ="PERFWATCH_SAME_OUTPUT",
        from_text=_switch,
    ),
    Key(
        name="gate.accept",
        field="acceptances",
        kind="list of tables with pattern, reason and until",
        doc="Regressions that are agreed to, by name.",
        example='[{ pattern = "test_fit*", reason = "exact now", until = 2027-01-31 }]',
        default="none",
        read=_acceptances,
    ),
    Key(
        name="gate.benchmarks",
        field="overrides",
        kind="list of tables with pattern, margin, fail-above, min-change, same-output and a rule for answers",
        doc="Other values for some benchmarks.",
        example='[{ pattern = "test_io*", margin = "3%" }]',
        default="none",
        read=_overrides,
    ),
    Key(
        name="limits",
        field="limits",
        kind="list of tables with pattern, time and peak-memory",
        doc="What a benchmark may take at most, whatever it took before.",
        example='[{ pattern = "test_step", time = "10ms", peak-memory = "200MB" }]',
        default="none",
        read=_limits,
    ),
)
