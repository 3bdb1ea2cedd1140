"""Call each subject once and write down all that its caller could notice.

That is the value or the exception, the warnings, what became of the arguments, whether
the value shares memory with them, and whether a global random generator was drawn from.
It must not time and must not compare.
"""

from __future__ import annotations

import contextlib
import random
import sys
import warnings
from typing import TYPE_CHECKING, Any, BinaryIO

from .portable import Writer, digest_of, error_node
from .subject import Subject, describe_exception, heading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WARNINGS_AT_MOST = 100
#: Parts of a value beyond these are not searched for memory of the arguments.
PARTS_AT_MOST = 1_000


class Answers:
    """Writes data to the file ``blobs``; the records hold the structure.

    Of a benchmark's data beyond ``benchmark_bytes``, and of all beyond
    ``process_bytes``, only a digest is kept. Where it is ``raising``, who calls gets
    the exception as well: it may be waiting for it.
    """

    def __init__(
        self,
        blobs: str,
        *,
        benchmark_bytes: int | None = None,
        process_bytes: int | None = None,
        raising: bool = False,
    ) -> None:
        self._path = blobs
        self._benchmark_bytes = benchmark_bytes
        self._process_bytes = process_bytes
        self._raising = raising
        self._blobs: BinaryIO | None = None
        self._writer: Writer | None = None
        self.records: list[dict[str, Any]] = []
        self.close_open: Callable[[], None] | None = None

    def prepare(self) -> None:
        """Open the file of the data."""
        self._blobs = open(self._path, "wb")  # noqa: PTH123, SIM115
        self._writer = Writer(self._blobs, bytes_at_most=self._process_bytes)

    def measure(self, subject: Subject) -> Any:
        """Call the subject once; an exception is an answer, too."""
        assert self._writer is not None  # noqa: S101 - opened in ``prepare``
        self._writer.begin(self._benchmark_bytes)
        record = heading(subject)
        if subject.before is not None:
            subject.before()
        arguments = subject.arguments()
        before = [digest_of(one) for one in arguments]
        states = _random_states()
        value: Any = None
        with _heard(record):
            try:
                value = subject.call()
                failure = None
            except Exception as error:
                failure = error
        record["drawn_from"] = sorted(
            name for name, state in _random_states().items() if states.get(name, state) != state
        )
        if failure is None:
            record["shares"] = _shared(value, arguments)
            record["value"] = self._writer.node(value)
        else:
            told = describe_exception(failure)
            record["value"] = error_node(failure, told["message"]) | {"traceback": told["traceback"]}
        changed = [number for number, one in enumerate(arguments) if digest_of(one) != before[number]]
        # What the generator of an answer did to the arguments is done by now.
        self._writer.drawing = False
        record["changed"] = {str(number): self._writer.node(arguments[number]) for number in changed}
        self._writer.drawing = True
        self.records.append(record)
        if failure is not None and self._raising:
            raise failure
        return value

    def finish(self) -> dict[str, Any]:
        """Close the file of the data."""
        if self._blobs is not None:
            self._blobs.close()
        return {}


@contextlib.contextmanager
def _heard(record: dict[str, Any]) -> Iterator[None]:
    """Note the warnings that are raised meanwhile, each kind and text once; none of them is shown."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        yield
    told = {(type(one.message).__name__, str(one.message)[:200]) for one in heard}
    record["warnings"] = [list(one) for one in sorted(told)[:WARNINGS_AT_MOST]]


def _random_states() -> dict[str, Any]:
    """What the global generators would give next."""
    states: dict[str, Any] = {"random": hash(random.getstate())}
    module = sys.modules.get("numpy.random")
    if module is not None:
        states["numpy.random"] = digest_of(module.get_state(legacy=False))
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_rng_state"):
        states["torch"] = bytes(torch.get_rng_state().numpy())
    return states


def _shared(value: Any, arguments: tuple[Any, ...]) -> list[int]:
    """The arguments whose memory, or whose mutable parts, the value holds."""
    mine = _parts(value)
    found = []
    for number, argument in enumerate(arguments):
        theirs = _parts(argument)
        if mine["objects"] & theirs["objects"] or _overlap(mine["arrays"], theirs["arrays"]):
            found.append(number)
    return found


def _parts(value: Any) -> dict[str, Any]:
    """The mutable containers and the arrays in a value."""
    numpy = sys.modules.get("numpy")
    objects: set[int] = set()
    arrays: list[Any] = []
    waiting = [value]
    while waiting and len(objects) + len(arrays) < PARTS_AT_MOST:
        one = waiting.pop()
        if numpy is not None and issubclass(type(one), numpy.ndarray):
            arrays.append(one)
        elif issubclass(type(one), (list, set, dict)):
            if id(one) in objects:
                continue
            objects.add(id(one))
            waiting += one.values() if issubclass(type(one), dict) else one
        elif issubclass(type(one), tuple):
            waiting += one
        elif hasattr(type(one), "__dataclass_fields__"):
            waiting += [getattr(one, name, None) for name in type(one).__dataclass_fields__]
    return {"objects": objects, "arrays": arrays}


def _overlap(mine: list[Any], theirs: list[Any]) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and any(numpy.may_share_memory(one, other) for one in mine for other in theirs)
