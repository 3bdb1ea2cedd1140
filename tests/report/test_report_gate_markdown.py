"""The gate's Markdown shows what the records say, and makes a forge do nothing else."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from builders import make_comparison, make_report
from hostile import ATTACKS, with_text
from markdown_it import MarkdownIt

from perfwatch.records.comparison import Baseline, Verdict
from perfwatch.records.gate import GatePolicy, GateResult, GateVerdict
from perfwatch.report.gate_markdown import gate_markdown, render_markdown
from perfwatch.report.markdown_text import BYTES_LIMIT, code, sentence

COMMENT_LIMIT = 65_536
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
#: What our own text may make of itself; anything else came out of somebody's name.
OURS = {"h2", "p", "ul", "li", "table", "thead", "tbody", "tr", "th", "td", "strong", "code"}
SUMMONS = re.compile(r"@[\w-]|#\d|\bGH-\d|https?://|www\.\w", re.IGNORECASE)


def compared(name, verdict=Verdict.SLOWER, **changes):
    return make_comparison(benchmark=name, verdict=verdict, **changes)


def result_of(*comparisons, verdict=GateVerdict.FAILED, **changes):
    return GateResult(verdict=verdict, policy=GatePolicy(), comparisons=comparisons, **changes)


def shown(markdown):
    """The page that a forge makes of it."""
    return MARKDOWN.render(markdown)


def text_of(page):
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def rows_of(page):
    return [
        [text_of(cell).strip() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)[1:]
    ]


def test_a_row_has_the_verdict_the_ratio_its_interval_and_the_reason():
    one = compared(
        "test_fit",
        ratio=1.2,
        interval=(1.15, 1.25),
        base_value=1e6,
        head_value=1.2e6,
        reason="Beyond the margin.",
    )
    (row,) = rows_of(shown(gate_markdown(result_of(one))))
    assert row == [
        "\N{BLACK UP-POINTING TRIANGLE} slower",
        "test_fit",
        "+20.0%",
        "[+15.0%, +25.0%]",
        "1.00 ms",
        "1.20 ms",
        "Beyond the margin.",
    ]


def test_what_fails_stands_before_everything_else():
    names = {Verdict.SAME: "steady", Verdict.FASTER: "quick", Verdict.SLOWER: "heavy", Verdict.NEW: "fresh"}
    text = gate_markdown(
        result_of(
            *(compared(name, verdict) for verdict, name in names.items()),
            failing=("heavy (time): slower +20.0%",),
            chosen=("base is main", "head is the work tree"),
            notes=("Another gate was running.",),
            unmet=("old_* is accepted, and no benchmark has such a name",),
            smallest_visible_ratio=0.009,
        )
    )
    places = [
        text.index(part)
        for part in (
            "perfwatch gate: failed",
            "The gate fails.",
            "heavy (time)",
            "base is main",
            "Smallest visible change",
            "0.9%",
            "Another gate",
            "Acceptance",
            "| verdict |",
        )
    ]
    assert places == sorted(places)
    assert [row[1] for row in rows_of(shown(text))] == ["heavy", "quick", "steady", "fresh"]


@pytest.mark.parametrize("verdict", list(GateVerdict))
def test_every_word_of_a_gate_has_its_sentence(verdict):
    text = gate_markdown(result_of(verdict=verdict, void_reason="base differs from its copy"))
    assert f"perfwatch gate: {verdict.value}" in text
    assert "base differs from its copy" in text


def test_a_comparison_without_a_policy_has_no_word():
    report = make_report(
        comparisons=(compared("fit"),), baseline=Baseline(run_id="a1", chosen="base is run a1"), gate=None
    )
    text = render_markdown(report)
    assert text.startswith("## perfwatch compare\n")
    assert "base is run a1" in text
    assert rows_of(shown(text))[0][1] == "fit"


def test_amounts_are_named_and_have_their_unit():
    one = compared(
        "fit", Verdict.HIGHER, metric="peak_memory_bytes", base_value=1_000_000, head_value=2_000_000
    )
    (row,) = rows_of(shown(gate_markdown(result_of(one))))
    assert (row[1], row[4], row[5]) == ("fit, peak memory", "1.00 MB", "2.00 MB")


HOSTILE = {
    "pipe": "a|b|c",
    "escaped pipe": "a\\|b\\\\|c",
    "backticks": "`a` ``b``",
    "one backtick": "`",
    "mention": "@somebody and @some/team",
    "issue": "fixes #1, owner/repo#2, GH-3",
    "link": "[text](https://example.org) <https://example.org> https://example.org www.example.org",
    "picture": "![x](https://example.org/pixel.png)",
    "comment": "<!-- perfwatch --> <!--",
    "heading": "# big",
    "emphasis": "*a* _b_ ~~c~~ **d**",
    "entity": "&lt;script&gt; &#64;somebody",
    "mathematics": "$x$ $$y$$",
    "line ends": "a\nb\r\n| c |\n\n# d",
    "blanks": "   ",
    **ATTACKS,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_untrusted_text_is_shown_and_does_nothing(text):
    one = compared(text, reason=text)
    result = result_of(one, failing=(text,), chosen=(text,), notes=(text,), unmet=(text,), void_reason=text)
    page = shown(gate_markdown(result))
    # A tag of ours around code is raw HTML to this parser, and is what the forge lets stand.
    assert set(re.findall(r"</?([\w!-]+)", page)) <= OURS
    (row,) = rows_of(page)
    assert len(row) == 7
    outside_code = text_of(re.sub(r"<code>.*?</code>", "", page, flags=re.DOTALL))
    assert SUMMONS.search(outside_code) is None


@pytest.mark.parametrize("text", ["a|b", "a\\|b", "`a`", "x*y_z*", "f[n=3, s='<&>']", "$x$", "~~~", "a:b::c"])
def test_a_name_can_be_read_and_copied_as_it_is(text):
    (row,) = rows_of(shown(gate_markdown(result_of(compared(text)))))
    assert row[1] == text
    assert text_of(shown(code(text))).strip() == text
    assert text_of(shown(sentence(text))).strip() == text


def test_everything_in_a_report_may_be_an_attack():
    report = make_report(gate=result_of(compared("fit"), failing=("fit",), chosen=("base",)))
    for text in ATTACKS.values():
        page = shown(render_markdown(with_text(report, text)))
        assert set(re.findall(r"</?([\w!-]+)", page)) <= OURS


@pytest.mark.parametrize("reason", ["Plain words.", "<" * 5_000, "\N{GRINNING FACE}" * 5_000, "@" * 5_000])
def test_it_fits_in_a_comment_whatever_is_in_it_and_says_what_it_leaves_out(reason):
    rows = [compared(f"test_{number}", Verdict.SAME, reason=reason) for number in range(2_000)]
    rows += [compared("last_and_slower", reason=reason)]
    text = gate_markdown(
        result_of(
            *rows,
            failing=(reason,) * 500,
            chosen=(reason,) * 50,
            notes=(reason,) * 500,
            unmet=(reason,) * 500,
            void_reason=reason,
        )
    )
    assert len(text.encode("utf-8")) <= BYTES_LIMIT < COMMENT_LIMIT
    kept = rows_of(shown(text))
    assert kept[0][1] == "last_and_slower"
    (left,) = re.findall(r"(\d+) more rows are left out here \(\d+ same\); the report has them", text)
    assert int(left) + len(kept) == len(rows)
    assert re.search(r"- and \d+ more, which the report has", text)


def test_a_short_result_leaves_nothing_out():
    text = gate_markdown(result_of(*(compared(f"t{number}") for number in range(20))))
    assert "left out" not in text
    assert len(rows_of(shown(text))) == 20


def test_a_lone_surrogate_reaches_the_file_as_its_escape(tmp_path):
    from perfwatch.report.files import write_text

    write_text(
        tmp_path / "gate.md", gate_markdown(replace(result_of(compared("a\udc80")), notes=("\ud800",)))
    )
    assert "## perfwatch gate" in (tmp_path / "gate.md").read_text(encoding="utf-8")
