"""Modules of the standard library behave the same while each of their functions counts its starts."""

from __future__ import annotations

import argparse
import contextlib
import importlib.machinery
import importlib.util
import json
import sys
from types import CodeType

import pytest

from perfwatch.worker.lines_starts import PREPARES, Starts

pytestmark = pytest.mark.skipif(not PREPARES, reason="this interpreter's bytecode is not prepared")


def everywhere(code, starts):
    """A code object with starts counted in all that is in it."""
    constants = tuple(
        everywhere(item, starts) if isinstance(item, CodeType) else item for item in code.co_consts
    )
    return starts.counted(code.replace(co_consts=constants))


@contextlib.contextmanager
def counted_module(name):
    """A standard module anew, all of its code counting starts."""
    starts = Starts()

    class Loader(importlib.machinery.SourceFileLoader):
        def get_code(self, fullname):
            return everywhere(super().get_code(fullname), starts)

    origin = importlib.util.find_spec(name).origin
    spec = importlib.util.spec_from_loader(f"counted_{name}", Loader(f"counted_{name}", origin))
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        yield module, starts
    finally:
        del sys.modules[spec.name]


def test_decimals_compute_the_same():
    with counted_module("_pydecimal") as (decimal, starts):
        context = decimal.Context(prec=40)
        assert str(context.sqrt(decimal.Decimal(2))) == "1.414213562373095048801688724209698078570"
        with pytest.raises(decimal.DivisionByZero), decimal.localcontext():
            decimal.Decimal(1) / 0
        assert f"{decimal.Decimal('1234567.891'):,.2f}" == "1,234,567.89"
        assert sum(starts.so_far().values()) > 100


def test_arguments_are_parsed_and_refused_the_same():
    with counted_module("argparse") as (module, starts):
        found = []
        for one in (module, argparse):
            parser = one.ArgumentParser(prog="p", exit_on_error=False)
            parser.add_argument("--number", type=int, choices=range(4), help="a number")
            parser.add_subparsers().add_parser("sub").add_argument("names", nargs="*")
            with pytest.raises(one.ArgumentError) as refused:
                parser.parse_args(["--number", "9"])
            found.append(
                (
                    vars(parser.parse_args(["--number", "3", "sub", "a", "b"])),
                    str(refused.value),
                    parser.format_help(),
                )
            )
        assert found[0] == found[1]
        assert sum(starts.so_far().values()) > 100


def test_dataclasses_and_context_managers_work_the_same():
    with counted_module("dataclasses") as (module, _), counted_module("contextlib") as (managers, _):

        @module.dataclass(order=True, frozen=True)
        class Point:
            x: int
            y: list = module.field(default_factory=list, compare=False)

        assert Point(1) < Point(2)
        assert module.replace(Point(1), x=5) == Point(5)
        with pytest.raises(module.FrozenInstanceError):
            Point(1).x = 2
        said = []

        @managers.contextmanager
        def manager():
            try:
                yield 1
            except ValueError:
                said.append("caught")
            finally:
                said.append("left")

        with managers.ExitStack() as stack:
            stack.enter_context(manager())
            stack.callback(said.append, "called")
            raise ValueError
        assert said == ["called", "caught", "left"]


def test_json_is_read_and_written_the_same():
    with counted_module("json.decoder") as (decoder, _), counted_module("json.encoder") as (encoder, _):
        document = {"a": [1, 2.5, None, {"b": "é\n"}], "c": {}}
        text = "".join(encoder.JSONEncoder(indent=1).iterencode(document))
        assert text == json.dumps(document, indent=1)
        assert decoder.JSONDecoder().decode(text) == document
        with pytest.raises(json.JSONDecodeError, match="line 1 column 5"):
            decoder.JSONDecoder().decode('{"a"')
