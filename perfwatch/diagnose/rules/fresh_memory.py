"""Large arrays made anew again and again, whose pages the system must give and clear each time."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.diagnose.memory import holders
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.scene import LEAST_SHARE
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene
    from perfwatch.diagnose.source import Module

_REFERENCE = "https://man7.org/linux/man-pages/man3/mallopt.3.html"
#: From this size on the C library asks the system for memory of its own, and gives it back when it is freed.
_LARGE_BYTES = 128 * 1024
#: So many times what it holds at once must have been asked for.
_AGAIN = 2.0
#: The C library raises that size with each piece that is freed, up to this one.
_ALWAYS_FRESH_BYTES = 32 * 1024**2
_FAULTS_AT_LEAST = 500
_ZEROS = frozenset({"numpy.zeros", "numpy.zeros_like"})


def find(scene: Scene) -> Iterator[Suspect]:
    """The statement that asks for the most fresh memory, where the system had its hands full with pages."""
    io = scene.evidence.io
    if io is None or io.user_cpu_ns is None or not io.system_cpu_ns or not io.minor_faults_count:
        return
    system = io.system_cpu_ns / (io.user_cpu_ns + io.system_cpu_ns)
    moved = (io.read_bytes or 0) + (io.written_bytes or 0)
    dearest = max(_asking(scene), key=lambda one: one[0], default=None)
    if dearest is None or io.minor_faults_count < _FAULTS_AT_LEAST:
        return
    asked, each, held, module, statement = dearest
    # What is held at once must be met once, whatever is done.
    share = system * (1 - held / asked)
    if share < LEAST_SHARE or moved > asked / 4 or (io.processes_count or 1) > 1:
        return  # files, pipes and processes are the system's work, too
    if _is_called_again(scene) and max(each, held) < _ALWAYS_FRESH_BYTES:
        return  # the first call had it so; later ones get what earlier ones gave back
    if any(one.statement is statement for one in holders(scene)):
        return  # whoever makes the peak smaller asks for less
    yield Suspect(
        module=module,
        node=statement,
        share=share,
        mechanism=f"{units.size(asked)} are asked for, {units.size(each)} at a time, and given back: {units.count(io.minor_faults_count)} "
        f"pages were met for the first time, and {system:.0%} of the processor's time was the system's",
        evidence={"minor_faults_count": float(io.minor_faults_count), "allocated_bytes": asked},
        advice=Advice(
            summary="Make the array once, before the loop, and let each turn write into it (out=, or a slice of it); or work in blocks "
            "that fit the cache.",
            code="scratch = np.empty(shape)  # once\nnp.subtract(a, b, out=scratch)",
            risk="What was kept of one turn is written over by the next.",
            reference="https://numpy.org/doc/stable/reference/ufuncs.html",
        ),
        sure=Grade.MEDIUM,
        effort=Grade.MEDIUM,
    )


def _asking(scene: Scene) -> Iterator[tuple[float, float, float, Module, ast.stmt]]:
    """Yield the statements that ask for large pieces several times over: bytes in all, at a time, held at the peak."""
    for (file, line), stat in scene.evidence.lines.items():
        module = scene.program.modules.get(file)
        statement = None if module is None else module.statement_at(line)
        if module is None or statement is None or not stat.allocated_bytes or not stat.allocations_count:
            continue
        if _is_cleared(module, statement):
            continue
        each, held = stat.allocated_bytes / stat.allocations_count, stat.peak_bytes or 0.0
        if each >= _LARGE_BYTES and stat.allocated_bytes >= _AGAIN * held:
            yield stat.allocated_bytes, each, held, module, statement


def _is_called_again(scene: Scene) -> bool:
    """Whether the time that shares are of is that of later calls in a process: the system was asked about a first one."""
    timing = scene.evidence.benchmark.timing
    return timing is not None and any(len(one.wall_ns) * one.loops_count > 1 for one in timing.processes)


def _is_cleared(module: Module, statement: ast.stmt) -> bool:
    """Whether zeros are asked for: the system clears fresh pages, and an array that is kept has to be cleared by hand."""
    return any(isinstance(one, ast.Call) and module.dotted(one.func) in _ZEROS for one in ast.walk(statement))


RULE = Rule(
    slug="fresh-memory",
    title="Fresh memory in every turn",
    needs=frozenset({PassName.MEMORY, PassName.IO}),
    shape="a statement that asks for twice what it holds and more, 128 kB and more at a time, while the system has 5% of the processor's time and meets pages for the first time",
    limits="of what is called many times in a process, pieces below 32 MB are left alone, as later calls get them without the system; the system's time is that of the whole execution: where it has other work, as beside files, pipes and other processes, nothing is said; nor of zeros, which an array that is kept would have to be set to",
    source=_REFERENCE,
    find=find,
)
