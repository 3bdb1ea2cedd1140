"""Two gates at once are noticed."""

from __future__ import annotations

import sys

import pytest

from perfwatch.measure.alone import measuring_alone

if sys.platform == "win32":
    pytest.skip("the lock needs flock, which Windows lacks", allow_module_level=True)


def test_the_second_gate_at_once_is_not_alone(tmp_path):
    with measuring_alone(tmp_path) as first, measuring_alone(tmp_path) as second:
        assert (first, second) == (True, False)
    with measuring_alone(tmp_path) as later:
        assert later


def test_where_no_lock_can_be_held_nobody_is_told_of(tmp_path):
    with measuring_alone(tmp_path / "nowhere") as alone:
        assert alone
