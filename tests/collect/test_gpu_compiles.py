"""JAX's compilations and their causes; the texts are JAX 0.10's own, written down by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfwatch.collect.gpu_compiles import CAUSES_AT_MOST, FUNCTIONS_AT_MOST, UNNAMED, compiles_of

FIRST = "TRACING CACHE MISS at train.py:4:18 (<module>):\n  never seen function:\n    step id=139 defined at train.py:2"
SHAPE = """TRACING CACHE MISS at train.py:5:18 (main):
  for step defined at train.py:2
  all previously seen cache keys differ. For the closest previous key:
  different input types:
  * at x, now f32[4] and before f32[3]"""
OLDER = """TRACING CACHE MISS at train.py:37 (_apply) because:
  for step defined at train.py:2
  never seen input type signature:
  x: f32[4]"""
REDEFINED = """TRACING CACHE MISS at train.py:9:19 (<module>):
  never seen function:
    step id=140 defined at train.py:9
  but seen another function defined on the same line; maybe the function is
  being re-defined repeatedly, preventing caching?"""


def compiled(name="step", times=1, seconds=0.01):
    each = round(seconds * 1e9)
    events = [
        ["jaxpr_trace_duration", name, each],
        ["jaxpr_to_mlir_module_duration", f"jit({name})", each],
        ["backend_compile_duration", f"jit({name})", each],
    ]
    return events * times


def test_tracing_lowering_and_compiling_of_one_function_are_one_row():
    (row,) = compiles_of({"events": compiled(times=2)})
    assert (row.function, row.compiles_count, row.total_ns) == ("step", 2, 60_000_000)


def test_a_function_that_was_only_traced_has_no_row():
    events = [*compiled(), ["jaxpr_trace_duration", "inner", 5]]
    assert [one.function for one in compiles_of({"events": events})] == ["step"]


@pytest.mark.parametrize(("text", "cause"), [(SHAPE, "now f32[4] and before f32[3]"), (OLDER, "x: f32[4]")])
def test_a_recompilation_has_jaxs_own_reason_and_its_place(text, cause):
    (row,) = compiles_of({"events": compiled(times=2), "explained": [FIRST, text]})
    (found,) = row.causes
    assert found.startswith("at train.py:")
    assert cause in found


def test_a_function_made_anew_each_time_is_told_so():
    (row,) = compiles_of({"events": compiled(times=3), "explained": [FIRST, REDEFINED, REDEFINED]})
    assert row.causes == (
        "at train.py:9:19 (<module>): defined anew on the same line each time, so nothing is kept of it",
    )


def test_a_first_compilation_needs_no_cause():
    (row,) = compiles_of({"events": compiled(), "explained": [FIRST, SHAPE]})
    assert row.causes == ()


def test_causes_are_bounded_and_each_is_told_once():
    texts = [SHAPE.replace("f32[4]", f"f32[{number}]") for number in range(20)] * 2
    (row,) = compiles_of({"events": compiled(times=20), "explained": texts})
    assert len(row.causes) == len(set(row.causes)) == CAUSES_AT_MOST


def test_an_older_jax_that_does_not_name_functions_is_counted_under_one_row():
    events = [["backend_compile_duration", "", 10], ["backend_compile_duration", "", 20]]
    (row,) = compiles_of({"events": events})
    assert (row.function, row.compiles_count, row.total_ns) == (UNNAMED, 2, 30)


def test_the_tail_of_many_functions_is_one_row():
    events = [one for number in range(FUNCTIONS_AT_MOST + 2) for one in compiled(f"f{number}")]
    found = compiles_of({"events": events})
    assert len(found) == FUNCTIONS_AT_MOST + 1
    assert found[-1].compiles_count == 2


def test_nothing_compiled_is_nothing():
    assert compiles_of({}) == ()


@given(st.lists(st.text(max_size=200), max_size=5))
def test_no_text_of_a_target_breaks_the_reading(texts):
    explained = [*texts, *(f"TRACING CACHE MISS at {text}\n{text} for {text} defined at" for text in texts)]
    assert len(compiles_of({"events": compiled(times=2), "explained": explained})) == 1
