"""Execute the target under a sampler outside it, in as many modes and as often as its evidence needs.

Every thread is looked at first. Where the clean execution waited, or threads or
children were seen, another execution is sampled for running threads only, and
one for the holder of the interpreter lock; one more, slowly, for native frames.
This module must not make figures of samples: ``collect.sampled`` does.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfwatch import units
from perfwatch.collect.samples import Samples
from perfwatch.collect.stacks import (
    Mode,
    Row,
    errors_in,
    of_subject,
    parse_rows,
    py_spy_program,
    rate_for,
    record_options,
    samples_in,
)
from perfwatch.measure.answers import read_answer
from perfwatch.measure.request import bare_command, worker_command
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from perfwatch.measure.target_run import TargetRun

#: How long a callable is repeated in one execution, at least.
SECONDS = 0.5
#: Unwinding native frames costs more for each sample.
NATIVE_RATE_HERTZ = 100
#: Who runs, who holds the lock and who is in native code are shares: more samples would not say more of most lines.
AT_MOST = {Mode.ACTIVE: 800, Mode.GIL: 800}
NATIVE_AT_MOST = 250
EXECUTIONS_AT_MOST = 40
#: Nothing runs twice as fast for being sampled: what is left of so little is the noise of two starts.
DILATION_AT_LEAST = 0.5
#: Where so many executions gave no sample, more will not.
HOPELESS_AFTER = 6
#: Executions that may pass without py-spy having found their process.
MISSED_AT_MOST = 3
_NOT_FOUND = "No python processes found"
TIME_AT_LEAST_NS = 3_000_000_000
#: Where so many samples cannot be had in that time, and a few already could, more time is given to it.
SAMPLES_AT_LEAST, SAMPLES_PROMISING = 100, 10
PATIENCE_NS = 12_000_000_000
#: Where a clean execution used less of its time on the processor, it waited for something.
BUSY_RATIO = 0.9
STARTS_COUNT = 3
#: Of the samples that were due, with fewer than this share there are no figures, and with fewer than that a note.
COVERED_AT_LEAST, COVERED_WELL = 0.25, 0.6
#: py-spy needs so long at most to find its process and begin.
LATE_SECONDS = 0.5
TASK = "stacks"
_NAMES = {
    Mode.ALL: "all threads",
    Mode.ACTIVE: "running threads",
    Mode.GIL: "the interpreter lock's holder",
    Mode.NATIVE: "native frames",
}


@dataclass
class Sampled:
    """Samples by benchmark; ``trouble`` says why there are none, ``notes`` what went less than well.

    ``dilation`` is the time of the executions in which all threads were sampled
    over the clean time, ``wall_ns`` what all executions took. ``starts_ns`` are
    times of the sampler with an interpreter that does nothing, ``watched_ns`` those
    of whole programs under it. ``lost_sight`` says that a profiler inside would fare
    no better: it would not follow an exec, and of such deep stacks it would keep
    every frame of every sample.
    """

    samples: dict[str, Samples] = field(default_factory=dict)
    trouble: str = ""
    lost_sight: bool = False
    notes: list[str] = field(default_factory=list)
    dilation: dict[str, float] = field(default_factory=dict)
    wall_ns: int = 0
    missed_count: int = 0
    executions_count: int = 0
    starts_ns: list[int] = field(default_factory=list)
    watched_ns: dict[str, list[int]] = field(default_factory=dict)

    def with_others(self) -> list[str]:
        """Benchmarks beside which other threads or processes were seen."""
        return [name for name, samples in self.samples.items() if samples.others_count]


def sampled(target_run: TargetRun) -> Sampled:
    """Sample every benchmark that was timed; once only, however many passes ask."""
    if target_run.sampled is None:
        target_run.sampled = _sample(target_run)
    return target_run.sampled


def glanced(target_run: TargetRun) -> Sampled:
    """Sample all threads of every benchmark that was timed, and nothing further."""
    found = Sampled()
    _glance(target_run, found)
    return found


def _glance(target_run: TargetRun, found: Sampled) -> bool:
    if py_spy_program() is None:
        found.trouble = "py-spy is not installed (pip install py-spy)"
        return False
    return _until_enough(target_run, found, target_run.whole(), Mode.ALL)


def _sample(target_run: TargetRun) -> Sampled:
    found = Sampled()
    if not _glance(target_run, found):
        return found
    names = target_run.whole()
    for mode in _further(target_run, found):
        trouble = found.trouble
        if not _until_enough(target_run, found, names, mode):
            found.notes.append(f"{_NAMES[mode]} could not be told: {found.trouble}")
            found.trouble = trouble
    return found


def _further(target_run: TargetRun, found: Sampled) -> list[Mode]:
    """Which other modes have something to say."""
    if target_run.plan.quick:
        return []
    modes = [Mode.NATIVE]
    waited = any(_busy(target_run, name) < BUSY_RATIO for name in found.samples)
    if waited or found.with_others():
        modes.insert(0, Mode.ACTIVE)
    if any(samples.has_more_threads for samples in found.samples.values()):
        modes.insert(1, Mode.GIL)
    return modes


def _busy(target_run: TargetRun, name: str) -> float:
    clean, cpu = target_run.clean_ns.get(name), target_run.clean_cpu_ns.get(name)
    return 1.0 if not clean or cpu is None else cpu / clean


def _until_enough(target_run: TargetRun, found: Sampled, names: tuple[str, ...], mode: Mode) -> bool:
    """Execute until there are as many samples as are wanted; false where none could be had."""
    rate, wanted = _rate(target_run, names, mode)
    limit_ns = max(TIME_AT_LEAST_NS, round(1.5e9 * wanted / rate))
    spent = executions = 0
    while True:
        took = _execute(target_run, found, names, (mode, rate, wanted))
        if took is None:
            return executions > 0
        executions += 1
        spent += took
        if not target_run.whole_program:
            names = _hardly_seen(found, names)
            if not names or mode is not Mode.ALL or target_run.plan.quick or executions > HOPELESS_AFTER:
                return True
            continue
        fewest = min((_looked(one, mode) for one in found.samples.values()), default=0)
        few = fewest < wanted
        patient = SAMPLES_PROMISING <= fewest < SAMPLES_AT_LEAST and mode is Mode.ALL
        if (
            not few
            or (fewest == 0 and executions >= HOPELESS_AFTER)
            or target_run.plan.quick
            or executions >= (3 * EXECUTIONS_AT_MOST if patient else EXECUTIONS_AT_MOST)
            or spent + spent // executions > (max(limit_ns, PATIENCE_NS) if patient else limit_ns)
        ):
            return True


def _hardly_seen(found: Sampled, names: tuple[str, ...]) -> tuple[str, ...]:
    """Benchmarks that may be called once only, and ended between two looks."""
    unseen = Samples()
    return tuple(
        name for name in names if _looked(found.samples.get(name, unseen), Mode.ALL) < SAMPLES_PROMISING
    )


def _looked(samples: Samples, mode: Mode) -> int:
    """How often the first thread was seen; the lock's holder is rarely the first thread, so there each beat counts."""
    if mode is Mode.GIL:
        return round(
            sum(run.rate_hertz * run.watched_ns / 1e9 for run in samples.executions if run.mode is mode)
        )
    return sum(samples.main(mode).values())


