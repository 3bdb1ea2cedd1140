"""Watch what tracing costs while the target runs, and go over to windows where it is too much.

A stretch begins fully traced. After a probe, and again and again, the dilation
is foretold from hits and cost a hit. Above the limit, lines are counted in short
windows with random gaps between them, and the gaps are made so long that the
cost stays below the limit.

A window has to begin and end without regard to what the target is doing. But
we run only when the target lets the interpreter lock go: soon where it runs
Python, and at the end of the call where it is in compiled code that holds the
lock. No line starts inside such a call; so where a switch comes late and finds
the main thread at a call, it is dated back, and the end of that call counts as
observed, without a hit. Else windows would never see what long calls take.

Waiting goes by the clock, all reckoning by processor time (``lines_windows``).

Here nothing may print, and nothing that goes wrong may reach the target.
"""

from __future__ import annotations

import _thread
import os
import random
import sys
import time
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeVar

from .lines_pending import Moment, moment, poster
from .lines_windows import Cost, Hits, Pace, Window, Windows

if TYPE_CHECKING:
    from collections.abc import Callable

    from .lines_code import Function, Tracer
    from .lines_count import Counter

WINDOW_NS = 10_000_000
CHECK_SECONDS = 0.1
#: With fewer windows than this the estimate is not worth giving.
WINDOWS_AT_LEAST = 5
#: A thread that runs Python lets the lock go within one switch interval; the system's scheduler adds to it.
LATE_INTERVALS = 2
#: So much later than foretold, the forecast was wrong.
LATE_RATIO = 1.2
#: The windows aim below the limit: where gaps are long, what counting costs matters less to the estimate.
AIM_RATIO = 0.6
#: A stretch that should have ended by now, were it not for the tracer, may well have been foretold too cheap.
OVERDUE_ERROR = 1.0
#: So much may always be spent: a stretch this short is counted exactly, whatever its dilation.
GRACE_NS = 400_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long to look before the first decision, and the dilation allowed.

    ``clean_ns`` is the stretch's processor time without tracing, where it is known.
    """

    probe_seconds: float = 0.2
    dilation_at_most: float = 3.0
    grace_ns: int = GRACE_NS
    clean_ns: float | None = None


_ACTIVE: list[Duty] = []
_HOOKED: list[bool] = []
_Key = TypeVar("_Key")


class Phase(Enum):
    """How lines are followed at the moment."""

    TRACED = "traced"
    COUNTED = "counted"
    SAMPLED = "sampled"


class Duty:
    """One stretch under a tracer, or under the counter alone where there is no tracer.

    Nothing of it is to be called but ``start`` and ``stop``; what was found is in
    ``windows``, beside what the tracer holds.
    """

    def __init__(
        self, counter: Counter, cost: Cost, limits: Limits, tracer: tuple[Tracer, Cost] | None = None
    ) -> None:
        self.counter, self.cost, self.limits = counter, cost, limits
        self.tracer: Tracer | None
        self.tracer, self.tracer_cost = tracer if tracer is not None else (None, cost)
        self.windows = Windows()
        self.phase = Phase.TRACED if tracer is not None else Phase.COUNTED
        self.trouble = ""
        #: The dilation of full tracing, as it was foretold last; ``None`` before the probe's end.
        self.dilation: float | None = None
        #: What the target did while it was fully traced, in nanoseconds without the tracer's.
        self.traced_clean_ns = 0.0
        self.traced_error_ns = 0.0
        #: Called now and then, from the thread that watches.
        self.each: Callable[[], None] | None = None
        self._process = os.getpid()
        self._random = random.Random()  # noqa: S311 - chance, not secrecy
        self._over = True
        self._native = 0
        self._spent_ns = 0.0
        self._smooth: tuple[float, float] | None = None
        self._pace = Pace()
        self._open: Moment | None = None

    def start(self) -> None:
        """Begin, in the main thread."""
        self.counter.begin()
        self._before = self._counted()
        self._starts_edge = self._starts_open = self.counter.starts()
        self._tracer_before = self._tracer_hits()
        self._began = self._edge = moment()
        if self.tracer is not None:
            self.tracer.on()
        else:
            self._open = self.counter.on()
        _follow_forks()
        _ACTIVE.append(self)
        self._begin_watching(self.limits.probe_seconds)

    def stop(self) -> None:
        """End it, in the thread that began it; a forked child only lets go."""
        if self not in _ACTIVE or os.getpid() != self._process:
            return
        now = moment()
        _ACTIVE.remove(self)
        self._end_watching()
        if self._open is not None:
            self.counter.off()
        self._finish(self.windows, now)
        self._open = None
        if self.tracer is not None:
            self.tracer.off()

    def pause(self) -> None:
        """Before a fork: the interpreter warns of threads beside it, and the target has none of its own here."""
        self._end_watching()
        if self._open is not None and self.phase is Phase.SAMPLED:
            self.counter.off()
            now = moment()
            self._close_window(self._gap_before(self._open), self._open, now)
            self._open, self._edge = None, now

    def resume(self) -> None:
        """Go on after ``pause``, unless the stretch ended meanwhile."""
        if self in _ACTIVE and self._over and os.getpid() == self._process:
            self.counter.begin()
            self._begin_watching(CHECK_SECONDS)

    def _begin_watching(self, wait_seconds: float) -> None:
        self._over = False
        self._wake, self._ended = _thread.allocate_lock(), _thread.allocate_lock()
        self._wake.acquire()
        self._ended.acquire()
        # Not by ``threading``: the target may count its threads.
        _thread.start_new_thread(self._run, (wait_seconds,))

    def _end_watching(self) -> None:
        if self._over:
            return
        self._over = True
        self._wake.release()
        self.counter.cancel()
        self._ended.acquire(timeout=1.0)
        for _ in range(100):
            # The system's thread outlives its last Python line by some microseconds.
            if not os.path.exists(f"/proc/self/task/{self._native}"):  # noqa: PTH110
                break
            time.sleep(0.0001)

    def so_far(self) -> Windows:
        """The windows until now, with the one that is open and the gap under way."""
        found = self.windows.copy()
        self._finish(found, moment())
        return found

    def _finish(self, windows: Windows, now: Moment) -> None:
        if self._open is not None:
            gap = self._gap_before(self._open)
            windows.add(self._window(gap, self._open, now, self.counter.starts()))
        elif self.phase is Phase.SAMPLED:
            since = _more(self.counter.starts(), self._starts_edge)
            windows.end_with_gap(now[1] - self._edge[1], since)

    def _gap_before(self, began: Moment) -> int:
        return max(0, began[1] - self._edge[1]) if self.phase is Phase.SAMPLED else 0

    def _run(self, wait_seconds: float) -> None:
        self._native = _thread.get_native_id()
        try:
            self._watch(wait_seconds)
        except Exception as error:
            self.trouble = f"the windows of counting ended early: {type(error).__name__}: {error}"[:300]
        finally:
            self._ended.release()

    def _watch(self, wait_seconds: float) -> None:
        while not self._sleep(0.0 if self.phase is Phase.SAMPLED else wait_seconds):
            wait_seconds = CHECK_SECONDS
            if self.each is not None:
                self.each()
            if self.phase is Phase.SAMPLED:
                break
            self._check()
        since = time.perf_counter_ns()
        while not self._over:
            self._cycle()
            if self.each is not None and time.perf_counter_ns() - since > CHECK_SECONDS * 1e9:
                since = time.perf_counter_ns()
                self.each()

    def _sleep(self, seconds: float) -> bool:
        """Whether the stretch ended meanwhile."""
        self._over = self._wake.acquire(timeout=max(0.0, seconds)) or self._over
        return self._over

    def _tracer_hits(self) -> tuple[int, int]:
        """Hits so far, and roughly the calls: the hits of each function's first line."""
        if self.tracer is None:
            return 0, 0
        found = [lines for lines in self.tracer.timings().values() if lines]
        return sum(hits for lines in found for _, hits, _ in lines), sum(lines[0][1] for lines in found)

    def _spent(self) -> tuple[float, int, int]:
        """Nanoseconds that the present phase cost, as far as can be told, its hits and its calls."""
        if self.phase is Phase.TRACED:
            hits, calls = self._tracer_hits()
            hits, calls = hits - self._tracer_before[0], calls - self._tracer_before[1]
            return hits * self.tracer_cost.hit_ns + calls * self.tracer_cost.call_ns, hits, calls
        window = self._window(0, (0, 0), (0, 0), {})
        return window.cost_ns, sum(window.hits.values()), self.counter.calls - self._before[1]

    def _check(self) -> None:
        """Foretell the dilation, and go over to what costs less where it is above the limit."""
        elapsed = max(1, time.process_time_ns() - self._began[1])
        now_ns, hits, calls = self._spent()
        most = 0.98 * elapsed
        spent = min(self._spent_ns + now_ns, most)
        limit, clean = self.limits.dilation_at_most, self.limits.clean_ns
        # The machine's pace changes and hits differ: a dilation that might be too much is too much.
        overdue = clean is not None and elapsed > clean + self.limits.grace_ns
        feared = min(spent * (1 + (OVERDUE_ERROR if overdue else self.cost.error_ratio)), most)
        dilation = elapsed / (elapsed - feared)
        # As long as it may be dilated, a forecast that was too low is no reason to lose what was counted.
        foretold = max(LATE_RATIO * dilation, AIM_RATIO * limit)
        late = clean is not None and elapsed > foretold * clean + self.limits.grace_ns
        if late and clean is not None:
            # It should have ended by now if the hits' cost were all: other functions cost too.
            spent = max(spent, elapsed - clean)
            dilation = max(dilation, limit)
        if self.phase is Phase.TRACED or self.tracer is None:
            self.dilation = max(min(dilation, limit), elapsed / (elapsed - min(spent, most)))
        if not late and (dilation <= limit or spent <= self.limits.grace_ns):
            return
        counting = 1 + (hits * self.cost.hit_ns + calls * self.cost.call_ns) / (elapsed - feared)
        cheap = self.phase is Phase.TRACED and not late and counting <= limit * AIM_RATIO
        self._leave(spent)
        self.phase = Phase.COUNTED if cheap else Phase.SAMPLED
        if cheap:
            self._open = self.counter.on()

    def _leave(self, spent_ns: float) -> None:
        """End full tracing or counting, without losing the lines under way."""
        self._spent_ns = spent_ns
        if self.phase is Phase.COUNTED or self.tracer is None:
            self._edge = self.counter.off()
            self._close_window(0, self._open or self._began, self._edge)
            self._open = None
            return
        self._edge = self.counter.take_over(self.tracer)
        taken = self._edge[1] - self._began[1]
        self.traced_clean_ns = max(0.0, taken - spent_ns)
        self.traced_error_ns = min(taken / 2, spent_ns * self.tracer_cost.error_ratio)
        # The lines under way at the change count, but they are no window's.
        self._close_window(0, self._edge, self._edge)

    def _cycle(self) -> None:
        """One gap and one window."""
        asked = self._edge[0] + self._gap_ns()
        if self._sleep((asked - time.perf_counter_ns()) / 1e9):
            return
        began = self._dated(asked, self._edge, self.counter.on())
        if not self.counter.running:
            # Another's trace function stands: what passes belongs to the gap.
            self._sleep(CHECK_SECONDS)
            return
        self._open, self._starts_open = began, self.counter.starts_at_switch
        asked = began[0] + WINDOW_NS * self.windows.stretching
        if self._sleep((asked - time.perf_counter_ns()) / 1e9):
            return
        ended = self._dated(asked, began, self.counter.off())
        if self.counter.blocked:
            # What was counted of it is left out, and its time belongs to the gap.
            self._before = self._counted()
        else:
            self._close_window(self._gap_before(began), began, ended)
            self._edge = ended
        self._open = None

    def _dated(self, asked_ns: int, since: Moment, found: Moment) -> Moment:
        """The moment of a switch, dated back where a long call delayed it; processor time goes in proportion."""
        limit = asked_ns + LATE_INTERVALS * round(sys.getswitchinterval() * 1e9)
        if found[0] <= max(limit, since[0]) or not self.counter.at_call:
            return found
        share = max(0.0, (limit - since[0]) / (found[0] - since[0]))
        return limit, since[1] + round((found[1] - since[1]) * share)

    def _window(self, gap_ns: int, began: Moment, ended: Moment, starts: dict[Function, int]) -> Window:
        hits, calls, others = self._counted()
        before, calls_before, others_before = self._before
        added = _more(hits, before)
        spent = sum(added.values()) * self.cost.hit_ns
        spent += (calls - calls_before) * self.cost.call_ns + (others - others_before) * self.cost.other_ns
        took = max(0, ended[1] - began[1])
        return Window(
            gap_ns=gap_ns,
            took_ns=took,
            hits=added,
            cost_ns=spent,
            starts=_more(starts, self._starts_open),
            gap_starts=_more(self._starts_open, self._starts_edge),
        )

    def _counted(self) -> tuple[Hits, int, int]:
        return self.counter.hits(), self.counter.calls, self.counter.others

    def _close_window(self, gap_ns: int, began: Moment, ended: Moment) -> None:
        starts = self.counter.starts_at_switch
        window = self._window(gap_ns, began, ended, starts)
        self._before, self._starts_edge = self._counted(), starts
        self.windows.add(window)
        if gap_ns == 0:
            return
        self._pace.see(window)
        clean = window.clean_ns(self._pace.cost_scale())
        spent = window.took_ns - clean
        self._spent_ns += spent
        before = self._smooth or (spent, clean)
        # Slowly, so that no window decides about the gap that it speaks for itself.
        self._smooth = (0.9 * before[0] + 0.1 * spent, 0.9 * before[1] + 0.1 * clean)

    def _gap_ns(self) -> int:
        """A random gap that keeps the cost at what is allowed."""
        mean = float(WINDOW_NS)
        if self._smooth is not None:
            allowed = (self.limits.dilation_at_most - 1) * AIM_RATIO
            elapsed = max(1, time.process_time_ns() - self._began[1])
            debt = self._spent_ns / allowed - max(0.0, elapsed - self._spent_ns)
            spent, clean = self._smooth
            mean = max(spent / allowed - clean, WINDOW_NS / 5)
            # What was spent too much is saved over many gaps, not in one.
            mean += min(max(0.0, debt), mean)
        return round(self._random.uniform(0.5, 1.5) * mean * self.windows.stretching)


def _more(now: dict[_Key, int], before: dict[_Key, int]) -> dict[_Key, int]:
    """What was added since, without what stayed."""
    return {key: count - before.get(key, 0) for key, count in now.items() if count > before.get(key, 0)}


def _follow_forks() -> None:
    """No thread of ours beside a fork: the interpreter counts them at its end, and warns."""
    if _HOOKED:
        return
    _HOOKED.append(True)

    def before() -> None:
        for duty in _ACTIVE:
            duty.pause()

    def after() -> None:
        for duty in _ACTIVE:
            duty.resume()

    os.register_at_fork(before=before, after_in_parent=poster(after), after_in_child=_ACTIVE.clear)
