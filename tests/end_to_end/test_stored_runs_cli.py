"""Stored runs: listed, shown again, named, exported, freed, by the verbs a user types."""

from __future__ import annotations

import json
import shutil
import sys

import pytest
from builders import make_benchmark, make_header, make_pass_result, make_target
from jsonschema import Draft202012Validator
from running import perfwatch, report_of

from perfwatch.records.run import PassName, RunState
from perfwatch.store import open_store

DAYS = (3, 4, 5, 6)


def run_id(day):
    return f"202601{day:02d}T120000-aa{day:02d}"


@pytest.fixture
def project(tmp_path):
    """A project with four stored runs, one a day."""
    with open_store(tmp_path / ".perfwatch" / "perfwatch.db") as store:
        for day in DAYS:
            header = make_header(
                id=run_id(day),
                started_at=f"2026-01-{day:02d}T12:00:00Z",
                command=f"perfwatch run script.py --day {day}",
                project_root=str(tmp_path),
                targets=(make_target(path=str(tmp_path / "script.py")),),
            )
            store.begin(header)
            store.save_pass(header.id, make_pass_result(PassName.TIMING, benchmarks=(make_benchmark(),)))
            store.finish(header.id, RunState.COMPLETE, 5)
            folder = tmp_path / ".perfwatch" / "reports" / header.id
            folder.mkdir(parents=True)
            (folder / "index.html").write_text("<!doctype html>")
    return tmp_path


def said(*arguments, cwd, code=0):
    """What a command prints; it must end with ``code``."""
    done = perfwatch(*arguments, cwd=cwd)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 else done.stderr


def stored(cwd):
    return [row["id"] for row in json.loads(said("runs", "--json", cwd=cwd))["runs"]]


# runs


def test_runs_are_listed_newest_first(project):
    text = said("runs", cwd=project)
    assert [text.index(run_id(day)) for day in reversed(DAYS)] == sorted(
        text.index(run_id(day)) for day in DAYS
    )
    assert "perfwatch run script.py" in text


def test_a_limit_shows_the_newest(project):
    text = said("runs", "--limit", "1", cwd=project)
    assert run_id(6) in text
    assert run_id(5) not in text


def test_runs_are_a_document_for_programs(project):
    assert stored(project) == [run_id(day) for day in reversed(DAYS)]


def test_runs_are_found_from_a_folder_below_the_project(project):
    (project / "pyproject.toml").write_text("[project]\nname = 'x'\n")
    (project / "below").mkdir()
    assert stored(project / "below") == [run_id(day) for day in reversed(DAYS)]


def test_an_empty_store_says_how_to_fill_it(tmp_path):
    assert "perfwatch run" in said("runs", cwd=tmp_path)


# report


def test_the_latest_run_is_shown_as_tables(project):
    text = said("report", cwd=project)
    assert run_id(6) in text
    assert "1.00 ms" in text


@pytest.mark.parametrize("name", ["latest", "20260106", run_id(6)])
def test_a_run_is_named_by_its_id_a_prefix_or_its_place(project, name):
    document = json.loads(said("report", name, "--format", "json", cwd=project))
    assert document["run"]["id"] == run_id(6)


def test_previous_is_the_one_before(project):
    document = json.loads(said("report", "previous", "--format", "json", cwd=project))
    assert document["run"]["id"] == run_id(5)


def test_a_document_obeys_the_schema_that_is_printed(project):
    schema = json.loads(said("report", "--schema", cwd=project))
    Draft202012Validator.check_schema(schema)
    document = json.loads(said("report", "--format", "json", cwd=project))
    Draft202012Validator(schema).validate(document)


def test_a_page_is_written_where_it_is_asked_for(project):
    done = perfwatch("report", "--out", "page.html", cwd=project)
    assert (done.returncode, done.stdout) == (0, "")
    assert (project / "page.html").read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    assert "page.html" in done.stderr


def test_a_run_that_is_not_there_names_what_is(project):
    text = said("report", "nonsense", cwd=project, code=2)
    assert "nonsense" in text
    assert "perfwatch runs" in text


def test_a_prefix_of_several_runs_names_them(project):
    text = said("report", "202601", cwd=project, code=2)
    assert run_id(3) in text
    assert run_id(6) in text


@pytest.mark.parametrize(
    ("name", "beginning"),
    [
        ("run.csv", "run,started_at,"),
        ("run.md", "## perfwatch run: script.py"),
        ("run.sarif", '{\n "$schema": "https://json.schemastore.org/sarif-2.1.0.json"'),
        ("run.speedscope.json", '{"$schema":"https://www.speedscope.app/'),
        ("run.folded", "<module> (script.py:1) "),
        ("run.xml", '<?xml version="1.0" encoding="UTF-8"?>'),
    ],
)
def test_a_run_is_written_in_the_format_that_the_ending_says(project, name, beginning):
    said("report", "--out", name, cwd=project)
    assert (project / name).read_text(encoding="utf-8").startswith(beginning)


