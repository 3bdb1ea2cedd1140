"""Patterns that are compiled again for each text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import bound_in, names_in
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_FUNCTIONS = frozenset(
    ["compile", "match", "search", "fullmatch", "findall", "finditer", "sub", "subn", "split"]
)
_REFERENCE = "https://docs.python.org/3/library/re.html#re.compile"
_LEAST_SHARE = 0.03


def find(scene: Scene) -> Iterator[Suspect]:
    """Calls of ``re`` in a loop, where the sampler saw the compiler of patterns at work."""
    for site, call, count in scene.repeated_calls():
        full = site.module.dotted(call.func)
        if not (full.startswith("re.") and full.removeprefix("re.") in _FUNCTIONS and call.args):
            continue
        loop = scene.repeated_by(site, call)
        if loop is not None and names_in(call.args[0]) & bound_in(loop):
            continue  # another pattern in each turn
        where = (site.module.file, scene.function_name(site))
        compiling = scene.evidence.in_library(_compiles, *where)
        looking = scene.evidence.in_library(_looks_up, *where)
        if max(compiling, looking) < _LEAST_SHARE:
            continue
        pattern = site.module.words(call.args[0])
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=min(site.share, max(compiling, looking)),
            mechanism=f"the pattern is compiled or looked up anew, {each(scene, site)}, of which "
            f"{max(compiling, looking):.0%} of the time goes to that alone",
            evidence={"compilations_count": count},
            advice=Advice(
                summary="Compile the pattern once, outside the loop, and use what comes back.",
                code=f"pattern = re.compile({pattern})  # once\npattern.search(...)",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH if compiling >= _LEAST_SHARE else Grade.MEDIUM,
        )


def _compiles(function: str, file: str) -> bool:
    return file.endswith(("re/_compiler.py", "re/_parser.py", "sre_compile.py", "sre_parse.py")) or (
        function == "_compile" and file.endswith(("re/__init__.py", "re.py"))
    )


def _looks_up(function: str, file: str) -> bool:
    return function == "_compile" and file.endswith(("re/__init__.py", "re.py"))


RULE = Rule(
    slug="regex-recompiled",
    title="Patterns compiled again and again",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a function of re with a pattern, repeated, with the compiler of patterns among the sampled functions",
    limits="a pattern that changes with the loop has to be compiled, and is left alone; whether a function is asked with the same one is not told",
    source=_REFERENCE,
    find=find,
)
