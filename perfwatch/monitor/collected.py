"""The ledger's totals as rows and as records.

It must not change what is collected, and must not load the records before
somebody asks for them: a program that only names its spans would pay for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfwatch.monitor.ledger import LEDGER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.monitor.ledger import Amounts
    from perfwatch.records.run import Custom, Span

LEVELS = ("basic", "detailed", "full")


def span_rows(amounts: Mapping[tuple[str, ...], Amounts]) -> list[dict[str, Any]]:
    """Return the fields of each ``Span`` in the order of a tree: parents first, siblings by first start."""

    def place(path: tuple[str, ...]) -> tuple[int, ...]:
        own = amounts[path].started_ns
        above = (amounts.get(path[:depth]) for depth in range(1, len(path)))
        return (*(own if parent is None else parent.started_ns for parent in above), own)

    return [_row(path, amounts[path]) for path in sorted(amounts, key=place)]


def _row(path: tuple[str, ...], amounts: Amounts) -> dict[str, Any]:
    return {
        "path": path,
        "count": amounts.count,
        "wall_ns": amounts.wall_ns,
        "cpu_ns": amounts.cpu_ns,
        "level": LEVELS[amounts.level],
        "peak_resident_bytes": amounts.peak_resident_bytes,
        "resident_change_bytes": amounts.resident_change_bytes,
        "read_bytes": amounts.read_bytes,
        "written_bytes": amounts.written_bytes,
    }


def custom_rows() -> list[dict[str, Any]]:
    """Return the fields of each ``Custom``, in the order of their first value.

    Times count from the first figure of all, so that series lie on one axis.
    """
    with LEDGER.lock:
        began_ns = min((moments[0] for _, _, moments in LEDGER.custom.values()), default=0)
        return [
            {
                "name": name,
                "values": tuple(values),
                "at_ns": tuple(moment - began_ns for moment in moments),
                "direction": direction,
            }
            for name, (direction, values, moments) in LEDGER.custom.items()
        ]


def as_spans(amounts: Mapping[tuple[str, ...], Amounts]) -> tuple[Span, ...]:
    """Return the rows as records."""
    from perfwatch.records.run import Span

    return tuple(Span(**row) for row in span_rows(amounts))


def snapshot() -> dict[tuple[str, ...], Amounts]:
    """Return a copy of the totals by path."""
    with LEDGER.lock:
        return {path: amounts.copy() for path, amounts in LEDGER.spans.items()}


def collected() -> tuple[Span, ...]:
    """Return every span that has closed in this process, one for each path."""
    return as_spans(snapshot())


def collected_custom() -> tuple[Custom, ...]:
    """Return the figures recorded so far, in the order of their first value."""
    from perfwatch.records.run import Custom

    return tuple(Custom(**row) for row in custom_rows())
