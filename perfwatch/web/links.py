"""Addresses of pages, each relative to the page that it stands on.

Relative ones hold below any address that a proxy serves the pages under, and between files.
This module must not make a path on this machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, urlencode

#: What a history is drawn over.
DATES, COMMITS = "dates", "commits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Addresses from one page: ``up`` leads from it to the first one; ``files`` have names and answer no query."""

    up: str = ""
    files: bool = False

    def runs(self, page: int = 1, chosen: dict[str, str] | None = None) -> str:
        """Return where a page of the list of runs is; ``chosen`` is what it is filtered by."""
        if self.files:
            return f"{self.up}index.html" if page == 1 else f"{self.up}runs-{page}.html"
        query = _query({**(chosen or {}), "page": str(page) if page > 1 else ""})
        return f"{self.up or './'}{query}"

    def run(self, run_id: str) -> str:
        """Return where a run's report is."""
        return f"{self.up}runs/{quote(run_id, safe='')}{self._ending}"

    def document(self, run_id: str) -> str:
        """Return where a run's report is as a document."""
        return f"{self.up}runs/{quote(run_id, safe='')}.json"

    def benchmarks(self) -> str:
        """Return where the list of benchmarks is."""
        return f"{self.up}benchmarks/{'index.html' if self.files else ''}"

    def benchmark(self, slug: str, page: int = 1, over: str = DATES) -> str:
        """Return where a page of a benchmark's history is."""
        if self.files:
            part = f"-{page}" if page > 1 else ""
            return f"{self.up}benchmarks/{slug}{'-commits' if over == COMMITS else ''}{part}.html"
        query = {"over": over if over != DATES else "", "page": str(page) if page > 1 else ""}
        return f"{self.up}benchmarks/{slug}{_query(query)}"

    def compare(self, base: str = "", head: str = "", *, across: bool = False) -> str:
        """Return where two runs are compared; files cannot be asked."""
        query = {"base": base, "head": head, "across_machines": "1" if across else ""}
        return "" if self.files else f"{self.up}compare{_query(query)}"

    @property
    def _ending(self) -> str:
        return ".html" if self.files else ""


def _query(pairs: dict[str, str]) -> str:
    said = {name: value for name, value in pairs.items() if value}
    return f"?{urlencode(said, errors='backslashreplace')}" if said else ""
