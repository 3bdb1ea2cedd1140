"""The same file read, the same text parsed, the same things sorted, again."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import bound_in, called_name, names_in
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

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
        if sorting and loop is None and not _stays(site, call):
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


def _stays(site: Site, call: ast.Call) -> bool:
    """Whether what is sorted is an attribute that is bound where its object is made, and nowhere else."""
    what = call.args[0] if call.args else None
    if not (isinstance(what, ast.Attribute) and isinstance(what.value, ast.Name) and what.value.id == "self"):
        return False
    function = site.module.function_of(site.statement)
    owner = None if function is None else site.module.class_of(function)
    if owner is None:
        return False
    bound = [
        one
        for one in ast.walk(owner)
        if isinstance(one, ast.Attribute) and one.attr == what.attr and not isinstance(one.ctx, ast.Load)
    ]
    makers = [site.module.function_of(one) for one in bound]
    return bool(bound) and all(getattr(one, "name", "") in {"__init__", "__post_init__"} for one in makers)


RULE = Rule(
    slug="sorted-again",
    title="Read, parsed or sorted again",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a reader or parser whose arguments do not change in the loop, or a sort inside a loop or of an attribute that is bound once, five times and more",
    limits="whether the things changed in between is told by the names alone",
    source=_REFERENCE,
    find=find,
)
