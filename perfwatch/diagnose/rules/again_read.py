"""The same file read, the same text parsed, the same things sorted, again."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.purity import touched_in
from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.shapes import is_grown, is_lasting
from perfwatch.diagnose.source import bound_in, called_name, names_in
from perfwatch.diagnose.wording import each_with
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_REFERENCE = "https://docs.python.org/3/library/functools.html#functools.cache"
_READS = frozenset({
    "read_csv", "read_json", "read_parquet", "read_excel", "loadtxt", "genfromtxt", "load", "loads",
    "read_text", "read", "readlines", "strptime", "safe_load", "parse", "fromstring", "getroot",
    "DictReader", "reader",
})  # fmt: skip
_MANY = 5


def find(scene: Scene) -> Iterator[Suspect]:
    """Reading or parsing what nothing in the loop changes; sorting a thing that grows by one."""
    for site, call, count in scene.repeated_calls(_MANY):
        name, full = called_name(call), site.module.dotted(call.func)
        sorting = full in {"sorted", "numpy.sort", "numpy.argsort"} or (not full and name == "sort")
        if not (name in _READS or sorting):
            continue
        thing = _thing(call, sorting=sorting)
        steady, grown = _is_steady(scene, site, call), sorting and is_grown(site, thing)
        again = not sorting and scene.repeated_by(site, call) is None and _is_read_again(scene)
        if not (steady or grown or again):
            continue
        what = "sorted" if sorting else "read and parsed"
        share = scene.call_share(site, call)
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=share,
            mechanism=f"{site.module.words(call)}: the same things are {what} again, {each_with(scene, site, share)}",
            evidence={"calls_count": count},
            advice=Advice(
                summary=f"Keep {site.module.words(thing)} in order instead (bisect.insort, a heap), or sort once after the loop."
                if grown
                else f"Sort {site.module.words(thing)} once, before it is asked, and keep the order."
                if sorting
                else "Read it once and keep what was read, or cache the function by the file's name.",
                code=f"bisect.insort({site.module.words(thing)}, item)"
                if grown
                else f"kept = {site.module.words(call)}  # once",
                risk="" if sorting else "A file that changes meanwhile is not noticed.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH if steady or grown else Grade.MEDIUM,
        )


def _thing(call: ast.Call, *, sorting: bool) -> ast.AST:
    """What is sorted: the argument of a function, the owner of a method."""
    method = (
        sorting and called_name(call) == "sort" and not call.args and isinstance(call.func, ast.Attribute)
    )
    return call.func.value if method else call.args[0] if call.args else call.func  # type: ignore[attr-defined]


def _is_steady(scene: Scene, site: Site, call: ast.Call) -> bool:
    """Whether nothing changes what is read or sorted, from one turn of the loop, or one call of the function, to the next."""
    loop = scene.repeated_by(site, call)
    if loop is not None:
        return not names_in(call) & (bound_in(loop) | touched_in(scene.program, site.module, loop))
    in_function = site.module.function_of(call) is not None
    return in_function and bool(call.args) and all(is_lasting(site.module, one) for one in call.args)


def _is_read_again(scene: Scene) -> bool:
    """Whether the run saw one file opened for reading again and again, and never written."""
    io = scene.evidence.io
    return io is not None and any(one.read_again and one.read_opens_count >= _MANY for one in io.files)


RULE = Rule(
    slug="sorted-again",
    title="Read, parsed or sorted again",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="five times and more: a reader, parser or sort of what nothing changes in the loop, or from call to call; a sort of what grows in the same loop; a reader in a programme that opened one file for reading again and again",
    limits="whether the things changed in between is told by the names alone",
    source=_REFERENCE,
    find=find,
)
