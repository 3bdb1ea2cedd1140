"""What came of trying one finding → text for a terminal; it must not word anything: ``finding_view`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.report.columns import text
from perfwatch.report.view import view_of
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from perfwatch.records.report import Report

_PATH_LIMIT = 1_000


def render_trial(report: Report, rank: int, console: Console, files: tuple[Path, Path | None]) -> None:
    """Print a finding and what came of it; ``files`` are the page and, of what was proved, the patch."""
    page, patch = files
    found = next(one for one in view_of(report).findings.findings if one.rank == str(rank))
    console.print(text(f"{found.rank}  {found.title}  {found.place}{found.whose}", "bold"))
    console.print(text(found.ceiling))
    console.print(text(found.tried, "bold"))
    for line in found.patch:
        console.print(text(line), soft_wrap=True)
    console.print()
    # Paths are never wrapped or cut: they are there to be copied.
    if patch is not None:
        console.print(text(f"Patch   {visible(str(patch), _PATH_LIMIT)}"), soft_wrap=True)
    console.print(text(f"Report  {visible(str(page), _PATH_LIMIT)}"), soft_wrap=True)
