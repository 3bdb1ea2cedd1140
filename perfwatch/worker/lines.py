"""Count, and where it is cheap enough time, single lines of chosen functions.

Functions are chosen by file, name and first line. line_profiler follows them,
exactly and with times, as long as that surely keeps the target within three times
its clean time. Where it may not:

* a short call that may be repeated is traced whole, with calls left free between;
* a script's body, or a long call, goes on in short windows of counting, with
  random gaps (``lines_duty``); hits are then estimates with standard errors
  (``lines_windows``).

Processes that the target starts count for themselves (``spawned``). It must not
correct for the tracer's own cost in times: it measures that cost on a known
function, and the parent corrects.
"""

from __future__ import annotations

import contextlib
import math
import sys
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from . import spawned
from .lines_calls import Calls
from .lines_code import MONITORING, Finder, Function, Timings, Tracer, Wanted
from .lines_compiled import compiled_functions
from .lines_cost import counter_cost, tracer_cost
from .lines_count import counter_for
from .lines_duty import WINDOWS_AT_LEAST, Duty, Limits, Phase
from .lines_starts import READERS
from .lines_windows import CLEAN_ERROR_RATIO, Cost, Estimate
from .subject import Subject, heading, repeat_for, stretch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType

#: A call shorter than this share of the pass's time is traced whole or not at all.
SHORT_SHARE = 0.1
#: A script as brief as this may be traced whole at this cost: windows would be few, and nobody waits long.
BRIEF_NS, BRIEF_GRACE_NS = 1_500_000_000, 2_500_000_000
#: Hits more uncertain than this are better not given.
ERROR_AT_MOST = 0.5


