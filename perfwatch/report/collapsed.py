"""Report → collapsed stacks, as flame graph programs read them: ``outer;inner 1234`` a line.

Each number is whole nanoseconds of a function's own time in one execution. Where a run has
several benchmarks, its name is the outermost frame. It must not add up stacks: programs do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.places import place
from perfwatch.report.stack_walk import stacks
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.records.profile import CallNode
    from perfwatch.records.report import Report

#: What separates the frames, and what stands for it in a name.
_BETWEEN, _INSTEAD = ";", "\N{FULLWIDTH SEMICOLON}"
_NAME_LIMIT = 200


def render_collapsed(report: Report) -> str:
    """Return a line for each stack with time of its own; nothing where no call tree was sampled."""
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: Report) -> Iterator[str]:
    run = report.run
    several = len(run.benchmarks) > 1
    for benchmark in run.benchmarks:
        if benchmark.profiles.cpu is None:
            continue
        outermost = [_harmless(benchmark.name)] if several else []
        for stack, weight_ns in stacks(benchmark.profiles.cpu):
            whole = units.nearest_whole(weight_ns)
            if whole:
                frames = [*outermost, *(_frame(node, run.header.project_root) for node in stack)]
                yield f"{_BETWEEN.join(frames)} {whole}"


def _frame(node: CallNode, root: str) -> str:
    where = f" ({place(node.file, node.line, root)})" if node.file else ""
    return _harmless(f"{node.function}{where}")


def _harmless(name: str) -> str:
    return visible(name, _NAME_LIMIT).replace(_BETWEEN, _INSTEAD)
