"""Watch one NumPy statement through one execution of the target, and find what this machine could do at most.

The statement's executions are timed one by one, and what each amounts to is read off its arrays
just before it runs. Afterwards, in the same process and so with the same threads, products of matrices
and passes over memory are timed for themselves: the machine's limits. It must not change what the target does.
"""

from __future__ import annotations

import ast
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from .amounts import Amounts, UnknownError
from .lines_code import Wanted
from .subject import heading, stretch

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

    from .amounts import Piece
    from .subject import Subject

#: Watching may cost so much of a clean execution, and then it ends.
COST_AT_MOST = 1.0
CLEAN_SECONDS = 1.0
#: What is kept of executions: so many different amounts.
AMOUNTS_AT_MOST = 1_000
#: The products that are tried: of square matrices, this long a side.
SIDE = 1_024
SECONDS_EACH = 0.3
PASSED_AT_LEAST, PASSED_AT_MOST = 1 << 14, 1 << 27
_FLOATS = "fdFD"


class Limits:
    """Runs a subject once and watches ``statement`` (its text) at lines ``first`` to ``last`` of one function.

    ``function`` holds file, line and name of that function's code. ``clean_seconds`` is how
    long a clean call of each subject takes, by its name.
    """

    def __init__(
        self,
        function: dict[str, Any],
        first: int,
        last: int,
        statement: str,
        clean_seconds: dict[str, float] | None = None,
    ) -> None:
        self.wanted = Wanted([function])
        self.first, self.last = first, last
        self.statement: ast.stmt = ast.parse(statement).body[0]
        self.clean_seconds = clean_seconds or {}
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None
        self.watch = _Watch(self.statement, 0)

    def prepare(self) -> None:
        """Have nothing to make ready: the interpreter traces what is there when it starts."""

    def measure(self, subject: Subject) -> Any:
        """Run the subject once, watched, and then try the machine."""
        record = heading(subject)
        if subject.before is not None:
            subject.before()
        clean = self.clean_seconds.get(subject.name) or CLEAN_SECONDS
        self.watch = _Watch(self.statement, round(COST_AT_MOST * clean * 1e9))
        with stretch(self, record, lambda: record.update(limits=self._told())):
            if sys.gettrace() is not None:
                self.watch.stopped = "something else traces this process"
                return subject.call()
            sys.settrace(self._entered)
            try:
                return subject.call()
            finally:
                self._leave()

    def finish(self) -> dict[str, Any]:
        """Name the tool."""
        return {"tool": "statement amounts", "version": ""}

    def _entered(self, frame: FrameType, _event: str, _argument: object) -> Any:
        began = time.perf_counter_ns()
        code = frame.f_code
        mine = self._is_wanted(code)
        if mine:
            self.watch.begins(frame)
        if self.watch.paid(began):
            self._leave()
            return None
        return self._traced if mine else None

    def _leave(self) -> None:
        """Trace no more; where the target traces itself by now, it goes on doing so."""
        if sys.gettrace() == self._entered:
            sys.settrace(None)

    def _is_wanted(self, code: CodeType) -> bool:
        known = self.watch.codes.get(code)
        if known is None:
            known = self.watch.codes[code] = self.wanted.has(code)
        return known

    def _traced(self, frame: FrameType, event: str, _argument: object) -> Any:
        now = time.perf_counter_ns()
        watch = self.watch
        inside = event == "line" and self.first <= frame.f_lineno <= self.last
        # A statement on several lines comes back to its first one; one on a single line has begun anew.
        again = inside and self.first == self.last
        if watch.frame is frame and (again or event == "return" or (event == "line" and not inside)):
            watch.ends(now)
        begun = inside and watch.frame is None and watch.looks(frame)
        if watch.paid(now):
            self._leave()
            return None
        if begun:
            watch.since = time.perf_counter_ns()
        return self._traced

    def _told(self) -> dict[str, Any]:
        return self.watch.told()


