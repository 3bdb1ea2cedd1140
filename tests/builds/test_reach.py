"""Benchmarks that a change cannot reach: only where it is sure."""

from __future__ import annotations

import pytest

from perfwatch.builds.reach import MODULES_LIMIT, only_imports_matter, same_code
from perfwatch.records.run import Provenance

pytestmark = pytest.mark.smoke


def loaded(**digests):
    return [Provenance(module=name, file=f"{name}.py", digest=digest) for name, digest in digests.items()]


def test_the_same_modules_byte_for_byte_are_the_same_code():
    assert same_code(loaded(a="1", b="2"), loaded(b="2", a="1"))


@pytest.mark.parametrize(
    ("base", "head"),
    [
        (loaded(a="1"), loaded(a="2")),
        (loaded(a="1"), loaded(a="1", b="2")),
        (loaded(), loaded()),
        (loaded(a="1"), loaded()),
        (loaded(**{f"m{n}": "1" for n in range(MODULES_LIMIT)}),) * 2,
    ],
)
def test_other_code_or_code_that_is_not_known_is_not(base, head):
    assert not same_code(base, head)


@pytest.mark.parametrize(
    ("changed", "sure"),
    [
        (("fitting.py", "docs/index.md"), True),
        ((), True),
        (("data.csv",), False),
        (("pyproject.toml", "fitting.py"), False),
        (("fast.pyx",), False),
        (None, False),
    ],
)
def test_files_that_are_read_without_being_imported_leave_nothing_sure(changed, sure):
    assert only_imports_matter(changed) is sure
