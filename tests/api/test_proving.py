"""Proofs from Python: importable functions are proved in processes of their own, others are refused."""

from __future__ import annotations

import sys
import textwrap

import pytest

import perfwatch
from perfwatch.errors import TargetError, UsageError
from perfwatch.records.proof import ProofVerdict

if sys.platform == "win32":
    pytest.skip("perfwatch.prove needs named pipes and SIGSTOP, which Windows lacks", allow_module_level=True)

SOURCE = """
def inputs(size=2000):
    return ([float(number) for number in range(size)],)


def slow(values):
    total = []
    for value in values:
        total = [*total, value + 1.0] if len(total) < 20 else total
        total.append(value + 1.0) if len(total) >= 20 else None
    return [value + 1.0 for value in values for _ in range(3)][::3]


def fast(values):
    return [value + 1.0 for value in values]


def wrong(values):
    return [value + 1.0 for value in values][:-1]
"""


@pytest.fixture
def forms(tmp_path, monkeypatch):
    (tmp_path / "proof_forms.py").write_text(textwrap.dedent(SOURCE), encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[tool.perfwatch]\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    import proof_forms

    yield proof_forms
    del sys.modules["proof_forms"]


def test_a_proof_is_made_of_functions_or_of_their_names(forms):
    proof = perfwatch.prove(forms.slow, "proof_forms:fast", forms.inputs, name="added", budget=60)
    assert proof.verdict is ProofVerdict.PROVED, proof.reason
    assert proof.name == "added"
    assert proof.greatest.ratio < 0.8


def test_another_answer_is_told_from_python_too(forms):
    proof = perfwatch.prove(forms.fast, forms.wrong, forms.inputs, sizes=[10])
    assert proof.verdict is ProofVerdict.DIFFERENT_ANSWER
    assert "10" in proof.reason


def test_what_no_other_process_can_import_is_refused(forms):
    with pytest.raises(TargetError, match="lambda"):
        perfwatch.prove(lambda values: values, forms.fast, forms.inputs)
    with pytest.raises(TargetError, match="bound"):
        perfwatch.prove([].append, forms.fast, forms.inputs)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"exact": True, "rtol": 0.1}, "do not go together"),
        ({"rtol": -1}, "0 or more"),
        ({"ignore": ["dtypes"]}, "dtypes"),
        ({"size": [1]}, "size"),
    ],
)
def test_options_that_make_no_sense_are_refused(forms, options, said):
    with pytest.raises(UsageError, match=said):
        perfwatch.prove(forms.slow, forms.fast, forms.inputs, **options)
    with pytest.raises(UsageError, match="function"):
        perfwatch.prove(forms.slow, forms.fast, ([1.0],))
