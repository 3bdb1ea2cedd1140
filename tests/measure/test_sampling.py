"""What an execution under the sampler took over a clean one: a ratio where there is one, and none where there is noise."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from perfwatch.collect.stacks import Mode
from perfwatch.measure import sampling

MS = 1_000_000


def dilation(*watched_ms, start_ms, body_ms=200):
    """The ratio that is told after executions that were watched for so long."""
    found = sampling.Sampled(start_ns=start_ms * MS)
    run = SimpleNamespace(whole_program=True, body_ns=lambda _: body_ms * MS)
    for watched in watched_ms:
        sampling._add(run, found, "s.py", [], (Mode.ALL, 200, watched * MS))
    return found.dilation.get("s.py")


@pytest.mark.parametrize(
    ("watched", "start", "ratio"),
    [
        ((340,), 100, 1.2),
        ((340, 440), 100, 1.45),
        ((90,), 100, None),
        ((100,), 100, None),
        ((90, 130), 100, None),
        ((180,), 100, None),
        ((200,), 100, 0.5),
    ],
)
def test_the_sampler_s_own_start_is_no_cost_of_sampling(watched, start, ratio):
    told = dilation(*watched, start_ms=start)
    assert told == (None if ratio is None else pytest.approx(ratio))


def test_a_ratio_that_further_executions_take_back_is_gone():
    assert dilation(130, 40, start_ms=100) is None
