"""Result files, ours and other tools', as runs: one module a format, one table of them.

A file becomes a ``Run`` that holds what the file says and nothing else: facts of
the machine that it does not tell stay empty, and the run's notes say which of our
safeguards the file lacks. This package must not judge, and must not write.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from perfwatch.store.importers import asv, own, pyperf, pytest_benchmark
from perfwatch.store.importers.content import BENCHMARKS_LIMIT, LIMIT_BYTES, ResultFile, open_result
from perfwatch.store.importers.made import Imported

if TYPE_CHECKING:
    from pathlib import Path


__all__ = ["BENCHMARKS_LIMIT", "FORMATS", "LIMIT_BYTES", "Format", "Imported", "import_run"]

_Part = msgspec.Raw | msgspec.UnsetType


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marks:
    """The fields that formats are told by."""

    schema: _Part = msgspec.UNSET
    version: _Part = msgspec.UNSET
    benchmarks: _Part = msgspec.UNSET
    machine_info: _Part = msgspec.UNSET
    results: _Part = msgspec.UNSET
    commit_hash: _Part = msgspec.UNSET

    def have(self, *names: str) -> bool:
        """Whether all of these fields are there."""
        return all(getattr(self, name) is not msgspec.UNSET for name in names)

    def begins(self, schema: str) -> bool:
        """Whether the document names a schema that begins so."""
        return isinstance(self.schema, msgspec.Raw) and bytes(self.schema).startswith(f'"{schema}'.encode())


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How files of one kind are told from others, and read."""

    name: str
    is_it: Callable[[_Marks], bool]
    read: Callable[[ResultFile], Imported]


#: The first that a file looks like is its format.
FORMATS = (
    Format(
        name="a baseline exported by perfwatch",
        is_it=lambda marks: marks.begins(own.BASELINE),
        read=own.read_baseline,
    ),
    Format(
        name="perfwatch's report.json", is_it=lambda marks: marks.begins(own.REPORT), read=own.read_report
    ),
    Format(
        name="pytest-benchmark",
        is_it=lambda marks: marks.have("machine_info", "benchmarks", "version"),
        read=pytest_benchmark.read,
    ),
    Format(name="pyperf", is_it=lambda marks: marks.have("benchmarks", "version"), read=pyperf.read),
    Format(name="asv", is_it=lambda marks: marks.have("results", "commit_hash", "version"), read=asv.read),
)


def import_run(path: Path) -> Imported:
    """Read a result file of any known format; one that is none of them raises ``UsageError``."""
    file = open_result(path)
    if not file.data.lstrip().startswith(b"{"):
        raise file.refused("it is no JSON document of a known kind", _KINDS)
    marks = file.decoded(_Marks)
    found = next((one for one in FORMATS if one.is_it(marks)), None)
    if found is None:
        raise file.refused("it is JSON, and no result file of a known kind", _KINDS)
    return found.read(file)


_KINDS = f"Name a file of one of these kinds: {', '.join(one.name for one in FORMATS)}."
