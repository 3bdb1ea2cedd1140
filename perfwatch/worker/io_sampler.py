"""Sample which line each thread stands on beside the bytes that the system counted for it.

One thread of ours looks every millisecond, with the interpreter lock held, so
that lines and counters are of one moment. It must not reset, patch or wait for
anything of the target's, and its own work is taken off the figures.
"""

from __future__ import annotations

import _random
import _thread
import contextlib
import os
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from .io_counters import held_reader, opened, scheduler
from .io_states import BEYOND, NOWHERE, States

if TYPE_CHECKING:
    from types import FrameType

INTERVAL_SECONDS = 0.001
#: A sample takes at most this share of the time, or the pause grows.
SHARE_AT_MOST = 0.05
PAIRS_AT_MOST = 8_000
THREADS_AT_MOST = 128
ENDED_AT_MOST = 1_000
#: Native threads are looked for once in so many samples.
LISTED_EVERY = 25
#: More calls than these in one interval, and some may belong to a line that no sample met.
READS_CERTAIN, WRITES_CERTAIN = 2, 1
_NONE = (0, 0, 0, 0)
_Counters = tuple[int, int, int, int]


class _Watched:
    """A thread of the target: its counters and state at the last sample."""

    __slots__ = ("descriptor", "last", "most_bytes", "named", "own_bytes", "own_calls", "state", "tid")

    def __init__(self, tid: int, descriptor: int) -> None:
        self.tid = tid
        self.descriptor = descriptor
        self.last: _Counters = _NONE
        self.state = NOWHERE
        self.named = False
        self.own_bytes = self.own_calls = self.most_bytes = 0


