"""The engine of diagnosis: what it does with rules that fail, sources that are not as they were, and runs with little in them."""

from __future__ import annotations

import ast
import gc
import json
from dataclasses import replace

import pytest
from builders import make_run
from click.testing import CliRunner
from scenes import FILE, Measured, bare, rule_named, run_of

from perfwatch.cli.report import report
from perfwatch.diagnose import diagnose
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.table import RULES
from perfwatch.places import STORE_FILE, STORE_FOLDER
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName, PassResult, Run, RunState, SourceFile
from perfwatch.store import open_store
from perfwatch.store.documents import pack, unpack

POLLING = """
    import time

    def finished(job):
        while not job.done:           #@ 1% 200x
            time.sleep(0.05)          #@ 93% 200x
"""


def made_rule(find, slug="made", **changes):
    return Rule(
        slug=slug,
        title="Made",
        needs=frozenset({PassName.CPU}),
        shape="",
        limits="",
        source="",
        find=find,
        **changes,
    )


def first_statement(share=0.5, sure=Grade.HIGH):
    def find(scene):
        for module in scene.program.modules.values():
            yield Suspect(
                module=module,
                node=module.tree.body[0],
                share=share,
                mechanism="m",
                advice=Advice(summary="a"),
                sure=sure,
            )

    return find


def raising(scene):
    yield from first_statement()(scene)
    raise LookupError("no such line")


def slugs(found):
    return [one.rule for one in found.ranked]


# Rules that fail


def test_a_rule_that_raises_costs_itself_alone():
    found = diagnose(run_of(POLLING), (made_rule(raising), rule_named("sleep")))
    assert slugs(found) == ["sleep"]
    assert found.notes == ("The rule made failed: LookupError: no such line",)


@pytest.mark.parametrize("share", [float("nan"), -0.5, 0.0, 0.04])
def test_a_share_that_is_no_share_or_too_small_is_not_told(share):
    assert not diagnose(run_of(POLLING), (made_rule(first_statement(share)),)).ranked


def test_a_share_above_one_is_told_as_one():
    (found,) = diagnose(run_of(POLLING), (made_rule(first_statement(7.0)),)).ranked
    assert found.share_ratio == 1.0
    assert found.ceiling_ratio == 100


def test_a_rule_without_its_passes_is_not_asked():
    timed = Measured(passes=[PassName.TIMING])
    assert not diagnose(run_of(POLLING, timed), (made_rule(raising),)).notes


def test_what_is_hardly_sure_pushes_nothing_else_out():
    unsure = made_rule(first_statement(0.9, Grade.LOW), "unsure")
    sure = made_rule(first_statement(0.6, Grade.HIGH), "sure")
    assert slugs(diagnose(run_of(POLLING), (unsure, sure))) == ["sure"]
    medium = made_rule(first_statement(0.9, Grade.MEDIUM), "medium")
    assert slugs(diagnose(run_of(POLLING), (medium, sure))) == ["medium"]


def test_the_best_ten_are_told_of_many():
    many = "\n".join(f"import time\n\ndef wait_{n}():\n    time.sleep(1)  #@ 7% 9x\n" for n in range(14))
    found = diagnose(run_of(many))
    assert len(found.ranked) == 10
    assert [one.rank for one in found.ranked] == list(range(1, 11))


def test_the_garbage_collector_is_as_it_was():
    diagnose(run_of(POLLING), (made_rule(raising),))
    assert gc.isenabled()


# Sources


def test_a_source_that_was_not_kept_is_named_with_its_share():
    run = replace(run_of(POLLING), sources=())
    found = diagnose(run)
    assert not found.ranked
    assert any(FILE in note and "94%" in note for note in found.notes)
    assert found.absent == "Nothing was diagnosed: the run holds no source of yours."


def test_a_source_that_changed_during_the_run_is_pointed_at_nowhere():
    run = run_of(POLLING)
    later = replace(run.sources[0], text="# a new first line\n" + run.sources[0].text)
    found = diagnose(replace(run, sources=(later,)))
    assert not found.ranked
    assert any("changed while it was measured" in note for note in found.notes)


@pytest.mark.parametrize("text", ["def broken(:\n", "x = 1\0", "(" * 3000 + ")" * 3000])
def test_a_source_that_does_not_parse_is_named(text):
    run = run_of(POLLING)
    other = SourceFile(file="other.py", digest="d", text=text)
    found = diagnose(replace(run, sources=(*run.sources, other)))
    assert slugs(found) == ["sleep"]
    assert "other.py cannot be read as Python; nothing in it was diagnosed." in found.notes


