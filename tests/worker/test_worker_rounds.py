"""Rounds of one callable: set up before each, tear down after each, coroutines run to their end."""

from __future__ import annotations

import asyncio
import functools

import pytest

from perfwatch.worker.rounds import Rounds


def played(rounds, count):
    """Make ``count`` rounds as a collector does; what each call returned."""
    values = []
    try:
        for _ in range(count):
            if rounds.before is not None:
                rounds.before()
            values.append(rounds.call())
    finally:
        rounds.close()
    return values


def test_each_round_is_set_up_before_and_torn_down_after():
    told = []
    rounds = Rounds(
        lambda: told.append("call"),
        ((), {}),
        setup=lambda: told.append("up"),
        teardown=lambda: told.append("down"),
    )
    played(rounds, 3)
    assert told == ["up", "call", "down"] * 3


def test_a_setup_may_make_the_arguments_of_its_round_and_the_teardown_gets_them():
    made = iter(range(10))
    ended = []
    rounds = Rounds(
        lambda number, by: number * by,
        ((0,), {"by": 0}),
        setup=lambda: ([next(made)], {"by": 10}),
        teardown=lambda number, by: ended.append((number, by)),
    )
    assert played(rounds, 3) == [0, 10, 20]
    assert ended == [(0, 10), (1, 10), (2, 10)]


def test_a_setup_that_returns_anything_else_is_told_what_it_may_return():
    rounds = Rounds(len, (("",), {}), setup=lambda: 7)
    with pytest.raises(TypeError, match="returned int; it returns None or \\(args, kwargs\\)"):
        played(rounds, 1)


def test_a_call_that_fails_is_torn_down():
    ended = []
    rounds = Rounds(lambda: 1 / 0, ((), {}), teardown=lambda: ended.append("down"))
    with pytest.raises(ZeroDivisionError):
        played(rounds, 1)
    assert ended == ["down"]


async def _later(number, loops):
    await asyncio.sleep(0)
    loops.append(asyncio.get_running_loop())
    return number + 1


def _left_to_await(number, loops):
    return _later(number, loops)


class _Callable:
    async def __call__(self, number, loops):
        return await _later(number, loops)


@pytest.mark.parametrize(
    "function",
    [_later, functools.partial(_later), _Callable(), _left_to_await],
    ids=["function", "partial", "object", "plain"],
)
def test_coroutines_are_awaited_in_one_event_loop_that_is_closed(function):
    loops = []
    assert played(Rounds(function, ((1, loops), {})), 3) == [2, 2, 2]
    assert len(set(loops)) == 1
    assert loops[0].is_closed()


def test_setup_and_teardown_may_be_coroutines():
    told = []

    async def tell(word):
        await asyncio.sleep(0)
        told.append(word)

    rounds = Rounds(
        tell, (("call",), {}), setup=lambda: tell("up"), teardown=lambda word: tell(f"down after {word}")
    )
    played(rounds, 2)
    assert told == ["up", "call", "down after call"] * 2


def test_inside_a_running_loop_it_says_to_make_the_test_a_plain_function():
    async def test():
        Rounds(_later, ((1, []), {}))

    with pytest.raises(RuntimeError, match="Make the test a plain function"):
        asyncio.run(test())
