"""How a second witness was heard is told in words: what was done, what was not, and what mends it."""

from __future__ import annotations

import pytest

from perfwatch.records.run import PassState
from perfwatch.records.witness import Witness, WitnessName
from perfwatch.report.witness_text import witness_lines

pytestmark = pytest.mark.smoke


def told(**facts):
    heard = Witness(
        **{"name": WitnessName.INSTRUCTIONS, "state": PassState.DONE, "tool": "valgrind", **facts}
    )
    return [sentence for sentence, _ in witness_lines(heard)]


def test_a_missing_tool_is_said_with_the_command_that_installs_it_and_that_times_stand():
    sentences = told(
        state=PassState.UNAVAILABLE, reason="valgrind is not in PATH", advice="apt-get install valgrind"
    )
    assert sentences[0].startswith("Instructions were not counted: valgrind is not in PATH.")
    assert "Times" in sentences[0]
    assert "apt-get install valgrind" in sentences[1]


def test_what_was_left_out_is_named_with_its_reason_beside_what_was_counted():
    first, second = told(state=PassState.PARTIAL, executions_count=2, left_out={"fit": "it forks"})
    assert "twice on each side" in first
    assert second == "Instructions of fit were not counted: it forks."


def test_addresses_that_could_not_be_fixed_are_said():
    assert "random addresses" in told(addresses_fixed=False, executions_count=1)[0]
    assert "random addresses" not in told(executions_count=1)[0]
