"""What callgrind wrote between marks: counts are differences, and what cannot be told is said."""

from __future__ import annotations

import pytest

from perfwatch.collect.instructions import (
    FILES,
    LOG,
    CountLostError,
    command,
    complaint,
    counts,
    fixed_environment,
)

pytestmark = pytest.mark.smoke

HEAD = """# callgrind format
version: 1
creator: callgrind-3.19.0
pid: 7
desc: Trigger: --dump-before=sched_get_priority_max

events: Ir
summary: {total}

fn=(1) main
0 12
totals: {total}
"""


def wrote(folder, *totals, pid=7):
    """The files of a process, one for each mark, and the one of its end."""
    for number, total in enumerate(totals, 1):
        (folder / f"{FILES}.{pid}.{number}").write_text(HEAD.format(total=total), encoding="utf-8")
    (folder / f"{FILES}.{pid}").write_text("summary: 999999\n", encoding="utf-8")
    return {"pid": pid, "marks": len(totals)}


def test_a_call_is_the_difference_of_two_stretches_over_their_calls(tmp_path):
    process = wrote(tmp_path, 5_000_000, 1_030, 77, 2_030)
    record = {"calls": 10, "less": 2, "more": 4}
    assert counts(tmp_path, process, record) == 100.0


def test_calls_with_a_stretch_each_are_taken_without_an_empty_one(tmp_path):
    process = wrote(tmp_path, 1, 1_040, 2, 1_060, 3, 50)
    assert counts(tmp_path, process, {"calls": 2, "each": [2, 4], "empty": 6}) == 1_000.0


def test_what_forked_children_wrote_is_not_taken_for_the_target(tmp_path):
    process = wrote(tmp_path, 1, 100, 1, 300)
    wrote(tmp_path, 9, 9, 9, pid=71)
    assert counts(tmp_path, process, {"calls": 2, "less": 2, "more": 4}) == 100.0


@pytest.mark.parametrize("marks", [3, 5])
def test_with_other_marks_than_the_workers_nothing_is_told(tmp_path, marks):
    process = wrote(tmp_path, 1, 100, 1, 300) | {"marks": marks}
    with pytest.raises(CountLostError, match=f"4 marks of {marks}"):
        counts(tmp_path, process, {"calls": 2, "less": 2, "more": 4})


def test_a_file_that_is_cut_short_gives_no_count(tmp_path):
    process = wrote(tmp_path, 1, 100, 1, 300)
    (tmp_path / f"{FILES}.7.4").write_text("# callgrind format\nversion: 1\n", encoding="utf-8")
    with pytest.raises(CountLostError, match="cut short"):
        counts(tmp_path, process, {"calls": 2, "less": 2, "more": 4})


def test_what_children_computed_is_not_passed_over(tmp_path):
    process = wrote(tmp_path, 1, 100, 1, 300)
    with pytest.raises(CountLostError, match="child processes"):
        counts(tmp_path, process, {"calls": 2, "less": 2, "more": 4, "children": True})


def test_a_folder_with_a_percent_sign_is_written_as_valgrind_reads_it(tmp_path):
    words = command("valgrind", tmp_path / "50%p")
    assert any(word.endswith(f"50%%p/{FILES}.%p") for word in words)


def test_threads_and_hash_seed_are_fixed_and_kernels_where_the_machine_has_them():
    fixed = fixed_environment({}, "sse avx avx2")
    assert (fixed["PYTHONHASHSEED"], fixed["OMP_NUM_THREADS"]) == ("0", "1")
    assert fixed["OPENBLAS_CORETYPE"] == "Haswell"
    assert "OPENBLAS_CORETYPE" not in fixed_environment({"OPENBLAS_CORETYPE": "Zen"}, "avx2")
    assert "OPENBLAS_CORETYPE" not in fixed_environment({}, "sse avx")


def test_an_instruction_that_valgrind_does_not_know_is_named_from_its_log(tmp_path):
    assert complaint(tmp_path) == ""
    (tmp_path / LOG).write_text("vex amd64->IR: unhandled instruction bytes: 0x62 0xF1\n", encoding="utf-8")
    assert complaint(tmp_path) == "valgrind met an instruction that it does not know"
    (tmp_path / LOG).write_text("==12== FATAL: too little memory\n", encoding="utf-8")
    assert complaint(tmp_path) == "FATAL: too little memory"
