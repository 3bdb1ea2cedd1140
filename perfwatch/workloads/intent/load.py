"""The pipeline as a service: what 1, 10 and 100 users get who call it at the same time.

Each user has a hand and a robot, and asks for the next control as soon as the last one has come.
A server has learned its model and built its matrices before the first call; one call is a
belief over the movements so far, the time left, and a control. Three ways to serve: one call
after the other, a thread for each user, and worker processes behind such threads.

What a table is about, the times in it, is measured by this stage itself, with the clock of
``perf_counter_ns``; the controls beside them do not depend on who served. Threads and processes
have ended when a call returns, whatever happened.
"""

from __future__ import annotations

import multiprocessing
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

import numpy as np

from perfwatch.workloads.definition import DEFAULT_SEED, DEFAULT_SIZE
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.intent import belief, gp_inference, mpc, pipeline, reaching
from perfwatch.workloads.intent.pipeline import SessionInputs
from perfwatch.workloads.intent.table_two import LOAD
from perfwatch.workloads.seeding import extents_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    FloatArray = NDArray[np.float64]
    IntArray = NDArray[np.int64]
    Ask = Callable[[FloatArray, FloatArray], FloatArray]

#: Movements that a user has seen before its first call.
SEEN_COUNT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadInputs:
    """What the server knows, and its users: ``tracks`` of shape ``(users, frames, 2)``, ``robots`` of ``(users, 4)``.

    ``levels`` says how many users call at once, level by level, ``calls_count`` how often each.
    """

    session: SessionInputs
    tracks: FloatArray
    robots: FloatArray
    levels: tuple[int, ...]
    calls_count: int
    processes_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOutputs:
    """One figure for each level, and all ``controls``, by level, user and call, of shape ``(calls, 2)``.

    ``calls_per_s`` counts answers over the whole level; the others are times that a user waited for one.
    """

    users: IntArray
    controls: FloatArray
    calls_per_s: FloatArray
    mean_ms: FloatArray
    median_ms: FloatArray
    slow_ms: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class _Level:
    """What one level brought: controls of shape ``(users, calls, 2)``, and nanoseconds."""

    controls: FloatArray
    waited_ns: IntArray
    elapsed_ns: int


def inputs(size: str = DEFAULT_SIZE, seed: int = DEFAULT_SEED) -> LoadInputs:
    """Draw users for ``size``, and calibrate the server's kernel; equal seeds give equal bytes.

    Raises ``UsageError`` for a size that does not exist, and for a seed that is not a
    whole number from 0 on.
    """
    extents = extents_of(LOAD, size)
    draw = Draw(seed)
    goals = reaching.draw_goals(draw, 5)
    experience = gp_inference.draw_experience(draw, goals, extents["points"])
    first = reaching.draw_reach(draw, goals, 2).positions
    session = pipeline.session_inputs(first, goals, experience, extents["horizon"])
    return draw_users(draw, session, extents)


def draw_users(draw: Draw, session: SessionInputs, extents: dict[str, int]) -> LoadInputs:
    """Draw the users of a server: their hands go to its goals, their robots rest somewhere near the middle."""
    levels = tuple(extents[name] for name in ("few", "some", "many"))
    frames_count = SEEN_COUNT + extents["calls"] + 1
    goals = session.track.goals
    tracks = [reaching.draw_reach(draw, goals, frames_count).positions for _ in range(max(levels))]
    robots = np.zeros((max(levels), mpc.STATES_COUNT))
    robots[:, :2] = draw.between(-0.2, 0.2, max(levels), 2)
    return LoadInputs(
        session=session,
        tracks=np.array(tracks),
        robots=robots,
        levels=levels,
        calls_count=extents["calls"],
        processes_count=extents["processes"],
    )


class Server:
    """Answers calls; nothing that it keeps changes, so that any number may ask at once."""

    def __init__(self, session: SessionInputs) -> None:
        self._session = session
        self._model = pipeline.factorised(session)
        self._condensed = mpc.Condensed(session.plant)

    def answer(self, positions: FloatArray, robot: FloatArray) -> FloatArray:
        """Return the control for a robot whose user's hand went through these positions."""
        track = replace(self._session.track, positions=positions)
        *_, likely = belief.carried(track)
        left_s, _ = self._model.predict(reaching.features(positions[-2:])[0])
        way = pipeline.way_to(likely @ track.goals, robot, left_s, self._session.plant)
        return mpc.Cold(self._session.plant, condensed=self._condensed).control(robot, way)


