"""Short programmes with what was measured of each line written beside it, turned into runs.

A line's figures stand in a trailing comment that the stored source does not have::

    for item in items:              #@ 3% 5000x
        if item in known:           #@ 62% 5000x <-

``62%`` is the share of time with all that the line calls and ``5000x`` how often it ran; ``<-``
marks where a finding is expected. ``own=10%`` is the share without callees of the user's (else the
same), ``wait=80%`` and ``lib=90%`` the parts of that off the processor and in libraries,
``alloc=``, ``peak=`` and ``without=`` bytes (``2MB``), ``allocs=100`` how many allocations. A line without a mark was never seen:
nothing is guessed.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from builders import make_run, make_timing

from perfwatch.diagnose import diagnose
from perfwatch.diagnose.table import RULES
from perfwatch.records.experiment import ExperimentKind, ExperimentOutcome
from perfwatch.records.finding import Finding, Findings, Grade
from perfwatch.records.profile import (
    CallNode,
    ChildUse,
    CpuUse,
    FileUse,
    IoProfile,
    LineStat,
    MemoryProfile,
    Profiles,
    ThreadPool,
    ThreadStat,
)
from perfwatch.records.run import Benchmark, Pass, PassName, PassState, Run, RunState, SourceFile

WHOLE_NS = 10e9
FILE = "script.py"
ALL_PASSES = tuple(PassName)
_MARK = re.compile(r"\s*#@(.*)$")
_SIZES = {"kB": 1e3, "MB": 1e6, "GB": 1e9}


@dataclass(frozen=True, kw_only=True)
class Library:
    """Time in a library's function, below the user's function ``under`` of the script."""

    function: str
    file: str
    share: float
    under: str = "<module>"


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was measured beside the lines. ``threads`` maps names to the share of time with the lock held."""

    libraries: Sequence[Library] = ()
    threads: dict[str, float] | None = None
    gil: float | None = None
    imports: float | None = None
    pools: Sequence[ThreadPool] = ()
    files: Sequence[FileUse] = ()
    peak_bytes: float | None = None
    serialisation: float | None = None
    #: Pages met for the first time, and the system's part of the processor time.
    faults: int | None = None
    system: float | None = None
    read_bytes: int | None = None
    processes: int | None = None
    #: What all children were on processors for, as a share of the whole.
    children: float | None = None
    #: What came of experiments on it, by kind.
    tried: Mapping[ExperimentKind, dict[str, float]] = field(default_factory=dict)
    #: Called several times in each process, as a callable is.
    called_again: bool = False
    whole_ns: float = WHOLE_NS
    passes: Sequence[PassName] = ALL_PASSES


@dataclass(frozen=True, kw_only=True)
class Case:
    """A programme, the rule that is asked about it, and what the rule's finding must hold."""

    claim: str
    rule: str
    source: str
    measured: Measured = Measured()
    share: float = 0.0
    says: tuple[str, ...] = ()
    advises: tuple[str, ...] = ()
    sure: Grade = Grade.HIGH


def bare(source: str) -> str:
    """A programme without its marks."""
    return "\n".join(_MARK.sub("", line) for line in textwrap.dedent(source).strip("\n").split("\n")) + "\n"


def expected_line(source: str) -> int:
    """The line that is marked as the one to be found."""
    lines = textwrap.dedent(source).strip("\n").split("\n")
    (found,) = [
        number for number, line in enumerate(lines, 1) if (mark := _MARK.search(line)) and "<-" in mark[1]
    ]
    return found


def run_of(source: str, measured: Measured | None = None, file: str = FILE) -> Run:
    """A stored run of one marked programme."""
    measured = measured or Measured()
    benchmark = Benchmark(
        name="work",
        target="script:script.py",
        passes=tuple(Pass(name=name, state=PassState.DONE) for name in measured.passes),
        profiles=_profiles(source, measured, file),
        timing=make_timing(measured.whole_ns) if measured.called_again else None,
    )
    kept = SourceFile(file=file, digest="d", text=bare(source))
    tried = tuple(
        ExperimentOutcome(kind=kind, target=benchmark.target, benchmark=benchmark.name, figures=figures)
        for kind, figures in measured.tried.items()
    )
    return replace(
        make_run(), state=RunState.COMPLETE, benchmarks=(benchmark,), sources=(kept,), experiments=tried
    )


