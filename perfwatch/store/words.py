"""When a run was, and of which commit, in words.

This module must not read a clock: the present is given to it.
"""

from __future__ import annotations

from datetime import UTC, datetime

_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"))


def ago(started_at: str, now: datetime) -> str:
    """Say how long before ``now`` the RFC 3339 time ``started_at`` was: ``3 hours ago``.

    Whole units, rounded down. A time that lies ahead of ``now`` (another
    machine's clock) or cannot be read is shown as it stands.
    """
    try:
        then = datetime.fromisoformat(started_at)
    except ValueError:
        return f"at {started_at}"
    if then.tzinfo is None:
        then = then.replace(tzinfo=UTC)
    seconds = (now - then).total_seconds()
    if seconds < -60:
        return f"at {started_at}"
    for length, name in _UNITS:
        if seconds >= length:
            number = int(seconds // length)
            return f"{number} {name}{'s' if number > 1 else ''} ago"
    return "just now"


def commit_in_words(revision: str | None, *, dirty: bool | None) -> str:
    """Name a commit: ``0123456``, ``0123456 with changes``; nothing outside git."""
    if revision is None:
        return ""
    return f"{revision[:7]} with changes" if dirty else revision[:7]