class Lines:
    """Runs each subject for about ``seconds`` with the chosen functions traced.

    ``folder`` is where child processes leave their hits; without one they are
    not counted. ``clean_seconds`` are the processor times of one call by subject,
    without tracing, as far as they are known; the key ``""`` stands for any subject.
    """

    def __init__(
        self,
        seconds: float,
        functions: list[dict[str, Any]],
        folder: str = "",
        clean_seconds: dict[str, float] | None = None,
        limits: dict[str, Any] | None = None,
    ) -> None:
        self.seconds = seconds
        self.functions = functions
        self.folder = folder
        self.clean_seconds = clean_seconds or {}
        self.limits = Limits(**(limits or {}))
        self.wanted = Wanted(functions)
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None
        self.conflict = ""
        self.children: spawned.Announced | None = None

    def prepare(self) -> None:
        """Make tracer and counter, measure their costs, and stand ready for the target's imports."""
        self.recorded_ns, self.unrecorded_ns, call_ns = tracer_cost()
        self.cost = counter_cost()
        self.tracer = Tracer(self.wanted)
        self.tracer_cost = Cost(hit_ns=self.recorded_ns + self.unrecorded_ns, call_ns=call_ns)
        self.counter = counter_for(self.wanted)
        self.counter.install()
        for module in READERS & sys.modules.keys():
            self.wanted.starts.expect(module)
        if self.folder:
            self.children = spawned.Announced(self.folder, self.functions, self.cost)
            self.children.expect(self.counter, self._let_go)
        sys.meta_path.insert(0, Finder(self.tracer))

    def instrumented(self, code: CodeType, file: str) -> CodeType:
        """The module's code with the wanted functions prepared; the same code where none is wanted."""
        return self.tracer.instrumented(code, file)

    def measure(self, subject: Subject) -> Any:
        """Trace one subject; a call without tracing comes first, so that it is warm."""
        value, warm_ns = (None, None) if subject.single else _warm(subject)
        record = heading(subject)
        if self.children is not None:
            self.children.born_under(len(self.records))
        clean = self.clean_seconds.get(subject.name, self.clean_seconds.get(""))
        clean_ns = warm_ns if clean is None else clean * 1e9
        short = clean_ns is not None and clean_ns < SHORT_SHARE * self.seconds * 1e9
        try:
            if not subject.single and short:
                self._whole_calls(subject, record)
                return value
            last = self._in_windows(subject, record, clean_ns)
            return last if subject.single else value
        finally:
            if self.children is not None:
                self.children.born_under(-1)

    def _whole_calls(self, subject: Subject, record: dict[str, Any]) -> None:
        calls = Calls(self.tracer, self.tracer_cost, self.limits)
        with self._conflicts_heard(), stretch(self, record, lambda: record.update(calls.finish())):
            calls.repeat(subject, self.seconds)
        self._add_conflict(record)

    def _in_windows(self, subject: Subject, record: dict[str, Any], clean_ns: float | None) -> Any:
        known_ns = clean_ns if subject.single else None
        limits = replace(self.limits, clean_ns=known_ns)
        if known_ns is not None and known_ns < BRIEF_NS:
            limits = replace(limits, grace_ns=max(limits.grace_ns, BRIEF_GRACE_NS))
        duty = Duty(self.counter, self.cost, limits, (self.tracer, self.tracer_cost))
        before = self.tracer.timings()

        def close() -> None:
            duty.stop()
            known = None if clean_ns is None else clean_ns * record["calls"]
            record.update(_told(duty, known, _difference(self.tracer.timings(), before)))

        with self._conflicts_heard(), stretch(self, record, close):
            duty.start()
            record["calls"], record["wall_ns"], last = repeat_for(subject, self.seconds)
        self._add_conflict(record)
        return last

    def _add_conflict(self, record: dict[str, Any]) -> None:
        if self.conflict:
            reasons = [record.get("reason", ""), self.conflict]
            record["reason"] = "; ".join(reason for reason in reasons if reason)

    def finish(self) -> dict[str, Any]:
        """Name the tool, its costs, and functions that could not be followed."""
        import line_profiler

        seen = set()
        for position, record in enumerate(self.records):
            record.setdefault("position", position)
            for one in record.get("functions", ()):
                seen.add((self.wanted.resolved(one["file"]), one["line"]))
                one["file"] = self.wanted.asked(one["file"])
        return {
            "tool": "line_profiler",
            "version": line_profiler.__version__,
            "recorded_ns_per_hit": self.recorded_ns,
            "unrecorded_ns_per_hit": self.unrecorded_ns,
            "count_ns_per_hit": self.cost.hit_ns,
            "count_ns_per_other_call": self.cost.other_ns,
            "compiled": compiled_functions(seen, self.wanted.resolved),
            "untraced": self.wanted.untraced,
            "children_folder": "" if self.children is None else self.children.folder,
        }

    def _let_go(self) -> None:
        """In a forked child: the parent's tracer is not the child's."""
        self.tracer.off()

    @contextlib.contextmanager
    def _conflicts_heard(self) -> Iterator[None]:
        """Notice the first trace function that the target sets meanwhile.

        Not by an audit hook: each look at a frame's code would call it, and counting looks at each call.
        """
        if MONITORING:
            yield
            return
        settrace = sys.settrace

        def heard(function: Any) -> None:
            if self._is_conflict(function, sys._getframe(1)):  # noqa: SLF001
                sys.settrace = settrace  # the target's function shall not see ours
            settrace(function)

        self.conflict, sys.settrace = "", heard
        try:
            yield
        finally:
            if sys.settrace is heard:
                sys.settrace = settrace

    def _is_conflict(self, function: Any, frame: FrameType) -> bool:
        ours = getattr(function, "__module__", "") == Tracer.__module__
        if ours or not self.close_open or frame.f_globals.get("__package__") == __package__:
            return False
        if threading.current_thread() is threading.main_thread():
            self.counter.blocked = True
        self.conflict = (
            f"the target set a trace function of its own at {frame.f_code.co_filename}:{frame.f_lineno}; "
            "hits after that are not counted"
        )
        return True


def _warm(subject: Subject) -> tuple[Any, int]:
    if subject.before is not None:
        subject.before()
    started = time.process_time_ns()
    return subject.call(), time.process_time_ns() - started


