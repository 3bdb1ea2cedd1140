"""What an execution under the sampler took over a clean one: a ratio where there is one, and none where there is noise."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace

import pytest

from perfwatch.measure import sampling

MS = 1_000_000


def dilation(*watched_ms, start_ms, body_ms=200):
    """The ratio that is told after executions that were watched for so long."""
    found = sampling.Sampled()
    starts = itertools.chain(start_ms, itertools.repeat(None))
    run = SimpleNamespace(
        body_ns=lambda _: body_ms * MS,
        setting=SimpleNamespace(folder=Path(), interpreter="python"),
        execute=lambda *_, **__: SimpleNamespace(wall_ns=next(starts) * MS),
    )
    for watched in watched_ms:
        sampling._dilate(run, found, "s.py", watched * MS)
    return found.dilation.get("s.py")


@pytest.mark.parametrize(
    ("watched", "start", "ratio"),
    [
        ((340,), (100, 100), 1.2),
        ((340, 440), (100, 100, 100), 1.45),
        ((90,), (100, 100), None),
        ((100,), (100, 100), None),
        ((90, 130), (100, 100, 100), None),
        ((180,), (100, 100), None),
        ((200,), (100, 100), 0.5),
        # The sampler looked in vain at first, and tried again for a third of a second.
        ((340,), (430, 100), 1.2),
        ((340, 340), (430, 440, 100), 1.2),
        # Three starts are enough, and one execution that met with a hiccup says nothing of the others.
        ((320, 900, 320, 320, 320), (100, 100, 100), 1.1),
    ],
)
def test_the_sampler_s_own_start_is_no_cost_of_sampling(watched, start, ratio):
    told = dilation(*watched, start_ms=start)
    assert told == (None if ratio is None else pytest.approx(ratio))


def test_a_ratio_that_further_executions_take_back_is_gone():
    assert dilation(310, 40, start_ms=(100,) * 3, body_ms=100) == pytest.approx(0.75)
    assert dilation(310, 40, 40, start_ms=(100,) * 3, body_ms=100) is None


@pytest.mark.parametrize(("executions", "starts"), [(1, 2), (2, 3), (3, 3), (9, 3)])
def test_starts_are_taken_beside_the_first_executions(executions, starts):
    left = iter([100] * 9)
    dilation(*[300] * executions, start_ms=left)
    assert len(list(left)) == 9 - starts
