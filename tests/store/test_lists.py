"""Lists and histories: out of columns that are written with a run, or filled in from older ones."""

from __future__ import annotations

import hashlib
import sqlite3

import pytest
from alembic import command
from builders import make_benchmark, make_environment, make_pass_result, make_target, make_timing
from shelves import header_on, opened, put
from sqlalchemy import create_engine

from perfwatch.errors import StoreError
from perfwatch.records.comparison import Summary, Verdict
from perfwatch.records.history import RunFilter
from perfwatch.records.run import Commit, PassName, RunState
from perfwatch.store import open_to_read, schema
from perfwatch.store.documents import pack
from perfwatch.store.slugs import slug_of


def timed(*names, per_call_ns=1_000_000.0, target="script:script.py", **changes):
    benchmarks = tuple(
        make_benchmark(name, per_call_ns * (i + 1), target=target, **changes) for i, name in enumerate(names)
    )
    return (make_pass_result(PassName.TIMING, target=target, benchmarks=benchmarks),)


def page(store, first=0, count=50, **wanted):
    return store.run_page(RunFilter(**wanted), first=first, count=count)


def ids(found):
    return [run.id[:8] for run in found.runs]


def days(*numbers):
    return [f"202601{day:02d}" for day in numbers]


def test_runs_are_listed_newest_first_with_machine_longest_time_and_names(tmp_path):
    with opened(tmp_path) as store:
        for day in (1, 2, 3):
            put(store, header_on(day), results=timed("a", "b"))
        store.save_baseline("main", header_on(2).id)
        found = page(store)
    assert ids(found) == days(3, 2, 1)
    assert (found.matching_count, found.stored_count) == (3, 3)
    line = found.runs[1]
    assert (line.longest, line.longest_ns, line.benchmarks_count) == ("b", 2_000_000.0, 2)
    assert (line.machine.key, line.machine.processor, line.machine.cores_count) == ("e1", "Example CPU", 2)
    assert (line.baselines, line.commit.branch) == (("main",), "main")


def test_a_page_holds_what_was_asked_for(tmp_path):
    with opened(tmp_path) as store:
        for day in range(1, 8):
            put(store, header_on(day), results=())
        assert ids(page(store, first=2, count=3)) == days(5, 4, 3)
        assert page(store, first=2, count=3).matching_count == 7
        assert ids(page(store, first=9, count=3)) == []


def test_a_run_has_no_summary_until_it_is_given_one(tmp_path):
    with opened(tmp_path) as store:
        run_id = put(store, header_on(1))
        assert page(store).runs[0].summary is None
        assert store.without_summary() == [run_id]
        store.save_summary(run_id, Summary(slower=1, findings=4))
        assert page(store).runs[0].summary == Summary(slower=1, findings=4)
        assert store.without_summary() == []


def test_a_run_that_has_not_ended_waits_for_its_summary(tmp_path):
    with opened(tmp_path) as store:
        put(store, header_on(1), state=RunState.RUNNING)
        assert store.without_summary() == []


@pytest.fixture
def varied(tmp_path):
    """Three runs that differ in all that is filtered by; the target of the second begins like that of the first."""
    with opened(tmp_path) as store:
        for day, key, branch in (
            (1, "script:a.py", "main"),
            (2, "script:a.py2", "Main"),
            (3, "script:A.py", None),
        ):
            header = header_on(day, targets=(make_target(key=key),), commit=Commit(branch=branch))
            put(store, header, results=())
            store.save_summary(header.id, Summary(slower=int(day == 2), same=1))
        yield store


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"target": "script:a.py"}, (1,)),
        ({"target": "script:"}, ()),
        ({"target": '", "'}, ()),
        ({"branch": "main"}, (1,)),
        ({"verdict": Verdict.SLOWER}, (2,)),
        ({"verdict": Verdict.SAME}, (3, 2, 1)),
        ({"verdict": Verdict.FAILED}, ()),
        ({"since": "2026-01-02"}, (3, 2)),
        ({"until": "2026-01-02"}, (2, 1)),
        ({"since": "2026-01-02", "until": "2026-01-02", "branch": "Main"}, (2,)),
        ({"target": "'; DROP TABLE runs; --"}, ()),
    ],
)
def test_a_filter_lets_through_what_it_names(wanted, found, varied):
    assert ids(page(varied, **wanted)) == days(*found)
    assert page(varied, **wanted).matching_count == len(found)


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "9999-12-31", "2026-01-01' OR 1"])
def test_a_day_that_is_none_is_refused(day, varied):
    with pytest.raises(ValueError):
        page(varied, until=day)


