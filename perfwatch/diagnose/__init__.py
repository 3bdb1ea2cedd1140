"""Evidence that was measured, beside code that was read → findings: where, why, what to do, the most it could win.

It must not measure, must not run the user's code, and works on stored runs as on fresh ones.
"""

from __future__ import annotations

import contextlib
import gc
from dataclasses import replace
from typing import TYPE_CHECKING

from perfwatch.diagnose.ceilings import amdahl, ceilings
from perfwatch.diagnose.compiled import ask, in_compiled_code
from perfwatch.diagnose.evidence import Evidence
from perfwatch.diagnose.scene import LEAST_SHARE, Scene
from perfwatch.diagnose.source import FUNCTIONS, lines_of, read
from perfwatch.diagnose.table import RULES
from perfwatch.diagnose.together import together
from perfwatch.records.finding import Finding, Findings, Grade, Resource
from perfwatch.records.run import PassName, PassState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from perfwatch.diagnose.rule import Rule, Suspect
    from perfwatch.diagnose.source import Program
    from perfwatch.records.experiment import Experiment
    from perfwatch.records.profile import LineStat
    from perfwatch.records.run import Benchmark, Run

__all__ = ["ceilings", "diagnose", "experiments_of", "scenes"]

#: So many findings a run, the best first.
FINDINGS_AT_MOST = 10
#: Each is an execution of the target, or several.
EXPERIMENTS_AT_MOST = 2
#: How a ceiling counts in ranking, by how well code and evidence agree.
_WEIGHTS = {Grade.HIGH: 1.0, Grade.MEDIUM: 0.7, Grade.LOW: 0.4}
_SEVERE, _NOTABLE = 2.0, 1.2
#: A smaller peak is worth less than a shorter wait to whom the memory suffices, and it did suffice.
_MEMORY_WORTH = 0.5
#: What stands for a byte that is not of the encoding.
_UNDECODED = "\ufffd"


def diagnose(run: Run, rules: Sequence[Rule] = RULES) -> Findings:
    """Ask every rule about every benchmark of a run.

    A rule that raises is named in the notes, and the others go on. Of findings about
    the same lines the first rule's in the table's order is kept, where what it explains is
    at least half of what the others do.
    """
    with _collector_paused():
        return _diagnosed(run, rules)


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the garbage collector from going through half a million nodes again and again: trees hold no garbage."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _diagnosed(run: Run, rules: Sequence[Rule]) -> Findings:
    changed = _changed_between(run)
    program = read([source for source in run.sources if source.file not in changed])
    notes = [*_unread(run, program, changed), *_fruitless(run)]
    found: list[Finding] = []
    for benchmark, scene in zip(run.benchmarks, scenes(run, program), strict=True):
        mine: list[tuple[int, Finding]] = []
        for place, rule in enumerate(rules):
            try:
                mine += [(place, one) for one in _findings(scene, rule, benchmark)]
            except Exception as error:  # noqa: BLE001 - whatever a rule raises costs that rule alone
                notes.append(f"The rule {rule.slug} failed: {type(error).__name__}: {error}")
        found += _without_doubles(mine)
    ranked = sorted(found, key=lambda one: -_weight(one))[:FINDINGS_AT_MOST]
    numbered = tuple(replace(one, rank=place) for place, one in enumerate(ranked, start=1))
    return Findings(
        ranked=numbered,
        absent="" if numbered else _absent(run),
        bound="" if any(map(_is_sure, numbered)) else _bound(run, program),
        notes=tuple(dict.fromkeys(notes)),
    )


def _is_sure(finding: Finding) -> bool:
    return finding.resource is Resource.TIME and finding.confidence is Grade.HIGH


def _bound(run: Run, program: Program) -> str:
    """Where most of the time is compiled code's, for whoever looks for something to do in Python."""
    return " ".join(dict.fromkeys(each for each in map(in_compiled_code, scenes(run, program)) if each))


