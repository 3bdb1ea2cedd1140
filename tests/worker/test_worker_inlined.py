"""Work handed to pools of processes is done in the worker's own process, as its callers expect it, and leaves nothing behind."""

from __future__ import annotations

import concurrent.futures
import json
import multiprocessing.pool

import pytest
from serving import script, serve

from perfwatch.worker.inline_pools import Ledger, RefusedError, executor_class, pool_class
from perfwatch.worker.inlined import PLACES, Inlined
from perfwatch.worker.subject import Subject

POOLS = """
import json, multiprocessing, os
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import Pool
from multiprocessing.pool import Pool as Plain

def square(x):
    return os.getpid(), x * x

def add(x, y):
    return os.getpid(), x + y

if __name__ == "__main__":
    found = {}
    for kind, make in (("own", Pool), ("plain", Plain), ("context", multiprocessing.get_context("spawn").Pool)):
        with make(2) as pool:
            answers = [
                pool.map(square, [1, 2, 3], 2),
                list(pool.imap(square, iter([4, 5]))),
                sorted(pool.imap_unordered(square, [6, 7])),
                pool.starmap(add, [(1, 2), (3, 4)]),
                pool.map_async(square, [8]).get(5),
                pool.starmap_async(add, [(5, 6)]).get(),
                [pool.apply(add, (1,), {"y": 9}), pool.apply_async(square, (9,)).get()],
            ]
        found[kind] = answers
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        futures = [pool.submit(add, 1, y=n) for n in (1, 2)]
        found["executor"] = [
            list(pool.map(square, [1, 2], chunksize=2)),
            sorted(one.result() for one in as_completed(futures)),
            list(pool.map(add, (1, 2), (3, 4, 5))),
        ]
    json.dump({"pid": os.getpid(), "found": found}, open("found.json", "w"))
"""
VALUES = [[1, 4, 9], [16, 25], [36, 49], [3, 7], [64], [11], [10, 81]]


def served(folder, text, **options):
    target = script(folder, text)
    done, answer = serve(
        folder, "inlined", target, names=["script.py"], options={"seconds": 0.05, "inline": True, **options}
    )
    return done, answer


def test_every_way_of_handing_over_gives_its_answers_in_this_process(tmp_path):
    done, answer = served(tmp_path, POOLS)
    assert done.returncode == 0, done.stderr
    told = json.loads((tmp_path / "found.json").read_text())
    seen = [pair for kind in told["found"].values() for answers in kind for pair in answers]
    assert {pid for pid, _ in seen} == {told["pid"]}
    for kind in ("own", "plain", "context"):
        assert [[value for _, value in answers] for answers in told["found"][kind]] == VALUES
    assert [[value for _, value in one] for one in told["found"]["executor"]] == [[1, 4], [2, 3], [4, 6]]
    assert answer["process"] == {"handed": 3 * 13 + 6, "refused": ""}
    assert answer["records"][0]["wall"]


def test_without_being_asked_pools_are_what_they_are(tmp_path):
    done, answer = served(tmp_path, POOLS, inline=False)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads((tmp_path / "found.json").read_text())
    pids = {pid for kind in told["found"].values() for answers in kind for pid, _ in answers}
    assert told["pid"] not in pids
    assert answer["process"] == {"handed": 0, "refused": ""}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("pool = multiprocessing.Pool(1, initializer=print)", "a pool has an initializer"),
        ("pool = ProcessPoolExecutor(1, initializer=print)", "a pool has an initializer"),
        ("multiprocessing.Pool(1)._pool", "Pool._pool"),
        ("ProcessPoolExecutor(1)._processes", "ProcessPoolExecutor._processes"),
    ],
)
def test_a_pool_that_cannot_be_stood_in_for_says_why(tmp_path, line, reason):
    text = f"import multiprocessing\nfrom concurrent.futures import ProcessPoolExecutor\ntry:\n    {line}\nexcept Exception:\n    pass\n"
    _, answer = served(tmp_path, text)
    assert reason in answer["process"]["refused"]