def test_a_source_that_is_not_utf8_is_diagnosed_at_the_right_line():
    run = run_of(POLLING.replace("job.done:", "job.done:  # fertig \ufffd"))
    stats = run.benchmarks[0].profiles.lines
    seen = (replace(stats[0], source=stats[0].source.replace("\ufffd", "\xfc")), *stats[1:])
    profiles = replace(run.benchmarks[0].profiles, lines=seen)
    found = diagnose(replace(run, benchmarks=(replace(run.benchmarks[0], profiles=profiles),)))
    assert [(one.rule, one.line_start) for one in found.ranked] == [("sleep", 5)]


def test_a_form_feed_ends_no_line():
    run = run_of(POLLING.replace("def finished", "\fdef finished"))
    assert "\f" in run.sources[0].text
    assert [(one.rule, one.line_start) for one in diagnose(run).ranked] == [("sleep", 5)]


def test_columns_count_bytes_and_words_are_still_the_users():
    run = run_of("""
        import time

        def warten(größe):
            return größe, time.sleep(größe)     #@ 90% 5x
    """)
    assert "time.sleep(größe) waits" in diagnose(run).ranked[0].mechanism


@pytest.mark.parametrize(
    "file", ["study.zip/inner/fit.py", "<ipython-input-3-abc>", "/tmp/ipykernel_7/123.py"]
)
def test_a_file_of_any_name_is_diagnosed_where_its_source_was_kept(file):
    (found,) = diagnose(run_of(POLLING, file=file)).ranked
    assert (found.file, found.line_start) == (file, 5)


# Runs with little in them


def test_an_empty_run_says_what_is_missing():
    found = diagnose(replace(make_run(), benchmarks=(), sources=()))
    assert found.ranked == ()
    assert found.absent == "Nothing was diagnosed: that needs the cpu and the lines pass."


def test_a_run_of_no_time_at_all_divides_by_nothing():
    found = diagnose(run_of(POLLING, Measured(whole_ns=0.0)))
    assert not found.ranked
    assert not found.notes


def test_a_single_sample_is_told_with_its_error():
    run = run_of("import time\ntime.sleep(9)  #@ 90% 1x")
    stat = replace(run.benchmarks[0].profiles.lines[0], samples_count=1, total_error_ns=9e9)
    profiles = replace(run.benchmarks[0].profiles, lines=(stat,))
    (found,) = diagnose(replace(run, benchmarks=(replace(run.benchmarks[0], profiles=profiles),))).ranked
    assert found.share_error_ratio == pytest.approx(0.9)


def test_each_benchmark_is_diagnosed_by_its_own_figures():
    idle = run_of(POLLING).benchmarks[0]
    busy = replace(run_of(POLLING.replace("93%", "3%")).benchmarks[0], name="busy")
    found = diagnose(replace(run_of(POLLING), benchmarks=(idle, busy)))
    assert [(one.benchmark, one.rule) for one in found.ranked] == [("work", "sleep")]


def test_a_stored_run_is_diagnosed_again_with_the_same_findings():
    run = run_of(POLLING, Measured(threads={"MainThread": 0.1}, peak_bytes=5e7))
    assert diagnose(unpack(pack(run), Run)) == diagnose(run)


def test_a_report_of_a_stored_run_tells_the_same_findings_each_time(tmp_path, monkeypatch):
    run = run_of(POLLING)
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)
    seen = PassResult(
        target=run.header.targets[0].key,
        pass_name=PassName.CPU,
        benchmarks=run.benchmarks,
        sources=run.sources,
    )
    with open_store(tmp_path / STORE_FOLDER / STORE_FILE) as store:
        store.begin(run.header)
        store.save_pass(run.header.id, seen)
        store.finish(run.header.id, RunState.COMPLETE, 1)
    told = [CliRunner().invoke(report, [run.header.id, "--format", "json"]) for _ in range(2)]
    assert [one.exit_code for one in told] == [0, 0], told[0].output
    findings = [json.loads(one.stdout)["findings"] for one in told]
    assert findings[0] == findings[1]
    assert [(one["rule"], one["line_start"]) for one in findings[0]] == [("sleep", 5)]


def test_marks_are_no_part_of_the_stored_source():
    assert "#@" not in bare(POLLING)
    assert ast.parse(bare(POLLING))


# The table


def test_slugs_are_unique_and_rows_are_whole():
    assert len({rule.slug for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.needs
        assert all((rule.title, rule.shape, rule.limits, rule.source)), rule.slug
