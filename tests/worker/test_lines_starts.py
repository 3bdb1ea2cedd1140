"""Code that counts its starts does what it did before, on the lines where it did it."""

from __future__ import annotations

import asyncio
import dis
import itertools
import operator
import subprocess
import sys
import textwrap
from pathlib import Path
from types import CodeType, FunctionType

import pytest
from tools import need_module

from perfwatch.worker.lines_starts import PREPARES, Starts, shifted, with_prefix

pytestmark = pytest.mark.skipif(not PREPARES, reason="this interpreter's bytecode is not prepared")

STDLIB = Path(asyncio.__file__).parent.parent
FILES = [
    *sorted((STDLIB / "json").glob("*.py")),
    *sorted((STDLIB / "asyncio").glob("*.py")),
    *(
        STDLIB / f"{name}.py"
        for name in ("argparse", "_pydecimal", "dataclasses", "contextlib", "typing", "pickle")
    ),
]


def endless():
    return itertools.repeat(None, sys.maxsize)


def taken(count):
    return sys.maxsize - operator.length_hint(count)


def codes_in(code):
    yield code
    for item in code.co_consts:
        if isinstance(item, CodeType):
            yield from codes_in(item)


def everywhere(code, starts):
    """A code object with starts counted in all that is in it."""
    constants = tuple(
        everywhere(item, starts) if isinstance(item, CodeType) else item for item in code.co_consts
    )
    return starts.counted(code.replace(co_consts=constants))


def compiled(path):
    return compile(path.read_text(encoding="utf-8"), str(path), "exec")


def function(text, name="f", space=None):
    """A function by its text, with its starts counted, and the counts."""
    starts, space = Starts(), {} if space is None else space
    exec(everywhere(compile(textwrap.dedent(text), "counted.py", "exec"), starts), space)
    return space[name], lambda: {key[2]: count for key, count in starts.so_far().items() if count}


def seen(instruction, shift):
    return (
        instruction.opname,
        instruction.arg,
        instruction.positions,
        instruction.offset - shift,
    )


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_the_body_its_lines_and_its_handlers_are_the_originals_further_on(path):
    for code in codes_in(compiled(path)):
        counted = with_prefix(code, endless())
        shift = len(counted.co_code) - len(code.co_code)
        body = [seen(one, shift) for one in dis.get_instructions(counted) if one.offset >= shift]
        assert body == [seen(one, 0) for one in dis.get_instructions(code)]
        handlers = dis._parse_exception_table(counted)
        assert [
            (one.start - shift, one.end - shift, one.target - shift, one.depth, one.lasti) for one in handlers
        ] == [
            (one.start, one.end, one.target, one.depth, one.lasti) for one in dis._parse_exception_table(code)
        ]
        lines = {at: line for start, end, line in counted.co_lines() for at in range(start, end, 2)}
        assert {lines.pop(at) for at in range(0, shift, 2)} == {None}
        assert lines == {
            at + shift: line for start, end, line in code.co_lines() for at in range(start, end, 2)
        }
        assert (counted.co_firstlineno, counted.co_name, counted.co_flags) == (
            *(code.co_firstlineno, code.co_name, code.co_flags),
        )


def test_an_exception_table_shifted_by_nothing_is_the_same():
    tables = [code.co_exceptiontable for path in FILES for code in codes_in(compiled(path))]
    assert sum(map(len, tables)) > 1_000
    assert all(shifted(table, 0) == table for table in tables)


@pytest.mark.parametrize("constants", [1, 200, 255, 256, 257, 70_000])
def test_a_function_of_many_constants_is_counted(constants):
    text = "def f():\n    return sum((" + "".join(f"g({n}.5), " for n in range(constants)) + "))\n"
    f, counts = function(text, space={"g": lambda number: number})
    assert f() == sum(n + 0.5 for n in range(constants))
    assert counts()["f"] == 1


def test_starts_of_all_kinds_of_functions_are_counted():
    f, counts = function(
        """\
        import asyncio
        def outer(n):
            total = 0
            def inner(x):
                nonlocal total
                total += x + n
                return total
            return [inner(i) for i in range(n)][-1]
        def generator(n):
            try:
                yield from range(n)
            finally:
                del n
        async def coroutine(n):
            await asyncio.sleep(0)
            return n
        class Base:
            def who(self): return "base"
        class Derived(Base):
            def who(self): return "derived of " + super().who()
        def f():
            done = asyncio.run(coroutine(3))
            return outer(4), list(generator(3)), done, Derived().who(), (lambda: 7)()
        """
    )
    assert f() == (22, [0, 1, 2], 3, "derived of base", 7)
    assert counts().items() >= {
        *{
            "outer": 1,
            "inner": 4,
            "generator": 1,
            "coroutine": 1,
            "f": 1,
            "<lambda>": 1,
        }.items(),
    }


