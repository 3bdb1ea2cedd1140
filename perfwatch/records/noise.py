"""What this machine can tell apart now: the same code against itself, and what bends its times."""

from __future__ import annotations

from dataclasses import dataclass

from perfwatch.records.doctor import Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """The smallest change that a budget shows: ``pairs_count`` pairs of processes fit into it.

    ``change_ratio`` 0.01 is 1%; ``None`` where fewer than two pairs fit.
    """

    budget_ns: int
    pairs_count: int
    change_ratio: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockNoise:
    """How far pairs of equal code differed on one clock: ``spread_ratio`` 0.01 is a standard deviation of 1%."""

    clock: str
    spread_ratio: float
    visible: tuple[Visible, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyNoise:
    """One bundled body against itself.

    A call takes ``call_ns``, the turns of one pair ``pair_ns``. ``judged_by`` is the
    clock that a gate would choose for it, and ``why``.
    """

    body: str
    call_ns: float
    pair_ns: int
    pairs_count: int
    judged_by: str
    why: str
    clocks: tuple[ClockNoise, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """All bodies, at one power and one rate of false alarms.

    ``causes`` are what lies behind the noise, as far as it can be seen, with what
    would lower it. ``notes`` are what else a reader should know: what was left out, and why.
    """

    interpreter: str
    bodies: tuple[BodyNoise, ...]
    power: float
    false_alarm_rate: float
    causes: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()
    duration_ns: int = 0