def test_what_can_be_filtered_by_is_told(varied):
    assert page(varied).targets == ("script:A.py", "script:a.py", "script:a.py2")
    assert page(varied).branches == ("Main", "main")


def test_a_history_is_in_the_order_of_the_runs_with_their_machines(tmp_path):
    with opened(tmp_path) as store:
        for day, key in ((2, "e1"), (1, "e2"), (3, "e1")):
            environment = make_environment(key=key, cores_count=day)
            put(store, header_on(day, environment=environment), results=timed("fit", per_call_ns=day * 1e6))
        (line,) = store.benchmarks()
        points = store.points_of(line.slug)
    assert (line.name, line.target, line.points_count) == ("fit", "script:script.py", 3)
    assert [point.median_ns for point in points] == [1e6, 2e6, 3e6]
    assert [point.machine.key for point in points] == ["e2", "e1", "e1"]
    assert [point.machine.cores_count for point in points] == [1, 2, 3]
    assert points[0].interval_ns == pytest.approx((0.995e6, 1.005e6))


def test_the_same_name_in_two_targets_is_two_benchmarks(tmp_path):
    with opened(tmp_path) as store:
        put(store, header_on(1), results=timed("fit", target="a") + timed("fit", "other", target="b"))
        found = store.benchmarks(name="fit")
        assert [line.target for line in found] == ["a", "b"]
        assert store.benchmarks(slug=found[1].slug) == [found[1]]
        assert store.benchmarks(name="fi") == []
        assert store.points_of("nothing") == []


def test_a_pass_that_is_stored_again_replaces_its_times(tmp_path):
    with opened(tmp_path) as store:
        header = header_on(1)
        store.begin(header)
        for per_call_ns in (5e6, 1e6):
            store.replace_pass(header.id, timed("fit", per_call_ns=per_call_ns)[0])
        (line,) = store.benchmarks()
        assert [point.median_ns for point in store.points_of(line.slug)] == [1e6]


def test_only_the_timing_pass_gives_times(tmp_path):
    with opened(tmp_path) as store:
        result = make_pass_result(PassName.CPU, benchmarks=(make_benchmark(),))
        put(store, header_on(1), results=(result,))
        assert store.benchmarks() == []


def test_a_time_that_is_no_number_has_no_place_in_a_history(tmp_path):
    with opened(tmp_path) as store:
        timing = make_timing(median_ns=float("nan"))
        put(store, header_on(1), results=timed("fit", timing=timing))
        assert store.benchmarks() == []


def test_what_is_listed_of_a_run_goes_with_it(tmp_path):
    with opened(tmp_path) as store:
        run_id = put(store, header_on(1), results=timed("fit"))
        store.delete(run_id)
        assert (store.benchmarks(), page(store).runs) == ([], ())


def test_a_name_with_a_lone_surrogate_is_stored_readably(tmp_path):
    with opened(tmp_path) as store:
        put(store, header_on(1), results=timed("fit\udc80"))
        assert [line.name for line in store.benchmarks()] == ["fit\\udc80"]


# Slugs


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..", "/", "", "CON", "a b", "x" * 5_000, "\u202e", "a\0b", "%2e%2e"]
)
def test_a_slug_is_one_plain_word_of_a_path(name):
    slug = slug_of("target", name)
    assert slug.isascii()
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert 10 <= len(slug) <= 80