class _Watch:
    """What was seen of the statement so far."""

    def __init__(self, statement: ast.stmt, allowed_ns: int) -> None:
        self.statement = statement
        self.allowed_ns = allowed_ns
        self.codes: dict[CodeType, bool] = {}
        self.frame: FrameType | None = None
        self.since = self.spent_ns = self.cost_ns = self.count = 0
        self.amounts: Counter[tuple[Piece, ...]] = Counter()
        self.about: tuple[Piece, ...] = ()
        self.stopped = self.unknown = ""

    def begins(self, frame: FrameType) -> None:
        """A call of the function: one that is inside another's statement is not told apart, and ends that one."""
        if self.frame is not None and self.frame is not frame:
            self.frame = None
            self.unknown = self.unknown or "the statement calls its own function"

    def looks(self, frame: FrameType) -> bool:
        """Read what the statement is about to do; ``False`` where that cannot be told."""
        numpy = sys.modules.get("numpy")
        if numpy is None:
            self.unknown = "NumPy is not loaded"
        if self.unknown:
            return False
        try:
            self.about = tuple(Amounts(frame, numpy).of(self.statement))
        except UnknownError as error:
            self.unknown = str(error)
        except Exception as error:  # nothing of ours may end the target's call
            self.unknown = type(error).__name__
        self.frame = None if self.unknown else frame
        return not self.unknown

    def ends(self, now: int) -> None:
        """Count an execution."""
        self.frame = None
        self.spent_ns += now - self.since
        self.count += 1
        self.amounts[self.about] += 1
        if len(self.amounts) >= AMOUNTS_AT_MOST:
            self.stopped = f"there were {AMOUNTS_AT_MOST:,} different amounts"

    def paid(self, began: int) -> bool:
        """Count what a look cost; ``True`` once there is nothing more to be learnt."""
        self.cost_ns += time.perf_counter_ns() - began
        if self.cost_ns > self.allowed_ns and not self.stopped:
            self.stopped = "watching had cost as much as it may"
        return bool(self.stopped or self.unknown)

    def told(self) -> dict[str, Any]:
        """Everything, with the machine's limits for it."""
        found: dict[str, Any] = {
            "count": self.count,
            "spent_ns": self.spent_ns,
            "stopped": self.stopped,
            "unknown": self.unknown,
        }
        pieces = [(one, count) for several, count in self.amounts.items() for one in several]
        if self.unknown or not pieces or not self.spent_ns:
            return found
        numpy = sys.modules["numpy"]
        try:
            return {**found, **_against_the_machine(numpy, pieces)}
        except MemoryError:
            return {**found, "unknown": "there was no memory to try the machine in"}


def _against_the_machine(numpy: Any, pieces: list[tuple[Piece, int]]) -> dict[str, Any]:
    """What the pieces would take at the speeds that were tried: each is bound by arithmetic or by memory, whichever is slower."""
    by_flops = Counter[str]()
    for piece, count in pieces:
        by_flops[_tried(piece.kind)] += piece.flops * count
    moved = sum(piece.bytes * count for piece, count in pieces)
    number = sum(count for _, count in pieces)
    products = {kind: _products_per_second(numpy, kind) for kind, flops in by_flops.items() if flops}
    tried = min(max(moved // number, PASSED_AT_LEAST), PASSED_AT_MOST)
    passed = _passed_per_second(numpy, tried)
    arithmetic = memory = 0.0
    for piece, count in pieces:
        computing = piece.flops / products[_tried(piece.kind)] if piece.flops else 0.0
        moving = piece.bytes / passed
        if computing >= moving:
            arithmetic += computing * count
        else:
            memory += moving * count
    largest = max((one for one, _ in pieces if one.sides), key=lambda one: one.flops, default=None)
    chief = by_flops.most_common(1)[0][0] if products else ""
    return {
        "flops": sum(by_flops.values()),
        "bytes": moved,
        "arithmetic_s": arithmetic,
        "memory_s": memory,
        "products_per_s": products.get(chief, 0.0),
        "memory_per_s": passed,
        "tried_bytes": tried,
        "kind": chief,
        "sides": list(largest.sides) if largest is not None and largest.sides else [],
    }


def _tried(kind: str) -> str:
    """The type whose products stand for another's: whole numbers have none of their own."""
    return kind if kind in _FLOATS else "d"


def _products_per_second(numpy: Any, kind: str) -> float:
    """The most operations a second of a product of square matrices, over the tries."""
    one, other = (numpy.full((SIDE, SIDE), value, dtype=kind) for value in (0.5, 0.25))
    out = numpy.empty_like(one)
    flops = 2.0 * SIDE**3 * (4 if kind in "FD" else 1)
    return flops / _best_seconds(lambda: numpy.matmul(one, other, out=out))


def _passed_per_second(numpy: Any, size: int) -> float:
    """The most bytes a second that a copy or a sum in place reads and writes, of as many as the statement moves at once.

    A copy's target is often read before it is written, which nobody asked for and nobody counts; a sum's is read anyhow.
    """
    one = numpy.ones(max(1, size // 2 // 8))
    out = numpy.ones_like(one)
    rounds = max(1, (1 << 22) // size)

    def copies() -> None:
        for _ in range(rounds):
            numpy.copyto(out, one)

    def sums() -> None:
        for _ in range(rounds):
            numpy.add(out, one, out=out)

    moved: int = one.nbytes * rounds
    return max(2 * moved / _best_seconds(copies), 3 * moved / _best_seconds(sums))


def _best_seconds(work: Callable[[], object]) -> float:
    """The shortest of several tries, after one that is not counted."""
    work()
    best, end = float("inf"), time.perf_counter() + SECONDS_EACH
    while True:
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
        if time.perf_counter() >= end:
            return best
