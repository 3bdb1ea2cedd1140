"""Answers are what a caller could see: values, exceptions and what became of the arguments, of every kind of suite."""

from __future__ import annotations

import io
import textwrap

import pytest
from serving import serve

from perfwatch.worker.answers import Answers
from perfwatch.worker.portable import digest_of
from perfwatch.worker.rounds import owner_of
from perfwatch.worker.subject import Subject


def asked(folder, subject, **options):
    answers = Answers(str(folder / "values"), **options)
    answers.prepare()
    try:
        answers.measure(subject)
    finally:
        answers.finish()
    return answers.records[0]


def suite(folder, text, kind, name):
    path = folder / name
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    options = {"blobs": str(folder / "values"), "raising": True}
    _, answer = serve(folder, "answers", {"kind": kind, "path": str(path)}, options=options)
    return answer["records"]


def valued(records):
    return {record["name"].rpartition("::")[2]: record for record in records if "value" in record}


def test_a_digest_draws_from_no_iterator():
    drawn = iter([1, 2, 3])
    file = io.StringIO("a\nb\n")
    assert digest_of([drawn, file]) == digest_of([drawn, file])
    assert (list(drawn), file.read()) == ([1, 2, 3], "a\nb\n")


def test_an_iterator_among_the_arguments_reaches_the_function_whole(tmp_path):
    numbers = iter(range(3))
    record = asked(tmp_path, Subject(name="s", call=lambda: sum(numbers), given=lambda: (numbers,)))
    assert record["value"] == {"is": "int", "value": "0x3"}


def test_an_exception_is_an_answer_and_goes_on_only_where_somebody_waits_for_it(tmp_path):
    subject = Subject(name="s", call=lambda: 1 // 0)
    assert asked(tmp_path, subject)["value"]["class"] == "ZeroDivisionError"
    answers = Answers(str(tmp_path / "values"), raising=True)
    answers.prepare()
    with pytest.raises(ZeroDivisionError):
        answers.measure(subject)
    answers.finish()
    assert answers.records[0]["value"]["is"] == "error"


def test_long_data_leave_a_digest(tmp_path):
    record = asked(
        tmp_path, Subject(name="s", call=lambda: b"x" * 1000), benchmark_bytes=10, process_bytes=100
    )
    assert record["value"]["at"][:2] == [-1, 1000]
    assert (tmp_path / "values").read_bytes() == b""


def test_a_methods_object_is_among_what_it_works_on():
    numbers = [3, 1]
    assert owner_of(numbers.sort) == (numbers,)
    assert owner_of(len) == owner_of(dict.fromkeys) == owner_of(lambda: 1) == ()


def test_a_benchmarked_function_answers_and_its_test_may_fail_afterwards(tmp_path):
    records = suite(
        tmp_path,
        """
        import pytest

        def test_value(benchmark): benchmark(sum, [1, 2])
        def test_judged(benchmark): assert benchmark(sum, [1, 2]) == 4
        def test_sorting(benchmark):
            numbers = [3, 1, 2]
            benchmark(numbers.sort)
        def test_appending(benchmark):
            numbers = []
            benchmark.pedantic(numbers.append, args=(7,))
        def test_raising(benchmark):
            with pytest.raises(ZeroDivisionError):
                benchmark(lambda: 1 // 0)
        def test_own(perfwatch): perfwatch(list.append, [], 7)
        """,
        "pytest",
        "test_it.py",
    )
    found = valued(records)
    assert found["test_value"]["value"] == found["test_judged"]["value"] == {"is": "int", "value": "0x3"}
    assert [record["name"].rpartition("::")[2] for record in records if "error" in record] == ["test_judged"]
    assert found["test_raising"]["value"]["class"] == "ZeroDivisionError"
    for name in ("test_sorting", "test_appending", "test_own"):
        assert found[name]["value"] == {"is": "none"}
        assert list(found[name]["changed"]) == ["0"]


def test_an_asv_method_answers_by_its_value_and_by_its_object(tmp_path):
    records = suite(
        tmp_path,
        """
        class Fits:
            params = [2, 3]
            def setup(self, n):
                self.found = None
            def time_returns(self, n):
                return n * n
            def time_keeps(self, n):
                self.found = n
        def time_plain():
            return 5
        """,
        "asv",
        "bench_it.py",
    )
    found = valued(records)
    assert found["Fits.time_returns(3)"]["value"] == {"is": "int", "value": "0x9"}
    assert found["Fits.time_returns(3)"]["changed"] == {}
    (kept,) = found["Fits.time_keeps(2)"]["changed"].values()
    assert kept["items"] == [["found", {"is": "int", "value": "0x2"}]]
    assert found["time_plain"]["value"] == {"is": "int", "value": "0x5"}