def reference(asked: LoadInputs) -> LoadOutputs:
    """Serve one call after the other, users in turn."""
    server = Server(asked.session)
    return _table(asked, [_in_turn(asked, users, server.answer) for users in asked.levels])


def threads(asked: LoadInputs) -> LoadOutputs:
    """Serve each user in a thread of its own."""
    server = Server(asked.session)
    return _table(asked, [_at_once(asked, users, server.answer) for users in asked.levels])


def processes(asked: LoadInputs) -> LoadOutputs:
    """Serve in worker processes, to which each user's thread sends its calls."""
    with _workers(asked) as ask:
        # A worker that has not started yet would be waited for by whoever comes first.
        _at_once(asked, min(asked.processes_count, len(asked.tracks)), ask)
        return _table(asked, [_at_once(asked, users, ask) for users in asked.levels])


def _in_turn(asked: LoadInputs, users_count: int, ask: Ask) -> _Level:
    controls = np.empty((users_count, asked.calls_count, mpc.CONTROLS_COUNT))
    waited_ns = np.empty((users_count, asked.calls_count), np.int64)
    begun = perf_counter_ns()
    since = [begun] * users_count
    for call in range(asked.calls_count):
        for user in range(users_count):
            controls[user, call] = ask(*_question(asked, user, call))
            now = perf_counter_ns()
            waited_ns[user, call] = now - since[user]
            since[user] = now
    return _Level(controls=controls, waited_ns=waited_ns, elapsed_ns=perf_counter_ns() - begun)


def _at_once(asked: LoadInputs, users_count: int, ask: Ask) -> _Level:
    controls = np.empty((users_count, asked.calls_count, mpc.CONTROLS_COUNT))
    waited_ns = np.empty((users_count, asked.calls_count), np.int64)
    begun: list[int] = []
    ready = threading.Barrier(users_count, action=lambda: begun.append(perf_counter_ns()))

    def use(user: int) -> None:
        ready.wait()
        since = begun[0]
        for call in range(asked.calls_count):
            controls[user, call] = ask(*_question(asked, user, call))
            now = perf_counter_ns()
            waited_ns[user, call] = now - since
            since = now

    with ThreadPoolExecutor(max_workers=users_count) as users:
        try:
            done = [users.submit(use, user) for user in range(users_count)]
        except BaseException:
            ready.abort()  # who waits for a user that could not be started would wait for ever
            raise
        for one in done:
            one.result()
    return _Level(controls=controls, waited_ns=waited_ns, elapsed_ns=int(perf_counter_ns() - begun[0]))


def _question(asked: LoadInputs, user: int, call: int) -> tuple[FloatArray, FloatArray]:
    return asked.tracks[user, : SEEN_COUNT + call + 2], asked.robots[user]


def _table(asked: LoadInputs, levels: list[_Level]) -> LoadOutputs:
    waited_ms = [level.waited_ns.ravel() / 1e6 for level in levels]
    rates = [each.size * 1e9 / level.elapsed_ns for each, level in zip(waited_ms, levels, strict=True)]
    return LoadOutputs(
        users=np.array(asked.levels),
        controls=np.concatenate([level.controls.reshape(-1, mpc.CONTROLS_COUNT) for level in levels]),
        calls_per_s=np.array(rates),
        mean_ms=np.array([each.mean() for each in waited_ms]),
        median_ms=np.array([np.median(each) for each in waited_ms]),
        slow_ms=np.array([np.quantile(each, 0.95) for each in waited_ms]),
    )


@contextmanager
def _workers(asked: LoadInputs) -> Iterator[Ask]:
    """Lend worker processes that serve; whatever happens, they have ended afterwards."""
    with warnings.catch_warnings():
        # A fork beside other threads warns from Python 3.12 on, and JAX does wherever it was imported
        # before; the workers use no lock of theirs.
        warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
        warnings.filterwarnings("ignore", r"os\.fork\(\) was called", RuntimeWarning)
        pool = multiprocessing.get_context().Pool(asked.processes_count, _begin_serving, (asked.session,))
    try:
        yield lambda positions, robot: pool.apply(_served, (positions, robot))
        pool.close()
    except BaseException:
        pool.terminate()
        raise
    finally:
        pool.join()


#: The server of a worker process.
_SERVING: dict[str, Any] = {}


def _begin_serving(session: SessionInputs) -> None:
    _SERVING["server"] = Server(session)


def _served(positions: FloatArray, robot: FloatArray) -> FloatArray:
    answer: FloatArray = _SERVING["server"].answer(positions, robot)
    return answer
