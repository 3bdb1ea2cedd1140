"""The verb ``init``: a project's first settings and its workflow.

It parses, calls the pipeline and prints.
"""

from __future__ import annotations

import os
from pathlib import Path

import click

EXAMPLES = """Examples:

\b
    $ perfwatch init
    $ perfwatch init --from-asv
    $ perfwatch init --only workflow
"""


@click.command(epilog=EXAMPLES)
@click.option(
    "--from-asv", is_flag=True, help="Take over what asv.conf.json says, and name what has no counterpart."
)
@click.option("--only", type=click.Choice(["settings", "workflow"]), help="Write this part alone.")
def init(*, from_asv: bool, only: str | None) -> int:
    """Write a starting [tool.perfwatch] table and a workflow that gates pull requests.

    The table goes to the end of pyproject.toml, or into perfwatch.toml where there
    is none; its targets are the benchmarks that are found. Nothing is overwritten.
    """
    from perfwatch.cli.frame import out
    from perfwatch.config import project_root
    from perfwatch.pipeline.beginning import Part, begin
    from perfwatch.report.visible import visible

    root = project_root(Path.cwd())
    begun = begin(root, [Part(only)] if only else list(Part), asv=from_asv)
    lines = [f"Written: {visible(os.path.relpath(path), 300)}" for path in begun.files]
    lines += [f"Target: {visible(target, 300)}" for target in begun.targets]
    lines += [f"Note: {visible(note, 600)}" for note in begun.notes]
    console = out()
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
    console.print("Look it over, commit it, and try it here: perfwatch gate", markup=False)
    return 0
