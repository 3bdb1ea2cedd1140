"""Time spent asleep."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_REFERENCE = "https://docs.python.org/3/library/threading.html#event-objects"


def find(scene: Scene) -> Iterator[Suspect]:
    """``time.sleep`` where it has a share of the time."""
    for site in scene.sites:
        for call in site.calls():
            if site.module.dotted(call.func) in {"time.sleep", "asyncio.sleep"}:
                yield Suspect(
                    module=site.module,
                    node=site.statement,
                    share=site.share,
                    mechanism=f"{site.module.words(call)} waits: {each(scene, site)}",
                    evidence={"sleeps_count": site.hits},
                    advice=Advice(
                        summary="Wait for the event itself (an Event, a queue, a process's end) instead of asking again after a while.",
                        code="finished.wait()  # threading.Event, set by whoever finishes",
                        reference=_REFERENCE,
                    ),
                    sure=Grade.HIGH,
                )


RULE = Rule(
    slug="sleep",
    title="Asleep",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="time.sleep or asyncio.sleep at a dear place",
    limits="a pause that somebody else asks for, such as a server's limit, cannot be told",
    source=_REFERENCE,
    find=find,
)
