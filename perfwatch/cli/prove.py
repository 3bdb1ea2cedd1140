"""The verb ``prove``: hold a candidate against its reference, answer first, then time.

It parses, calls the pipeline and prints. Results go to standard output, progress
to standard error.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfwatch.cli.run import DURATION
from perfwatch.cli.starting import end_in_order_on_sigterm, refuse_windows
from perfwatch.errors import ExitCode

if TYPE_CHECKING:
    from perfwatch.records.claim import LedgerRow
    from perfwatch.records.proof import Proof

EXAMPLES = """Examples:

\b
    $ perfwatch prove package.module:old package.module:new --inputs package.module:make_inputs
    $ perfwatch prove package.fit:plain package.fit:jitted --inputs package.fit:data --sizes 100,1000,10000
    $ perfwatch prove old.py new.py --output result.csv
    $ perfwatch prove workload:digital-twin/physics@reference workload:digital-twin/physics@vectorised
    $ perfwatch prove --gate
    $ perfwatch prove --finding 1
"""


@click.command(epilog=EXAMPLES)
@click.argument("reference", required=False)
@click.argument("candidate", required=False)
@click.option(
    "--inputs",
    metavar="MODULE:FUNCTION",
    help="Makes the arguments: a tuple, a dict by name, or the one argument; is given size= and seed= if it takes them.",
)
@click.option(
    "--sizes", metavar="LIST", help="Comma-separated sizes to prove it at, each handed to --inputs."
)
@click.option("--rtol", type=float, metavar="X", help="Relative difference that counts as none.")
@click.option("--atol", type=float, metavar="X", help="Absolute difference that counts as none.")
@click.option("--exact", is_flag=True, help="Answers must be equal bit by bit.")
@click.option("--statistical", is_flag=True, help="Answers are draws: compare their distributions.")
@click.option(
    "--rule",
    metavar="MODULE:FUNCTION",
    help="Your own rule: called with lists of inputs, reference's and candidate's values; returns why they differ, or ''.",
)
@click.option(
    "--ignore",
    metavar="NAMES",
    help="What does not matter: dtype, warnings, aliasing, mutation, random-state (comma-separated).",
)
@click.option(
    "--output",
    "files",
    multiple=True,
    metavar="FILE",
    help="A file that both programmes write; may be repeated.",
)
@click.option(
    "--margin", type=float, metavar="PERCENT", help="The change of time that counts as none [default: 5]."
)
@click.option("--budget", metavar=DURATION, help="How long each experiment may take [default: 10m].")
@click.option("--per-benchmark", metavar=DURATION, help="How long one size may be timed [default: 15s].")
@click.option("-k", "keyword", metavar="EXPR", help="Only the project's experiments whose name matches.")
@click.option(
    "--finding",
    type=click.IntRange(min=1),
    metavar="N",
    help="Try the change that finding N of a stored run advises; REFERENCE is the run [default: latest].",
)
@click.option("--gate", "gating", is_flag=True, help="End with 1 where an experiment is not proved.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="DIR", help="Write the page and proofs.json here."
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write proofs.json here, too.",
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of proofs.json and end.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@click.option("--no-progress", is_flag=True, help="Print no progress.")
@click.pass_context
def prove(ctx: click.Context, /, **options: Any) -> int:
    """Hold CANDIDATE against REFERENCE: whether it gives the same answer, and how much faster it is.

    Both are called in fresh processes with the same inputs; their answers are
    compared, and only where these are the same are they timed, in turns. Without
    REFERENCE and CANDIDATE, the project's own experiments are run. With --finding,
    a run's own programme is held against a copy that is changed as the finding advises.
    """
    if options["schema"]:
        from perfwatch.cli.proving import print_schema

        print_schema()
        return int(ExitCode.DONE)
    refuse_windows("prove")
    if options["finding"] is not None:
        from perfwatch.cli.trying import finding_tried

        end_in_order_on_sigterm()
        return int(finding_tried(ctx, options))
    from perfwatch.cli.frame import err, place
    from perfwatch.cli.progress import Quiet, Spoken
    from perfwatch.cli.proving import exit_code_of, experiments_of, settings_of, told
    from perfwatch.pipeline.claiming import claimed
    from perfwatch.pipeline.proving import header_of
    from perfwatch.pipeline.proving import prove as proved
    from perfwatch.records.proofs import Proofs
    from perfwatch.target.choice import TargetChoice

    end_in_order_on_sigterm()
    config = settings_of(ctx, options)
    experiments, cwd = experiments_of(options, config)
    choice, here = TargetChoice(root=config.root, cwd=cwd), replace(place(), cwd=cwd)
    header = header_of(experiments, choice, config, here)
    quiet = options["quiet"] or options["no_progress"]
    progress = Quiet() if quiet else Spoken(err(), live=True)
    proofs: list[Proof] = []
    claims: list[LedgerRow] = []
    try:
        for experiment in experiments:
            # One by one: those that ended before an interrupt are kept.
            proofs.append(proved(experiment, choice, config, here, progress))
            if experiment.stated is not None:
                claims.append(claimed(experiment, proofs[-1]))
    finally:
        if isinstance(progress, Spoken):
            progress.close()
        told(Proofs(header=header, proofs=tuple(proofs), claims=tuple(claims)), config, options)
    return int(exit_code_of(proofs, gating=options["gating"]))
