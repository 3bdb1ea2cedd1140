"""The doctor's page in a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from perfwatch.records.doctor import Check, CheckGroup, CheckState, Diagnosis
from perfwatch.report.doctor_text import headline, render_diagnosis

OK = Check(
    group=CheckGroup.COLLECTORS, name="timing", state=CheckState.OK, fact="all well", source="a source",
    means="nothing to say",
)  # fmt: skip
BROKEN = Check(
    group=CheckGroup.COLLECTORS,
    name="attach --memory",
    state=CheckState.BROKEN,
    fact="the fact " * 20,
    source="/proc/" + "long/" * 30,
    means="It does not work.",
    do="sudo apt-get install " + "gdb-with-a-very-long-name-" * 5,
)
WARNING = Check(
    group=CheckGroup.PROCESSOR, name="turbo", state=CheckState.WARNING, fact="on\x1b[2J", source="/sys/boost"
)
ABSENT = Check(group=CheckGroup.GPU, name="NVML", state=CheckState.ABSENT, fact="no device", collector=True)


def make_diagnosis(**changes):
    facts = {
        "interpreter": "CPython 3.11.7 (/opt/python)",
        "timing": True,
        "works": ("timing",),
        "broken": ("attach --memory",),
        "absent": ("NVML",),
        "warnings": ("turbo",),
        "checks": (OK, BROKEN, ABSENT, WARNING),
        "duration_ns": 2_100_000_000,
    }
    return Diagnosis(**{**facts, **changes})


def rendered(diagnosis, width=80, encoding="utf-8", **options):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    render_diagnosis(diagnosis, Console(file=stream, width=width, highlight=False, **options))
    stream.flush()
    return stream.buffer.getvalue().decode(encoding)


def test_the_first_line_says_in_words_what_works_and_what_does_not():
    text = rendered(make_diagnosis())
    assert text.splitlines()[0] == "Works: timing. Broken: attach --memory. Not here: NVML."
    assert text.splitlines()[1] == "To know before measuring: turbo."


def test_without_timing_the_first_words_are_that_nothing_can_be_measured():
    assert headline(make_diagnosis(timing=False)).startswith("Nothing can be measured here")


def test_each_state_has_a_word_beside_its_symbol():
    lines = rendered(make_diagnosis()).splitlines()
    for words in (
        "\N{CHECK MARK} ok ",
        "\N{MULTIPLICATION SIGN} broken ",
        "! warning ",
        "\N{EN DASH} absent ",
    ):
        assert any(line.startswith(words) for line in lines)


@pytest.mark.parametrize("width", [80, 200])
def test_lines_fit_in_80_columns_but_for_what_is_copied(width):
    lines = rendered(make_diagnosis(), width).splitlines()
    assert {line.strip() for line in lines if len(line) > 80} == {f"$ {BROKEN.do}", BROKEN.source}


def test_what_is_fine_takes_one_line_and_what_is_not_says_what_it_means_and_what_mends_it():
    text = rendered(make_diagnosis())
    assert "all well  a source\n" in text
    assert "nothing to say" not in text
    assert "It does not work." in text


def test_groups_without_a_check_have_no_title():
    text = rendered(make_diagnosis())
    assert "Processor" in text
    assert "Clock" not in text


def test_what_could_steer_the_terminal_is_shown_and_not_obeyed():
    assert "\x1b" not in rendered(make_diagnosis())


def test_a_terminal_without_these_letters_gets_others_and_the_same_columns():
    plain = rendered(make_diagnosis(), encoding="ascii")
    assert "+ ok       timing" in plain
    assert "x broken   attach" in plain
    assert len(plain.splitlines()) == len(rendered(make_diagnosis()).splitlines())


def test_no_color_means_no_colour(monkeypatch):
    assert "\x1b[" in rendered(make_diagnosis(), force_terminal=True, color_system="standard")
    monkeypatch.setenv("NO_COLOR", "1")
    coloured = rendered(make_diagnosis(), force_terminal=True, color_system="standard")
    assert "\x1b[3" not in coloured
