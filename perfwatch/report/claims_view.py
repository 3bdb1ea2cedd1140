"""A ledger's rows → the words and figures that every renderer of it shows; must not judge."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch._version import __version__
from perfwatch.records.claim import ClaimKind
from perfwatch.report.proof_view import ProofView, proof_view
from perfwatch.report.run_view import machine_words
from perfwatch.report.visible import visible
from perfwatch.report.words import CLAIM_MARKS, CLAIM_TONES, commit_words, instant_words

if TYPE_CHECKING:
    from collections.abc import Callable

    from perfwatch.records.claim import Figure, LedgerRow, SizeVerdict
    from perfwatch.records.proofs import Ledger

_LIMIT = 1_000

#: How a figure's last word names its unit.
_BY_UNIT: dict[str, Callable[[float | None], str]] = {
    "ns": units.time,
    "bytes": units.size,
    "ratio": units.figure,
    "rate": units.percent,
    "share": units.percent,
    "count": units.count,
}
_RATES = {ClaimKind.SHARE, ClaimKind.HIT_RATE, ClaimKind.ORDER}


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """One claim in words: ``measured`` is what was judged, at each size, ``evidence`` what was seen beside it.

    ``proof`` is ``None`` where it was held against a witness alone.
    """

    id: str
    text: str
    source: str
    stated: str
    verdict: str
    mark: str
    tone: str
    condition: str
    measured: tuple[str, ...]
    reason: str
    evidence: tuple[str, ...]
    first: str
    differs: str
    took: str
    proof: ProofView | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """A page of claims in ready-made text."""

    title: str
    command: str
    run_id: str
    when: str
    commit: str
    machine: str
    libraries: str
    version: str
    counted: str
    claims: tuple[ClaimView, ...]


def claim_view(row: LedgerRow) -> ClaimView:
    """One row in words."""
    several = len(row.sizes) > 1
    return ClaimView(
        id=visible(row.id),
        text=visible(row.text, _LIMIT),
        source=visible(row.source, _LIMIT),
        stated=visible(row.stated.text),
        verdict=row.verdict.value,
        mark=CLAIM_MARKS[row.verdict],
        tone=CLAIM_TONES[row.verdict],
        condition=visible(row.condition, _LIMIT),
        measured=tuple(_measured(row, one, several=several) for one in row.sizes if one.value is not None),
        reason=visible(row.reason, _LIMIT),
        evidence=tuple(_evidence(row)),
        first=visible(row.first, _LIMIT),
        differs=visible(row.differs, _LIMIT),
        took=units.time(row.duration_ns),
        proof=None if row.proof is None else proof_view(row.proof),
    )


def ledger_view(ledger: Ledger) -> LedgerView:
    """Everything that is shown of a ledger."""
    header = ledger.header
    counts = Counter(row.verdict.value for row in ledger.rows)
    told = ", ".join(f"{count} {word}" for word, count in counts.items())
    return LedgerView(
        title="Claims, held against measurements",
        command=visible(header.command, 400),
        run_id=visible(header.id, 60),
        when=instant_words(header.started_at),
        commit=commit_words(header.commit),
        machine=machine_words(header.environment) + _threads(header.environment.threads),
        libraries=visible(_libraries(header.environment.libraries), _LIMIT),
        version=__version__,
        counted=f"{len(ledger.rows)} claims: {told}; took {units.time(ledger.duration_ns)}",
        claims=tuple(claim_view(row) for row in ledger.rows),
    )


def _libraries(versions: dict[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))


def _threads(settings: dict[str, str]) -> str:
    """How many threads libraries were told to use, where they were told."""
    told = {value for name, value in settings.items() if name.endswith("_NUM_THREADS") and value.isdigit()}
    if len(told) != 1:
        return ""
    number = told.pop()
    return f"; libraries at {number} thread{'' if number == '1' else 's'}"


def _measured(row: LedgerRow, one: SizeVerdict, *, several: bool) -> str:
    at = f"{visible(one.size)}: " if several and one.size else ""
    if row.kind is ClaimKind.SPEED:
        return at + _gain(one)
    if row.kind is ClaimKind.MEMORY_RATIO:
        return f"{at}{units.factor(one.value)} of the reference's peak"
    return at + _amount(row, one.value) + _between(one.interval, lambda value: _amount(row, value))


def _gain(one: SizeVerdict) -> str:
    """How many times as fast, or how many times slower: the greater figure is the one that is read."""
    if one.value is not None and one.value < 1 and one.interval is not None:
        turned = (1 / one.interval[1], 1 / one.interval[0])
        return f"{units.figure(1 / one.value)} times slower" + _between(turned, units.figure)
    return f"{units.figure(one.value)} times as fast" + _between(one.interval, units.figure)


def _amount(row: LedgerRow, value: float | None) -> str:
    if row.kind in _RATES:
        return units.percent(value)
    return _BY_UNIT.get(row.unit, units.figure)(value)


def _between(interval: tuple[float, float] | None, told: Callable[[float | None], str]) -> str:
    if interval is None:
        return ""
    low, high = told(interval[0]), told(interval[1])
    return "" if low == high else f" [{low} to {high}]"


def _evidence(row: LedgerRow) -> list[str]:
    """Figures beside the one that was judged, and how far the answers are apart."""
    judged = {(one.size, one.value) for one in row.sizes}
    said = []
    for figure in row.figures:
        if (figure.size, figure.value) in judged:
            continue
        at = f" at {visible(figure.size)}" if len({one.size for one in row.figures}) > 1 else ""
        said.append(f"{_named(figure)}{at}: {_figure(figure)}")
    return said


def _named(figure: Figure) -> str:
    words = figure.name.split("_")
    kept = words[:-1] if words[-1] in _BY_UNIT and words[-1] not in {"rate", "share"} else words
    return visible(" ".join(kept))


def _figure(figure: Figure) -> str:
    told = _BY_UNIT.get(figure.name.rpartition("_")[2], units.figure)
    if "share" in figure.name or "error" in figure.name:
        told = units.percent
    return told(figure.value) + _between(figure.interval, told)
