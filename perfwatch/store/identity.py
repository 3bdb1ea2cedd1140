"""Names of runs: ``20260101T120000-1a2b``.

This module must not read a clock or draw random numbers: both are given to it.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_RUN_ID = re.compile(r"\d{8}T\d{6}-[0-9a-z]{1,16}", re.ASCII)


def new_run_id(started: datetime, token: str) -> str:
    """Name a run after its start and a random ``token`` of lower-case hex digits.

    The time is written in UTC, so that ids sort by it on every machine. Raises
    ``ValueError`` where the token would not make an id, or ``started`` has no zone.
    """
    if started.tzinfo is None:
        raise ValueError("a run's start needs a time zone")
    name = f"{started.astimezone(UTC):%Y%m%dT%H%M%S}-{token}"
    if not is_run_id(name):
        raise ValueError(f"{token!r} is no token for a run's id")
    return name


def is_run_id(text: str) -> bool:
    """Tell whether ``text`` has the shape of a run's id.

    Ids become folder names under ``reports/``; one that came in a file is
    checked here before a path is made of it.
    """
    return _RUN_ID.fullmatch(text) is not None
