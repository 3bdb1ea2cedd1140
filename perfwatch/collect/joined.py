"""One line view from two: the sampler's times with their errors, the tracer's hits.

It must not prefer one silently: where they contradict each other, the line says so.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.collect.sampled import share_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perfwatch.collect.lines import TracerShare
    from perfwatch.collect.sampled import SampledFigures
    from perfwatch.records.profile import LineStat

ERRORS_ALLOWED = 3.0
POINTS_ALLOWED = 0.05


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
        replace(line, time_ns=0.0, total_ns=0.0, time_error_ns=error, total_error_ns=error, samples_count=0)
        for line in counted.values()
    ]
    return tuple(sorted(joined, key=lambda line: (line.file, line.line)))


def flagged(
    found: SampledFigures, lines: Iterable[LineStat], shares: dict[tuple[str, int], TracerShare]
) -> tuple[LineStat, ...]:
    """The lines, those flagged on which sampler and tracer differ by more than their errors allow.

    A difference counts from ``ERRORS_ALLOWED`` joint standard errors and
    ``POINTS_ALLOWED`` on. With several threads or processes the two look at
    different wholes, and nothing is compared.
    """
    wall_ns = found.use.wall_ns
    if not wall_ns or len(found.use.threads) > 1:
        return tuple(lines)
    return tuple(
        replace(line, disagreement=_contradiction(line, shares[line.file, line.line], wall_ns))
        if (line.file, line.line) in shares
        else line
        for line in lines
    )


def _contradiction(line: LineStat, traced: TracerShare, wall_ns: float) -> str:
    if line.time_ns is None or line.time_error_ns is None:
        return ""
    share, error = line.time_ns / wall_ns, line.time_error_ns / wall_ns
    apart = abs(share - traced.share_ratio)
    if apart <= max(POINTS_ALLOWED, ERRORS_ALLOWED * math.hypot(error, traced.error_ratio)):
        return ""
    return (
        f"the sampler gives it {units.portion(share)} ± {units.portion(error)} of the time, "
        f"the tracer {units.portion(traced.share_ratio)} ± {units.portion(traced.error_ratio)}: believe the "
        "sampler, because a tracer slows lines of many small steps more than others"
    )


def _unseen_error(found: SampledFigures) -> float | None:
    main = [thread for thread in found.use.threads if thread.process == 0]
    if not main or found.use.wall_ns is None:
        return None
    return found.use.wall_ns * share_error(0, main[0].samples_count)
