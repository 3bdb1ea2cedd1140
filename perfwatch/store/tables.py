"""The tables as the newest schema has them.

This module must not create them: the migrations do, and a test holds the two
side by side.
"""

from __future__ import annotations

from dataclasses import fields

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from perfwatch.records.comparison import Summary

metadata = MetaData()

#: ``number`` is the order of arrival: it parts runs that started in the same second.
#: ``target_keys`` is a sorted JSON list. ``header`` and ``notes`` are documents.
runs = Table(
    "runs",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("started_at", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("command", Text, nullable=False),
    Column("target_keys", Text, nullable=False),
    Column("revision", Text),
    Column("branch", Text),
    Column("dirty", Boolean),
    Column("environment_key", Text, nullable=False),
    Column("code_digest", Text, nullable=False),
    Column("duration_ns", Integer, nullable=False),
    Column("header", LargeBinary, nullable=False),
    Column("notes", LargeBinary, nullable=False),
    Index("runs_by_start", "started_at", "number"),
    Index("runs_by_target", "target_keys", "environment_key"),
    Index("runs_by_branch", "branch"),
)

#: What a list shows of a run, and in which order: of runs that began at the same moment the one stored last comes first.
LISTED = tuple(
    runs.c[name]
    for name in ("id", "started_at", "state", "command", "target_keys", "revision", "branch", "dirty")
)
NEWEST_FIRST = (runs.c.started_at.desc(), runs.c.number.desc())

#: One row a pass, written when the pass ends and never changed. ``payload`` is a document.
pass_results = Table(
    "pass_results",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("target", Text, nullable=False),
    Column("pass_name", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Index("pass_results_by_run", "run_id", "pass_name"),
)

#: A run that a baseline names cannot be deleted under it.
baselines = Table(
    "baselines",
    metadata,
    Column("name", Text, primary_key=True),
    Column("run_id", Text, ForeignKey("runs.id", ondelete="RESTRICT"), nullable=False),
    Column("saved_at", Text, nullable=False),
    Column("note", Text, nullable=False),
    Index("baselines_by_run", "run_id"),
)

#: What a list shows of a run beside the row itself, so that it needs to decode no document: its machine, and how
#: often each verdict was given, ``NULL`` until the run was held against a baseline.
run_lines = Table(
    "run_lines",
    metadata,
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
    Column("processor", Text, nullable=False),
    Column("cores_count", Integer, nullable=False),
    Column("memory_bytes", BigInteger, nullable=False),
    Column("implementation", Text, nullable=False),
    Column("python", Text, nullable=False),
    Column("system", Text, nullable=False),
    *(Column(field.name, Integer) for field in fields(Summary)),
)

#: One row a benchmark with a time: what its history is drawn from. ``slug`` stands for target and name.
benchmark_times = Table(
    "benchmark_times",
    metadata,
    Column("sequence", Integer, primary_key=True),
    Column("run_id", Text, ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
    Column("target", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("median_ns", Float, nullable=False),
    Column("low_ns", Float),
    Column("high_ns", Float),
    Column("for_verdicts", Boolean, nullable=False),
    Index("benchmark_times_by_run", "run_id"),
    Index("benchmark_times_by_slug", "slug", "sequence"),
    Index("benchmark_times_by_name", "name"),
)
