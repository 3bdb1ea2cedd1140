"""What lists and histories show, in columns; filled in from the runs that are stored."""

import math
import zlib
from typing import Any

import msgspec
import sqlalchemy as sa
from alembic import op

from perfwatch.store.slugs import slug_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_COUNTS = (
    "slower", "faster", "same", "undecided", "higher", "lower", "new", "removed", "failed", "accepted", "findings",
)  # fmt: skip
_FACTS = ("processor", "implementation", "python", "system")
#: What bytes raise that are no document. Such a run cannot be shown either; it gets an empty line.
_UNREADABLE = (zlib.error, msgspec.DecodeError, UnicodeDecodeError)


def upgrade() -> None:
    """Create the two tables, and read what they hold out of the documents."""
    lines, times = _tables()
    op.create_index("runs_by_branch", "runs", ["branch"])
    op.create_index("benchmark_times_by_run", "benchmark_times", ["run_id"])
    op.create_index("benchmark_times_by_slug", "benchmark_times", ["slug", "sequence"])
    op.create_index("benchmark_times_by_name", "benchmark_times", ["name"])
    connection = op.get_bind()
    for run_id, header in connection.execute(sa.text("SELECT id, header FROM runs ORDER BY number")).all():
        connection.execute(lines.insert().values(run_id=run_id, **_facts(_document(header))))
    # One at a time: captures are large, and there may be thousands.
    timed = "SELECT sequence FROM pass_results WHERE pass_name = 'timing' ORDER BY sequence"
    for sequence in connection.execute(sa.text(timed)).scalars().all():
        one = sa.text("SELECT run_id, payload FROM pass_results WHERE sequence = :sequence")
        run_id, payload = connection.execute(one, {"sequence": sequence}).one()
        for row in _rows(_document(payload)):
            connection.execute(times.insert().values(run_id=run_id, **row))


def _tables() -> tuple[sa.Table, sa.Table]:
    lines = op.create_table(
        "run_lines",
        sa.Column("run_id", sa.Text(), sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("processor", sa.Text(), nullable=False),
        sa.Column("cores_count", sa.Integer(), nullable=False),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=False),
        sa.Column("implementation", sa.Text(), nullable=False),
        sa.Column("python", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        *(sa.Column(name, sa.Integer()) for name in _COUNTS),
    )
    times = op.create_table(
        "benchmark_times",
        sa.Column("sequence", sa.Integer(), primary_key=True),
        sa.Column("run_id", sa.Text(), sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("median_ns", sa.Float(), nullable=False),
        sa.Column("low_ns", sa.Float()),
        sa.Column("high_ns", sa.Float()),
        sa.Column("for_verdicts", sa.Boolean(), nullable=False),
    )
    return lines, times


def _document(data: bytes) -> dict[str, Any]:
    """Decode a document without its record: records go on changing, this migration does not."""
    try:
        found = msgspec.msgpack.decode(zlib.decompress(data))
    except _UNREADABLE:
        return {}
    return found if isinstance(found, dict) else {}


def _facts(header: dict[str, Any]) -> dict[str, Any]:
    environment = header.get("environment") or {}
    facts: dict[str, Any] = {name: str(environment.get(name) or "") for name in _FACTS}
    return facts | {name: int(environment.get(name) or 0) for name in ("cores_count", "memory_bytes")}


def _rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for benchmark in result.get("benchmarks") or ():
        timing = benchmark.get("timing") or {}
        median_ns = timing.get("median_ns")
        if median_ns is None or not math.isfinite(median_ns):
            continue
        low_ns, high_ns = timing.get("interval_ns") or (None, None)
        rows.append(
            {
                "target": benchmark["target"],
                "name": benchmark["name"],
                "slug": slug_of(benchmark["target"], benchmark["name"]),
                "median_ns": median_ns,
                "low_ns": low_ns,
                "high_ns": high_ns,
                "for_verdicts": timing.get("for_verdicts", True),
            }
        )
    return rows