def _rate(target_run: TargetRun, names: tuple[str, ...], mode: Mode) -> tuple[int, int]:
    """Samples a second, and how many are wanted."""
    wanted = target_run.plan.samples_count
    if mode is Mode.NATIVE:
        return NATIVE_RATE_HERTZ, max(1, min(NATIVE_AT_MOST, wanted // 4))
    if mode in AT_MOST:
        wanted = min(AT_MOST[mode], wanted)
    longest = max(target_run.clean_ns[name] for name in names) / 1e9
    return rate_for(longest if target_run.whole_program else SECONDS), wanted


def _execute(
    target_run: TargetRun, found: Sampled, names: tuple[str, ...], asked: tuple[Mode, int, int]
) -> int | None:
    """Execute once and take in what was seen; the nanoseconds it took, ``None`` where nothing could be sampled."""
    mode, rate, wanted = asked
    output = target_run.setting.folder / "stacks.raw"
    output.unlink(missing_ok=True)
    if found.executions_count and (failure := target_run.prepare(PassName.CPU)) is not None:
        found.trouble = failure.message
        return None
    answer_path = None
    if target_run.whole_program:
        command = bare_command(target_run.target, target_run.setting)
    else:
        seconds = 0.0 if target_run.plan.quick else max(SECONDS, wanted / rate)
        command, answer_path = worker_command(
            target_run.target, target_run.setting, TASK, names, {"seconds": seconds}
        )
    program = py_spy_program() or "py-spy"
    outcome = target_run.execute(
        (program, *record_options(rate, output, mode=mode), "--", *command),
        PassName.CPU,
        f"sampling {_NAMES[mode]}",
        judged=False,
        timeout_ns=target_run.patience_ns(),
    )
    found.executions_count += 1
    found.wall_ns += outcome.wall_ns
    if outcome.timed_out:
        found.trouble = (
            f"it did not end within {units.time(outcome.wall_ns)} while py-spy sampled it, and was ended "
            "(each look at a very deep stack stops it for long)"
        )
        found.lost_sight = mode is Mode.ALL
        return None
    if not output.exists():
        found.trouble = _trouble("" if outcome.stderr is None else outcome.stderr.tail)
        found.missed_count += _NOT_FOUND in found.trouble
        again = _NOT_FOUND in found.trouble and found.missed_count < MISSED_AT_MOST
        return outcome.wall_ns if again and target_run.whole_program else None
    found.trouble = ""
    text = output.read_text(encoding="utf-8", errors="replace")
    if mode is Mode.ALL and target_run.whole_program:
        taken = samples_in(text), errors_in("" if outcome.stderr is None else outcome.stderr.tail)
        _dilate(target_run, found, names[0], outcome.wall_ns)
        if lost := _lost_sight(found, taken, (rate, outcome.wall_ns - _start_ns(target_run, found))):
            found.trouble, found.lost_sight = lost, True
            return None
    rows = parse_rows(text, native=mode is Mode.NATIVE)
    if answer_path is None:
        samples = found.samples.setdefault(names[0], Samples())
        samples.add(mode, rows, rate_hertz=rate, watched_ns=outcome.wall_ns)
        return outcome.wall_ns
    for record in read_answer(answer_path).get("records", []):
        if "position" in record and "wall_ns" in record:
            _add_record(target_run, found, record, rows, (mode, rate))
    return outcome.wall_ns


def _lost_sight(found: Sampled, taken: tuple[int, int], asked: tuple[int, float]) -> str:
    """Why the sampler lost sight of a whole program, where it did; a lesser loss is noted.

    ``taken`` are the samples and the attempts that failed, ``asked`` is how many a
    second were to be taken of an execution of how many nanoseconds without the
    interpreter's start. Due is a sample at each beat of it.
    """
    (seen, errors), (rate, body_ns) = taken, asked
    due = max(rate * body_ns / 1e9, float(seen + errors))
    if seen >= COVERED_WELL * due:
        return ""
    late = "py-spy saw only a part of an execution: it began late, or lost sight of it"
    if due - seen < LATE_SECONDS * rate:
        found.notes.extend([] if late in found.notes else [late])
        return ""
    lost = (
        f"py-spy gave {seen} of about {due:.0f} samples that were due: it loses sight of a process that "
        "becomes another program (exec), and of stacks deeper than 4,096 frames"
    )
    if seen < COVERED_AT_LEAST * due:
        return lost
    found.notes.append(f"{lost}; what it did then is in no figure")
    return ""


def _dilate(target_run: TargetRun, found: Sampled, name: str, watched_ns: int) -> None:
    """Tell what sampling cost by the middle execution so far, where that is more than noise."""
    watched = found.watched_ns.setdefault(name, [])
    watched.append(watched_ns)
    dilation = (statistics.median(watched) - _start_ns(target_run, found)) / target_run.body_ns(name)
    found.dilation.pop(name, None)
    if dilation >= DILATION_AT_LEAST:
        found.dilation[name] = dilation


def _start_ns(target_run: TargetRun, found: Sampled) -> int:
    """What the sampler's own start and the interpreter's take together: no cost of sampling.

    It is the quickest of several, since the sampler now and then looks in vain for a process
    that ended at once, and tries again for a third of a second. They are taken beside the
    first executions, and not all at one moment: a machine may be slower for seconds.
    """
    output = target_run.setting.folder / "start.raw"
    program = py_spy_program() or "py-spy"
    options = record_options(NATIVE_RATE_HERTZ, output)
    command = (program, *options, "--", target_run.setting.interpreter, "-c", "pass")
    executions = max((len(watched) for watched in found.watched_ns.values()), default=0)
    while len(found.starts_ns) < min(STARTS_COUNT, executions + 1):
        outcome = target_run.execute(command, PassName.CPU, "the sampler's start", judged=False)
        found.starts_ns.append(outcome.wall_ns)
    return min(found.starts_ns)


def _add_record(
    target_run: TargetRun,
    found: Sampled,
    record: dict[str, Any],
    rows: list[Row],
    asked: tuple[Mode, int],
) -> None:
    """One subject's rows; those of other threads and processes are its own where it was alone."""
    name, clean = record["name"], target_run.clean_ns.get(record["name"])
    if not clean:
        return
    mine = of_subject(rows, record["position"])
    if len(target_run.whole()) == 1:
        roots = {row.process for row in mine}
        mine += [row for row in rows if not (row.process in roots and row.is_main)]
    elif any(not row.is_main for row in rows):
        note = "other threads and processes were seen, and cannot be told apart by benchmark: measure one alone (-k)"
        if note not in found.notes:
            found.notes.append(note)
    samples = found.samples.setdefault(name, Samples())
    samples.add(asked[0], mine, rate_hertz=asked[1], watched_ns=record["wall_ns"])
    if asked[0] is Mode.ALL:
        found.dilation[name] = record["wall_ns"] / max(1, record["calls"]) / clean


def _trouble(said: str) -> str:
    """Its last lines may be a backtrace of its own; the reason stands at "Error:"."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    why = next(
        (line for line in lines if line.startswith("Error:")), lines[-1] if lines else "no reason given"
    )
    hint = " (it ended at once, or its stacks are too deep to be read)" if _NOT_FOUND in why else ""
    return f"py-spy could not sample it: {why[:200]}{hint}"
