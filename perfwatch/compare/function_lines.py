"""Which lines of a named function take longer: those that the samples can tell.

Base's lines are found again in head by what both sources say of them. Only the sampler
outside sees lines; without it there are none. This module must not read sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfwatch.compare.time_per_call import FALSE_RATE, Level, time_difference, with_q
from perfwatch.records.profile_difference import LineDifference, SideProfile

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.records.profile_difference import FrameDifference, Touched

LINES_AT_MOST = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTimes:
    """One side's processes with the times of their lines, and what these are shares of."""

    profiles: Sequence[SideProfile]
    level: Level

    def of(self, file: str, function: str, moved: Mapping[int, int] | None) -> list[dict[int, float]]:
        """Return each process's own time by line of one function, under the line's number in head.

        ``moved`` gives those numbers; a line that is not in it is in base alone. Without
        it, numbers stay as they are.
        """
        found = []
        for profile in self.profiles:
            scale = self.level.time_ns / profile.whole_ns
            times: dict[int, float] = {}
            for one in profile.lines:
                if (one.file, one.function) == (file, function) and one.time_ns:
                    line = one.line if moved is None else moved.get(one.line)
                    if line is not None:
                        times[line] = times.get(line, 0.0) + one.time_ns * scale
            found.append(times)
        return found


def line_differences(
    frame: FrameDifference, sides: tuple[LineTimes, LineTimes], touched: Touched
) -> tuple[LineDifference, ...]:
    """Return the lines of a function whose own time differs, the greatest difference first.

    ``sides`` are base and head. Benjamini and Hochberg's q is over the function's lines.
    """
    base, head = sides
    place = (frame.file, frame.function)
    old = touched.renamed.get(place, (frame.file, frame.renamed_from or frame.function))
    # A function that came from another file has no lines in common that anybody knows of.
    moved = touched.lines.get(frame.file) if old[0] == frame.file else {}
    before, after = base.of(*old, moved), head.of(*place, None)
    numbers = sorted({line for times in (*before, *after) for line in times})
    made = with_q(
        [
            time_difference(
                [times.get(line, 0.0) for times in before],
                [times.get(line, 0.0) for times in after],
                base.level,
                head.level,
            )
            for line in numbers
        ]
    )
    told = [
        LineDifference(line=line, own=own)
        for line, own in zip(numbers, made, strict=True)
        if own.q_value is not None and own.q_value <= FALSE_RATE
    ]
    told.sort(key=lambda one: (-abs(one.own.difference_ns), one.line))
    return tuple(told[:LINES_AT_MOST])
