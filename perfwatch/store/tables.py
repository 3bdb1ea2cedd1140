"""The tables as the newest schema has them.

This module must not create them: the migrations do, and a test holds the two
side by side.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text

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
)

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
