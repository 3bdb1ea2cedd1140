"""The words that views share: verdicts, metrics, commits, passes.

It must not decide anything: a verdict's word, tone and mark follow from the record.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.records.claim import ClaimVerdict
from perfwatch.records.comparison import OWN, TIMES, Summary, Verdict
from perfwatch.records.gate import GateVerdict
from perfwatch.records.proof import ProofVerdict
from perfwatch.records.run import Benchmark, Commit, PassName, PassState, RunState
from perfwatch.report.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What a verdict looks like beside its word: never colour alone.
MARKS = {
    Verdict.SLOWER: "\N{BLACK UP-POINTING TRIANGLE}",
    Verdict.HIGHER: "\N{BLACK UP-POINTING TRIANGLE}",
    Verdict.FASTER: "\N{BLACK DOWN-POINTING TRIANGLE}",
    Verdict.LOWER: "\N{BLACK DOWN-POINTING TRIANGLE}",
    Verdict.SAME: "=",
    Verdict.UNDECIDED: "?",
    Verdict.NEW: "+",
    Verdict.REMOVED: "\N{MINUS SIGN}",
    Verdict.FAILED: "\N{MULTIPLICATION SIGN}",
    Verdict.ACCEPTED: "\N{CHECK MARK}",
}

#: ``bad`` wants attention, ``good`` is welcome, ``calm`` is neither.
TONES = {
    Verdict.SLOWER: "bad",
    Verdict.HIGHER: "bad",
    Verdict.FAILED: "bad",
    Verdict.REMOVED: "bad",
    Verdict.FASTER: "good",
    Verdict.LOWER: "good",
}

#: The words of a proof, as those of a comparison: a mark beside each, and its tone.
PROOF_MARKS = {
    ProofVerdict.PROVED: "\N{CHECK MARK}",
    ProofVerdict.SAME_SPEED: "=",
    ProofVerdict.SLOWER: "\N{BLACK UP-POINTING TRIANGLE}",
    ProofVerdict.DIFFERENT_ANSWER: "\N{NOT EQUAL TO}",
    ProofVerdict.FAILS: "\N{MULTIPLICATION SIGN}",
    ProofVerdict.UNDECIDED: "?",
}
PROOF_TONES = {
    ProofVerdict.PROVED: "good",
    ProofVerdict.SAME_SPEED: "calm",
    ProofVerdict.SLOWER: "bad",
    ProofVerdict.DIFFERENT_ANSWER: "bad",
    ProofVerdict.FAILS: "bad",
    ProofVerdict.UNDECIDED: "calm",
}

#: The same of a claim.
CLAIM_MARKS = {
    ClaimVerdict.HOLDS: "\N{CHECK MARK}",
    ClaimVerdict.UNDERSTATED: "\N{BLACK DOWN-POINTING TRIANGLE}",
    ClaimVerdict.OVERSTATED: "\N{BLACK UP-POINTING TRIANGLE}",
    ClaimVerdict.REFUTED: "\N{MINUS SIGN}",
    ClaimVerdict.DIFFERENT_ANSWER: "\N{NOT EQUAL TO}",
    ClaimVerdict.FAILS: "\N{MULTIPLICATION SIGN}",
    ClaimVerdict.UNMEASURED: "?",
}
CLAIM_TONES = {
    ClaimVerdict.HOLDS: "good",
    ClaimVerdict.UNDERSTATED: "good",
    ClaimVerdict.OVERSTATED: "calm",
    ClaimVerdict.REFUTED: "bad",
    ClaimVerdict.DIFFERENT_ANSWER: "bad",
    ClaimVerdict.FAILS: "bad",
    ClaimVerdict.UNMEASURED: "calm",
}

_TURNED = {Verdict.HIGHER: Verdict.LOWER, Verdict.LOWER: Verdict.HIGHER}

#: What a gate says, and in which tone.
GATE_WORDS = {
    GateVerdict.PASSED: ("The gate passes: nothing that was measured is slower than it may be.", "good"),
    GateVerdict.FAILED: ("The gate fails.", "bad"),
    GateVerdict.UNDECIDED: (
        "Nothing that was decided fails the gate, and not everything was decided: the reasons are below.",
        "calm",
    ),
    GateVerdict.VOID: ("Nothing can be judged from this run.", "bad"),
    GateVerdict.UNTOUCHED: (
        "The gate passes: no file differs that a benchmark could notice, so nothing was measured.",
        "good",
    ),
    GateVerdict.UNMEASURED: ("Nothing was measured, so nothing is judged.", "bad"),
}

#: What wants attention comes first.
ORDER = (
    Verdict.SLOWER,
    Verdict.HIGHER,
    Verdict.FAILED,
    Verdict.REMOVED,
    Verdict.FASTER,
    Verdict.LOWER,
    Verdict.UNDECIDED,
    Verdict.SAME,
    Verdict.NEW,
    Verdict.ACCEPTED,
)

#: The columns of the table of benchmarks that do not explain themselves.
EXPLANATIONS = {
    "Median": "of each process the middle time of a call, then the geometric mean over the processes.",
    "95% interval": "where that mean would lie with 95% confidence if many more processes were measured here and "
    "now (Student's t over processes); it knows nothing of other machines and other days.",
    "First call": "the first in a fresh process, before caches are warm and code is compiled; the median over "
    "the processes.",
    "Peak memory": "the most heap that was held at once, as the memory pass saw it.",
    "Base": "the same on the other side, measured in turns with head, or as it was stored.",
    "Head": "the time of one call now: of each process the middle one, then the geometric mean over the processes.",
    "Change": "head over base; its interval is drawn beside it.",
    "Interval": "where the change lies with the confidence that the reasons name, all rows on one logarithmic axis. "
    "The grey zone is the margin that counts as no change; what reaches beyond the axis ends at its edge.",
    "Memory change": "of the peak, head over base.",
    "History": "the times of the runs before, in the same environment, up to this one; each line has its own scale.",
}

#: The share that a pass could not place.
UNATTRIBUTED = (
    "the share that belongs to no line of yours: of the samples (CPU), of the peak (memory). "
    "It is not divided among your lines."
)

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

_STATES = {
    RunState.RUNNING: "This run has not ended, or was killed: what had ended is shown.",
    RunState.INTERRUPTED: "This run was interrupted: what had ended is shown.",
    RunState.FAILED: "The target failed: what had ended is shown.",
    RunState.COMPLETE: "",
}

_UNIT_SUFFIXES = ("_ns", "_bytes", "_count", "_ratio", "_percent")


def tone(verdict: Verdict, direction: str | None = None) -> str:
    """Return the tone in which a verdict is set; of some figures the higher one is welcome."""
    if direction == "higher" and verdict in _TURNED:
        verdict = _TURNED[verdict]
    return TONES.get(verdict, "calm")


def state_words(state: RunState) -> str:
    """Return one sentence about a run that is not complete, else nothing."""
    return _STATES[state]


def metric_words(metric: str, clock: str | None = None) -> str:
    """Return a metric's name for reading: ``peak_memory_bytes`` is ``peak memory``."""
    for suffix in _UNIT_SUFFIXES:
        if metric.endswith(suffix):
            metric = metric.removesuffix(suffix)
            break
    words = visible(metric.removeprefix(OWN).replace("_", " "))
    return f"{words} ({visible(clock)} clock)" if clock not in (None, "wall") else words


