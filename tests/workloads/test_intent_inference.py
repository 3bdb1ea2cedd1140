"""Belief, Gaussian process and session: the sources' own formulas, and what must be refused."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages import drawn, one_thread, verdict
from tools import need_module

from perfwatch.errors import TargetError
from perfwatch.workloads.drawing import Draw
from perfwatch.workloads.intent import belief, reaching
from perfwatch.workloads.intent.table_one import BELIEF, GP_INFERENCE, PIPELINE

need_module("sklearn", "scikit-learn")
from perfwatch.workloads.intent import gp_inference, pipeline  # noqa: E402 - they need scikit-learn

__all__ = ["one_thread"]  # a fixture that holds for the whole module

seeds = st.integers(min_value=0, max_value=2**40)


# Reaches


@given(st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_minimum_jerk_reach_goes_forward_from_rest_to_rest(first, second):
    low, high = sorted((first, second))
    done = reaching.minimum_jerk(np.array([0.0, low, high, 1.0, 2.0]))
    assert (np.diff(done) > -1e-14).all()
    assert (done[0], done[3], done[4]) == (0.0, 1.0, 1.0)


def test_a_reach_ends_at_its_goal():
    draw = Draw(3)
    goals = reaching.draw_goals(draw, 5)
    reach = reaching.draw_reach(draw, goals, 60)
    assert np.abs(reach.positions[-10:] - goals[reach.goal]).max() < 6 * reaching.NOISE_M


# Belief


@settings(max_examples=25, deadline=None)
@given(seed=seeds, movements=st.integers(0, 12), intents=st.integers(2, 7))
def test_every_form_infers_the_same_belief_whatever_the_seed(seed, movements, intents):
    track = belief.draw_track(movements, intents, seed)
    expected = belief.reference(track).belief
    assert expected.shape == (movements, intents)
    for form in (belief.recursive, belief.cached, belief.log_space):
        assert np.allclose(form(track).belief, expected, rtol=1e-11, atol=0)
    assert np.allclose(expected.sum(axis=1), 1.0)


def test_a_belief_is_bayes_rule_after_one_movement():
    track = dataclasses.replace(belief.draw_track(1, 3, 0), prior=np.array([0.5, 0.3, 0.2]), switching=0.0)
    way, move = track.goals - track.positions[0], np.diff(track.positions, axis=0)[0]
    cosine = way @ move / np.linalg.norm(way, axis=1) / np.linalg.norm(move)
    expected = track.prior * np.exp(track.concentration * cosine)
    assert np.allclose(belief.reference(track).belief[0], expected / expected.sum())


def test_a_hand_that_rests_tells_nothing_and_is_no_error():
    track = belief.draw_track(3, 4, 0)
    resting = dataclasses.replace(track, positions=np.zeros((4, 2)))
    for form in (belief.reference, belief.recursive, belief.cached, belief.log_space):
        assert np.allclose(form(resting).belief, 0.25)


def test_the_goal_that_a_hand_reaches_is_believed_in():
    draw = Draw(8)
    goals = reaching.draw_goals(draw, 5)
    reach = reaching.draw_reach(draw, goals, 16)
    track = belief.BeliefInputs(positions=reach.positions, goals=goals, prior=np.full(5, 0.2))
    assert belief.recursive(track).belief[-1].argmax() == reach.goal


def test_forgetting_that_intents_change_is_a_different_answer():
    def stubborn(asked):
        return belief.recursive(dataclasses.replace(asked, switching=1e-9))

    assert verdict(BELIEF, stubborn)


def test_a_kept_movement_is_weighed_once(monkeypatch):
    asked = belief.draw_track(20, 4, 0)
    weighed = []
    plain = belief.weights
    monkeypatch.setattr(belief, "weights", lambda *which: weighed.append(which[1]) or plain(*which))
    belief.cached(asked)
    assert weighed == list(range(20))
    belief.reference(asked)
    assert len(weighed) == 20 + 20 * 21 // 2


# Gaussian process


def test_the_inputs_hold_the_kernel_that_the_reference_s_search_finds():
    (asked,) = drawn(GP_INFERENCE, seeds_count=1)
    again = gp_inference.searched_kernel(asked.experience)
    assert again == asked.kernel
    bounds = (gp_inference.VARIANCE_BOUNDS, gp_inference.LENGTH_BOUNDS, gp_inference.NOISE_BOUNDS)
    for value, (low, high) in zip(dataclasses.astuple(asked.kernel), bounds, strict=True):
        assert 1.01 * low < value < high / 1.01


def test_mean_and_variance_are_those_of_the_textbook():
    (asked,) = drawn(GP_INFERENCE, seeds_count=1)
    kernel, learnt = asked.kernel, asked.experience

    def covariance(first, second):
        square = ((first[:, np.newaxis] - second) ** 2).sum(axis=2)
        return kernel.variance * np.exp(-square / (2 * kernel.length**2))

    inverse = np.linalg.inv(covariance(learnt.features, learnt.features) + kernel.noise * np.eye(60))
    near = covariance(asked.queries, learnt.features)
    offset = learnt.left_s.mean()
    found = gp_inference.cholesky_cache(asked)
    assert np.allclose(found.mean_s, offset + near @ inverse @ (learnt.left_s - offset), rtol=1e-6)
    expected = kernel.variance + kernel.noise - np.einsum("ij,jk,ik->i", near, inverse, near)
    assert np.allclose(found.variance_s2, expected, rtol=1e-6)


def test_a_process_predicts_better_than_the_mean():
    asked = gp_inference.draw_queries(200, 60, 5)
    draw = Draw(5)
    goals = reaching.draw_goals(draw, 5)
    gp_inference.draw_experience(draw, goals, 200)
    _, truth = reaching.draw_experience(draw, goals, 60)
    found = gp_inference.cholesky_cache(asked)
    error = np.sqrt(np.mean((found.mean_s - truth) ** 2))
    assert error < 0.7 * truth.std()
    assert np.mean(np.abs(found.mean_s - truth) < 2 * np.sqrt(found.variance_s2)) > 0.85


def test_a_variance_without_noise_is_a_different_answer():
    def without_noise(asked):
        found = gp_inference.cholesky_cache(asked)
        return dataclasses.replace(found, variance_s2=found.variance_s2 - asked.kernel.noise)

    assert "variance_s2" in verdict(GP_INFERENCE, without_noise)


def test_the_loops_of_the_compiled_covariance_are_the_covariance():
    need_module("numba", "numba")
    from perfwatch.workloads.intent import gp_compiled

    (asked,) = drawn(GP_INFERENCE, seeds_count=1)
    found = np.empty((4, 60))
    scales = (asked.kernel.variance, -0.5 / asked.kernel.length**2)
    gp_compiled.fill(asked.queries, asked.experience.features, scales, found)
    expected = gp_inference.covariance_by_distances(asked.queries, asked.experience.features, asked.kernel)
    assert np.allclose(found, expected, rtol=1e-12)
    assert np.array_equal(
        gp_compiled.covariance_by_loops(asked.queries, asked.experience.features, asked.kernel).shape,
        (4, 60),
    )


def test_jax_gives_the_same_answer_on_whatever_device_it_has():
    jax = need_module("jax", "jax")
    from perfwatch.workloads.intent import gp_gpu

    device = jax.devices()[0]
    assert verdict(GP_INFERENCE, lambda asked: gp_gpu.on_device(asked, device)) == ""
    (asked,) = drawn(GP_INFERENCE, seeds_count=1)
    one = gp_gpu.OnDevice(asked.experience, asked.kernel, device).predict(asked.queries[0])
    assert one == pytest.approx(
        gp_inference.Factorised(asked.experience, asked.kernel).predict(asked.queries[0])
    )
    assert jax.numpy.ones(1).dtype == "float32"  # its setting is as it was


def test_without_a_gpu_the_form_says_so_and_computes_nothing():
    jax = need_module("jax", "jax")
    from perfwatch.workloads.intent import gp_gpu

    if any(device.platform == "gpu" for device in jax.devices()):
        pytest.skip("this machine has a GPU")
    (asked,) = drawn(GP_INFERENCE, seeds_count=1)
    with pytest.raises(TargetError) as caught:
        gp_gpu.gpu(asked)
    assert "no GPU" in caught.value.happened
    assert "cpu" in caught.value.happened
    assert "jax[cuda12]" in caught.value.do
    with pytest.raises(TargetError):
        pipeline.gpu(drawn(PIPELINE, seeds_count=1)[0])


# Sessions


def test_a_session_meets_the_hand():
    draw = Draw(4)
    goals = reaching.draw_goals(draw, 5)
    experience = gp_inference.draw_experience(draw, goals, 80)
    reach = reaching.draw_reach(draw, goals, 45)
    asked = pipeline.session_inputs(reach.positions, goals, experience, 10)
    session = pipeline.Session(asked, pipeline.FAST)
    for _ in range(44):
        decision = session.observe()
        assert np.abs(decision.control).max() <= pipeline.LIMIT_M_PER_S2
    assert decision.belief.argmax() == reach.goal
    assert math.dist(session._robot[:2], goals[reach.goal]) < 0.1
    with pytest.raises(StopIteration):
        session.observe()


def test_a_session_looks_at_no_movement_before_its_time():
    (asked,) = drawn(PIPELINE, seeds_count=1)
    later = dataclasses.replace(
        asked, track=dataclasses.replace(asked.track, positions=asked.track.positions.copy())
    )
    later.track.positions[4:] = 9.0
    for parts in (pipeline.FAST, dataclasses.replace(pipeline.FAST, beliefs=belief.recomputed)):
        sessions = [pipeline.Session(each, parts) for each in (asked, later)]
        for _ in range(3):
            first, second = (session.observe() for session in sessions)
            assert np.array_equal(first.control, second.control)
            assert np.array_equal(first.belief, second.belief)


@pytest.mark.parametrize(
    ("part", "change"), [("belief", 1e-8), ("mean_s", 1e-5), ("variance_s2", 1e-5), ("controls", 1e-5)]
)
def test_each_part_of_a_session_is_held_to_its_stage_s_rule(part, change):
    def spoiled(asked):
        found = pipeline.all_parts(asked)
        return dataclasses.replace(found, **{part: getattr(found, part) * (1 + change) + change})

    assert verdict(PIPELINE, spoiled).startswith(part)
