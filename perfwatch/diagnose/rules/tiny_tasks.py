"""Tasks too small for the workers that they are handed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_REFERENCE = "https://docs.python.org/3/library/concurrent.futures.html#processpoolexecutor"
_HANDS_OVER = frozenset({
    "map", "imap", "imap_unordered", "starmap", "submit", "apply_async", "apply", "map_async",
    "starmap_async",
})  # fmt: skip
_POOLS = ("multiprocessing", "concurrent.futures", "joblib", "loky")
_LEAST_LIBRARY = 0.1


def find(scene: Scene) -> Iterator[Suspect]:
    """``map`` or ``submit`` to a pool of processes, with the time spent on handing over."""
    for site in scene.sites:
        for call in site.calls():
            if called_name(call) not in {*_HANDS_OVER, "Parallel"} and not _is_parallel(
                site.module.dotted(getattr(call.func, "func", call.func))
            ):
                continue
            if not any(name.startswith(_POOLS) for name in site.module.imports.values()):
                continue
            if _in_chunks(call):
                continue
            handing = scene.evidence.in_library(_hands_over)
            if handing < _LEAST_LIBRARY:
                continue
            yield Suspect(
                module=site.module,
                node=site.statement,
                share=max(site.share, scene.loop_share_of(site)),
                mechanism=f"tasks are pickled, sent, waited for and unpickled one at a time: {each(scene, site)}",
                advice=Advice(
                    summary="Hand over larger pieces (chunksize, or one block of items per worker), or do without workers: handing a "
                    "task over costs about 0.1 ms and its data twice over the pipe.",
                    code="pool.map(task, items, chunksize=len(items) // (4 * workers))",
                    reference=_REFERENCE,
                ),
                sure=Grade.HIGH,
            )
            return


def _is_parallel(name: str) -> bool:
    return name == "joblib.Parallel"


def _in_chunks(call: ast.Call) -> bool:
    return any(one.arg in {"chunksize", "batch_size"} for one in call.keywords)


def _hands_over(_function: str, file: str) -> bool:
    return (
        file.startswith(("multiprocessing/", "concurrent/futures/", "joblib/"))
        or "multiprocessing/connection" in file
    )


RULE = Rule(
    slug="tiny-tasks",
    title="Tasks too small for their pool",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="map, submit or their like to a pool without chunks, with a tenth of the time in handing over",
    limits="how long a task itself takes is known only where its process was sampled",
    source=_REFERENCE,
    find=find,
)
