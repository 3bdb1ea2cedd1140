"""What ``perfwatch workloads claims`` asks for, as the pipeline wants it, and where the ledger goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfwatch.cli.frame import err, out, place
from perfwatch.cli.measuring import Asked, MeasuringConfig, config_for
from perfwatch.cli.progress import Quiet, Spoken
from perfwatch.cli.starting import end_in_order_on_sigterm, refuse_windows
from perfwatch.errors import NothingMeasured
from perfwatch.measure.select import selector
from perfwatch.workloads.claims import claims_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

    from perfwatch.pipeline import Place
    from perfwatch.records.claim import Claim, Ledger, LedgerRow

SCHEMA = "perfwatch.claims/1"
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
    from perfwatch.pipeline.claiming import ledger_of, rows_of
    from perfwatch.target.choice import TargetChoice

    refuse_windows("workloads claims")
    end_in_order_on_sigterm()
    quiet = options["quiet"] or options["no_progress"]
    progress = Quiet() if quiet else Spoken(err(), live=True)
    here, started = _place(), datetime.now(UTC)
    choice = TargetChoice(root=config.root, cwd=here.cwd)
    rows: list[LedgerRow] = []
    try:
        for row in rows_of(picked, choice, config, here, progress):
            rows.append(row)  # noqa: PERF402 - what is there is shown when the next one is cut short
    finally:
        if isinstance(progress, Spoken):
            progress.close()
        if rows:
            _shown(ledger_of(rows, started, config, here), here.command, options)


def _place() -> Place:
    typed = place()
    one = dict.fromkeys(ONE_THREAD, "1")
    return replace(typed, cwd=Path.cwd(), environ={**one, **typed.environ})


def _shown(ledger: Ledger, command: str, options: dict[str, Any]) -> None:
    import msgspec

    from perfwatch.report.claims_markdown import render_claims_markdown
    from perfwatch.report.claims_text import render_ledger
    from perfwatch.report.files import write_text

    if not options["quiet"]:
        render_ledger(ledger, out())
    if options["json_file"] is not None:
        document = msgspec.json.encode({"schema": SCHEMA, "ledger": ledger})
        write_text(options["json_file"], msgspec.json.format(document, indent=1).decode())
    if options["markdown"] is not None:
        write_text(options["markdown"], render_claims_markdown(ledger, command))