def _told(duty: Duty, clean_ns: float | None, exact: list[dict[str, Any]]) -> dict[str, Any]:
    """A stretch's part of the record: exact hits, and what the windows add to them."""
    counting = duty.phase is not Phase.TRACED
    left = None
    if clean_ns is not None:
        error_ns = math.hypot(CLEAN_ERROR_RATIO * clean_ns, duty.traced_error_ns)
        left = max(0.0, clean_ns - duty.traced_clean_ns), error_ns
    estimate = duty.windows.estimate(left, duty.cost.error_ratio, duty.counter.owners)
    told: dict[str, Any] = {
        "functions": exact,
        "sampled": duty.phase is Phase.SAMPLED,
        "timed": not counting,
        "windows": estimate.windows_count,
        "dilation": duty.dilation,
        "hit_ns": estimate.cost_scale * duty.cost.hit_ns if counting else duty.tracer_cost.hit_ns,
        "hit_error_ratio": estimate.cost_error_ratio,
        "clean_ns": estimate.clean_ns if counting else None,
        "reason": duty.trouble,
    }
    lacking = _lacking(duty, estimate) if duty.phase is Phase.SAMPLED else ""
    if lacking:
        told["functions"] = []
        told["reason"] = f"full tracing might have dilated it {duty.dilation or 0.0:.1f}x, and {lacking}"
    elif counting:
        told["functions"] = with_windows(exact, estimate.hits, duty.counter.owners)
        if duty.phase is Phase.SAMPLED:
            told["reason"] = told["reason"] or (
                f"full tracing might dilate it {duty.dilation or 0.0:.1f}x: hits come from "
                f"{estimate.windows_count} windows of counting"
            )
        else:
            told["reason"] = "the tracer dilates it too much: hits are counted without times"
    return told


def _lacking(duty: Duty, estimate: Estimate) -> str:
    """Why the windows are no ground for an estimate; empty where they are."""
    if estimate.windows_count < WINDOWS_AT_LEAST:
        return f"it ended after {estimate.windows_count} windows of counting, too few for an estimate"
    if duty.windows.unseen_ns > 0.1 * estimate.clean_ns:
        return "too much of it passed before the first window"
    if estimate.error_ratio() > ERROR_AT_MOST:
        return f"the hits that windows of counting gave were uncertain by {estimate.error_ratio():.0%}"
    return ""


def with_windows(
    exact: list[dict[str, Any]],
    estimated: dict[tuple[str, int], tuple[float, float]],
    owners: dict[tuple[str, int], Function],
) -> list[dict[str, Any]]:
    """Functions with ``[line, hits, 0, error]``: what was counted exactly and what was estimated, together.

    The times of the exact part are left out: they are of the first moments only.
    """
    hits: dict[tuple[str, int], tuple[float, float]] = dict(estimated)
    names: dict[tuple[str, int], Function] = dict(owners)
    for function in exact:
        key = (function["file"], function["line"], function["name"])
        for line, count, _ in function["lines"]:
            place = (function["file"], line)
            known = hits.get(place, (0.0, 0.0))
            hits[place] = (known[0] + count, known[1])
            names.setdefault(place, key)
    found: dict[Function, list[list[float]]] = {}
    for place, (count, error) in sorted(hits.items()):
        if count > 0:
            found.setdefault(names[place], []).append([place[1], count, 0, error])
    return [
        {"file": file, "line": first, "name": name, "lines": lines}
        for (file, first, name), lines in found.items()
    ]


def _difference(now: Timings, before: Timings) -> list[dict[str, Any]]:
    """What was added since ``before``: one entry a function, ``[line, hits, nanoseconds]`` each."""
    found = []
    for key, lines in now.items():
        old = {line: (hits, spent) for line, hits, spent in before.get(key, ())}
        added = [
            [line, hits - old.get(line, (0, 0))[0], spent - old.get(line, (0, 0))[1]]
            for line, hits, spent in lines
        ]
        added = [entry for entry in added if entry[1] > 0]
        if added:
            found.append({"file": key[0], "line": key[1], "name": key[2], "lines": added})
    return found
