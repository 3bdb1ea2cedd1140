"""How a second witness was heard → sentences; it must not judge: what it saw stands with the comparisons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.run import PassState
from perfwatch.records.witness import WitnessName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.records.witness import Witness

_NAME = {WitnessName.INSTRUCTIONS: "Instructions"}
_UNHARMED = "Times are judged as ever."


def witness_lines(witness: Witness) -> Iterator[tuple[str, str]]:
    """Yield each sentence and its style: what was done, what was not and why, and what mends it."""
    if witness.state in (PassState.DONE, PassState.PARTIAL):
        often = "once" if witness.executions_count == 1 else "twice"
        layout = (
            "" if witness.addresses_fixed else ", with random addresses, since setarch -R is not permitted"
        )
        how = f"{often} on each side by {witness.tool} {witness.version}{layout}"
        took = units.time(witness.duration_ns)
        yield f"{_NAME[witness.name]} were counted {how}, in {took}: another metric than time.", "dim"
    else:
        yield f"{_NAME[witness.name]} were not counted: {witness.reason}. {_UNHARMED}", "yellow"
    for name, why in witness.left_out.items():
        yield f"{_NAME[witness.name]} of {name} were not counted: {why}.", "yellow"
    if witness.advice:
        yield f"  {witness.advice}", "yellow"