def test_without_runs_there_is_nothing_to_report(tmp_path):
    assert "perfwatch run" in said("report", cwd=tmp_path, code=2)


# baseline


def test_a_baseline_names_a_run_until_it_is_forgotten(project):
    assert run_id(6) in said("baseline", "save", "main", cwd=project)
    assert run_id(6) in said("baseline", "list", cwd=project)
    assert run_id(6) in said("baseline", "show", "main", cwd=project)
    document = json.loads(said("report", "main", "--format", "json", cwd=project))
    assert document["run"]["id"] == run_id(6)
    said("baseline", "rename", "main", "release", cwd=project)
    assert "release" in said("baseline", "list", cwd=project)
    said("baseline", "delete", "release", cwd=project)
    assert "no baselines" in said("baseline", "list", cwd=project)
    assert run_id(6) in stored(project)


def test_a_name_that_moves_says_where_it_was(project):
    said("baseline", "save", "main", "previous", cwd=project)
    text = said("baseline", "save", "main", cwd=project)
    assert run_id(6) in text
    assert run_id(5) in text


def test_a_baseline_that_is_not_there_names_the_nearest(project):
    said("baseline", "save", "main", cwd=project)
    assert "main" in said("baseline", "show", "mian", cwd=project, code=2)


def test_a_baseline_travels_as_a_file(project, tmp_path_factory):
    said("baseline", "save", "main", "--note", "before the rewrite", cwd=project)
    said("baseline", "export", "main", "main.json", cwd=project)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(project / "main.json", elsewhere / "main.json")
    said("baseline", "import", "main.json", cwd=elsewhere)
    assert "before the rewrite" in said("baseline", "list", cwd=elsewhere)
    document = json.loads(said("report", "main", "--format", "json", cwd=elsewhere))
    assert document["benchmarks"][0]["timing"]["median_ns"] == 1_000_000.0


def test_a_name_in_use_is_taken_only_where_it_is_said(project):
    said("baseline", "save", "main", cwd=project)
    said("baseline", "export", "main", "main.json", cwd=project)
    assert "--replace" in said("baseline", "import", "main.json", cwd=project, code=2)
    said("baseline", "import", "main.json", "--replace", cwd=project)


def test_a_file_that_is_no_baseline_is_refused_with_its_name(project):
    (project / "other.json").write_text('{"schema": "something else"}')
    assert "other.json" in said("baseline", "import", "other.json", cwd=project, code=2)


# clean


def test_clean_keeps_the_newest_and_removes_the_reports_of_the_others(project):
    assert "Removed 3 of 4 runs" in said("clean", "--keep", "1", cwd=project)
    assert stored(project) == [run_id(6)]
    assert [path.name for path in (project / ".perfwatch" / "reports").iterdir()] == [run_id(6)]


def test_clean_spares_what_a_baseline_names(project):
    said("baseline", "save", "first", run_id(3), cwd=project)
    said("clean", "--keep", "0", cwd=project)
    assert stored(project) == [run_id(3)]


def test_clean_asks_for_what_should_go(project):
    assert "--keep" in said("clean", cwd=project, code=2)
    assert len(stored(project)) == len(DAYS)


# other stores


def test_another_store_is_used_where_it_is_named(project, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    store = project / ".perfwatch" / "perfwatch.db"
    text = said("runs", "--store", store, cwd=elsewhere)
    assert run_id(6) in text
    assert not (elsewhere / ".perfwatch").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="perfwatch run needs fork and wait4")
def test_a_stored_run_renders_again_as_it_was_written(tmp_path):
    (tmp_path / "s.py").write_text("print(sum(range(10)))\n")
    assert perfwatch("run", "--passes", "timing,memory", "s.py", cwd=tmp_path).returncode == 0
    again = json.loads(said("report", "--format", "json", cwd=tmp_path))
    written = report_of(tmp_path)
    assert again["benchmarks"] == written["benchmarks"]
    assert again["run"] == written["run"]


@pytest.mark.skipif(sys.platform == "win32", reason="perfwatch run needs fork and wait4")
def test_a_run_is_held_against_its_baseline(tmp_path):
    (tmp_path / "s.py").write_text("print(sum(range(10)))\n")
    command = ("run", "--passes", "timing", "s.py")
    perfwatch(*command, cwd=tmp_path)
    said("baseline", "save", "main", cwd=tmp_path)
    first = report_of(tmp_path)["run"]["id"]
    perfwatch(*command, cwd=tmp_path)
    done = perfwatch(*command, cwd=tmp_path)
    report = report_of(tmp_path)
    assert {one["base_run"] for one in report["benchmarks"][0]["comparison"]} == {first}
    assert "main" in done.stderr
    assert report["summary"]["slower"] == 0
