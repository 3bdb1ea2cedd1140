"""One comment on a pull request, kept up to date; must not render the gate's result itself.

A hidden mark at its head finds it again. It is looked for only among comments
of people and programs that may write in the repository: anybody can copy a mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perfwatch.report.gate_markdown import gate_markdown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.ci.forge import Forge
    from perfwatch.records.gate import GateResult

_TRUSTED = frozenset({"OWNER", "MEMBER", "COLLABORATOR"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """What became of a comment: its address, and whether it was made, made anew, or not wanted."""

    address: str
    deed: str


def mark_of(name: str) -> str:
    """Return the hidden mark of the gate called ``name``, whose letters are harmless in a comment."""
    return f"<!-- perfwatch gate: {name} -->"


def body_of(name: str, result: GateResult | None, run_address: str) -> str:
    """Return the comment: the mark, what the gate found, and where its report is."""
    found = (
        "## perfwatch gate: no result\n\nThe gate ended without a result; the log of its step says why.\n"
        if result is None
        else gate_markdown(result)
    )
    where = f"\n[The run and its report]({run_address})\n" if run_address else ""
    title = "" if name == "perfwatch" else f"\nGate: `{name}`\n"
    return f"{mark_of(name)}\n{found}{title}{where}"


def post(forge: Forge, number: int, body: str, *, is_wanted: bool) -> Posted:
    """Write the comment, or bring the one that is there up to date.

    Where no comment is wanted, one that is there is brought up to date all the
    same: a red one must not stay on a change that has become green.
    Raises ``ForgeError``.
    """
    mark = body.partition("\n")[0]
    there = next((one for one in forge.comments(number) if _is_ours(one, mark)), None)
    if there is not None:
        return Posted(address=forge.update_comment(int(there["id"]), body), deed="updated")
    if not is_wanted:
        return Posted(address="", deed="not wanted")
    return Posted(address=forge.create_comment(number, body), deed="created")


def _is_ours(comment: Mapping[str, Any], mark: str) -> bool:
    body, user = comment.get("body"), comment.get("user")
    if not (isinstance(body, str) and body.startswith(mark) and isinstance(comment.get("id"), int)):
        return False
    is_bot = isinstance(user, dict) and user.get("type") == "Bot"
    return is_bot or comment.get("author_association") in _TRUSTED
