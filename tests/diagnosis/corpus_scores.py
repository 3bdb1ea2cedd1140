"""Scores of diagnosis over the corpus: did the first finding name the right line, and the right class?

A programme with a cause is scored by its first finding: the line is right where the
finding covers a line marked ``[cause]``, the class where the rule's slug is the class
that ``truth.toml`` gives or one that it allows besides. A well-written programme is
scored by what it is told nonetheless. This module must not run a programme.
"""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from perfwatch.diagnose import diagnose
from perfwatch.records.finding import Finding, Grade
from perfwatch.records.run import Run
from perfwatch.store.documents import unpack

CORPUS = Path(__file__).parent / "corpus"
EVIDENCE = Path(__file__).parent / "evidence"
HALVES = ("held_out", "open")
NOTHING = "nothing"
MARK = re.compile(r"\s*# \[(cause|decoy)\]\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What became of one programme; ``first`` is the finding that came first."""

    name: str
    cause: str
    first: Finding | None
    line: bool
    kind: bool
    decoy: bool

    @property
    def both(self) -> bool:
        """Whether the right line and the right class came first."""
        return self.line and self.kind

    @property
    def false_alarm(self) -> bool:
        """Whether a well-written programme was told something with high confidence."""
        return self.cause == NOTHING and self.first is not None and self.first.confidence is Grade.HIGH

    @property
    def wrong_advice(self) -> bool:
        """Whether what came first is sure of itself, and is neither at a right line nor of a right class."""
        told = self.first is not None and self.first.confidence is Grade.HIGH
        return self.cause != NOTHING and told and not (self.line or self.kind)


@dataclass(slots=True)
class Tally:
    """How often something was so, of how many."""

    count: int = 0
    whole: int = 0
    names: list[str] = field(default_factory=list)

    def add(self, name: str, holds: bool, named_where: bool) -> None:
        """Count one; remember its name where ``holds`` is as said."""
        self.whole += 1
        self.count += holds
        if holds is named_where:
            self.names.append(name)

    @property
    def words(self) -> str:
        """Count, share and Wilson's 95% interval (Wilson 1927)."""
        if not self.whole:
            return "none"
        low, high = wilson(self.count, self.whole)
        return f"{self.count} of {self.whole} ({self.count / self.whole:.0%}; {low:.0%} to {high:.0%})"


def wilson(count: int, whole: int, z: float = 1.959964) -> tuple[float, float]:
    """Return Wilson's score interval of a rate."""
    rate = count / whole
    centre = (rate + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * math.sqrt(rate * (1 - rate) / whole + z * z / (4 * whole * whole))
    return max(0.0, centre - half), min(1.0, centre + half)


def truth(half: str) -> dict[str, dict]:
    """Return the table of each programme of a half."""
    return tomllib.loads((CORPUS / half / "truth.toml").read_text(encoding="utf-8"))


def bare(text: str) -> str:
    """Return a programme without its marks: what is measured."""
    return "".join(MARK.sub("", line) + "\n" for line in text.splitlines())


def marked(half: str, name: str, mark: str) -> set[int]:
    """Return the lines of a programme that carry a mark."""
    lines = (CORPUS / half / f"{name}.py").read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if (hit := MARK.search(line)) and hit[1] == mark}


def stored(half: str, name: str) -> Run:
    """Return the run of a programme that was recorded."""
    return unpack((EVIDENCE / half / f"{name}.run").read_bytes(), Run)


def score(half: str, name: str, run: Run) -> Score:
    """Diagnose a run of a programme, and hold the first finding against what is known."""
    table = truth(half)[name]
    found = diagnose(run).ranked
    first = found[0] if found else None

    def covers(mark: str) -> bool:
        return first is not None and any(
            first.line_start <= line <= first.line_end for line in marked(half, name, mark)
        )

    line = covers("cause")
    return Score(
        name=name,
        cause=table["class"],
        first=first,
        line=line,
        kind=first is not None and first.rule in {table["class"], *table["also"]},
        decoy=covers("decoy") and not line,
    )


def summary(scores: list[Score]) -> dict[str, Tally]:
    """Return the tallies that a half is judged by; each remembers the programmes that speak against it."""
    tallies = {name: Tally() for name in ("right line", "right class", "both", "decoy first", "wrong advice")}
    tallies["false alarms"] = Tally()
    for one in scores:
        if one.cause == NOTHING:
            tallies["false alarms"].add(one.name, one.false_alarm, named_where=True)
            continue
        for name, holds, bad in (
            ("right line", one.line, False),
            ("right class", one.kind, False),
            ("both", one.both, False),
            ("decoy first", one.decoy, True),
            ("wrong advice", one.wrong_advice, True),
        ):
            tallies[name].add(one.name, holds, named_where=bad)
    return tallies
