"""The kernels of the surrogates: gradients against differences, weights against the textbook."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from stages import one_thread
from tools import need_module

from perfwatch.workloads.surrogate import network, process, rules, train, tune

NUMBERS = st.floats(0, 1)

__all__ = ["one_thread"]  # a fixture that holds for the whole module


def fitted(seed=0, count=20, dimensions=3):
    drawn = np.random.default_rng(seed)
    designs = drawn.random((count, dimensions))
    return process.fit(designs, np.sin(3 * designs).sum(axis=1))


# The Gaussian process


def test_a_process_knows_what_it_was_fitted_to_and_what_lies_between():
    found = fitted(count=120)
    assert found.predict(found.designs) == pytest.approx(np.sin(3 * found.designs).sum(axis=1), abs=1e-2)
    between = 0.2 + 0.6 * np.random.default_rng(9).random((50, 3))
    assert found.predict(between) == pytest.approx(np.sin(3 * between).sum(axis=1), abs=2e-2)


def test_a_process_predicts_as_scikit_learn_s_does_at_the_same_hyper_parameters():
    need_module("sklearn", "scikit-learn")
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF

    found = fitted()
    values = np.sin(3 * found.designs).sum(axis=1)
    same = GaussianProcessRegressor(RBF(found.length), alpha=process.NOISE, normalize_y=True, optimizer=None)
    places = np.random.default_rng(1).random((40, 3))
    expected = same.fit(found.designs, values).predict(places)
    assert found.predict(places) == pytest.approx(expected, rel=1e-9)


def test_the_length_taken_is_the_likeliest():
    designs = np.random.default_rng(0).random((40, 2))
    rough, smooth = np.sin(25 * designs).sum(axis=1), designs.sum(axis=1) ** 2
    assert process.fit(designs, rough, (0.1, 1.0)).length == 0.1
    assert process.fit(designs, smooth, (0.1, 1.0)).length == 1.0


def test_values_that_are_all_the_same_are_predicted():
    designs = np.random.default_rng(0).random((10, 2))
    assert process.fit(designs, np.full(10, 2.5)).predict(designs) == pytest.approx(2.5)


@settings(max_examples=25, deadline=None)
@given(arrays(np.float64, (2, 3), elements=NUMBERS), st.integers(0, 5))
def test_a_gradient_is_what_differences_come_to(places, seed):
    found = fitted(seed)
    value, gradient = found.value_and_gradient(places)
    assert value == pytest.approx(found.predict(places), rel=1e-9)
    step = 1e-5 * np.eye(3)
    for column in range(3):
        above, below = (found.predict(places + sign * step[column]) for sign in (1, -1))
        assert gradient[:, column] == pytest.approx((above - below) / 2e-5, abs=1e-6)


# The network


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1_000), st.integers(1, 9))
def test_a_network_s_gradient_is_what_differences_come_to(seed, count):
    drawn = np.random.default_rng(seed)
    designs, values = drawn.random((count, 2)), drawn.random(count)
    weights = network.first_weights(2, (4, 3), seed)

    def loss(parts):
        return 0.5 * np.mean((network.answers(parts, designs) - values) ** 2)

    for number, slope in enumerate(network.gradient_together(weights, designs, values)):
        place = tuple(drawn.integers(0, length) for length in slope.shape)
        moved = [[part.copy() for part in weights] for _ in range(2)]
        moved[0][number][place] += 1e-6
        moved[1][number][place] -= 1e-6
        assert slope[place] == pytest.approx((loss(moved[0]) - loss(moved[1])) / 2e-6, abs=1e-8)


def test_a_gradient_taken_singly_is_the_one_of_the_batch():
    drawn = np.random.default_rng(0)
    weights = network.first_weights(3, (8, 4), 1)
    batch = drawn.random((20, 3)), drawn.random(20)
    for one, other in zip(
        network.gradient_singly(weights, *batch), network.gradient_together(weights, *batch), strict=True
    ):
        assert one == pytest.approx(other, rel=1e-9, abs=1e-15)


def test_a_network_learns():
    data = train.draw_data((128, 2), 0, trees_count=1, epochs_count=60)
    found = network.train(data.designs, data.values, train.plan_of(data))
    level = np.full_like(data.unseen_values, data.values.mean())
    errors = [rules.fit_error(each, data.unseen_values) for each in (found.predict(data.unseen), level)]
    assert errors[0] < errors[1] / 3


def test_a_network_of_single_precision_stays_one():
    data = train.draw_data((64, 2), 0, trees_count=1, epochs_count=2)
    found = network.train(data.designs, data.values, train.plan_of(data, single=True))
    assert {part.dtype for part in found.weights} == {np.dtype(np.float32)}


def test_jax_and_numpy_train_the_same_network_up_to_rounding():
    need_module("jax", "jax")
    from perfwatch.workloads.surrogate import network_jax

    data = train.draw_data((64, 2), 0, trees_count=1, epochs_count=3)
    found = network_jax.train(data.designs, data.values, train.plan_of(data)).predict(data.unseen)
    own = network.train(data.designs, data.values, train.plan_of(data)).predict(data.unseen)
    assert found == pytest.approx(own, abs=1e-3)


def test_derivatives_by_jax_leave_its_precision_as_it_was():
    need_module("jax", "jax")
    import jax.numpy as jnp

    from perfwatch.workloads.surrogate import gradient, gradient_jax

    asked = gradient.GradientInputs(surrogate=fitted(), places=np.full((2, 3), 0.5))
    assert gradient_jax.autodiff(asked) == pytest.approx(gradient.analytic(asked), rel=1e-9)
    assert jnp.asarray(1.0).dtype == jnp.float32


def test_the_numpy_network_needs_no_jax():
    assert not {"jax", "joblib"} & set(vars(sys.modules[network.__name__]))


# The rule for networks


def test_a_network_that_was_hardly_trained_is_not_as_good():
    data = [train.draw_data((64, 2), seed, trees_count=1, epochs_count=20) for seed in range(8)]

    def outputs(each, epochs_count):
        plan = network.Plan(epochs_count=epochs_count, seed=each.seed)
        nothing = np.zeros_like(each.unseen_values)
        found = network.train(each.designs, each.values, plan).predict(each.unseen)
        return train.TrainOutputs(forest=nothing, network=found, process=nothing)

    expected, lazy = ([outputs(each, count) for each in data] for count in (20, 1))
    assert rules.same_fit(data, expected, expected) == ""
    assert rules.same_fit(data, expected, lazy).startswith("network: its error is +")


# Search over covariances


def test_halving_finds_the_winner_for_many_seeds():
    # The stage's own rule asks for the first four.
    for seed in range(4, 7):
        data = tune.inputs("small", seed)
        assert tune.halving(data) == tune.cached_data(data)


def test_a_covariance_is_one_at_no_distance_and_falls():
    squares = np.linspace(0, 9, 50)
    for kernel in tune.KERNELS:
        found = kernel(squares, 0.7)
        assert found[0] == 1
        assert (np.diff(found) < 0).all()
