"""When a whole program is too short for ratios: beside the interpreter's start, or beside its noise."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from perfwatch.measure.target_run import TargetRun

MS = 1_000_000
STARTS = (20, 20, 21, 22, 24)


def too_short(took_ms, starts_ms=STARTS, *, whole_program=True):
    timings = [SimpleNamespace(wall_ns=[one * MS], loops_count=1) for one in took_ms]
    run = SimpleNamespace(
        whole_program=whole_program,
        processes={"s.py": timings},
        _starts=lambda: tuple(one * MS for one in starts_ms),
    )
    return TargetRun.too_short(run, "s.py")


@pytest.mark.parametrize(
    ("took", "starts", "told"),
    [
        ((200, 210), STARTS, False),
        # Fewer than 30 ms of its own, or a fifth of all it took.
        ((50, 60), STARTS, True),
        ((60, 80), STARTS, False),
        ((1_200, 1_300), (1_000,) * 5, True),
        ((1_200, 1_300), (900,) * 5, False),
        # The quickest execution has to be long enough.
        ((50, 900), STARTS, True),
        # One start met with a hiccup: that says nothing. Two did: this machine's starts are uneven.
        ((200, 210), (20, 20, 21, 22, 400), False),
        ((200, 210), (20, 20, 21, 190, 400), True),
    ],
)
def test_a_program_is_too_short_where_its_start_or_that_starts_noise_is_most_of_it(took, starts, told):
    assert too_short(took, starts) is told


def test_a_callable_is_never_too_short_for_it_has_no_start():
    assert not too_short((1,), whole_program=False)
