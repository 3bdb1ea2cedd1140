"""What ``perfwatch workloads claims`` asks for, as the pipeline wants it, and where the ledger goes."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch.cli.frame import err, out, place, reports_folder, shown_path
from perfwatch.cli.measuring import Asked, MeasuringConfig, config_for
from perfwatch.cli.progress import Quiet, Spoken
from perfwatch.cli.starting import end_in_order_on_sigterm, refuse_windows
from perfwatch.errors import NothingMeasured
from perfwatch.measure.select import selector
from perfwatch.workloads.claims import claims_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

    from perfwatch.config import Config
    from perfwatch.pipeline import Place
    from perfwatch.records.claim import Claim, LedgerRow
    from perfwatch.records.proofs import Ledger

#: On small problems the threads of a linear algebra library cost more than they bring, and two
#: claims would be about them. Whoever sets a number keeps it.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def chosen(workload: str | None, keyword: str | None) -> tuple[Claim, ...]:
    """The claims asked for; raises ``NothingMeasured`` where none matches."""
    fits = selector(keyword) if keyword else lambda _name: True
    having = claims_of(workload)
    picked = tuple(claim for claim in having if fits(f"{claim.id} {claim.text}"))
    if not picked:
        raise NothingMeasured(
            f"None of the {len(having)} claims matches -k {keyword!r}.",
            means="Nothing was measured.",
            do="perfwatch workloads claims --list shows them.",
        )
    return picked


def settings_of(ctx: click.Context, options: dict[str, Any]) -> MeasuringConfig:
    """The project's settings, with the flags."""
    asked = Asked(target=(), budget=options["budget"], per_benchmark=options["per_benchmark"])
    return config_for(ctx, asked)


def run_claims(picked: Sequence[Claim], config: MeasuringConfig, options: dict[str, Any]) -> None:
    """Measure, and show what was measured even where it was cut short."""
    from perfwatch.pipeline.claiming import rows_of
    from perfwatch.pipeline.surroundings import header_for
    from perfwatch.records.proofs import Ledger
    from perfwatch.target.choice import TargetChoice

    refuse_windows("workloads claims")
    end_in_order_on_sigterm()
    quiet = options["quiet"] or options["no_progress"]
    progress = Quiet() if quiet else Spoken(err(), live=True)
    here, began = _place(), time.perf_counter_ns()
    choice = TargetChoice(root=config.root, cwd=here.cwd)
    header = header_for((), config, here)
    rows: list[LedgerRow] = []
    try:
        for row in rows_of(picked, choice, config, here, progress):
            rows.append(row)  # noqa: PERF402 - what is there is shown when the next one is cut short
    finally:
        if isinstance(progress, Spoken):
            progress.close()
        if rows:
            took = time.perf_counter_ns() - began
            _told(Ledger(header=header, rows=tuple(rows), duration_ns=took), config, options)


def print_schema() -> None:
    """Print the JSON Schema of claims.json, as UTF-8 whatever the terminal speaks."""
    import click

    from perfwatch.report.claims_document import render_claims_schema

    click.echo(render_claims_schema().encode(), nl=False)


def _place() -> Place:
    typed = place()
    one = dict.fromkeys(ONE_THREAD, "1")
    return replace(typed, cwd=Path.cwd(), environ={**one, **typed.environ})


def _told(ledger: Ledger, config: Config, options: dict[str, Any]) -> None:
    """Write the ledger, and print it; a folder that takes no report is no reason to show nothing."""
    from perfwatch.report.claims_text import render_ledger

    page = None
    try:
        page = _written(ledger, config, options)
    finally:
        if not options["quiet"]:
            render_ledger(ledger, out(), page)


def _written(ledger: Ledger, config: Config, options: dict[str, Any]) -> Path:
    """Write index.html and claims.json, and what else is asked for; the page's path."""
    from perfwatch.report.claims_markdown import render_claims_markdown
    from perfwatch.report.files import write_ledger, write_text

    files = write_ledger(ledger, options["out"] or reports_folder(config) / ledger.header.id)
    if options["json_file"] is not None:
        write_text(options["json_file"], files.json.read_text(encoding="utf-8"))
    if options["markdown"] is not None:
        write_text(options["markdown"], render_claims_markdown(ledger))
    return shown_path(files.html)
