"""Serve one request: drive the target under a collector, answer with one JSON file.

The answer is written whatever happens, last and by rename; a target that leaves
through ``os._exit``, becomes another program (``os.exec…``) or is told to terminate
is answered for on its way out. The streams stay the target's.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import importlib
import json
import os
import signal
import sys
import traceback
from typing import TYPE_CHECKING, Any, BinaryIO

from . import asv, forks, functions, lending, own, program, pytest_suite
from .clock import Clock
from .subject import describe_exception, library_versions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .subject import Collector

#: The request and answer format; both ends are always of one version of perfwatch.
VERSION = 1
#: Said on standard error where the answer cannot be written; the parent looks for it.
NOT_HANDED_OVER = "perfwatch: what was measured could not be written"
#: Said in an answer where the target replaced itself; the parent looks for it.
BECAME_ANOTHER = "os.exec"
MODULES_AT_MOST = 2_000
_DRIVERS = {
    "script": program,
    "module": program,
    "callable": functions,
    "experiment": functions,
    "workload": functions,
    "pytest": pytest_suite,
    "asv": asv,
}
#: How a target may leave without coming back to us, and be answered for.
_WAYS_OUT = ("os._exit", BECAME_ANOTHER)
#: The benchmark under way when something called one of them: a script may leave so, a benchmark not.
_LEFT = {
    "kind": "no-result",
    "type": "",
    "message": "The target ended its process before the measurement was handed over",
    "traceback": "",
}


class _Terminated(BaseException):
    """We were told to end: unwind, so that collectors keep what they have."""


class _Answer:
    """What is written at the end, by whichever way the end comes."""

    def __init__(self, path: str, *, whole_program: bool) -> None:
        self.path = path
        self.whole_program = whole_program
        self.process = os.getpid()
        # The target may go elsewhere, and delete where it was.
        self.started_in = os.getcwd()  # noqa: PTH109
        self.own_names: frozenset[str] = frozenset()
        self.collector: Collector | None = None
        self.content: dict[str, Any] = {"version": VERSION, "complete": False}

    def write(self) -> None:
        """Write once, and only in the process that was asked: forked children have none to give."""
        if os.getpid() != self.process or not self.path:
            return
        if self.collector is not None:
            if self.collector.close_open is not None:
                self.collector.close_open()
            self.content["records"] = self.collector.records
            self.content["process"] = self.collector.finish()
            if self.content.get("left_by") in _WAYS_OUT and not self.whole_program:
                self.content["records"].append({"name": None, "error": _LEFT})
        self.content["libraries"] = library_versions()
        self.content["modules"] = _modules(self.started_in, self.own_names)
        try:
            self._hand_over()
        except OSError as error:
            os.write(2, f"{NOT_HANDED_OVER}: {error}\n".encode(errors="backslashreplace"))
        self.path = ""

    def _hand_over(self) -> None:
        text = json.dumps(self.content, default=repr).encode("utf-8", errors="backslashreplace")
        temporary = f"{self.path}.part"
        with _opened(temporary) as file:
            file.write(text)
        os.replace(temporary, self.path)  # noqa: PTH105


@contextlib.contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    """The file, open for writing; a target that may open none more lends its standard input's number."""
    try:
        file = open(path, "wb")  # noqa: PTH123, SIM115
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
        os.close(0)
        with open(path, "wb") as file:  # noqa: PTH123
            yield file
        os.open(os.devnull, os.O_RDONLY)
        return
    with file:
        yield file


def run(request_path: str) -> int:
    """Serve the request in the file; return the target's exit status."""
    with open(request_path, encoding="utf-8") as file:  # noqa: PTH123
        request = json.load(file)
    program_itself = _DRIVERS.get(request["target"]["kind"]) is program
    answer = _Answer(request["answer"], whole_program=program_itself)
    _answer_on_the_way_out(answer)
    if request["append_path"]:
        sys.path.append(request["append_path"])
    lending.install(request["lent"])
    if "own" in request:
        own.install(request["own"])
        answer.own_names = frozenset(request["own"]["names"])
    try:
        if request["task"] == "discover":
            answer.content["found"], answer.content["errors"] = discover(request["target"])
            status = 0
        else:
            status = _measured(request, answer)
        answer.content["complete"] = True
    except BaseException as error:
        answer.content["error"] = describe_exception(error)
        status = _as_the_interpreter_would(error)
    answer.write()
    return status


