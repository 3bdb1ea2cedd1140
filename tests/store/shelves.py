"""Stores with runs in them, for the tests of this folder."""

from __future__ import annotations

from datetime import UTC, datetime

from builders import make_benchmark, make_header, make_pass_result

from perfwatch.records.run import PassName, RunState
from perfwatch.store import open_store

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)


def opened(folder, **options):
    return open_store(folder / ".perfwatch" / "perfwatch.db", clock=lambda: NOW, **options)


def header_on(day, **changes):
    """A header of the given day of January 2026."""
    return make_header(
        **{"id": f"202601{day:02d}T120000-aaaa", "started_at": f"2026-01-{day:02d}T12:00:00Z"} | changes
    )


def put(store, header, *, state=RunState.COMPLETE, results=None):
    """Store a whole run; returns its id."""
    store.begin(header)
    for result in timing_and_cpu() if results is None else results:
        store.save_pass(header.id, result)
    if state is not RunState.RUNNING:
        store.finish(header.id, state, 5)
    return header.id


def timing_and_cpu():
    full = make_benchmark()
    bare = make_benchmark(timing=None, metrics={}, passes=())
    return (
        make_pass_result(
            PassName.TIMING, benchmarks=(make_benchmark(profiles=type(full.profiles)(), passes=()),)
        ),
        make_pass_result(PassName.CPU, benchmarks=(bare,)),
    )