def amount(metric: str, value: float | None) -> str:
    """Format a metric's value in the unit that its name carries."""
    if metric in TIMES or metric.endswith("_ns"):
        return units.time(value)
    if metric.endswith("_bytes"):
        return units.size(value)
    if metric.endswith("_ratio"):
        return units.factor(value)
    return units.figure(value) if metric.startswith(OWN) else units.count(value)


def summary_words(summary: Summary) -> str:
    """Return the verdicts that occurred, those that want attention first."""
    return counted({verdict: getattr(summary, verdict.value) for verdict in ORDER})


def counted(verdicts: Mapping[Verdict, int]) -> str:
    """Return ``1 slower, 3 undecided``: the verdicts that occurred, in their order."""
    return ", ".join(f"{verdicts[verdict]} {verdict.value}" for verdict in ORDER if verdicts.get(verdict))


def commit_words(commit: Commit) -> str:
    """Return ``0123456 on main, with uncommitted changes``."""
    if commit.revision is None:
        return "no commit"
    words = visible(commit.revision[:7])
    if commit.branch:
        words += f" on {visible(commit.branch, 60)}"
    if commit.dirty:
        words += ", with uncommitted changes"
    return words


def instant_words(started_at: str) -> str:
    """Return ``2026-01-01 12:00:00 UTC`` for an RFC 3339 instant in UTC."""
    text = visible(started_at, 40).replace("+00:00", "Z")
    return f"{text[:19].replace('T', ' ')} UTC" if text.endswith("Z") else text


def parameters_words(parameters: dict[str, str]) -> str:
    """Return ``n = 64, seed = 1``; where an object lay in memory says nothing and is left out."""
    return ", ".join(
        f"{visible(name, 40)} = {visible(_ADDRESS.sub('', value), 40)}" for name, value in parameters.items()
    )


def absence(benchmark: Benchmark, name: PassName, what: str) -> str:
    """Return one sentence on why a benchmark has no ``what`` (a call tree, lines, …)."""
    record = next((each for each in benchmark.passes if each.name is name), None)
    if record is None:
        return f"No {what}: the {name.value} pass was not run."
    if record.state is PassState.DONE:
        return f"No {what}: the {name.value} pass saw nothing to show."
    reason = f": {visible(record.reason, 300)}" if record.reason else "."
    return f"No {what}: the {name.value} pass is {record.state.value}{reason}"


def never_run(lacked: Sequence[tuple[PassName, str]]) -> str:
    """Return one sentence on all that is not there because its pass was not run."""
    whats = [what for _, what in lacked]
    passes = [name.value for name, _ in lacked]
    return (
        f"No {', '.join(whats[:-1])} or {whats[-1]}: "
        f"the {', '.join(passes[:-1])} and {passes[-1]} passes were not run."
    )
