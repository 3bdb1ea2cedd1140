"""What a run measured of one benchmark, asked by line and by function: shares, counts, bytes, and what was tried.

This module must not judge, and must not read the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from perfwatch.records.experiment import ExperimentOutcome
from perfwatch.records.run import Benchmark

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from perfwatch.records.experiment import ExperimentKind
    from perfwatch.records.profile import CallNode, CpuUse, IoProfile, LineStat, MemoryProfile


#: What the sampler calls the branch of the main thread, where it tells threads apart.
_MAIN_THREAD = "(main thread)"


@dataclass(eq=False)
class Evidence:
    """One benchmark's profiles.

    Shares are of the time of one execution: of the main thread's where the sampler told
    threads apart, else of all that was sampled.
    """

    benchmark: Benchmark
    experiments: tuple[ExperimentOutcome, ...] = ()

    @cached_property
    def lines(self) -> dict[tuple[str, int], LineStat]:
        """Every line that a pass saw; of a line with several functions the one with the most time."""
        found: dict[tuple[str, int], LineStat] = {}
        for one in self.benchmark.profiles.lines:
            other = found.get((one.file, one.line))
            if other is None or (one.total_ns or 0.0) > (other.total_ns or 0.0):
                found[one.file, one.line] = one
        return found

    @cached_property
    def whole_ns(self) -> float:
        """The time that shares are of; 0 where nothing was sampled."""
        tree, use = self.benchmark.profiles.cpu, self.cpu_use
        if use is not None and use.wall_ns:
            return use.wall_ns
        if self.benchmark.timing is not None:
            return self.benchmark.timing.median_ns or 0.0
        return tree.total_ns if tree is not None else 0.0

    @property
    def cpu_use(self) -> CpuUse | None:
        """How the CPU pass looked, and what it says of the whole."""
        return self.benchmark.profiles.cpu_use

    @property
    def memory(self) -> MemoryProfile | None:
        """The memory pass."""
        return self.benchmark.profiles.memory

    @property
    def io(self) -> IoProfile | None:
        """What the operating system was asked for."""
        return self.benchmark.profiles.io

    def tried(self, kind: ExperimentKind) -> tuple[ExperimentOutcome, ...]:
        """Return what came of experiments of a kind on this benchmark."""
        mine = (self.benchmark.target, self.benchmark.name)
        return tuple(
            one for one in self.experiments if one.kind is kind and (one.target, one.benchmark) == mine
        )

    def line(self, file: str, line: int) -> LineStat | None:
        """Return what is known of a line."""
        return self.lines.get((file, line))

    def share(self, file: str, first: int, last: int | None = None) -> float:
        """Return the share of time of lines and all that they call, between 0 and 1."""
        spent = sum(
            one.total_ns or 0.0
            for number in range(first, (last or first) + 1)
            if (one := self.lines.get((file, number))) is not None
        )
        return min(1.0, spent / self.whole_ns) if self.whole_ns else 0.0

    def own_share(self, file: str, first: int, last: int | None = None) -> float:
        """Return the share of time that lines spend themselves, or in libraries that they call."""
        spent = sum(
            one.time_ns or 0.0
            for number in range(first, (last or first) + 1)
            if (one := self.lines.get((file, number))) is not None
        )
        return min(1.0, spent / self.whole_ns) if self.whole_ns else 0.0

    def error(self, file: str, first: int, last: int) -> float | None:
        """Return the standard error of ``share``."""
        found = [
            one.total_error_ns
            for number in range(first, last + 1)
            if (one := self.lines.get((file, number))) is not None and one.total_error_ns is not None
        ]
        return sum(each**2 for each in found) ** 0.5 / self.whole_ns if found and self.whole_ns else None

    def hits(self, file: str, first: int, last: int | None = None) -> float:
        """Return how often a statement ran in one execution: the most of its lines."""
        return max(
            (
                one.hits_count or 0.0
                for number in range(first, (last or first) + 1)
                if (one := self.lines.get((file, number))) is not None
            ),
            default=0.0,
        )

    @cached_property
    def _nodes(self) -> tuple[tuple[CallNode, tuple[CallNode, ...]], ...]:
        """Every node of the call tree with those above it, outermost first; where threads are told apart, the main one's.

        Another thread's time passes beside the main one's: added to it, it would be counted twice.
        """
        tree = self.benchmark.profiles.cpu
        if tree is None:
            return ()
        main = next((one for one in tree.children if one.function == _MAIN_THREAD), None)
        return tuple(_walk(tree, ()) if main is None else _walk(main, (tree,)))

    def in_library(self, wanted: Callable[[str, str], bool], file: str = "", function: str = "") -> float:
        """Return the share of time in library functions that ``wanted(function, file)`` names.

        Only where the nearest function of the user's above it is ``function`` of ``file``,
        if these are given; what a wanted function calls is its own.
        """
        spent = 0.0
        for node, above in self._nodes:
            if node.user or not wanted(node.function, node.file):
                continue
            if any(not one.user and wanted(one.function, one.file) for one in above):
                continue
            owner = next((one for one in reversed(above) if one.user), None)
            if file and (owner is None or owner.file != file):
                continue
            if function and (owner is None or owner.function.rpartition(".")[2] != function):
                continue
            spent += node.total_ns
        return min(1.0, spent / self.whole_ns) if self.whole_ns else 0.0


def _walk(node: CallNode, above: tuple[CallNode, ...]) -> Iterator[tuple[CallNode, tuple[CallNode, ...]]]:
    waiting = [(node, above)]
    while waiting:
        one, over = waiting.pop()
        yield one, over
        waiting.extend((child, (*over, one)) for child in one.children)
