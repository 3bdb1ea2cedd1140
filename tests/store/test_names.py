"""What a typed RUN means."""

from __future__ import annotations

import pytest

from perfwatch.errors import UsageError
from perfwatch.store.names import KnownRun, check_baseline_name, resolve

OLD, MIDDLE, NEW = "20260101T120000-aaaa", "20260102T120000-bbbb", "20260103T120000-cccc"
RUNS = (
    KnownRun(id=NEW, revision="abcd" * 10),
    KnownRun(id=MIDDLE, revision="abcd" * 10),
    KnownRun(id=OLD, revision="abce" * 10),
)


def meaning(name, runs=RUNS, baselines=None):
    return resolve(name, runs, baselines or {})


@pytest.mark.parametrize(
    ("name", "run_id"),
    [
        (OLD, OLD),
        ("20260102", MIDDLE),
        ("latest", NEW),
        ("previous", MIDDLE),
        ("abce", OLD),
        ("ABCE" * 10, OLD),
    ],
)
def test_each_reading_finds_its_run(name, run_id):
    found = meaning(name)
    assert (found.run_id, found.tried) == (run_id, ())


def test_a_revision_measured_twice_means_its_newest_run():
    assert meaning("abcda").run_id == NEW


def test_a_baselines_name_means_its_run():
    assert meaning("main", baselines={"main": OLD}).run_id == OLD


def test_an_exact_id_wins_over_longer_ids_that_begin_with_it():
    longer = KnownRun(id=OLD + "1")
    assert meaning(OLD, runs=(longer, *RUNS)).run_id == OLD


def test_an_id_wins_over_a_baseline_and_the_order_is_told():
    found = meaning("20260101", baselines={"20260101": NEW})
    assert found.run_id == OLD
    assert found.tried == (
        f"a run's id or its beginning: {OLD}",
        "a word (latest, previous): no",
        f"a baseline's name: {NEW}",
        "a git revision: no",
    )


def test_a_beginning_of_many_ids_yields_to_a_baseline_of_that_name_and_says_so():
    found = meaning("2026", baselines={"2026": OLD})
    assert found.run_id == OLD
    assert found.tried[0] == f"a run's id or its beginning: {NEW}, {MIDDLE}, {OLD}"


def test_two_readings_of_the_same_run_are_not_ambiguous():
    assert meaning("20260101", baselines={"20260101": OLD}).tried == ()


def test_a_beginning_of_many_ids_is_refused_with_the_ids():
    with pytest.raises(UsageError) as caught:
        meaning("2026")
    assert all(run.id in caught.value.happened for run in RUNS)
    assert caught.value.do


def test_a_beginning_of_two_revisions_is_refused():
    runs = (KnownRun(id=NEW, revision="abc01"), KnownRun(id=OLD, revision="abc02"))
    with pytest.raises(UsageError, match="could mean 2 runs"):
        meaning("abc0", runs=runs)


def test_three_digits_are_no_revision():
    with pytest.raises(UsageError, match="no run 'abc'"):
        meaning("abc")


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UsageError) as caught:
        meaning("latets")
    assert "'latest'" in caught.value.means


def test_previous_of_a_single_run_is_explained():
    with pytest.raises(UsageError, match="only one"):
        meaning("previous", runs=RUNS[:1])


@pytest.mark.parametrize("name", ["latest", "2026", "", "main"])
def test_an_empty_store_says_that_it_is_empty(name):
    with pytest.raises(UsageError, match="no runs yet"):
        meaning(name, runs=())


def test_an_empty_name_means_nothing():
    with pytest.raises(UsageError):
        meaning("", runs=RUNS[:1])


@pytest.mark.parametrize("name", ["main", "v1.2", "feature/fast-fft", "größer", "2026"])
def test_names_of_branches_and_versions_may_name_a_baseline(name):
    check_baseline_name(name)


@pytest.mark.parametrize("name", ["", "latest", "previous", "-x", "/etc", "a b", "a\n", "x" * 101, "\udcff"])
def test_names_that_mean_something_else_or_nothing_are_refused(name):
    with pytest.raises(UsageError):
        check_baseline_name(name)
