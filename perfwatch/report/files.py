"""A report's files on disk: written whole or not at all.

It must not choose the folder and must not render: it places what renderers made.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.errors import StoreError
from perfwatch.report.claims_document import render_ledger_json
from perfwatch.report.claims_page import render_claims_page
from perfwatch.report.html import render_html
from perfwatch.report.json_file import render_json
from perfwatch.report.proofs_document import render_proofs_json
from perfwatch.report.proofs_page import render_proofs_page

if TYPE_CHECKING:
    from perfwatch.records.proofs import Ledger, Proofs
    from perfwatch.records.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFiles:
    """Where the page and the document lie."""

    html: Path
    json: Path


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8 to ``path``: a reader sees the old file or the new one, never a part.

    Raises ``StoreError`` where the folder or the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise StoreError(
            f"The report could not be written to {path}: {error.strerror or error}.",
            means="The run itself is stored; only its rendered file is missing.",
            do="Free space or choose another folder, then render it again with `perfwatch report --out FILE`.",
        ) from error


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes files for the owner alone; a report is read by others, as the umask allows.
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def write_report(report: Report, directory: Path) -> ReportFiles:
    """Write ``index.html`` and ``report.json`` into ``directory``, making it where it is missing.

    Both are rendered before either is written; the patches of proved findings lie beside
    them. Raises ``StoreError`` where they cannot be written.
    """
    files = _written(directory, "report.json", render_html(report), render_json(report))
    for finding in report.findings.ranked:
        if finding.proof is not None and finding.proof.patch_file:
            write_text(directory / finding.proof.patch_file, finding.proof.patch)
    return files


def write_proofs(proofs: Proofs, directory: Path) -> ReportFiles:
    """Write ``index.html`` and ``proofs.json`` into ``directory``, as ``write_report`` does."""
    return _written(directory, "proofs.json", render_proofs_page(proofs), render_proofs_json(proofs))


def write_ledger(ledger: Ledger, directory: Path) -> ReportFiles:
    """Write ``index.html`` and ``claims.json`` into ``directory``, as ``write_report`` does."""
    return _written(directory, "claims.json", render_claims_page(ledger), render_ledger_json(ledger))


def _written(directory: Path, name: str, page: str, document: str) -> ReportFiles:
    files = ReportFiles(html=directory / "index.html", json=directory / name)
    write_text(files.json, document)
    write_text(files.html, page)
    return files
