"""Read what a worker wrote; a file that is not there is an empty answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from perfwatch.records.run import Custom, Provenance, Span

if TYPE_CHECKING:
    from pathlib import Path

    from perfwatch.collect.ownership import Ownership

#: An answer holds figures, not data: one longer than this was not written by a worker of ours.
BYTES_AT_MOST = 512_000_000


def read_answer(path: Path) -> dict[str, Any]:
    """The worker's document, or an empty one where it wrote none."""
    if not path.exists() or path.stat().st_size > BYTES_AT_MOST:
        return {}
    answer = json.loads(path.read_text(encoding="utf-8"))
    return answer if isinstance(answer, dict) else {}


def spans_of(records: list[dict[str, Any]]) -> tuple[Span, ...]:
    """The spans of each benchmark's first call."""
    return tuple(
        Span(**{**span, "path": tuple(span["path"])}, benchmark=record["name"])
        for record in records
        for span in record.get("spans", ())
    )


def spans_in(folder: Path, benchmark: str) -> tuple[tuple[Span, ...], tuple[Custom, ...]]:
    """The spans and custom figures that a script's processes left in a folder."""
    spans: list[Span] = []
    custom: list[Custom] = []
    for file in sorted(folder.glob("spans-*.json")):
        document = read_answer(file)
        spans += [
            Span(**{**span, "path": tuple(span["path"]), "benchmark": benchmark})
            for span in document.get("spans", ())
        ]
        custom += [_custom(one, benchmark) for one in document.get("custom", ())]
    return tuple(spans), tuple(custom)


def _custom(row: dict[str, Any], benchmark: str) -> Custom:
    return Custom(
        name=str(row["name"]),
        values=tuple(float(value) for value in row["values"]),
        at_ns=tuple(int(moment) for moment in row.get("at_ns", ())),
        direction=str(row.get("direction", "lower")),
        benchmark=benchmark,
    )


_UNITS = {"memory": "bytes", "peak-memory": "bytes"}


def custom_of(records: list[dict[str, Any]]) -> tuple[Custom, ...]:
    """What benchmarks recorded in their first call, and what ``track_`` and ``mem_`` benchmarks returned."""
    found = [_custom(one, record["name"]) for record in records for one in record.get("custom", ())]
    found += [
        Custom(
            name=record["name"],
            values=(float(record["value"]),),
            unit=record.get("unit") or _UNITS.get(record["kind"], ""),
            benchmark=record["name"],
        )
        for record in records
        if isinstance(record.get("value"), int | float) and record.get("kind") != "time"
    ]
    return tuple(found)


def provenance_of(answer: dict[str, Any], ownership: Ownership) -> tuple[Provenance, ...]:
    """The user's modules that the worker loaded."""
    return tuple(
        Provenance(module=module, file=ownership.shorten(file), digest=digest)
        for module, file, digest in answer.get("modules", ())
        if ownership.owns(file)
    )