def experiments_of(run: Run, rules: Sequence[Rule] = RULES) -> tuple[Experiment, ...]:
    """What the rules want tried before they judge a run: at most ``EXPERIMENTS_AT_MOST``, the dearest first.

    What was tried already is not asked for again. A rule that raises here asks for
    nothing; ``diagnose`` asks it too, and says so.
    """
    changed = _changed_between(run)
    program = read([source for source in run.sources if source.file not in changed])
    seen = list(scenes(run, program))
    wanted: list[Experiment] = []
    for benchmark, scene in zip(run.benchmarks, seen, strict=True):
        for rule in rules:
            with contextlib.suppress(Exception):
                wanted += _asked(scene, rule, benchmark)
    fresh = _fresh(run, wanted)
    if len(fresh) < EXPERIMENTS_AT_MOST and not any(_has_sure(scene, rules) for scene in seen):
        # Whether anything is left to do is asked where no rule has found it, behind what rules ask.
        fresh += _fresh(run, [one for scene in seen for one in _limits(scene)])
    return tuple(fresh[:EXPERIMENTS_AT_MOST])


def _fresh(run: Run, wanted: Sequence[Experiment]) -> list[Experiment]:
    """What was not tried yet, the dearest first."""
    tried = {(one.kind, one.target, one.benchmark) for one in run.experiments}
    ranked = sorted(wanted, key=lambda one: -one.share_ratio)
    return [one for one in ranked if (one.kind, one.target, one.benchmark) not in tried]


def _has_sure(scene: Scene, rules: Sequence[Rule]) -> bool:
    """Whether a rule is sure of something about a benchmark's time; one that raises is sure of nothing."""
    for rule in rules:
        with contextlib.suppress(Exception):
            if any(map(_is_sure, _findings(scene, rule, scene.evidence.benchmark))):
                return True
    return False


def _limits(scene: Scene) -> list[Experiment]:
    """The dearest statement of compiled code, to be held against the machine's limit; none that is too deep to be written out."""
    if {PassName.CPU, PassName.LINES} <= _ended(scene.evidence.benchmark):
        with contextlib.suppress(RecursionError):
            return list(ask(scene))
    return []


def _asked(scene: Scene, rule: Rule, benchmark: Benchmark) -> tuple[Experiment, ...]:
    if rule.ask is None or not rule.needs <= _ended(benchmark):
        return ()
    return tuple(rule.ask(scene))


def _ended(benchmark: Benchmark) -> set[PassName]:
    return {one.name for one in benchmark.passes if one.state in {PassState.DONE, PassState.PARTIAL}}


def _fruitless(run: Run) -> Iterator[str]:
    """Say which experiments brought nothing, or not all."""
    for one in run.experiments:
        what = f"{one.benchmark}, {one.function.name}" if one.function is not None else one.benchmark
        if one.absent:
            yield f"The experiment {one.kind} on {what} brought nothing: {one.absent}"
        elif one.note:
            yield f"The experiment {one.kind} on {what}: {one.note}"


def _changed_between(run: Run) -> set[str]:
    """Files of which a pass saw other lines than those that were kept: they changed while the run went on."""
    kept = {source.file: lines_of(source.text) for source in run.sources}
    return {
        line.file
        for benchmark in run.benchmarks
        for line in benchmark.profiles.lines
        if line.source and line.file in kept and not _is_line(line, kept[line.file])
    }


def scenes(run: Run, program: Program) -> Iterator[Scene]:
    """Yield the scene of each benchmark of a run."""
    for benchmark in run.benchmarks:
        yield Scene(Evidence(benchmark, run.experiments), program)


def _is_line(seen: LineStat, kept: list[str]) -> bool:
    """Whether a line is what a pass saw; what could not be decoded is read in its own way by each, and is not held against it."""
    (text,) = kept[seen.line - 1 : seen.line] or [""]
    return _UNDECODED in seen.source + text or text.rstrip() == seen.source.rstrip()


