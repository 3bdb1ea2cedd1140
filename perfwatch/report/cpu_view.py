"""The CPU pass in words: how it looked, computing against waiting, threads and processes.

It must not call a wait bad: what a thread waited for, its line says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.places import place
from perfwatch.report.section import Section, known, table
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from perfwatch.records.profile import CpuUse, ThreadStat
    from perfwatch.records.run import Benchmark


def cpu_section(benchmark: Benchmark, root: str) -> Section:
    """Return what the CPU pass says of the execution as a whole; empty where it says nothing."""
    use = benchmark.profiles.cpu_use
    if use is None:
        return Section()
    return Section(
        sentences=(visible(use.choice, 600),) if use.choice else (),
        facts=known(
            [
                ("sampled by", visible(use.tool, 60)),
                ("samples", units.count(use.samples_count)),
                ("rate", units.frequency(use.rate_hertz)),
                ("executions", units.count(use.executions_count)),
                ("wall time", units.time(use.wall_ns)),
                ("CPU time", units.time(use.cpu_ns)),
                ("main thread waiting", waiting_words(use)),
                ("interpreter lock held", units.percent(use.gil_ratio)),
                ("native code", units.percent(use.native_ratio)),
                ("importing", units.percent(use.import_ratio)),
                ("on no line of yours", units.percent(use.unattributed_ratio)),
            ]
        ),
        tables=table(
            "Threads and processes",
            (
                "@Thread",
                "Process",
                "#Samples",
                "#There",
                "#Running",
                "#Lock held",
                "@Most often at",
                "@Command",
            ),
            [_thread(thread, root) for thread in use.threads],
        ),
    )


def waiting_words(use: CpuUse) -> str:
    """Return the main thread's share off the processor, with its error."""
    error = units.error(units.percent(use.waiting_error_ratio))
    return f"{units.percent(use.waiting_ratio)} {error}".strip()


def _thread(thread: ThreadStat, root: str) -> tuple[str, ...]:
    return (
        visible(thread.name, 60) or "unnamed",
        f"{'main' if thread.process == 0 else f'child {thread.process}'}, pid {thread.pid}",
        units.count(thread.samples_count),
        units.time(thread.wall_ns),
        units.time(thread.running_ns),
        units.time(thread.gil_ns),
        visible(place(thread.file, thread.line, root)) if thread.file else "",
        visible(thread.command, 80),
    )


def threads_line(benchmarks: tuple[Benchmark, ...]) -> str:
    """Return one line on the threads and waits of the longest benchmark; nothing where one thread computed."""
    uses = [b.profiles.cpu_use for b in benchmarks if b.profiles.cpu_use is not None]
    use = max(uses, key=lambda each: each.wall_ns or 0.0, default=None)
    if use is None:
        return ""
    processes_count = len({thread.process for thread in use.threads})
    parts = []
    if len(use.threads) > 1:
        whose = f" in {units.count(processes_count)} processes" if processes_count > 1 else ""
        parts.append(f"{units.count(len(use.threads))} threads{whose}")
    if use.waiting_ratio is not None and use.waiting_ratio > 0:
        parts.append(f"main thread waiting {waiting_words(use)}")
    if len(use.threads) > 1 and use.gil_ratio is not None:
        parts.append(f"interpreter lock held {units.percent(use.gil_ratio)}")
    return ", ".join(parts)
