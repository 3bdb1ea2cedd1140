"""What lies behind the spread of times, on trees built by hand."""

from __future__ import annotations

import pytest
from doctor_patients import make_patient, tree

from perfwatch.environment.checks import CHECKS, NOISE_CHECKS, noise
from perfwatch.records.doctor import CheckState

pytestmark = pytest.mark.smoke

CPU = "sys/devices/system/cpu"


def test_two_threads_of_one_core_are_each_others_noise(tmp_path):
    files = {f"{CPU}/smt/active": "1"} | {
        f"{CPU}/cpu{number}/topology/thread_siblings_list": "0,2" if number % 2 == 0 else "1,3"
        for number in range(4)
    }
    seen = noise.neighbours(make_patient(tree(tmp_path, files)))
    assert (seen.state, seen.do.endswith("smt/control'")) == (CheckState.WARNING, True)
    assert "0,2 and 1,3" in seen.fact


@pytest.mark.parametrize(
    "files", [{}, {f"{CPU}/smt/active": "0"}, {f"{CPU}/cpu0/topology/thread_siblings_list": "0"}]
)
def test_cores_of_one_thread_have_no_such_neighbour(tmp_path, files):
    assert noise.neighbours(make_patient(tree(tmp_path, files))).state is CheckState.OK


@pytest.mark.parametrize(
    ("files", "state", "word"),
    [
        ({}, CheckState.ABSENT, "does not say"),
        ({"proc/sys/kernel/randomize_va_space": "0\n"}, CheckState.OK, "not random"),
        ({"proc/sys/kernel/randomize_va_space": "2\n"}, CheckState.OK, "random: perfwatch draws one layout"),
    ],
)
def test_whether_addresses_are_random_is_told_and_not_blamed(tmp_path, files, state, word):
    seen = noise.addresses(make_patient(tree(tmp_path, files)))
    assert (seen.state, word in seen.fact) == (state, True)


def test_a_single_core_is_shared_with_perfwatch_itself(tmp_path):
    one = tree(tmp_path / "one", {"proc/self/status": "Cpus_allowed_list:\t3\n", f"{CPU}/online": "0-3"})
    assert noise.affinity(make_patient(one)).state is CheckState.WARNING
    many = tree(tmp_path / "many", {"proc/self/status": "Cpus_allowed_list:\t0-2\n", f"{CPU}/online": "0-3"})
    seen = noise.affinity(make_patient(many))
    assert (seen.state, seen.fact.startswith("3 of 4 cores")) == (CheckState.OK, True)


def test_everything_that_the_noise_asks_about_is_there_once():
    names = [row.name for row in NOISE_CHECKS]
    assert len(names) == len(set(names))
    asked = {
        "load",
        "governor",
        "turbo",
        "virtualisation",
        "CPU quota",
        "swap",
        "thread settings",
        "thread pools",
    }
    assert asked == {row.name for row in CHECKS} & set(names)
