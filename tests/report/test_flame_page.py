"""Flame graphs in the page: what travels to the script, which script may run, and what names can do to it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from dataclasses import replace

import pytest
from builders import make_benchmark, make_profiles, make_report, make_run
from diffusion_report import diffusion_report
from everything_report import everything_report
from hostile import ATTACKS, MARKUP, with_text

from perfwatch import units
from perfwatch.records.profile import CallNode, LineStat, MemoryProfile, Profiles
from perfwatch.records.report import Report
from perfwatch.report.flame_view import FRAMES_LEAST, FRAMES_LIMIT, Anchors, anchors_of, cpu_flame, frames_for
from perfwatch.report.html import render_html
from perfwatch.report.line_view import Sources, annotated
from perfwatch.report.memory_flame import memory_flame
from perfwatch.report.packed import packed
from perfwatch.report.scripts import scripts
from perfwatch.report.templates import template_dir

NOWHERE = Anchors("", {}, {})
BLOCK = re.compile(r'<script type="application/octet-stream\+gzip">([A-Za-z0-9+/=]*)</script>')


def unpacked(text):
    return json.loads(gzip.decompress(base64.b64decode(text)))


def rows(flame):
    """The boxes as the script reads them, one a row."""
    data = unpacked(flame.data)
    made = []
    for number in range(len(data["boxes"]["depth"])):
        row = {name: column[number] for name, column in data["boxes"].items()}
        texts = ("name", "place", "total", "own", "share", "anchor", "note")
        made.append(row | {name: data["texts"][row[name]] for name in texts})
    return made


def node(function, own, *children, file="model.py", line=1, user=True):
    total = own + sum(child.total_ns for child in children)
    return CallNode(
        function=function, file=file, line=line, time_ns=own, total_ns=total, user=user, children=children
    )


def flame_of(root, **profiles):
    return cpu_flame(make_benchmark(profiles=Profiles(cpu=root, **profiles)), NOWHERE)


@pytest.fixture(scope="module")
def page():
    return render_html(diffusion_report())


# What is said


def test_each_call_has_its_figures_ready_made():
    first, second = rows(flame_of(node("main", 1e6, node("fit", 3e6))))
    assert (first["name"], first["total"], first["own"], first["share"]) == (
        "main",
        "4.00 ms",
        "1.00 ms",
        "100.0%",
    )
    assert (second["name"], second["place"], second["share"]) == ("fit", "model.py:1", units.percent(0.75))


def test_yours_a_librarys_a_threads_and_what_is_pooled_are_told_apart():
    root = node(
        "(all)",
        0.0,
        node("mine", 9e8),
        node("theirs", 2e8, file="/x/site-packages/lib/a.py", user=False),
        node("ndarray.copy", 1e8, file="", line=0, user=False),
        *(node(f"small_{i}", 10.0) for i in range(3)),
        file="",
        line=0,
        user=False,
    )
    kinds = {row["name"]: row["kind"] for row in rows(flame_of(root))}
    assert kinds == {"(all)": 2, "mine": 0, "theirs": 1, "ndarray.copy": 1, "(others: 3)": 3}


def test_the_page_says_what_is_pooled():
    root = node("main", 1e9, *(node(f"small_{i}", 10.0) for i in range(7)))
    said = flame_of(root).left_out
    assert said.startswith(
        "7 branches are drawn as (others) under their callers: 1/4000 of the whole or less"
    )
    assert flame_of(node("main", 1e9)).left_out == ""


def test_a_call_leads_to_its_first_line_where_that_is_shown_else_to_its_dearest():
    report = make_report()
    (benchmark,) = report.run.benchmarks
    sources = annotated(report.run, benchmark, 300, "b")
    anchors = anchors_of(benchmark, sources, report.run.header.project_root)
    assert anchors.of("script.py", 4, "hot") == "b-1-4"
    assert anchors.of("script.py", 400, "module.hot") == "b-1-7"
    assert anchors.of("script.py", 400, "cold") == ""
    assert anchors.of("other.py", 4, "hot") == ""


def test_every_anchor_is_the_id_of_one_row(page):
    ids = re.findall(r'<tr id="([^"]+)"', page)
    assert len(ids) == len(set(ids)) > 0
    led = {
        data["texts"][number]
        for data in map(unpacked, BLOCK.findall(page))
        for number in data["boxes"]["anchor"]
    } - {""}
    assert led
    assert led <= set(ids)


def test_lines_that_nothing_names_have_no_id():
    (benchmark,) = make_report().run.benchmarks
    sources = annotated(make_run(), benchmark)
    assert sources.anchors == {}
    assert isinstance(sources, Sources)


def wide(count):
    return node("main", 1.0, *(node(f"f{i}", 1e6 + i, node("in", 1e6)) for i in range(count)))


def test_the_longest_benchmark_shows_most_and_none_shows_too_little():
    long, short = (make_benchmark(profiles=Profiles(cpu=node("main", own))) for own in (1e12, 1e6))
    limits = frames_for([short] * 11 + [long] + [short] * 11 + [make_benchmark(profiles=Profiles())])
    assert limits[11] == FRAMES_LIMIT
    assert set(limits) == {FRAMES_LIMIT, FRAMES_LEAST}
    assert frames_for([make_benchmark(profiles=Profiles())]) == [FRAMES_LIMIT]
    assert frames_for([]) == []


def test_where_there_is_no_room_the_narrowest_are_pooled_and_counted():
    benchmark = make_benchmark(profiles=Profiles(cpu=wide(100)))
    drawn = cpu_flame(benchmark, NOWHERE, 60)
    assert sum(row["kind"] != 3 for row in rows(drawn)) <= 60
    assert "are drawn as (others)" in drawn.left_out


def test_a_page_of_many_wide_trees_stays_small():
    many = tuple(make_benchmark(f"b{i}", profiles=Profiles(cpu=wide(1_000))) for i in range(30))
    text = render_html(Report(run=make_run(benchmarks=many)))
    assert len(text.encode()) < 3_000_000


# Memory


def holding(*held, peak=1_000):
    lines = tuple(
        LineStat(file="a.py", line=line, function=function, source=f"x{line} = make()", peak_bytes=size)
        for line, function, size in held
    )
    memory = MemoryProfile(peak_bytes=peak, allocated_bytes=peak, allocations_count=1)
    return make_benchmark(profiles=Profiles(lines=lines, memory=memory))


def test_memory_at_the_peak_is_drawn_by_file_function_and_line():
    found = rows(memory_flame(holding((3, "load", 600.0), (9, "fit", 100.0), (4, "load", 200.0)), NOWHERE))
    assert [(row["depth"], row["name"], row["total"]) for row in found] == [
        (0, "peak of the heap", "1.00 kB"),
        (1, "a.py", "900 B"),
        (2, "load", "800 B"),
        (3, "x3 = make()", "600 B"),
        (3, "x4 = make()", "200 B"),
        (2, "fit", "100 B"),
        (3, "x9 = make()", "100 B"),
    ]


def test_what_no_line_held_stays_empty():
    found = rows(memory_flame(holding((3, "load", 600.0)), NOWHERE))
    assert [row["width"] for row in found] == [1_000_000, 600_000, 600_000, 600_000]


@pytest.mark.parametrize("held", [(), ((3, "load", 0.0),)])
def test_where_no_line_held_anything_there_is_no_picture_of_memory(held):
    assert memory_flame(holding(*held), NOWHERE) is None


# What may run


def policy(text):
    return re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text).group(1)


def test_the_policy_lets_the_pages_own_scripts_through_and_nothing_else(page):
    texts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    digests = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts]
    allowed = policy(page).replace("&#39;", "'")
    assert "script-src " + " ".join(f"'sha256-{digest}'" for digest in digests) + ";" in allowed
    assert "default-src 'none'" in allowed
    assert "unsafe" not in allowed.replace("style-src 'unsafe-inline'", "")


def test_the_script_in_the_page_is_the_file_as_it_is(page):
    assert (template_dir() / "flame.js").read_text(encoding="utf-8") in page


def test_a_script_that_would_end_its_own_element_is_refused(tmp_path):
    (tmp_path / "a.js").write_text("x = '</SCRIPT>'", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.js"):
        scripts(tmp_path, ["a.js"])


def test_the_script_never_makes_markup_of_a_text():
    text = (template_dir() / "flame.js").read_text(encoding="utf-8")
    for way in (
        "innerHTML",
        "outerHTML",
        "insertAdjacent",
        "document.write",
        "eval(",
        "Function(",
        "setAttribute",
    ):
        assert way not in text


# What names can do


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_names_leave_the_data_letters_and_digits(attack):
    text = render_html(with_text(everything_report(), ATTACKS[attack]))
    assert len(BLOCK.findall(text)) == text.count('<script type="application') > 0
    for data in map(unpacked, BLOCK.findall(text)):
        assert all(len(one) < 400 for one in data["texts"])
        assert not any(set(one) & set("\x1b\x00\x07\u202e\u2066\u200b") for one in data["texts"])


def test_a_name_of_markup_arrives_as_it_is_for_the_script_to_set_as_text():
    found = rows(flame_of(node(MARKUP, 1e9)))
    assert found[0]["name"] == MARKUP[:120] or found[0]["name"].startswith("<script>")


def test_a_lone_surrogate_can_be_packed():
    assert rows(flame_of(replace(node("a", 1e9), function="\udc80")))[0]["name"]


def test_the_same_data_are_the_same_text():
    assert packed({"a": [1, 2]}) == packed({"a": [1, 2]})
    assert unpacked(packed({"a": [1, 2]})) == {"a": [1, 2]}


def test_profiles_of_a_small_script_make_one_picture_of_each_kind():
    text = render_html(make_report())
    assert text.count('<figure class="flame" hidden') == 1 + (make_profiles().memory is not None)
