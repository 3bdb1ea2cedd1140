"""What can go to another process, what cannot, and why: nothing is measured here."""

from __future__ import annotations

import functools
import math
import sys
import threading
import types

import pytest

from perfwatch.api.subjects import subject_of
from perfwatch.errors import TargetError


def place(function, *arguments, **keywords):
    """Module and path of a subject that another process can have."""
    found = subject_of(function, arguments, keywords)
    assert found.here_because == ""
    assert found.pickled
    return found.module, found.path


def here_because(function, *arguments, **keywords):
    found = subject_of(function, arguments, keywords)
    assert (found.module, found.pickled) == (None, b"")
    return found.here_because


@pytest.mark.smoke
def test_what_a_module_holds_by_name_goes_to_workers(model):
    assert place(model.fit, 10) == ("measured_model", "fit")
    assert place(model.Model, 10) == ("measured_model", "Model")
    assert place(model.Model.sized, 10) == ("measured_model", "Model.sized")
    assert place(math.sqrt, 2.0) == ("math", "sqrt")
    assert place(sorted, [2, 1]) == ("builtins", "sorted")


def test_a_method_goes_with_its_object_as_the_first_argument(model):
    assert place(model.Model(10).predict, by=2) == ("measured_model", "Model.predict")
    assert place(model.Model(10)) == ("measured_model", "Model.__call__")
    assert place([2, 1].sort) == ("builtins", "list.sort")


def test_a_numpy_function_and_a_generators_method_go_to_workers():
    numpy = pytest.importorskip("numpy")
    assert place(numpy.sin, 1.0) == ("numpy", "sin")
    assert place(numpy.dot, [1.0], [1.0]) == ("numpy", "dot")
    assert place(numpy.random.default_rng(0).normal)[1] == "Generator.normal"


def test_a_partial_is_the_function_with_more_arguments(model):
    inner = subject_of(functools.partial(functools.partial(model.scaled, 1), 2, by=3), (4,), {"by": 5})
    assert (inner.path, inner.arguments, inner.keywords) == ("scaled", (1, 2, 4), {"by": 5})
    assert inner.call() == [5, 10, 20]


def test_a_lambda_a_closure_and_a_shadowed_name_stay_here(model):
    assert "a lambda has no name" in here_because(lambda: 1)

    def local():
        return 1

    assert "inside of a function" in here_because(local)
    original = model.fit
    model.fit = functools.wraps(original)(lambda n: original(n))  # noqa: PLW0108 - another object
    assert "does not lead to it" in here_because(original)


def test_a_lambda_is_told_apart_from_others_by_its_line():
    first = subject_of(lambda: 1, (), {})
    second = subject_of(lambda: 1, (), {})
    assert first.title != second.title


def test_arguments_that_do_not_pickle_stay_here_and_say_which_error(model):
    assert "cannot be pickled (TypeError" in here_because(model.uses, threading.Lock())
    assert "it holds a connection" in here_because(model.uses, model.Unpicklable())
    assert "pickled" in here_because(model.uses, connection=lambda: 1)


def test_a_module_that_has_no_file_stays_here():
    made = types.ModuleType("made_by_hand")
    exec("def f(): return 1", made.__dict__)
    sys.modules["made_by_hand"] = made
    try:
        assert "was made by this process" in here_because(made.f)
    finally:
        del sys.modules["made_by_hand"]


@pytest.mark.smoke
def test_what_is_not_done_when_it_returns_is_refused(model):
    with pytest.raises(TargetError, match="generates is a generator function"):
        subject_of(model.generates, (1,), {})
    with pytest.raises(TargetError, match="awaits is a coroutine function"):
        subject_of(model.awaits, (1,), {})
    with pytest.raises(TargetError, match="awaits is a coroutine function"):
        subject_of(functools.partial(model.awaits, 1), (), {})


def test_what_a_call_returned_is_no_function_and_the_error_says_what_to_hand_over(model):
    for returned in (model.generates(1), model.awaits(1), 3, "fit"):
        with pytest.raises(TargetError, match="cannot be called") as caught:
            subject_of(returned, (), {})
        assert "f, x and not f(x)" in caught.value.do


def test_other_arguments_have_another_digest_and_none_have_none(model):
    one, same, other = (subject_of(model.fit, (n,), {}) for n in (10, 10, 11))
    assert one.digest == same.digest != other.digest
    assert subject_of(model.fit, (), {}).digest == ""