def test_slugs_tell_names_apart_that_read_alike():
    assert len({slug_of("t", "a.b"), slug_of("t", "a-b"), slug_of("t", "A.b"), slug_of("u", "a.b")}) == 4


# Older stores


def older_store(path):
    """A store of the first revision with one run of two benchmarks, as that perfwatch wrote it, and a damaged one."""
    path.parent.mkdir(parents=True)
    engine = create_engine(f"sqlite:///{path}")
    header = header_on(1)
    with engine.begin() as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        payload = pack(timed("fit", "load")[0])
        rows = [
            (header.id, header.started_at, pack(header)),
            ("20260102T120000-bbbb", "2026-01-02T12:00:00Z", b"?"),
        ]
        for run_id, started_at, document in rows:
            connection.exec_driver_sql(
                "INSERT INTO runs (id, started_at, state, command, target_keys, branch, environment_key, code_digest,"
                " duration_ns, header, notes) VALUES (?, ?, 'complete', 'x', '[\"t\"]', 'main', 'e1', 'c', 1, ?, ?)",
                (run_id, started_at, document, pack(())),
            )
            connection.exec_driver_sql(
                "INSERT INTO pass_results (run_id, target, pass_name, payload) VALUES (?, 't', 'timing', ?)",
                (run_id, payload if document != b"?" else b"?"),
            )
    engine.dispose()


def test_an_older_store_is_listed_as_if_it_had_been_written_today(tmp_path):
    path = tmp_path / ".perfwatch" / "perfwatch.db"
    older_store(path)
    with opened(tmp_path) as store:
        damaged, line = page(store).runs
        assert (line.longest, line.longest_ns, line.benchmarks_count) == ("load", 2_000_000.0, 2)
        assert (line.machine.processor, line.machine.memory_bytes) == ("Example CPU", 8_000_000_000)
        assert [one.name for one in store.benchmarks()] == ["fit", "load"]
        assert store.points_of(store.benchmarks()[0].slug)[0].interval_ns == pytest.approx(
            (995_000, 1_005_000)
        )
        assert (damaged.longest_ns, damaged.machine.processor) == (None, "")
        store.save_summary(line.id, Summary(same=1))
        assert page(store, verdict=Verdict.SAME).matching_count == 1


# To read


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_nothing_can_be_changed_through_a_store_that_was_opened_to_read(tmp_path):
    with opened(tmp_path) as store:
        put(store, header_on(1))
    path = tmp_path / ".perfwatch" / "perfwatch.db"
    before = digest(path)
    with open_to_read(path) as store:
        assert len(page(store).runs) == 1
        with pytest.raises(StoreError):
            put(store, header_on(2))
        with pytest.raises(StoreError):
            store.save_summary(header_on(1).id, Summary())
        with pytest.raises(StoreError):
            store.delete(header_on(1).id)
    assert digest(path) == before


def test_a_reader_sees_what_is_stored_while_it_is_open(tmp_path):
    with opened(tmp_path) as store, open_to_read(store.path) as reader:
        assert page(reader).stored_count == 0
        put(store, header_on(1))
        assert page(reader).stored_count == 1


def test_a_store_in_a_folder_of_any_name_opens_to_read(tmp_path):
    folder = tmp_path / "what? #1 50%"
    with opened(folder) as store:
        put(store, header_on(1))
    with open_to_read(folder / ".perfwatch" / "perfwatch.db") as reader:
        assert page(reader).stored_count == 1


def test_reading_makes_no_store_where_there_is_none(tmp_path):
    with pytest.raises(StoreError):
        open_to_read(tmp_path / "perfwatch.db")
    assert list(tmp_path.iterdir()) == []


def test_an_older_store_is_not_migrated_by_reading(tmp_path):
    path = tmp_path / ".perfwatch" / "perfwatch.db"
    older_store(path)
    before = digest(path)
    with pytest.raises(StoreError, match="older schema"):
        open_to_read(path)
    assert digest(path) == before
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)
    connection.close()
