"""How a truth programme is profiled, and where the report says other than what is known.

Each ``wrong_…`` function yields one sentence for each claim that the report breaks,
so that a failing test shows all of them. Nothing here may know perfwatch's insides:
the report's JSON is what a reader has.
"""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from end_to_end.running import perfwatch

PROGRAMMES = Path(__file__).with_name("programmes")
SAMPLES_WANTED = 2_000
SHARE_TOLERANCE = 0.04
#: Errors of a count that was sampled are standard errors.
ERRORS_ALLOWED = 3
COMPUTING = {"python", "native", "computing", "executed"}
_MARK = re.compile(r"# (?P<name>[LW]\d?): (?P<kind>[a-z ]+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A name for one or more lines of a programme, and what they do: ``native``, ``waiting``, …"""

    name: str
    kind: str
    places: tuple[tuple[str, int], ...]

    def __str__(self):
        return f"{self.name} ({self.kind})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiled:
    """The report on a programme beside what each of its executions witnessed."""

    marks: tuple[Mark, ...]
    benchmark: dict
    rows: tuple[dict, ...]

    @property
    def lines(self):
        return {(one["file"], one["line"]): one for one in self.benchmark["profiles"]["lines"]}

    @property
    def use(self):
        return self.benchmark["profiles"].get("cpu_use") or {}

    def seen(self, mark):
        """The report's lines of a mark, those that it has."""
        return [self.lines[place] for place in mark.places if place in self.lines]

    def shares(self):
        """The witnessed share of each mark in the time of all, as the untraced executions have it."""
        clean = [row for row in self.rows if not row["traced"]]
        spent = {name: sum(row["lines"][name]["wall"] for row in clean) for name in clean[0]["lines"]}
        return {name: seconds / sum(spent.values()) for name, seconds in spent.items()}

    def of_pass(self, name):
        return next(one for one in self.benchmark["passes"] if one["name"] == name)


def profiled(programme, folder, *options, samples=SAMPLES_WANTED):
    """Profile a copy of a programme, with one timing process: here the profile is what is looked at."""
    for path in PROGRAMMES.glob("*.py"):
        shutil.copy(path, folder)
    done = perfwatch(
        *("run", "--passes", "timing,cpu,lines", "--json", "out.json", *options),
        *(f"{programme}.py", "witnessed.jsonl"),
        cwd=folder,
        env={"PERFWATCH_PROCESSES": "1", "PERFWATCH_SAMPLES": str(samples)},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    (benchmark,) = json.loads((folder / "out.json").read_text())["benchmarks"]
    rows = [json.loads(row) for row in (folder / "witnessed.jsonl").read_text().splitlines()]
    return Profiled(marks=marks_of(programme), benchmark=benchmark, rows=tuple(rows))


def marks_of(programme):
    """The marks in a programme and in the parts that belong to it."""
    found = {}
    for path in sorted(PROGRAMMES.glob(f"{programme}*.py")):
        if path.stem not in {programme, f"{programme}_part"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if mark := _MARK.search(line):
                found.setdefault((mark["name"], mark["kind"]), []).append((path.name, number))
    return tuple(Mark(name=name, kind=kind, places=tuple(at)) for (name, kind), at in found.items())


def wrong_shares(one):
    """Each marked line's share of the marked lines' time is the witnessed one, from enough samples."""
    samples = one.of_pass("lines")["samples_count"] or 0
    if samples < SAMPLES_WANTED:
        yield f"the lines' times come from {samples} samples"
    marks = [mark for mark in one.marks if mark.name.startswith("L") and mark.kind != "counted"]
    times = {mark.name: sum(_time(seen, mark) for seen in one.seen(mark)) for mark in marks}
    whole = sum(times.values())
    for mark in marks:
        share, known = times[mark.name] / max(whole, 1), one.shares()[mark.name]
        if abs(share - known) > SHARE_TOLERANCE:
            yield f"{mark} has {share:.1%} of the marked time instead of {known:.1%}"
    yield from _wrong_rest(one, whole)


def _time(seen, mark):
    return seen["total_ns" if mark.kind == "called" else "time_ns"] or 0.0


def _wrong_rest(one, whole):
    """What is not marked takes next to nothing, imports and the witness's own code apart."""
    marked = {place for mark in one.marks for place in mark.places}
    rest = sum(
        seen["time_ns"] or 0.0
        for place, seen in one.lines.items()
        if place not in marked
        and place[0] != "witness.py"
        and not place[0].startswith("<")
        and not seen["source"].lstrip().startswith(("import ", "from "))
    )
    if rest > 0.06 * whole:
        yield f"lines that do nothing have {rest / max(whole, 1):.1%} of the marked lines' time"


def wrong_amounts(one):
    """In a programme of one thread, the marked lines take in all as long as they were witnessed to take."""
    clean = [row for row in one.rows if not row["traced"]]
    if {"processes_count", "worked"} & clean[0].keys():
        return
    known = sum(seen["wall"] for row in clean for seen in row["lines"].values()) / len(clean)
    marks = [mark for mark in one.marks if mark.name.startswith("L")]
    said = sum(_time(seen, mark) for mark in marks for seen in one.seen(mark)) / 1e9
    execution = one.benchmark["timing"]["median_ns"] / 1e9
    if abs(said - known) > 0.06 * execution:
        yield f"the marked lines have {said:.2f} s instead of {known:.2f} s of {execution:.2f} s"


def wrong_waiting(one):
    """Lines that wait are told from lines that compute; where the whole hardly waited, that does for each."""
    whole = one.use.get("waiting_ratio")
    for mark in one.marks:
        ratio = _mean(one, mark, "waiting_ratio")
        error = 2 * (_mean(one, mark, "waiting_error_ratio") or 0.0)
        if mark.kind in COMPUTING:
            ratio = whole if ratio is None and "worked" not in one.rows[0] else ratio
            if ratio is None or ratio - error >= 0.15:
                yield f"{mark} is said to wait {_shown(ratio)} of its time"
        if mark.kind == "waiting" and not (ratio is not None and ratio + error > 0.9):
            yield f"{mark} is said to wait only {_shown(ratio)} of its time"
        if mark.kind == "input and output":
            # How busy the disk is differs between executions, and who ran was looked at in some of them.
            clean = [row["waited"][mark.name] for row in one.rows if not row["traced"]]
            if ratio is None or not min(clean) - 0.25 < ratio < max(clean) + 0.25:
                known = f"{min(clean):.0%} to {max(clean):.0%}"
                yield f"{mark} is said to wait {_shown(ratio)} of its time instead of {known}"


def wrong_native(one):
    """Time in compiled code is told from time in Python, be it a library's."""
    for mark in one.marks:
        ratio = _mean(one, mark, "native_ratio")
        if mark.kind == "native" and not (ratio is not None and ratio > 0.8):
            yield f"{mark} is said to be native only {_shown(ratio)} of its time"
        if mark.kind == "python":
            if not (ratio is not None and ratio < 0.2):
                yield f"{mark} is said to be native {_shown(ratio)} of its time"
            library = _mean(one, mark, "library_ratio")
            if not (library is not None and library > 0.8):
                yield f"{mark} is said to be in a library only {_shown(library)} of its time"


def _mean(one, mark, name):
    """A ratio over all lines of a mark, by their time; ``None`` where one of them has none."""
    seen = [line for line in one.seen(mark) if line["time_ns"]]
    if not seen or any(line.get(name) is None for line in seen):
        return None
    return sum(line[name] * line["time_ns"] for line in seen) / sum(line["time_ns"] for line in seen)


def _shown(ratio):
    return "an unknown share" if ratio is None else f"{ratio:.0%}"


def wrong_hits(one):
    """Hits are what the counted execution counted itself, or within the error that they come with."""
    counted = [row for row in one.rows if row["counted"]]
    for mark in one.marks:
        if mark.name == "W" or mark.kind in {"called", "executed"}:
            continue
        # The line of ``asyncio.run`` bears the mark of the pause inside it, and runs once.
        seen = [line for line in one.seen(mark) if "asyncio.run" not in line["source"]]
        hits = [line["hits_count"] for line in seen if line["hits_count"] is not None]
        if mark.kind == "waiting" and not hits:
            continue  # a line that awaits is on no stack, so nothing speaks for counting it
        if not hits or not counted:
            yield f"{mark} has no hits"
            continue
        known = counted[-1]["lines"][mark.name]["count"]
        error = sum(line.get("hits_error_count") or 0.0 for line in seen)
        if abs(sum(hits) - known) > ERRORS_ALLOWED * error:
            yield f"{mark} has {sum(hits):.0f} hits (error {error:.0f}) instead of {known}"


def wrong_threads(one):
    """Threads are there by name, alike threads with like shares, and processes each on their own."""
    row, threads = one.rows[0], one.use.get("threads") or []
    for name in row.get("worked", ()):
        if name not in {thread["name"] for thread in threads}:
            yield f"thread {name} is not among {[thread['name'] for thread in threads]}"
    ran = [sum(t["running_ns"] or 0 for t in threads if t["name"] == name) for name in row.get("worked", ())]
    if len(ran) == 2 and abs(ran[0] / max(sum(ran), 1) - 0.5) > 0.1:
        yield f"threads that computed alike are said to have run {ran}"
    processes = {thread["process"] for thread in threads}
    if len(processes) < 1 + row.get("processes_count", 0):
        yield f"processes {sorted(processes)} instead of {1 + row.get('processes_count', 0)}"


def wrong_lock(one):
    """The share of time in which some thread held the interpreter lock is told."""
    low, high = one.rows[0].get("lock_held", (0.0, 1.0))
    held = one.use.get("gil_ratio")
    if "lock_held" in one.rows[0] and not (held is not None and low <= held <= high):
        yield f"the interpreter lock is said to be held {_shown(held)} of the time"


def wrong_totals(one):
    """In a programme of one thread no line takes longer than all of it, however it recurses."""
    if {"processes_count", "worked"} & one.rows[0].keys():
        return
    execution_ns = one.benchmark["timing"]["median_ns"]
    for (file, line), seen in one.lines.items():
        if (seen["total_ns"] or 0) > 1.001 * execution_ns:
            yield f"{file}:{line} is said to take {seen['total_ns'] / execution_ns:.2f} of the execution"


def wrong_choice(one):
    """The report says how it looked: with which tool and why, how often, at which rate."""
    if not one.use.get("choice") or not one.use.get("tool"):
        yield "the choice of the CPU pass's tool is not stated"
    if (one.use.get("samples_count") or 0) < SAMPLES_WANTED:
        yield f"the CPU pass has {one.use.get('samples_count')} samples"


EVERY_CLAIM = (
    wrong_shares,
    wrong_amounts,
    wrong_waiting,
    wrong_native,
    wrong_hits,
    wrong_threads,
    wrong_lock,
    wrong_totals,
    wrong_choice,
)


def wrong_each_time(programme, folder, claims=EVERY_CLAIM, samples=SAMPLES_WANTED):
    """What three reports in a row say other than it is: a neighbour falls into one of them, a fault into all.

    A programme is profiled again only where a report broke a claim, and only the
    claims that it broke are looked at again.
    """
    for again in ("once", "again", "once more"):
        place = folder / again
        place.mkdir()
        report = profiled(programme, place, samples=samples)
        broken = {claim: sentences for claim in claims if (sentences := list(claim(report)))}
        claims = tuple(broken)
        if not claims:
            return []
    return [sentence for sentences in broken.values() for sentence in sentences]