def test_exceptions_are_handled_where_they_were_and_name_their_lines():
    f, _ = function(
        """\
        import contextlib
        def f(said):
            try:
                with contextlib.suppress(KeyError):
                    raise KeyError
                for i in range(3):
                    try:
                        if i:
                            raise ValueError(i)
                    except ValueError as error:
                        said.append(error.args[0])
                        continue
                    finally:
                        said.append("finally")
                raise LookupError
            finally:
                said.append("end")
        """
    )
    said = []
    with pytest.raises(LookupError) as caught:
        f(said)
    assert said == ["finally", 1, "finally", 2, "finally", "end"]
    assert caught.traceback[-1].lineno + 1 == 15


def events(function, *arguments):
    """What a trace function is told of the function's own file."""
    found = []

    def trace(frame, event, _argument):
        if frame.f_code.co_filename == "counted.py":
            found.append((frame.f_code.co_name, event, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        function(*arguments)
    finally:
        sys.settrace(before)
    return found


def test_a_trace_function_is_told_the_same_lines():
    text = """\
        def g(n):
            for i in range(n):
                yield (
                    i +
                    1
                )
        def f(n):
            total = 0
            while n:
                n -= 1; total += n
                try:
                    total += sum(x for x in g(n) if x)
                except ZeroDivisionError: pass
            return [y
                    for y in range(total)]
        """
    plain = {}
    exec(compile(textwrap.dedent(text), "counted.py", "exec"), plain)
    counted, _ = function(text)
    told = events(counted, 4)
    assert len(told) > 50
    assert told == events(plain["f"], 4)


def test_coroutines_are_scheduled_cancelled_and_awaited_the_same():
    f, counts = function(
        """\
        import asyncio
        async def numbers(n):
            for i in range(n):
                await asyncio.sleep(0)
                yield i
        async def worker(said):
            try:
                async with asyncio.timeout(30):
                    await asyncio.Event().wait()
            except asyncio.CancelledError:
                said.append("cancelled")
                raise
        async def f():
            said = [i async for i in numbers(3)]
            task = asyncio.create_task(worker(said))
            await asyncio.sleep(0)
            task.cancel()
            said += await asyncio.gather(task, asyncio.sleep(0, "slept"), return_exceptions=True)
            return said
        """
    )
    said = asyncio.run(f())
    assert said[:4] == [0, 1, 2, "cancelled"]
    assert [type(said[4]), said[5]] == [asyncio.CancelledError, "slept"]
    assert counts().items() >= {"numbers": 1, "worker": 1, "f": 1}.items()


def test_a_recursion_too_deep_is_an_error_as_before():
    f, counts = function("def f(n):\n    return f(n + 1)\n")
    with pytest.raises(RecursionError):
        f(0)
    assert counts()["f"] > 100


def test_a_count_at_its_end_lets_the_function_go_on():
    space = {}
    exec(compile("def f():\n    return 5\n", "counted.py", "exec"), space)
    count = itertools.repeat(None, 2)
    f = FunctionType(with_prefix(space["f"].__code__, count), {})
    assert [f() for _ in range(4)] == [5] * 4
    assert operator.length_hint(count) == 0


def test_a_function_loaded_twice_is_counted_together():
    starts, code = Starts(), compile("def f(): pass\n", "counted.py", "exec")
    for calls in (2, 3):
        space = {}
        exec(everywhere(code, starts), space)
        for _ in range(calls):
            space["f"]()
    assert starts.so_far()["counted.py", 1, "f"] == 5


NUMBA = """\
import sys
sys.path.insert(0, {package!r})
from perfwatch.worker.lines_code import Finder, Prepared, Wanted
wanted = Wanted([{{"file": {file!r}, "name": name, "line": line}} for name, line in (("f", 3), ("g", 5))])
sys.meta_path.insert(0, Finder(Prepared(wanted)))
import counted_kernel as kernel
assert kernel.fast(4) == 6 and kernel.f.__code__ is kernel.fast.py_func.__code__
assert kernel.g(1) == 2
print(sorted((key[2], count) for key, count in wanted.starts.so_far().items()))
"""


def test_a_compiler_reads_the_original_and_that_function_is_counted_no_more(tmp_path):
    need_module("numba", "numba")
    file = tmp_path / "counted_kernel.py"
    file.write_text(
        "import numba\n\ndef f(n):\n    return n + 2\ndef g(n):\n    return n + 1\nfast = numba.njit(f)\n",
        encoding="utf-8",
    )
    package = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", NUMBA.format(package=package, file=str(file))],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "[('g', 1)]\n"), done.stderr
