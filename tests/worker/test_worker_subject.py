"""What every collector is handed, and how an exception is told."""

from __future__ import annotations

import pytest

from perfwatch.worker.subject import (
    MESSAGE_CHARACTERS,
    TRACEBACK_LINES,
    Subject,
    describe_exception,
    library_versions,
    repeat_for,
)


class Calls:
    def __init__(self):
        self.count = 0

    def __call__(self):
        self.count += 1
        return self.count


def caught(function):
    with pytest.raises(Exception) as raised:
        function()
    return describe_exception(raised.value)


def test_a_subject_is_called_at_least_once():
    calls = Calls()
    count, spent, value = repeat_for(Subject(name="f", call=calls), 0.0)
    assert (count, value, calls.count) == (1, 1, 1)
    assert spent >= 0


def test_calls_are_repeated_and_the_first_value_counts():
    calls = Calls()
    count, _, value = repeat_for(Subject(name="f", call=calls), 60.0, limit=25)
    assert (count, value, calls.count) == (25, 1, 25)


def test_a_single_subject_is_called_once_however_long_there_is():
    calls = Calls()
    assert repeat_for(Subject(name="f", call=calls, single=True), 60.0)[0] == calls.count == 1


def test_what_runs_before_a_call_is_run_before_each():
    order = []
    subject = Subject(name="f", call=lambda: order.append("call"), before=lambda: order.append("before"))
    repeat_for(subject, 60.0, limit=3)
    assert order == ["before", "call"] * 3


@pytest.mark.parametrize(
    ("text", "kind"),
    [("1 / 0", "exception"), ("import no_such_module", "import"), ("compile('1 +', 'f', 'exec')", "syntax")],
)
def test_the_kind_of_an_exception_is_told(text, kind):
    described = caught(lambda: exec(text, {}))
    assert described["kind"] == kind
    assert described["type"] in described["traceback"]


def test_an_endless_recursion_is_told_in_few_lines():
    def endless(n):
        return endless(n + 1) + endless(n + 2)

    lines = caught(lambda: endless(0))["traceback"].splitlines()
    assert len(lines) <= TRACEBACK_LINES + 1


def test_a_long_message_is_cut():
    def shout():
        raise ValueError("x" * 10 * MESSAGE_CHARACTERS)

    assert len(caught(shout)["message"]) == MESSAGE_CHARACTERS


def test_an_exception_whose_text_breaks_is_told_all_the_same():
    class Broken(Exception):
        def __str__(self):
            raise RuntimeError

    def shout():
        raise Broken

    assert "RuntimeError" in caught(shout)["message"]


def test_the_interpreters_version_is_named():
    assert library_versions()["python"].startswith("3.")
