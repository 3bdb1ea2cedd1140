"""Runs, the results of their passes, and baselines."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the three tables."""
    op.create_table(
        "runs",
        sa.Column("number", sa.Integer(), primary_key=True),
        sa.Column("id", sa.Text(), nullable=False, unique=True),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("target_keys", sa.Text(), nullable=False),
        sa.Column("revision", sa.Text()),
        sa.Column("branch", sa.Text()),
        sa.Column("dirty", sa.Boolean()),
        sa.Column("environment_key", sa.Text(), nullable=False),
        sa.Column("code_digest", sa.Text(), nullable=False),
        sa.Column("duration_ns", sa.Integer(), nullable=False),
        sa.Column("header", sa.LargeBinary(), nullable=False),
        sa.Column("notes", sa.LargeBinary(), nullable=False),
    )
    op.create_index("runs_by_start", "runs", ["started_at", "number"])
    op.create_index("runs_by_target", "runs", ["target_keys", "environment_key"])
    op.create_table(
        "pass_results",
        sa.Column("sequence", sa.Integer(), primary_key=True),
        sa.Column("run_id", sa.Text(), sa.ForeignKey("runs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("pass_name", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
    )
    op.create_index("pass_results_by_run", "pass_results", ["run_id", "pass_name"])
    op.create_table(
        "baselines",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("run_id", sa.Text(), sa.ForeignKey("runs.id", ondelete="RESTRICT"), nullable=False),
        sa.Column("saved_at", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
    )
    op.create_index("baselines_by_run", "baselines", ["run_id"])


def downgrade() -> None:
    """Refuse: an older perfwatch leaves a newer store alone instead of taking it apart."""
    raise NotImplementedError("a store is never taken back to an older schema")
