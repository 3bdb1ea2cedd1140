"""Baselines as files that a project commits."""

from __future__ import annotations

import json
import math
import os
from dataclasses import replace

import pytest
from builders import make_benchmark, make_environment, make_pass_result
from shelves import header_on, opened, put

from perfwatch.errors import UsageError
from perfwatch.records.profile import Profiles
from perfwatch.records.run import Custom, PassName, RunState
from perfwatch.store import baseline_file


@pytest.fixture
def store(tmp_path):
    with opened(tmp_path) as store:
        yield store


@pytest.fixture
def file(tmp_path, store):
    """An exported baseline, forgotten by the store."""
    run_id = put(store, header_on(1))
    store.save_baseline("main", run_id, note="release 1")
    store.export_baseline("main", tmp_path / "main.json")
    store.delete_baseline("main")
    store.delete(run_id)
    return tmp_path / "main.json"


def changed(file, change):
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))
    return file


def test_timing_and_metrics_survive_the_file_and_profiles_stay_out(store, file):
    row = store.import_baseline(file)
    assert (row.name, row.note) == ("main", "release 1")
    run = store.load(row.run_id)
    assert run.benchmarks == (make_benchmark(profiles=Profiles(), passes=()),)
    assert (run.state, run.duration_ns) == (RunState.COMPLETE, 5)
    assert "profiles" not in file.read_text()


def test_an_imported_baseline_is_what_later_runs_are_held_against(store, file):
    store.import_baseline(file, name="committed")
    assert store.baseline_for(header_on(2)).record.name == "committed"


def test_the_same_baseline_gives_the_same_bytes_also_after_an_import(store, file):
    store.import_baseline(file)
    again = file.with_name("again.json")
    store.export_baseline("main", again)
    assert again.read_bytes() == file.read_bytes()


def test_the_file_names_no_place_outside_the_project(file):
    text = file.read_text()
    header = json.loads(text)["header"]
    assert header["targets"][0]["path"] == "script.py"
    assert "/project" not in text
    assert "/usr/bin" not in text


def test_the_file_can_be_read_in_a_diff(file):
    lines = file.read_text().splitlines()
    assert lines[:3] == ["{", ' "schema": "perfwatch.baseline/1",', ' "name": "main",']
    assert sum(line.strip().startswith('"wall_ns": [') and line.endswith("],") for line in lines) == 5


def test_figures_of_the_target_survive_and_what_json_cannot_say_stays_out(tmp_path, store):
    benchmark = make_benchmark(metrics={"a": math.nan, "b": 2.0})
    results = (
        make_pass_result(
            PassName.TIMING, benchmarks=(benchmark,), custom=(Custom(name="mse", values=(math.inf, 0.5)),)
        ),
    )
    run_id = put(store, header_on(1), results=results)
    store.save_baseline("main", run_id)
    store.export_baseline("main", tmp_path / "main.json")
    store.delete_baseline("main")
    store.delete(run_id)
    run = store.load(store.import_baseline(tmp_path / "main.json").run_id)
    assert run.benchmarks[0].metrics == {"b": 2.0}
    assert run.custom == (Custom(name="mse", values=(0.5,)),)


def test_a_name_that_is_taken_is_refused_unless_it_may_be_replaced(store, file):
    other = put(store, header_on(2))
    store.save_baseline("main", other)
    with pytest.raises(UsageError, match="already"):
        store.import_baseline(file)
    assert store.baseline("main").run_id == other
    assert [row.id for row in store.runs()] == [other]
    assert store.import_baseline(file, replace=True).run_id != other


def test_importing_a_run_that_is_stored_keeps_its_profiles(store, file):
    run_id = put(store, header_on(1))
    store.import_baseline(file)
    assert store.load(run_id).benchmarks[0].profiles.cpu is not None


def test_a_different_run_of_the_same_id_is_refused(store, file):
    put(store, header_on(1, environment=make_environment(key="other")))
    with pytest.raises(UsageError, match="differs"):
        store.import_baseline(file)
    assert store.baselines() == []


