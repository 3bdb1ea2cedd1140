"""One line view from two: the sampler's times with their errors, the tracer's hits.

It must not prefer one silently: where they contradict each other, the line says so.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfwatch.collect.sampled import share_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfwatch.collect.sampled import SampledFigures
    from perfwatch.records.profile import LineStat


def with_hits(found: SampledFigures, traced: Iterable[LineStat]) -> tuple[LineStat, ...]:
    """The sampled lines with the tracer's hits; a traced line that no sample met took none to speak of."""
    counted = {(line.file, line.line): line for line in traced}
    joined: list[LineStat] = []
    for line in found.lines:
        hits = counted.pop((line.file, line.line), None)
        joined.append(
            line
            if hits is None
            else replace(line, hits_count=hits.hits_count, hits_error_count=hits.hits_error_count)
        )
    error = _unseen_error(found)
    joined += [
        replace(
            line, time_ns=0.0, total_ns=0.0, time_error_ns=error, total_error_ns=error, samples_count=0
        )
        for line in counted.values()
    ]
    return tuple(sorted(joined, key=lambda line: (line.file, line.line)))


def _unseen_error(found: SampledFigures) -> float | None:
    main = [thread for thread in found.use.threads if thread.process == 0]
    if not main or found.use.wall_ns is None:
        return None
    return found.use.wall_ns * share_error(0, main[0].samples_count)
