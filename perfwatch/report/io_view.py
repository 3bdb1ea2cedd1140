"""Input, output and the system in words: what was moved, by whom, through which files and pools.

It must not advise: findings arrive as sentences in their record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.report.places import relative
from perfwatch.report.section import Fact, Section, Table, known, table
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from perfwatch.records.profile import FileUse, IoProfile
    from perfwatch.records.run import Benchmark

#: A file names at most so many of the lines that opened it.
_LINES_LIMIT = 3


def io_section(benchmark: Benchmark, root: str) -> Section:
    """Return what the target asked of the operating system; empty where nobody looked."""
    io = benchmark.profiles.io
    if io is None:
        return Section()
    return Section(
        sentences=tuple(visible(finding, 400) for finding in io.findings),
        facts=io_facts(io),
        tables=(*_files(io, root), *_children(io), *_pools(io)),
    )


def io_facts(io: IoProfile) -> tuple[Fact, ...]:
    """Return the amounts that are known."""
    throttled = units.count(io.throttled_count) if io.throttled_count else ""
    spent = f" times, {units.time(io.throttled_ns)}" if io.throttled_ns is not None else " times"
    return known(
        [
            ("read", units.size(io.read_bytes)),
            ("written", units.size(io.written_bytes)),
            ("read calls", units.count(io.read_calls_count)),
            ("write calls", units.count(io.write_calls_count)),
            ("read from disk", units.size(io.disk_read_bytes)),
            ("written to disk", units.size(io.disk_written_bytes)),
            ("served by the page cache", units.percent(io.cache_ratio)),
            ("time in serialisation", units.percent(io.serialisation_ratio)),
            ("user CPU", units.time(io.user_cpu_ns)),
            ("system CPU", units.time(io.system_cpu_ns)),
            ("peak resident", units.size(io.peak_resident_bytes)),
            ("most threads", units.count(io.threads_count)),
            ("most processes", units.count(io.processes_count)),
            ("voluntary switches", units.count(io.voluntary_switches_count)),
            ("involuntary switches", units.count(io.involuntary_switches_count)),
            ("major page faults", units.count(io.major_faults_count)),
            ("minor page faults", units.count(io.minor_faults_count)),
            ("cores allowed", units.count(io.cores_limit)),
            ("throttled", f"{throttled}{spent}" if throttled else ""),
        ]
    )


def _files(io: IoProfile, root: str) -> tuple[Table, ...]:
    headings = ("@File", "#Opened", "#For reading", "#For writing", "#Size", "Remark", "@Opened at")
    return table("Files", headings, [_file(each, root) for each in io.files])


def _file(each: FileUse, root: str) -> tuple[str, ...]:
    places = ", ".join(visible(relative(line, root)) for line in each.lines[:_LINES_LIMIT])
    more = len(each.lines) - _LINES_LIMIT
    return (
        visible(relative(each.path, root)),
        units.count(each.opened_count),
        units.count(each.read_opens_count),
        units.count(each.write_opens_count),
        units.size(each.size_bytes),
        "read again, unchanged" if each.read_again else "",
        f"{places} and {units.count(more)} more" if more > 0 else places,
    )


def _children(io: IoProfile) -> tuple[Table, ...]:
    headings = ("@Command", "#Count", "#User CPU", "#System CPU", "#Wall", "#Peak resident")
    rows = [
        (
            visible(child.command, 100),
            units.count(child.count),
            units.time(child.user_cpu_ns),
            units.time(child.system_cpu_ns),
            units.time(child.wall_ns),
            units.size(child.peak_resident_bytes),
        )
        for child in io.children
    ]
    return table("Child processes", headings, rows)


def _pools(io: IoProfile) -> tuple[Table, ...]:
    headings = ("Library", "Kind", "#Threads allowed", "#Cores used", "Layer")
    rows = [
        (
            f"{visible(pool.library, 60)} {visible(pool.version, 30)}".strip(),
            visible(pool.kind, 30),
            units.count(pool.threads_count),
            units.count(pool.cpu_over_wall),
            visible(pool.layer, 40),
        )
        for pool in io.pools
    ]
    return table("Native thread pools", headings, rows)