def test_a_name_that_no_baseline_can_have_is_refused(store, file):
    with pytest.raises(UsageError, match="cannot be called"):
        store.import_baseline(file, name="latest")
    changed(file, lambda document: document.update(name="--help"))
    with pytest.raises(UsageError, match="cannot be a baseline's name"):
        store.import_baseline(file)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "truncated"),
        (b"not json", "malformed"),
        (b"[]", "Expected `object`"),
        (b"{}", "schema is None"),
        (b'{"schema": "perfwatch.baseline/2"}', "reads 'perfwatch.baseline/1'"),
        (b'{"schema": "perfwatch.baseline/1"}', "missing required field `name`"),
        (b'{"schema": "\xff"}', "can't decode byte 0xff"),
        (b"[" * 100_000, "no baseline file"),
        (b'{"schema": ' + b"[" * 100_000, "no baseline file"),
    ],
)
def test_a_file_that_is_no_baseline_is_refused_with_the_reason(store, tmp_path, content, words):
    file = tmp_path / "bad.json"
    file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        store.import_baseline(file)
    assert words in caught.value.happened
    assert caught.value.means == "Nothing was imported."
    assert store.runs() == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda document: document["header"].update(id="../../etc"), "no run's id"),
        (lambda document: document.update(state="running"), "had not ended"),
        (lambda document: document.update(state="splendid"), "$.state"),
        (lambda document: document.update(duration_ns=-1), "out of range"),
        (lambda document: document.update(duration_ns=10**30), "no baseline file"),
        (lambda document: document["header"]["environment"].update(memory_bytes=10**30), "no baseline file"),
        (lambda document: document.update(benchmarks=[]), "no benchmark"),
        (lambda document: document["header"].update(targets=[]), "no target"),
        (lambda document: document["benchmarks"].append(document["benchmarks"][0]), "twice"),
        (lambda document: _process(document).update(loops_count=0), "do not fit"),
        (lambda document: _process(document)["wall_ns"].pop(), "do not fit"),
        (lambda document: _process(document)["wall_ns"].__setitem__(0, "1"), "wall_ns[0]"),
        (lambda document: _process(document)["wall_ns"].__setitem__(0, -1), "do not fit"),
        (lambda document: _process(document).update(warmup_count=99), "do not fit"),
    ],
)
def test_a_file_that_was_tampered_with_is_refused_with_the_place(store, file, change, words):
    with pytest.raises(UsageError) as caught:
        store.import_baseline(changed(file, change))
    assert words in caught.value.happened
    assert store.runs() == []


def _process(document):
    return document["benchmarks"][0]["timing"]["processes"][0]


def test_a_file_beyond_all_measure_is_not_read_whole(store, tmp_path):
    file = tmp_path / "huge.json"
    with file.open("wb") as stream:
        stream.truncate(baseline_file.LIMIT_BYTES + 1)
    with pytest.raises(UsageError, match="larger than 100 MB"):
        store.import_baseline(file)


def test_a_pipe_or_a_folder_is_no_file(store, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for place in ("pipe", ".", "absent.json"):
        with pytest.raises(UsageError, match="no file"):
            store.import_baseline(tmp_path / place)


def test_an_export_that_cannot_be_written_leaves_no_rest(store, tmp_path):
    store.save_baseline("main", put(store, header_on(1)))
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("in the way")
    for place in (tmp_path / "file" / "main.json", tmp_path / "folder"):
        with pytest.raises(UsageError, match="cannot be written"):
            store.export_baseline("main", place)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".perfwatch", "file", "folder"]


def test_an_export_makes_the_folder_that_it_is_written_to(store, tmp_path):
    store.save_baseline("main", put(store, header_on(1)))
    store.export_baseline("main", tmp_path / "kept" / "here" / "main.json")
    assert (tmp_path / "kept" / "here" / "main.json").is_file()


def test_a_target_outside_the_project_keeps_its_path():
    header = header_on(1, project_root="/elsewhere")
    assert baseline_file._without_places(header).targets[0].path == "/project/script.py"
    assert baseline_file._without_places(replace(header, project_root="")).project_root == ""
