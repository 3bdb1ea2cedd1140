"""Records as compressed documents."""

from __future__ import annotations

import math

import pytest
from builders import make_benchmark, make_header, make_pass_result
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.records.profile import CallNode
from perfwatch.records.run import Custom, PassResult, RunHeader
from perfwatch.store.documents import UNREADABLE, pack, readable, unpack


def test_a_record_comes_back_as_it_went():
    result = make_pass_result(benchmarks=(make_benchmark(),))
    assert unpack(pack(result), PassResult) == result
    assert unpack(pack(make_header()), RunHeader) == make_header()


@given(st.lists(st.floats()))
def test_every_float_survives_nan_and_infinities_too(values):
    back = unpack(pack(Custom(name="x", values=tuple(values))), Custom).values
    assert [repr(value) for value in back] == [repr(value) for value in values]
    assert all(
        math.copysign(1, a) == math.copysign(1, b) for a, b in zip(back, values, strict=True) if a == 0
    )


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_stored_and_valid_text_is_unchanged(text):
    back = unpack(pack(make_pass_result(notes=(text,))), PassResult).notes[0]
    assert back == readable(text)
    if text.isascii():
        assert back == text


def test_text_in_another_encoding_keeps_its_bytes_readably():
    name = b"caf\xe9.py".decode("utf-8", "surrogateescape")
    assert unpack(pack(make_header(command=name)), RunHeader).command == r"caf\udce9.py"


def test_a_profile_is_compressed():
    text = "line of source\n" * 1000
    assert len(pack(make_pass_result(notes=(text,)))) < len(text) / 10


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not zlib",
        pack(make_header())[:-3],
        pack({"target": 5, "pass_name": "cpu"}),
        pack({"target": "t"}),
    ],
)
def test_damaged_or_foreign_bytes_are_refused(data):
    with pytest.raises(UNREADABLE):
        unpack(data, PassResult)


def test_a_tree_too_deep_to_encode_is_refused_by_name():
    node = CallNode(function="f", file="f.py", line=1, time_ns=1.0, total_ns=1.0)
    for _ in range(20_000):
        node = CallNode(function="f", file="f.py", line=1, time_ns=1.0, total_ns=1.0, children=(node,))
    with pytest.raises(RecursionError):
        pack(node)
