"""The same file read, the same text parsed, the same things sorted, again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import COMPREHENSIONS, LOOPS, bound_in, called_name, names_in
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_REFERENCE = "https://docs.python.org/3/library/functools.html#functools.cache"
_READS = frozenset({
    "read_csv", "read_json", "read_parquet", "read_excel", "loadtxt", "genfromtxt", "load", "loads",
    "read_text", "read", "readlines", "strptime", "safe_load", "parse", "fromstring", "getroot",
})  # fmt: skip
_MANY = 5


def find(scene: Scene) -> Iterator[Suspect]:
    """Reading or parsing what nothing in the loop changes; sorting a thing that grows by one."""
    for site, call, count in scene.repeated_calls(_MANY):
        name, full = called_name(call), site.module.dotted(call.func)
        sorting = full in {"sorted", "numpy.sort", "numpy.argsort"} or (not full and name == "sort")
        if not (name in _READS or sorting):
            continue
        loop = scene.repeated_by(site, call)
        if sorting and not isinstance(loop, (*LOOPS, *COMPREHENSIONS)):
            continue
        steady = loop is not None and not (names_in(call) & bound_in(loop))
        if name in _READS and not (steady or loop is None):
            continue
        what = "sorted" if sorting else "read and parsed"
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=site.share,
            mechanism=f"{site.module.words(call)}: the same things are {what} again, {each(scene, site)}",
            evidence={"calls_count": count},
            advice=Advice(
                summary="Keep it in order instead (bisect.insort, a heap), or sort once after the loop."
                if sorting
                else "Read it once and keep what was read, or cache the function by the file's name.",
                code="bisect.insort(items, item)" if sorting else "@functools.cache\ndef loaded(path): ...",
                risk="" if sorting else "A file that changes meanwhile is not noticed.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH if steady or sorting else Grade.MEDIUM,
        )


RULE = Rule(
    slug="sorted-again",
    title="Read, parsed or sorted again",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a reader or parser whose arguments do not change in the loop, or a sort inside a loop, five times and more",
    limits="whether the things changed in between is told by the names alone",
    source=_REFERENCE,
    find=find,
)
