"""The steps of a streamed fit: order of points, rates, updates, clipping, and settings that are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.errors import UsageError
from perfwatch.workloads.nlsq import stream
from perfwatch.workloads.nlsq.streaming import Schedule, Stream, StreamSettings, Update, begin, clipped

#: Six batches an epoch, the last one short.
QUICK = StreamSettings(
    batch_size=100, max_epochs=5, warmup_steps=10, checkpoint_interval=4, convergence_tol=1e-9
)
numbers = st.floats(allow_nan=False)
three = st.lists(numbers, min_size=3, max_size=3).map(np.array)


@pytest.fixture(scope="module")
def recorded():
    return stream.draw_decay(550, seed=0)


class Held:
    """Batches from memory; remembers what was read."""

    def __init__(self, x, y):
        self.x, self.y, self.reads = x, y, []

    @property
    def points_count(self):
        return len(self.x)

    def read(self, start, stop):
        self.reads.append((start, stop))
        return self.x[start:stop], self.y[start:stop]


def streamed(settings, recorded, **more):
    held = Held(recorded.x, recorded.y)
    return Stream(model=stream.decay, batches=held, settings=settings, **more), held


def test_each_epoch_sees_every_point_once_in_an_order_of_its_own(recorded):
    fit, held = streamed(QUICK, recorded)
    ended = fit.run(begin(recorded.start))
    epochs = [held.reads[start : start + 6] for start in range(0, 30, 6)]
    assert all(sorted(one) == [(a, min(a + 100, 550)) for a in range(0, 550, 100)] for one in epochs)
    assert len({tuple(one) for one in epochs}) > 1
    assert ended.points_count == 5 * 550


def test_a_fit_ends_when_an_epoch_changes_nothing(recorded):
    fit, _ = streamed(replace(QUICK, convergence_tol=0.5, max_epochs=50), recorded)
    ended = fit.run(begin(recorded.start))
    assert ended.ended
    assert ended.epoch < 50


def test_the_rate_rises_while_the_fit_warms_up_and_falls_to_zero_where_it_is_told_to(recorded):
    fit, _ = streamed(replace(QUICK, schedule=Schedule.COSINE), recorded)
    rates = [fit.rate(step) for step in range(31)]
    assert np.allclose(rates[:10], 0.01 * np.arange(1, 11) / 10)
    assert np.all(np.diff(rates[10:]) < 0)
    assert rates[30] == pytest.approx(0.0, abs=1e-12)
    constant, _ = streamed(QUICK, recorded)
    assert constant.rate(29) == 0.01


def test_the_first_step_of_adam_is_as_long_as_its_rate(recorded):
    fit, _ = streamed(replace(QUICK, warmup_steps=0), recorded)
    moved = fit.run(begin(recorded.start), last_step=1).parameters - recorded.start
    assert np.allclose(np.abs(moved), 0.01, rtol=1e-5)


def test_momentum_goes_on_where_the_gradient_has_gone(recorded):
    fit, _ = streamed(replace(QUICK, update=Update.MOMENTUM, warmup_steps=0), recorded)
    progress = replace(begin(recorded.start), first=np.ones(3))
    moved = fit._moved(progress, np.zeros(3))
    assert np.allclose(moved.parameters, recorded.start - 0.01 * 0.9)


@given(three.filter(lambda one: np.abs(one).max() < 1e100), st.floats(1e-3, 1e3))
def test_a_clipped_gradient_keeps_its_direction_and_is_no_longer_than_allowed(gradient, longest):
    short = clipped(gradient, longest)
    assert np.linalg.norm(short) <= longest * (1 + 1e-12)
    if np.linalg.norm(gradient) <= longest:
        assert short is gradient
    else:
        assert np.allclose(short * np.linalg.norm(gradient), gradient * longest)


@pytest.mark.parametrize(
    "name", ["batch_size", "max_epochs", "learning_rate", "clip_norm", "checkpoint_interval"]
)
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_settings_with_which_nothing_would_happen_are_refused(name, value):
    with pytest.raises(UsageError, match=f"{name} is"):
        StreamSettings(**{name: value})
