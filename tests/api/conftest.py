"""A project with modules to measure, in which the tests stand."""

from __future__ import annotations

import sys

import pytest

MODULE = """
import asyncio
import math
import os
import time

FACTOR = 1
SET_HERE = None


def fit(n=2_000):
    return sum([math.sqrt(i) for i in range(n)]) * FACTOR


def pauses():
    time.sleep(0.004 * FACTOR)


def scaled(*values, by):
    return [value * by for value in values]


def fails():
    raise ValueError("no such point")


def needs_this_process():
    return SET_HERE + 1


def postponed(n):
    return (i for i in range(n))


def generates(n):
    yield n


async def awaits(n):
    return n


def measures_itself():
    import perfwatch

    return perfwatch.benchmark(fit)


class Model:
    def __init__(self, n):
        self.n = n

    def predict(self, by=1):
        return fit(self.n) * by

    def __call__(self):
        return fit(self.n)

    @classmethod
    def sized(cls, n):
        return cls(n)


class Unpicklable:
    def __reduce__(self):
        raise TypeError("it holds a connection")


def uses(connection):
    return fit(10)
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "measured_model.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("measured_model", None)


@pytest.fixture
def model(project):
    import measured_model

    return measured_model
