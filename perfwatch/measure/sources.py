"""Keep the user's sources as they were when they were measured.

A report of a stored run must show the lines that ran, not what the file holds
by then. It must not keep anything but files that passes named.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from perfwatch.records.run import Benchmark, SourceFile

if TYPE_CHECKING:
    from perfwatch.collect.ownership import Ownership

#: A longer file is generated or data; its lines are shown without text.
BYTES_AT_MOST = 1_000_000


class Sources:
    """Reads each file once, at its first mention."""

    def __init__(self, ownership: Ownership) -> None:
        self._ownership = ownership
        self._files: dict[str, SourceFile | None] = {}

    def of(self, file: str) -> SourceFile | None:
        """The file by its shortened path; ``None`` where it cannot be read or is too long."""
        if file not in self._files:
            self._files[file] = self._read(file)
        return self._files[file]

    def _read(self, file: str) -> SourceFile | None:
        path = self._ownership.locate(file)
        try:
            data = path.read_bytes()
        except (OSError, ValueError):
            return None  # generated code has no file
        if len(data) > BYTES_AT_MOST:
            return None
        digest = hashlib.sha256(data).hexdigest()[:16]
        return SourceFile(file=file, digest=digest, text=data.decode("utf-8", errors="replace"))

    def with_text(self, benchmark: Benchmark) -> Benchmark:
        """The benchmark with each line's text filled in."""
        lines = []
        for stat in benchmark.profiles.lines:
            source = self.of(stat.file)
            rows = [] if source is None else source.text.splitlines()
            text = rows[stat.line - 1] if 0 < stat.line <= len(rows) else ""
            lines.append(replace(stat, source=text))
        return replace(benchmark, profiles=replace(benchmark.profiles, lines=tuple(lines)))

    def named_in(self, benchmarks: tuple[Benchmark, ...]) -> tuple[SourceFile, ...]:
        """The files that the benchmarks' lines lie in."""
        files = sorted({stat.file for benchmark in benchmarks for stat in benchmark.profiles.lines})
        return tuple(source for file in files if (source := self.of(file)) is not None)