def _profiles(source: str, measured: Measured, file: str) -> Profiles:
    whole = measured.whole_ns
    nodes = [
        CallNode(
            function=one.function,
            file=one.file,
            line=1,
            time_ns=one.share * whole,
            total_ns=one.share * whole,
        )
        for one in measured.libraries
    ]
    owners = [
        CallNode(
            function=one.under,
            file=file,
            line=1,
            time_ns=0.0,
            total_ns=node.total_ns,
            user=True,
            children=(node,),
        )
        for one, node in zip(measured.libraries, nodes, strict=True)
    ]
    peak = measured.peak_bytes
    return Profiles(
        cpu=CallNode(
            function="<module>",
            file=file,
            line=1,
            time_ns=0.0,
            total_ns=whole,
            user=True,
            children=tuple(owners),
        ),
        cpu_use=_use(measured),
        lines=tuple(_lines(source, whole, file)),
        memory=None
        if peak is None
        else MemoryProfile(peak_bytes=round(peak), allocated_bytes=round(2 * peak), allocations_count=100),
        io=IoProfile(
            pools=tuple(measured.pools),
            files=tuple(measured.files),
            serialisation_ratio=measured.serialisation,
            minor_faults_count=measured.faults,
            user_cpu_ns=None if measured.system is None else round((1 - measured.system) * whole),
            system_cpu_ns=None if measured.system is None else round(measured.system * whole),
            read_bytes=measured.read_bytes,
            processes_count=measured.processes,
            children=()
            if measured.children is None
            else (
                ChildUse(
                    command="python", count=2, user_cpu_ns=round(measured.children * whole), system_cpu_ns=0
                ),
            ),
        ),
    )


def _use(measured: Measured) -> CpuUse:
    threads = tuple(
        ThreadStat(
            process=0,
            pid=1,
            name=name,
            samples_count=100,
            wall_ns=measured.whole_ns,
            gil_ns=held * measured.whole_ns,
        )
        for name, held in (measured.threads or {}).items()
    )
    return CpuUse(
        wall_ns=measured.whole_ns, gil_ratio=measured.gil, import_ratio=measured.imports, threads=threads
    )


def _lines(source: str, whole: float, file: str):
    for number, line in enumerate(textwrap.dedent(source).strip("\n").split("\n"), 1):
        mark = _MARK.search(line)
        if mark is None:
            continue
        yield LineStat(
            file=file,
            line=number,
            function="",
            source=_MARK.sub("", line),
            **{
                name: value
                for word in mark[1].split()
                if word != "<-"
                for name, value in _figure(word, whole)
            },
        )


def _figure(word: str, whole: float):
    name, _, text = word.rpartition("=")
    if not name and text.endswith("x"):
        yield "hits_count", float(text[:-1])
    elif not name:
        yield "total_ns", float(text.rstrip("%")) / 100 * whole
        yield "time_ns", float(text.rstrip("%")) / 100 * whole
        yield "total_error_ns", 0.01 * whole
    elif name == "own":
        yield "time_ns", float(text.rstrip("%")) / 100 * whole
    elif name in {"wait", "lib"}:
        yield {"wait": "waiting_ratio", "lib": "library_ratio"}[name], float(text.rstrip("%")) / 100
    elif name == "allocs":
        yield "allocations_count", float(text)
    else:
        fields = {"alloc": "allocated_bytes", "peak": "peak_bytes", "without": "without_bytes"}
        yield fields[name], float(text[:-2]) * _SIZES[text[-2:]]


def rule_named(slug: str):
    """The row of the table with a slug."""
    (rule,) = [one for one in RULES if one.slug == slug]
    return rule


def found_by(case: Case) -> list[Finding]:
    """What one rule alone finds in a programme, and that it did not fail."""
    found = diagnose(run_of(case.source, case.measured), (rule_named(case.rule),))
    assert not [note for note in found.notes if "failed" in note], found.notes
    return list(found.ranked)


def found_by_all(case: Case) -> Findings:
    """What the whole table finds in a programme."""
    return diagnose(run_of(case.source, case.measured))


def check_fires(case: Case) -> None:
    """Hold a rule's finding against everything that is known of it, among all other rules."""
    told = found_by_all(case)
    mine = [one for one in told.ranked if one.rule == case.rule]
    assert mine, (told.absent, told.notes, [(one.rule, one.line_start) for one in told.ranked])
    finding = mine[0]
    line = expected_line(case.source)
    assert finding.line_start <= line <= finding.line_end, (finding.line_start, finding.line_end)
    assert abs(finding.share_ratio - case.share) < 0.005, finding.share_ratio
    assert abs(finding.ceiling_ratio - min(1000, 1 / max(1e-9, 1 - finding.share_ratio))) < 1e-6
    assert finding.confidence is case.sure, (finding.confidence, finding.mechanism)
    for text in case.says:
        assert text in finding.mechanism, finding.mechanism
    advice = f"{finding.advice.summary}\n{finding.advice.code}\n{finding.advice.risk}"
    for text in case.advises:
        assert text in advice, advice
    assert finding.advice.reference.startswith("https://")


def check_spares(case: Case) -> None:
    """Hold that a rule says nothing of a look-alike."""
    found = found_by(case)
    assert not found, [(one.line_start, one.mechanism) for one in found]