def test_nothing_of_it_is_left():
    before = [getattr(module, name) for module, name in PLACES]
    inlined = Inlined(0.01, inline=True)
    inlined.prepare()
    assert concurrent.futures.ProcessPoolExecutor is not before[-1]
    assert multiprocessing.pool.Pool is not before[0]

    def work():
        with multiprocessing.Pool(2) as pool:
            return pool.map(abs, [-1])

    assert inlined.measure(Subject(name="work", call=work, single=True)) == [1]
    assert inlined.finish() == {"handed": 1, "refused": ""}
    assert [getattr(module, name) for module, name in PLACES] == before


# The stand-ins themselves


@pytest.fixture
def pool():
    return pool_class(Ledger())(2)


@pytest.fixture
def executor():
    return executor_class(Ledger())(2)


def failing(x):
    if x == 2:
        raise KeyError(x)
    return x


def test_what_a_task_raises_is_raised_where_its_answer_is_asked_for(pool, executor):
    with pytest.raises(KeyError):
        pool.map(failing, [1, 2, 3])
    with pytest.raises(KeyError):
        pool.apply(failing, (2,))
    later = pool.map_async(failing, [1, 2])
    assert later.ready()
    assert not later.successful()
    with pytest.raises(KeyError):
        later.get()
    answers = pool.imap(failing, [1, 2, 3])
    assert next(answers) == 1
    with pytest.raises(KeyError):
        next(answers)
    assert answers.next(timeout=1) == 3
    assert isinstance(executor.submit(failing, 2).exception(), KeyError)
    found = executor.map(failing, [1, 2, 3])
    assert next(found) == 1
    with pytest.raises(KeyError):
        next(found)
    assert isinstance(executor.submit(exit, 3).exception(), SystemExit)


def test_callbacks_hear_of_answers_and_of_errors(pool):
    heard, failed = [], []
    pool.apply_async(failing, (1,), callback=heard.append, error_callback=failed.append)
    pool.map_async(failing, [2], callback=heard.append, error_callback=failed.append).wait(1)
    assert heard == [1]
    assert [type(one) for one in failed] == [KeyError]


def test_a_stream_of_answers_is_as_long_as_it_is_asked_for_and_done_where_the_pool_is_joined(pool):
    seen = []

    def note(x):
        seen.append(x)
        return x

    def endless():
        n = 0
        while True:
            yield n
            n += 1

    with pool_class(Ledger())() as other:
        stream = other.imap(note, endless())
        assert [next(stream), next(stream)] == [0, 1]
    assert seen == [0, 1]
    answers = pool.imap_unordered(note, [7, 8, 9], chunksize=2)
    assert next(answers) == 7
    pool.close()
    pool.join()
    assert seen == [0, 1, 7, 8, 9]
    assert list(answers) == [8, 9]


def test_a_pool_that_was_closed_takes_nothing_more(pool, executor):
    with pytest.raises(ValueError, match="still running"):
        pool.join()
    pool.close()
    for hand in (pool.map, pool.imap, pool.map_async):
        with pytest.raises(ValueError, match="not running"):
            hand(abs, [1])
    pool.join()
    with executor as same:
        assert same is executor
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.submit(abs, 1)
    with pytest.raises(RuntimeError, match="after shutdown"):
        executor.map(abs, [1])


def test_numbers_that_a_pool_refuses_are_refused():
    with pytest.raises(ValueError, match="at least 1"):
        pool_class(Ledger())(0)
    with pytest.raises(ValueError, match="greater than 0"):
        executor_class(Ledger())(0)
    with pytest.raises(ValueError, match="chunksize"):
        executor_class(Ledger())(1).map(abs, [1], chunksize=0)


def test_what_is_not_known_is_refused_and_the_first_reason_is_kept(pool):
    assert not hasattr(pool, "__array__")
    assert pool.ledger.refused == ""
    with pytest.raises(RefusedError):
        pool._processes  # noqa: B018
    with pytest.raises(RefusedError):
        pool._cache  # noqa: B018
    assert "Pool._processes" in pool.ledger.refused
