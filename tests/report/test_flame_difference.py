"""A slower benchmark's picture: coloured where the record says so, and what vanished beside it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from builders import make_comparison, make_report
from hostile import MARKUP, with_text
from test_flame_page import rows

from perfwatch.records.comparison import Verdict
from perfwatch.records.gate import GatePolicy, GateResult, GateVerdict
from perfwatch.records.pairing import Side
from perfwatch.records.profile_difference import PathDifference, ProfileDifference, TimeDifference
from perfwatch.report.difference_flame import difference_flame, gone
from perfwatch.report.html import render_html
from perfwatch.report.json_file import render_json
from perfwatch.report.names import Names


def times(base_ns, head_ns, **changes):
    return TimeDifference(
        base_ns=base_ns,
        head_ns=head_ns,
        difference_ns=head_ns - base_ns,
        interval_ns=(head_ns - base_ns - 1e5, head_ns - base_ns + 1e5),
        p_value=0.001,
        **changes,
    )


def path(function, base_ns, head_ns, verdict=Verdict.UNDECIDED, caller=None, **changes):
    plain = PathDifference(
        function=function,
        file="solver.py",
        line=7,
        user=True,
        own=times(1e5, 1e5),
        total=times(base_ns, head_ns),
        verdict=verdict,
        caller=caller,
    )
    return replace(plain, **changes)


PATHS = (
    path("main", 1e7, 1.3e7, Verdict.SLOWER),
    path("step", 5e6, 8e6, Verdict.SLOWER, 0),
    path("check", 2e6, 1.5e6, Verdict.FASTER, 0),
    path("save", 1e6, 1.2e6, Verdict.UNDECIDED, 0),
    path("old", 5e5, 0.0, Verdict.FASTER, 1, only_in=Side.BASE),
    path("older", 4e5, 0.0, Verdict.FASTER, 4, only_in=Side.BASE),
    path("seldom", 1e5, 0.0, Verdict.UNDECIDED, 0, only_in=Side.BASE),
    path("new", 0.0, 1e6, Verdict.SLOWER, 1, only_in=Side.HEAD),
)


def difference(paths=PATHS, **changes):
    plain = ProfileDifference(
        benchmark="fit",
        base_ns=1e7,
        head_ns=1.3e7,
        processes_counts=(5, 5),
        samples_counts=(2000, 2000),
        summary="most of it in step()",
        paths=paths,
        paths_left_out_count=3,
    )
    return replace(plain, **changes)


def gated(paths=PATHS):
    comparison = make_comparison(verdict=Verdict.SLOWER)
    found = difference(paths, benchmark=comparison.benchmark)
    gate = GateResult(
        verdict=GateVerdict.FAILED, policy=GatePolicy(), comparisons=(comparison,), functions=(found,)
    )
    return make_report(comparisons=gate.comparisons, gate=gate)


def test_a_frame_has_a_colour_where_its_record_has_a_word_and_no_other():
    found = {row["name"]: row["change"] for row in rows(difference_flame(difference(), Names()))}
    assert found == {"main": 4, "step": 4, "new": 1, "check": -1, "save": 0}


def test_a_difference_that_is_within_its_error_has_no_colour_however_great():
    great = (path("main", 1e6, 1e9), path("step", 1e6, 9e8, Verdict.UNDECIDED, 0))
    assert {row["change"] for row in rows(difference_flame(difference(great), Names()))} == {0}


def test_each_frame_says_its_change_with_the_interval_and_bases_time():
    notes = {row["name"]: row["note"] for row in rows(difference_flame(difference(), Names()))}
    assert notes["step"] == "slower: 3.00 ms [2.90 ms, 3.10 ms] against 5.00 ms in base"
    assert notes["save"].startswith("no change beyond its error: 200 µs [100 µs, 300 µs]")
    assert notes["new"].startswith("only in head, slower: 1.00 ms")


def test_the_page_says_what_was_not_looked_at():
    assert "3 paths took too little time" in difference_flame(difference(), Names()).left_out
    assert "4 paths differ by more" in difference_flame(difference(), Names()).caption


@pytest.mark.parametrize("paths", [(), (path("old", 1e6, 0.0, Verdict.FASTER, only_in=Side.BASE),)])
def test_without_a_path_of_head_there_is_no_picture(paths):
    assert difference_flame(difference(paths), Names()) is None


def test_what_vanished_is_listed_where_it_is_sure_the_dearest_first():
    (table,) = gone(difference(), Names())
    assert [row[:2] for row in table.rows] == [("solver.py:7 old", "step"), ("solver.py:7 older", "old")]


def test_where_nothing_vanished_there_is_no_table():
    assert gone(difference(PATHS[:4]), Names()) == ()


def test_several_roots_stand_under_the_benchmark():
    two = (path("main", 1e6, 2e6), path("(thread)", 1e6, 1e6, file="", user=False))
    first, *rest = rows(difference_flame(difference(two), Names()))
    assert (first["name"], first["kind"], first["depth"]) == ("fit", 2, 0)
    assert {row["depth"] for row in rest} == {1}


def test_the_page_of_a_gate_has_the_picture_and_the_list():
    page = render_html(gated())
    assert "hidden data-compared" in page
    assert "Calls of fit that were seen in base alone" in page or "that were seen in base alone" in page


def test_the_document_holds_every_path():
    (found,) = json.loads(render_json(gated()))["gate"]["functions"]
    assert [one["function"] for one in found["paths"]] == [one.function for one in PATHS]
    assert found["paths"][1]["caller"] == 0
    assert found["paths"][1]["verdict"] == "slower"
    assert found["paths"][4]["only_in"] == "base"
    assert found["paths"][1]["total"]["interval_ns"] == [2.9e6, 3.1e6]
    assert found["paths_left_out_count"] == 3


def test_names_from_outside_do_nothing():
    page = render_html(with_text(gated(), MARKUP))
    assert "<script>window" not in page
    assert "<img" not in page


def test_colour_and_sign_are_drawn_in_the_browser(visit):
    seen = visit(render_html(gated()))
    seen.page.wait_for_selector("figure.flame[data-compared]:not([hidden])")
    colours = seen.evaluate("""() => {
        const canvas = document.querySelector('figure.flame[data-compared] canvas'), pen = canvas.getContext('2d');
        const at = (x, row) => [...pen.getImageData(Math.round(x * canvas.width), row * 20 + 3, 1, 1).data];
        return {step: at(0.3, 1), check: at(0.65, 1), save: at(0.8, 1)};
    }""")
    assert colours["step"][0] > colours["step"][2] + 40  # orange: more red than blue
    assert colours["check"][2] > colours["check"][0] + 10  # blue
    assert max(colours["save"][:3]) - min(colours["save"][:3]) < 10  # grey
