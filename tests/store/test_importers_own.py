"""Our own files are read back as the runs that they were written from."""

from __future__ import annotations

import json

import pytest
from builders import make_benchmark, make_report, make_run
from result_files import written

from perfwatch.errors import UsageError
from perfwatch.report.json_file import render_json
from perfwatch.store import baseline_file
from perfwatch.store.importers import import_run

RUN = make_run(benchmarks=(make_benchmark("one"), make_benchmark("two")))


def exported(folder):
    file = folder / "base.json"
    baseline_file.write(baseline_file.filed("release", "", RUN), file)
    return file


def reported(folder, change=lambda document: None):
    document = json.loads(render_json(make_report(run=RUN)))
    change(document)
    return written(folder, json.dumps(document))


@pytest.mark.parametrize("write", [exported, reported])
def test_a_run_comes_back_with_samples_key_and_code(tmp_path, write):
    found = import_run(write(tmp_path)).run
    assert found.header.id == RUN.header.id
    assert found.header.code_digest == RUN.header.code_digest
    assert found.header.environment.key == RUN.header.environment.key
    assert [benchmark.name for benchmark in found.benchmarks] == ["one", "two"]
    assert found.benchmarks[0].timing == RUN.benchmarks[0].timing
    assert found.notes == ()


def test_what_only_a_reports_own_base_had_is_left_out(tmp_path):
    file = reported(
        tmp_path, lambda d: d["benchmarks"].append(d["benchmarks"][0] | {"target": None, "name": "x"})
    )
    assert len(import_run(file).run.benchmarks) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: d.update(schema="perfwatch.report/2"), "perfwatch.report/2"),
        (lambda d: d.update(schema="perfwatch.baseline/7"), "perfwatch.baseline/7"),
        (lambda d: d["benchmarks"].append(d["benchmarks"][0]), "twice"),
        (lambda d: d["benchmarks"][0]["timing"]["processes"][0]["wall_ns"].append(-1), "do not fit together"),
        (lambda d: d.pop("run"), "run"),
    ],
)
def test_a_report_that_is_not_sound_is_refused(tmp_path, change, said):
    with pytest.raises(UsageError, match=said):
        import_run(reported(tmp_path, change))
