"""What a second witness of a change could say, beside the times."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from perfwatch.records.run import PassState


class WitnessName(StrEnum):
    """The witnesses that a gate can call."""

    INSTRUCTIONS = "instructions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """How a witness was heard.

    ``reason`` says why it is anything but done, ``advice`` the command that mends
    it. ``left_out`` says it by benchmark. ``calls_count`` is how many calls the
    lesser of a benchmark's two stretches had; ``executions_count`` how often each
    side was executed. With ``addresses_fixed`` false, the memory layout was
    another one in each execution.
    """

    name: WitnessName
    state: PassState
    tool: str = ""
    version: str = ""
    reason: str = ""
    advice: str = ""
    calls_count: dict[str, int] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    executions_count: int = 0
    addresses_fixed: bool = True
    duration_ns: int = 0
