"""A process started for each item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_STARTS = frozenset({
    "subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output",
    "subprocess.Popen", "subprocess.getoutput", "os.system", "os.popen",
})  # fmt: skip
_REFERENCE = "https://docs.python.org/3/library/subprocess.html"
_MANY = 5


def find(scene: Scene) -> Iterator[Suspect]:
    """A start of a process in a loop."""
    for site, call, count in scene.repeated_calls(_MANY):
        if site.module.dotted(call.func) in _STARTS:
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=site.share,
                mechanism=f"a process is started and waited for: {each(scene, site)}",
                evidence={"processes_count": count},
                advice=Advice(
                    summary="Hand all items to one process, do its work in Python, or let several run at a time.",
                    reference=_REFERENCE,
                ),
                sure=Grade.HIGH,
                effort=Grade.MEDIUM,
            )


RULE = Rule(
    slug="subprocess-loop",
    title="A process for each item",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="subprocess or os.system at a place that runs five times and more",
    limits="what the process itself does is not looked into",
    source=_REFERENCE,
    find=find,
)
