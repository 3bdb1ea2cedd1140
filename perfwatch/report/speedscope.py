"""Report → speedscope's file format: the call tree of each benchmark, and what its lines held at the peak.

Weights are the records' own figures, unrounded: nanoseconds of one execution, and bytes. The
memory pass keeps no call tree, so a line stands below its function and no deeper. It must not
scale or merge: the viewer does. The format is described in ``file-format-schema.json`` of
speedscope, https://github.com/jlfwong/speedscope/wiki/Importing-from-custom-sources.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from perfwatch._version import __version__
from perfwatch.report.geometry import stacked
from perfwatch.report.places import short
from perfwatch.report.source_view import Texts
from perfwatch.report.stack_walk import stacks
from perfwatch.report.view import title_of
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from perfwatch.records.profile import CallNode, LineStat
    from perfwatch.records.report import Report
    from perfwatch.records.run import Benchmark, Run

SCHEMA_ADDRESS = "https://www.speedscope.app/file-format-schema.json"
_NAME_LIMIT, _FILE_LIMIT = 200, 400


class _Frames:
    """The table of frames that all profiles share; a frame stands in it once."""

    def __init__(self, run: Run) -> None:
        self.root = run.header.project_root
        self.texts = Texts(run)
        self.places: dict[tuple[str, str, int], int] = {}
        self.table: list[dict[str, Any]] = []

    def function(self, name: str, file: str, line: int = 0) -> int:
        """Return the number of a function's frame."""
        return self._number(visible(name, _NAME_LIMIT) or "?", (name, file, line))

    def line(self, stat: LineStat) -> int:
        """Return the number of a line's frame."""
        source = self.texts.shown(stat.file, stat.line, stat.source).strip()
        name = visible(f"{stat.line}: {source}", _NAME_LIMIT)
        return self._number(name, (f"\n{stat.function}", stat.file, stat.line))

    def _number(self, name: str, key: tuple[str, str, int]) -> int:
        if key not in self.places:
            _, file, line = key
            frame: dict[str, Any] = {"name": name}
            if file:
                frame["file"] = visible(short(file, self.root), _FILE_LIMIT)
            if line > 0:
                frame["line"] = line
            self.places[key] = len(self.table)
            self.table.append(frame)
        return self.places[key]


def render_speedscope(report: Report) -> str:
    """Return the document; a benchmark that no pass saw has no profile in it."""
    frames = _Frames(report.run)
    profiles = []
    for benchmark in report.run.benchmarks:
        name = visible(benchmark.name, _NAME_LIMIT)
        if benchmark.profiles.cpu is not None:
            profiles.append(_time(f"{name}: time of one execution", benchmark.profiles.cpu, frames))
        if any(_held(stat) for stat in benchmark.profiles.lines):
            profiles.append(_memory(f"{name}: memory held at the peak, by line", benchmark, frames))
    document = {
        "$schema": SCHEMA_ADDRESS,
        "name": f"{title_of(report)}, {visible(report.run.header.id, 60)}",
        "exporter": f"perfwatch {__version__}",
        "shared": {"frames": frames.table},
        "profiles": profiles,
    }
    return msgspec.json.encode(document).decode() + "\n"


def _time(name: str, tree: CallNode, frames: _Frames) -> dict[str, Any]:
    found = [
        ([frames.function(node.function, node.file, node.line) for node in stack], weight)
        for stack, weight in stacks(tree)
    ]
    return _profile(name, "nanoseconds", found)


def _memory(name: str, benchmark: Benchmark, frames: _Frames) -> dict[str, Any]:
    found = [
        ([frames.function(stat.function, stat.file), frames.line(stat)], stat.peak_bytes or 0.0)
        for stat in benchmark.profiles.lines
        if _held(stat)
    ]
    return _profile(name, "bytes", found)


def _held(stat: LineStat) -> bool:
    return stat.peak_bytes is not None and math.isfinite(stat.peak_bytes) and stat.peak_bytes > 0


def _profile(name: str, unit: str, found: list[tuple[list[int], float]]) -> dict[str, Any]:
    return {
        "type": "sampled",
        "name": name,
        "unit": unit,
        "startValue": 0,
        "endValue": stacked([weight for _, weight in found]),
        "samples": [stack for stack, _ in found],
        "weights": [weight for _, weight in found],
    }
