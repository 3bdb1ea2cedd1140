"""Runs in and out of the store."""

from __future__ import annotations

import pytest
from builders import make_environment, make_pass_result, make_target
from shelves import header_on, opened, put, timing_and_cpu
from sqlalchemy import text

from perfwatch.errors import StoreCorrupt, StoreError, UsageError
from perfwatch.measure.assemble import assemble
from perfwatch.records.experiment import ExperimentKind, ExperimentOutcome, FunctionPlace
from perfwatch.records.profile import Profiles
from perfwatch.records.run import Commit, PassName, RunState


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path) as store:
        yield store


@pytest.mark.smoke
def test_a_stored_run_is_the_run_that_was_measured(store):
    header = header_on(1)
    store.begin(header)
    for result in timing_and_cpu():
        store.save_pass(header.id, result)
    store.finish(header.id, RunState.COMPLETE, 5, ("a note",))
    measured = assemble(header, timing_and_cpu(), state=RunState.COMPLETE, duration_ns=5, notes=("a note",))
    assert store.load(header.id) == measured


def test_a_run_can_be_read_while_it_is_measured(store):
    header = header_on(1)
    store.begin(header)
    assert store.load(header.id).benchmarks == ()
    store.save_pass(header.id, make_pass_result(notes=("stored at once",)))
    run = store.load(header.id)
    assert (run.state, run.notes) == (RunState.RUNNING, ("stored at once",))


@pytest.mark.smoke
def test_a_second_run_of_the_same_id_is_refused(store):
    put(store, header_on(1))
    with pytest.raises(StoreError, match="same id"):
        store.begin(header_on(1))


def test_a_pass_of_a_run_that_was_removed_says_so(store):
    with pytest.raises(StoreError, match="no longer in the store"):
        store.save_pass("20260101T120000-gone", make_pass_result())


def test_loading_a_run_that_is_not_there_is_a_mistake_of_usage(store):
    with pytest.raises(UsageError, match="no run"):
        store.load("20260101T120000-gone")


def test_text_that_is_no_unicode_is_stored_readably(store):
    odd = "caf\udce9.py"
    target = make_target(name=odd, key=f"script:{odd}")
    header = header_on(1, command=odd, targets=(target,), commit=Commit(branch=odd))
    put(store, header, results=(make_pass_result(target=target.key, notes=(odd,)),))
    store.finish(header.id, RunState.COMPLETE, 5, (odd,))
    assert store.load(header.id).notes == (r"caf\udce9.py", r"caf\udce9.py")
    assert [row.branch for row in store.runs(target_key=target.key)] == [r"caf\udce9.py"]


@pytest.mark.smoke
def test_runs_are_listed_newest_first_with_what_they_take(store):
    old = put(store, header_on(1))
    new = put(store, header_on(2), state=RunState.INTERRUPTED)
    store.save_baseline("main", old)
    store.save_baseline("again", old)
    newest, oldest = store.runs()
    assert (newest.id, newest.state, newest.baselines) == (new, RunState.INTERRUPTED, ())
    assert (oldest.id, oldest.baselines, oldest.passes_count) == (old, ("again", "main"), 2)
    assert oldest.target_keys == ("script:script.py",)
    assert oldest.size_bytes > 500


def test_a_run_without_passes_is_listed_too(store):
    put(store, header_on(1), results=())
    assert [row.passes_count for row in store.runs()] == [0]


def test_runs_of_the_same_second_are_ordered_by_arrival(store):
    ids = ["20260101T120000-cccc", "20260101T120000-aaaa", "20260101T120000-bbbb"]
    for run_id in ids:
        put(store, header_on(1, id=run_id))
    assert [row.id for row in store.runs()] == ids[::-1]
    assert store.last_comparable(header_on(1, id=ids[1])) == ids[0]


def test_the_limit_counts_runs_of_the_target_that_was_asked_for(store):
    other = make_target(key="script:other.py")
    mine = put(store, header_on(1))
    for day in (2, 3):
        put(store, header_on(day, targets=(other,)))
    both = put(store, header_on(4, targets=(other, make_target())))
    assert [row.id for row in store.runs(limit=2, target_key="script:script.py")] == [both, mine]
    assert len(store.runs(limit=2)) == 2
    assert store.runs(limit=0) == []
    assert store.runs(target_key="script:SCRIPT.py") == []


def test_a_name_is_resolved_against_what_is_stored(store):
    old, new = put(store, header_on(1)), put(store, header_on(2))
    store.save_baseline("main", old)
    names = ("latest", "previous", "main", "20260102", "0123456")
    assert [store.resolve(name).run_id for name in names] == [new, old, old, new, new]


