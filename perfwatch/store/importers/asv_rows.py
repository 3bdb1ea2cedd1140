"""asv's documents, of either version, as rows of one shape.

Version 2 (asv 0.5 and later) writes a benchmark as a row, whose columns are
named once at the top; trailing ones may be missing. Version 1 writes a value, or
a mapping of result, parameters, statistics and samples. This module must not know
what a figure means.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from perfwatch.store.importers.content import open_result, shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.store.importers.content import ResultFile

TOOL = "asv"
#: How a benchmark that its own set-up left out is written.
LEFT_OUT = "NaN"
_RESULT_VERSIONS = (1, 2)
_BENCHMARKS_VERSIONS = (1, 2)
_BENCHMARKS_FILE = "benchmarks.json"

#: A result is a figure, ``null`` for a failure, or a figure that JSON does not have, as a text.
Value = float | str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One benchmark: each list has an item for each set of parameters, or is empty where nothing was kept.

    ``results`` is ``None`` where the benchmark failed as a whole.
    """

    name: str
    results: list[Value] | None
    params: list[list[str]] = field(default_factory=list)
    code_version: str | None = None
    started_at_ms: float | None = None
    numbers: list[int | None] = field(default_factory=list)
    samples: list[list[float] | None] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What stands above the rows."""

    version: int
    results: dict[str, msgspec.Raw]
    commit_hash: str = ""
    date: float | None = None
    python: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    requirements: dict[str, Any] = field(default_factory=dict)
    env_vars: dict[str, Any] = field(default_factory=dict)
    result_columns: tuple[str, ...] = ()
    benchmark_version: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """What ``benchmarks.json`` says of a benchmark."""

    type: str = ""
    unit: str = ""
    param_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Version:
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stats:
    number: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mapping:
    result: list[Value] | Value = None
    params: list[list[str]] = field(default_factory=list)
    stats: list[_Stats | None] | _Stats | None = None
    samples: list[list[float] | None] | None = None


_COLUMNS: Mapping[str, tuple[str, Any]] = {
    "result": ("results", list[Value] | None),
    "params": ("params", list[list[str]]),
    "version": ("code_version", str | None),
    "started_at": ("started_at_ms", float | None),
    "stats_number": ("numbers", list[int | None] | None),
    "samples": ("samples", list[list[float] | None] | None),
}
_MAY_BE_NULL = ("results", "code_version", "started_at_ms")


def document_of(file: ResultFile) -> Document:
    """Decode what stands above the rows; a version that is not known is refused."""
    version = file.decoded(_Version).version
    if version not in _RESULT_VERSIONS:
        raise file.too_new(TOOL, f"{version} of the format", " and ".join(map(str, _RESULT_VERSIONS)))
    return file.decoded(Document)


def row_of(file: ResultFile, document: Document, name: str) -> Row:
    """Decode one benchmark."""
    raw = document.results[name]
    if document.version == 1:
        return _old_row(file, document, name, raw)
    cells = file.decoded_part(raw, list[msgspec.Raw])
    if "result" not in document.result_columns or len(cells) > len(document.result_columns):
        raise file.refused(f"the row of '{shown(name)}' does not fit result_columns")
    fields: dict[str, Any] = {"results": None}
    for column, cell in zip(document.result_columns, cells, strict=False):
        if column in _COLUMNS:
            key, kind = _COLUMNS[column]
            value = file.decoded_part(cell, kind)
            if value is not None or key in _MAY_BE_NULL:
                fields[key] = value
    return Row(name=name, **fields)


def _old_row(file: ResultFile, document: Document, name: str, raw: msgspec.Raw) -> Row:
    if not bytes(raw).lstrip().startswith(b"{"):
        return Row(name=name, results=[file.decoded_part(raw, Value)])
    found = file.decoded_part(raw, _Mapping)
    stats = found.stats if isinstance(found.stats, list) else [found.stats]
    return Row(
        name=name,
        results=found.result if isinstance(found.result, list) else [found.result],
        params=found.params,
        code_version=document.benchmark_version.get(name),
        numbers=[None if one is None else one.number for one in stats],
        samples=found.samples or [],
    )


def descriptions_beside(file: ResultFile) -> dict[str, Described] | None:
    """Read ``benchmarks.json`` one folder up, where asv writes it, or beside; ``None`` where there is none."""
    folder = file.path.absolute().parent
    for candidate in (folder.parent / _BENCHMARKS_FILE, folder / _BENCHMARKS_FILE):
        if candidate.is_file():
            return _descriptions(open_result(candidate))
    return None


def _descriptions(file: ResultFile) -> dict[str, Described] | None:
    entries: dict[str, msgspec.Raw] = file.decoded(dict[str, msgspec.Raw])
    if "version" not in entries:
        return None  # something else of that name
    version = file.decoded_part(entries.pop("version"), int)
    if version not in _BENCHMARKS_VERSIONS:
        raise file.too_new(TOOL, f"{version} of the format", " and ".join(map(str, _BENCHMARKS_VERSIONS)))
    return {name: file.decoded_part(raw, Described) for name, raw in entries.items()}