class LineSampler:
    """Charges what moved between two samples to the pair of states at its ends; see ``stop``.

    A pair's row is ``[intervals in which bytes moved, bytes read, bytes written,
    read calls, write calls, sum of squared bytes of intervals with more calls
    than one line's, reads' and writes' together]``. ``ended`` has the last state of
    each thread that ended, with the most that it moved in one interval: about
    what it may have moved unseen at its end.
    """

    def __init__(self, states: States) -> None:
        self.states = states
        self.lock = _thread.allocate_lock()
        # A target may replace these names in their modules, as gevent does.
        self._sleep, self._clock, self._launch = time.sleep, time.perf_counter_ns, _thread.start_new_thread
        self._ident, self._native = _thread.get_ident, _thread.get_native_id
        self._read, self._soon = held_reader(), scheduler()
        # A generator of our own: the target's must give what it would give alone.
        self._random = _random.Random().random
        self.ident = self.own_tid = -1
        self.process = os.getpid()
        self.running = False
        self._forget()
        if hasattr(os, "register_at_fork"):
            # A fork with a second thread is warned about from Python 3.12 on, and the child has none of ours.
            os.register_at_fork(
                before=self._pause, after_in_parent=self._resume, after_in_child=self._abandon
            )

    def _forget(self) -> None:
        self.threads: dict[int, _Watched] = {}
        self.pairs: dict[tuple[int, int], list[int]] = {}
        self.time_ns: dict[int, list[float]] = {}
        self.ended_at: list[tuple[int, int]] = []
        self.samples = self.missed = self.count = 0
        self.own = dict.fromkeys(_OWN_FIGURES, 0)
        self.reason = ""
        self._interval = INTERVAL_SECONDS
        self._known_threads = {self._ident(): self._native()}
        self._gap = INTERVAL_SECONDS
        self._paused = self._late = self._held = False

    def start(self) -> None:
        """Begin a stretch; where the system has no such counters, say so and do nothing."""
        self._forget()
        if not os.path.isdir("/proc/self/task"):  # noqa: PTH112
            self.reason = "this system counts no bytes by thread"
            return
        self._before = self._listed()
        self._last_ns = self._clock()
        try:
            self._sample(None)
        except OSError as error:
            self.reason = f"the counters of a thread cannot be read: {error}"
            return
        self._begin()

    def _begin(self) -> None:
        if os.getpid() != self.process:
            return
        self.over, self.ended = False, False
        try:
            self._launch(self._run, ())
        except RuntimeError as error:
            self.reason = f"no thread can be started to sample with: {error}"
            return
        self.running = True

    def _end(self) -> None:
        self.over = True
        deadline = self._clock() + 500_000_000
        while not self.ended and self._clock() < deadline:
            self._sleep(0.0002)
        self.running = False

    def _pause(self) -> None:
        if not (self.running and os.getpid() == self.process and self._ident() != self.ident):
            return
        self._paused = True
        tid = self.own_tid
        self._end()
        for _ in range(100):
            if not os.path.exists(f"/proc/self/task/{tid}"):  # noqa: PTH110
                return
            self._sleep(0.0002)

    def _resume(self) -> None:
        if self._paused:
            self._paused = False
            # Some versions count the threads only after this, so ours comes back when the fork has returned.
            self._soon(self._begin)

    def _abandon(self) -> None:
        self.running = self._paused = False

    def stop(self) -> dict[str, Any]:
        """End the stretch and return what was charged."""
        if self.running and os.getpid() == self.process:
            self._end()
            with contextlib.suppress(OSError):
                self._sample(None)
                self._look_for_others()
        for watched in self.threads.values():
            self._close(watched)
        moved = [sum(row[index] for row in self.pairs.values()) for index in (1, 2)]
        return {
            "reason": self.reason,
            "samples": self.samples,
            "missed": self.missed,
            "interval_ns": round(self._interval * 1e9),
            "threads": self.count,
            "pairs": [[*pair, *row] for pair, row in self.pairs.items()],
            "time_ns": [[state, *map(round, spent)] for state, spent in self.time_ns.items()],
            "moved_bytes": moved,
            "ended": self.ended_at,
            "own": self.own,
        }

    def mark(self, frame: FrameType) -> int:
        """The state of ``frame``, and a sample of this very thread there; for the hook, which holds the lock."""
        state = self.states.of(frame)
        if self.running and os.getpid() == self.process:
            ident = self._ident()
            tid = self._known_threads[ident] = self._native()
            watched = self._watched(tid)
            if watched is not None:
                self._charge(watched, state)
                # What this look reads is counted for the very thread that is looked at.
                watched.own_bytes += self._length
                watched.own_calls += 1
                self.own["read_bytes"] += self._length
                self.own["read_calls_count"] += 1
        return state

    def _run(self) -> None:
        self.ident = self._ident()
        self.own_tid = self._native()
        # A signal for the process is its main thread's: it must interrupt what that waits in.
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            while not self.over:
                self._gap = self._pause_seconds()
                self._sleep(self._gap)
                if self.lock.acquire(blocking=False):
                    try:
                        self._sample(self.ident)
                    except Exception:
                        self.missed += 1
                    finally:
                        self.lock.release()
                else:
                    self.missed += 1
        finally:
            self._add_own()
            self.ended = True

    def _pause_seconds(self) -> float:
        if self._held:
            return 2 * sys.getswitchinterval() * self._random()
        return self._interval * (0.5 + self._random())

    def _sample(self, own: int | None) -> None:
        """Look at all threads; nothing in here lets the interpreter lock go, but for a new thread's sake."""
        now = self._clock()
        frames = sys._current_frames()  # noqa: SLF001 - documented for this very use
        # The public list takes a lock that the target may hold just now.
        active = threading._active  # type: ignore[attr-defined]  # noqa: SLF001
        waited_ns = now - self._last_ns
        switch = sys.getswitchinterval()
        late_ns = max(0.0, waited_ns - 1e9 * (self._gap + switch + 0.0005))
        for ident, frame in frames.items():
            if ident == own or (own is None and self.running and ident == self.ident):
                continue
            thread = active.get(ident)
            tid = self._known_threads.get(ident) if thread is None else thread._native_id  # noqa: SLF001
            # Our own call at the end of a stretch is no place of the target's.
            state = NOWHERE if own is None and ident == self._ident() else self.states.of(frame)
            watched = self._watched(tid) if tid is not None else None
            if watched is None:
                continue
            watched.named = True
            self._spend(watched.state, state, (waited_ns, late_ns))
            self._charge(watched, state)
        self._late = late_ns > 0
        # Where the lock is not given up, a steady pace would fall in with the target's own.
        self._held = waited_ns > 1e9 * (self._gap + 0.8 * switch)
        self.samples += 1
        if self.samples % LISTED_EVERY == 1:
            self._look_for_others()
        self._last_ns = self._clock()
        # The pause follows the price: many threads or deep stacks make samples dear.
        cost = (self._last_ns - now) / 1e9
        wanted = max(INTERVAL_SECONDS, min(0.05, cost / SHARE_AT_MOST))
        self._interval += 0.1 * (wanted - self._interval)

    def _spend(self, before: int, state: int, waited: tuple[float, float]) -> None:
        """Share the time since the last sample between the states at its ends.

        A sample that came later than the interpreter's switch interval allows
        waited for a call that held the lock: the delay is that call's, and the
        call was over with the sample. Whether another like it came next nobody
        saw, so half of what the state would get of the time after it is in doubt.
        """
        elapsed_ns, late_ns = waited
        first = (elapsed_ns - late_ns) / (4 if self._late else 2)
        earlier = self.time_ns.setdefault(before, [0.0, 0.0])
        earlier[0] += first
        earlier[1] += first * self._late
        self.time_ns.setdefault(state, [0.0, 0.0])[0] += elapsed_ns - first

    def _charge(self, watched: _Watched, state: int) -> None:
        counters = self._counters(watched)
        if counters is None:
            return
        read, written, reads, writes = (new - old for new, old in zip(counters, watched.last, strict=True))
        if reads > 0 or writes > 0:
            row = self.pairs.get((watched.state, state))
            if row is None:
                pair = (watched.state, state) if len(self.pairs) < PAIRS_AT_MOST else (BEYOND, BEYOND)
                row = self.pairs.setdefault(pair, [0, 0, 0, 0, 0, 0])
            row[0] += 1
            watched.most_bytes = max(watched.most_bytes, read + written)
            row[1] += read
            row[2] += written
            row[3] += reads
            row[4] += writes
            doubtful = (read if reads > READS_CERTAIN else 0) + (written if writes > WRITES_CERTAIN else 0)
            row[5] += doubtful * doubtful
        watched.last, watched.state = counters, state

    def _watched(self, tid: int) -> _Watched | None:
        watched = self.threads.get(tid)
        if watched is None and len(self.threads) < THREADS_AT_MOST:
            descriptor = opened(tid)
            if descriptor is None:
                return None
            watched = self.threads[tid] = _Watched(tid, descriptor)
            self.count += 1
            if tid in self._before:
                # It was there before the stretch: what it did until now is not of it.
                watched.last = self._counters(watched) or _NONE
        return watched

    def _counters(self, watched: _Watched) -> _Counters | None:
        text = self._read(watched.descriptor)
        if not text.startswith(b"rchar:"):
            # The thread is gone, or the target closed what it did not know.
            descriptor = opened(watched.tid)
            if descriptor is None:
                return None
            watched.descriptor = descriptor
            text = self._read(descriptor)
            if not text.startswith(b"rchar:"):
                return None
        self._length = len(text)
        words = text.split(None, 8)
        return (
            int(words[1]) - watched.own_bytes,
            int(words[3]),
            int(words[5]) - watched.own_calls,
            int(words[7]),
        )

    def _look_for_others(self) -> None:
        """Charge threads without a Python frame, and let go of those that ended."""
        listed = self._listed()
        for tid in [tid for tid in self.threads if tid not in listed]:
            watched = self.threads.pop(tid)
            if len(self.ended_at) < ENDED_AT_MOST:
                self.ended_at.append((watched.state, watched.most_bytes))
            self._close(watched)
        for tid in listed - {self.own_tid}:
            known = self._watched(tid)
            if known is not None and not known.named:
                self._charge(known, NOWHERE)

    @staticmethod
    def _listed() -> frozenset[int]:
        return frozenset(int(name) for name in os.listdir("/proc/self/task"))  # noqa: PTH208

    def _close(self, watched: _Watched) -> None:
        with contextlib.suppress(OSError):
            # Closed by the target, the number may be a file of its own by now.
            if os.readlink(f"/proc/self/fd/{watched.descriptor}").endswith("/io"):  # noqa: PTH115
                os.close(watched.descriptor)

    def _add_own(self) -> None:
        import resource

        usage = resource.getrusage(resource.RUSAGE_THREAD)
        for figure, amount in (
            ("user_cpu_ns", round(usage.ru_utime * 1e9)),
            ("system_cpu_ns", round(usage.ru_stime * 1e9)),
            ("voluntary_switches_count", usage.ru_nvcsw),
            ("involuntary_switches_count", usage.ru_nivcsw),
            ("minor_faults_count", usage.ru_minflt),
            ("major_faults_count", usage.ru_majflt),
        ):
            self.own[figure] += amount
        with contextlib.suppress(OSError, ValueError):
            descriptor = opened(self.own_tid)
            if descriptor is not None:
                words = self._read(descriptor).split(None, 8)
                os.close(descriptor)
                self.own["read_bytes"] += int(words[1])
                self.own["read_calls_count"] += int(words[5])


_OWN_FIGURES = (
    "user_cpu_ns", "system_cpu_ns", "voluntary_switches_count", "involuntary_switches_count",
    "minor_faults_count", "major_faults_count", "read_bytes", "read_calls_count",
)  # fmt: skip