def _measured(request: dict[str, Any], answer: _Answer) -> int:
    collector = make_collector(request["task"], request["options"])
    try:
        collector.prepare()
    except Exception as error:
        answer.content["collector_error"] = describe_exception(error)
        return 0
    answer.collector = collector
    return int(_DRIVERS[request["target"]["kind"]].drive(request, collector))


def make_collector(task: str, options: dict[str, Any]) -> Collector:
    """The collector of a task; each is imported only where it is used."""
    if task == "timing":
        return Clock(**options)
    module = importlib.import_module(f".{task}", __package__)
    collector: Collector = getattr(module, task.capitalize())(**options)
    return collector


def discover(target: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The benchmarks inside the target, and what could not be imported."""
    if target["kind"] == "pytest":
        return pytest_suite.names(target)
    if target["kind"] == "asv":
        return asv.names(target["path"]), []
    sys.path.insert(0, os.getcwd())  # noqa: PTH109
    for case in target["cases"]:
        functions.resolve(case["function"])
        if case.get("setup"):
            functions.resolve(case["setup"])
    return [{"name": case["name"], "group": case.get("group")} for case in target["cases"]], []


def _answer_on_the_way_out(answer: _Answer) -> None:
    leave = os._exit

    def leaving(status: int) -> None:
        try:
            if os.getpid() == answer.process:
                answer.content["left_by"] = "os._exit"
                answer.write()
        finally:
            # Whatever becomes of the answer: who calls this relies on never coming back.
            leave(status)

    def terminated(_number: int, _frame: Any) -> None:
        answer.content["left_by"] = "SIGTERM"
        raise _Terminated

    def forget() -> None:
        # A pool ends its workers by this signal: they end by it, and on no exception's way out.
        if signal.getsignal(signal.SIGTERM) is terminated:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    os._exit = leaving  # type: ignore[assignment]
    # All of ``os.exec…`` call one of these two.
    os.execv = _becoming(os.execv, answer)
    os.execve = _becoming(os.execve, answer)
    signal.signal(signal.SIGTERM, terminated)
    forks.follow(forget)


def _becoming(become: Callable[..., Any], answer: _Answer) -> Callable[..., Any]:
    """The function that replaces the process, answering first where it is likely to succeed."""

    @functools.wraps(become)
    def becoming(path: Any, *arguments: Any) -> Any:
        # Along PATH, it is tried with one file after the other.
        if os.getpid() == answer.process and os.access(path, os.X_OK):
            answer.content["left_by"] = BECAME_ANOTHER
            answer.write()
        return become(path, *arguments)

    return becoming


def _as_the_interpreter_would(error: BaseException) -> int:
    """Print the traceback where the interpreter would, and return the status it would end with."""
    if isinstance(error, SystemExit):
        return program.exit_status(error)
    if isinstance(error, _Terminated):
        return 128 + signal.SIGTERM
    traceback.print_exception(type(error), error, error.__traceback__)
    return 128 + signal.SIGINT if isinstance(error, KeyboardInterrupt) else 1


def _modules(started_in: str, own_names: frozenset[str]) -> list[list[str]]:
    """Name, file and digest of the project's modules, and of others from outside the library folders.

    A module named relative to a folder is looked for where the process started.
    """
    libraries = tuple({os.path.realpath(prefix) + os.sep for prefix in (sys.prefix, sys.base_prefix)})
    found = []
    for name, module in list(sys.modules.items())[: 20 * MODULES_AT_MOST]:
        file = getattr(module, "__file__", None)
        if not isinstance(file, str) or name.startswith(__package__ or "_perfwatch_worker"):
            continue
        path = os.path.realpath(os.path.join(started_in, file))  # noqa: PTH118
        installed = f"{os.sep}site-packages{os.sep}" in path or path.startswith(libraries)
        if not path.endswith(".py") or (installed and name.partition(".")[0] not in own_names):
            continue
        try:
            with open(path, "rb") as source:  # noqa: PTH123
                digest = hashlib.sha256(source.read()).hexdigest()[:16]
        except OSError:
            continue  # a module whose file is gone has no digest to give
        found.append([name, path, digest])
    return found[:MODULES_AT_MOST]