def test_the_last_comparable_run_is_complete_earlier_and_of_equal_target_and_environment(store):
    wanted = put(store, header_on(1))
    put(store, header_on(2), state=RunState.INTERRUPTED)
    put(store, header_on(3), state=RunState.RUNNING)
    put(store, header_on(4, environment=make_environment(key="other")))
    put(store, header_on(5, targets=(make_target(), make_target(key="script:other.py"))))
    this = header_on(6)
    put(store, this)
    put(store, header_on(7))
    assert store.last_comparable(this) == wanted
    assert store.last_comparable(header_on(1)) is None


def test_earlier_runs_are_complete_and_of_equal_targets_and_environment_with_their_timing_alone(store):
    wanted = [put(store, header_on(day)) for day in (1, 2)]
    put(store, header_on(3), state=RunState.INTERRUPTED)
    put(store, header_on(4, environment=make_environment(key="other")))
    this = header_on(5)
    put(store, this)
    put(store, header_on(6))
    found = store.earlier_runs(this)
    assert [run.header.id for run in found] == wanted[::-1]
    assert all(run.benchmarks[0].timing is not None and not run.benchmarks[0].passes for run in found)


def test_a_run_whose_environment_is_not_wholly_known_has_no_earlier_ones(store):
    unknown = make_environment(key="")
    put(store, header_on(1, environment=unknown))
    assert store.earlier_runs(header_on(2, environment=unknown)) == []


def test_a_run_that_is_not_stored_is_compared_with_the_newest(store):
    put(store, header_on(1))
    newest = put(store, header_on(2))
    assert store.last_comparable(header_on(2, id="20260102T120000-new")) == newest


def test_the_order_of_targets_does_not_matter(store):
    a, b = make_target(key="a"), make_target(key="b")
    first = put(store, header_on(1, targets=(a, b)))
    assert store.last_comparable(header_on(2, targets=(b, a))) == first


def test_sessions_are_the_complete_runs_of_equal_code_target_and_environment(store):
    wanted = [put(store, header_on(day)) for day in (1, 2)]
    put(store, header_on(3, code_digest="other"))
    put(store, header_on(4, environment=make_environment(key="other")))
    put(store, header_on(5), state=RunState.FAILED)
    sessions = store.sessions_of(header_on(1))
    assert [run.header.id for run in sessions] == wanted[::-1]


def test_sessions_hold_timings_and_decode_no_profile(store):
    run_id = put(store, header_on(1))
    with store._database.writing() as connection:
        connection.execute(text("UPDATE pass_results SET payload = x'00' WHERE pass_name = 'cpu'"))
    benchmark = store.sessions_of(header_on(1))[0].benchmarks[0]
    assert benchmark.timing is not None
    assert benchmark.profiles == Profiles()
    with pytest.raises(StoreCorrupt, match="cannot be decoded"):
        store.load(run_id)


def test_the_newest_twenty_sessions_are_enough(store):
    for day in range(1, 23):
        put(store, header_on(day), results=())
    sessions = store.sessions_of(header_on(1))
    assert [run.header.id[6:8] for run in sessions] == [f"{day:02d}" for day in range(22, 2, -1)]


def test_code_without_a_digest_has_no_sessions(store):
    put(store, header_on(1, code_digest=""))
    assert store.sessions_of(header_on(1, code_digest="")) == []


def test_every_pass_keeps_its_name(store):
    run_id = put(store, header_on(1), results=[make_pass_result(name) for name in PassName])
    assert [one.name for one in store.load(run_id).benchmarks[0].passes] == list(PassName)


def outcome_of(target="script:script.py", **changes):
    figures = {"calls_count": 10.0, "distinct_count": 2.0}
    return ExperimentOutcome(
        kind=ExperimentKind.ARGUMENTS,
        target=target,
        benchmark="script.py",
        function=FunctionPlace(file="script.py", line=4, name="hot"),
        **{"figures": figures, **changes},
    )


def test_what_experiments_brought_is_stored_beside_the_passes_and_counts_as_none(store):
    header = header_on(1)
    store.begin(header)
    for result in timing_and_cpu():
        store.save_pass(header.id, result)
    first, second = (outcome_of(),), (outcome_of(figures={}, absent="the target failed"), outcome_of("other"))
    store.save_experiments(header.id, first)
    store.save_experiments(header.id, second)
    store.save_experiments(header.id, ())
    store.finish(header.id, RunState.COMPLETE, 5)
    assert store.load(header.id).experiments == (*first, *second)
    assert [row.passes_count for row in store.runs()] == [2]


def test_a_run_that_was_stored_before_there_were_experiments_has_none(store):
    put(store, header_on(1))
    assert store.load(header_on(1).id).experiments == ()