def _unread(run: Run, program: Program, changed: set[str]) -> Iterator[str]:
    """Say which files with a share of the time were not diagnosed, and why."""
    for file in program.unreadable:
        yield f"{file} cannot be read as Python; nothing in it was diagnosed."
    for file in sorted(changed):
        yield f"{file} changed while it was measured; nothing in it was diagnosed. Run again."
    kept = {source.file for source in run.sources}
    for benchmark in run.benchmarks:
        evidence = Evidence(benchmark)
        for file in dict.fromkeys(file for file, _ in evidence.lines if file not in kept):
            spent = sum(one.time_ns or 0.0 for (where, _), one in evidence.lines.items() if where == file)
            if evidence.whole_ns and spent / evidence.whole_ns >= LEAST_SHARE:
                yield (
                    f"{file} has {spent / evidence.whole_ns:.0%} of the time, and no source that could be kept "
                    "(generated, in an archive, or too long); nothing in it was diagnosed."
                )


def _absent(run: Run) -> str:
    """Why a run has no findings."""
    ended = {name for benchmark in run.benchmarks for name in _ended(benchmark)}
    if not {PassName.CPU, PassName.LINES} <= ended:
        return "Nothing was diagnosed: that needs the cpu and the lines pass."
    if not run.sources:
        return "Nothing was diagnosed: the run holds no source of yours."
    return "No rule found a place where a change would make the whole 1.05 times as fast."


def _findings(scene: Scene, rule: Rule, benchmark: Benchmark) -> Iterator[Finding]:
    if not rule.needs <= _ended(benchmark):
        return
    _asked(scene, rule, benchmark)  # what it cannot ask is told as what it cannot find
    for suspect in together(scene, list(rule.find(scene))):
        if suspect.share >= LEAST_SHARE:  # no number is not
            yield _finding(scene, rule, replace(suspect, share=min(1.0, suspect.share)), benchmark.name)


def _finding(scene: Scene, rule: Rule, suspect: Suspect, benchmark: str) -> Finding:
    first = suspect.node.lineno  # type: ignore[attr-defined]
    body = getattr(suspect.node, "body", None)
    last = max(first, body[0].lineno - 1) if isinstance(body, list) else suspect.node.end_lineno or first  # type: ignore[attr-defined]
    last = suspect.last_line or last
    function = suspect.module.function_of(suspect.node)
    ceiling = amdahl(suspect.share)
    severity = Grade.HIGH if ceiling >= _SEVERE else Grade.MEDIUM if ceiling >= _NOTABLE else Grade.LOW
    return Finding(
        rule=rule.slug,
        title=rule.title,
        benchmark=benchmark,
        file=suspect.module.file,
        line_start=first,
        line_end=last,
        function=function.name if isinstance(function, FUNCTIONS) else "",
        mechanism=suspect.mechanism,
        share_ratio=suspect.share,
        share_error_ratio=scene.evidence.error(suspect.module.file, first, last),
        ceiling_ratio=ceiling,
        confidence=suspect.sure,
        severity=severity,
        priority=_priority(severity, suspect),
        effort=suspect.effort,
        risk=suspect.risk,
        resource=suspect.resource,
        advice=suspect.advice,
        evidence=suspect.evidence,
    )


def _priority(severity: Grade, suspect: Suspect) -> Grade:
    """What is severe, sure and easy comes first."""
    if suspect.sure is Grade.LOW or severity is Grade.LOW:
        return Grade.LOW
    return severity if suspect.sure is Grade.HIGH else Grade.MEDIUM


def _without_doubles(found: list[tuple[int, Finding]]) -> list[Finding]:
    kept: list[tuple[int, Finding]] = []
    # What is hardly sure pushes nothing else out, wherever it stands in the table.
    by_weight = sorted(
        found, key=lambda each: (each[1].confidence is Grade.LOW, each[0], -each[1].share_ratio)
    )
    for place, one in by_weight:
        if any(_same_lines(one, other) and other.share_ratio >= 0.5 * one.share_ratio for _, other in kept):
            continue
        kept.append((place, one))
    return [one for _, one in kept]


def _same_lines(one: Finding, other: Finding) -> bool:
    return one.file == other.file and one.line_start <= other.line_end and other.line_start <= one.line_end


def _weight(finding: Finding) -> float:
    worth = _MEMORY_WORTH if finding.resource is Resource.MEMORY else 1.0
    return worth * (finding.ceiling_ratio - 1) * _WEIGHTS[finding.confidence]
