"""Messages that are made, or written, in the innermost loop."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.diagnose.wording import each_with
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_LEVELS = frozenset(["debug", "info", "warning", "error", "exception", "critical", "log"])
_REFERENCE = "https://docs.python.org/3/howto/logging.html#optimization"
_MANY = 500


def find(scene: Scene) -> Iterator[Suspect]:
    """``log.debug(f"…")`` and ``print`` in a loop."""
    for site, call, count in scene.repeated_calls(_MANY):
        name = called_name(call)
        printing = site.module.dotted(call.func) == "print"
        logging = name in _LEVELS and isinstance(call.func, ast.Attribute) and _is_logger(site, call)
        if not (printing or logging):
            continue
        made = any(isinstance(one, (ast.JoinedStr, ast.BinOp, ast.Call)) for one in call.args)
        advice = (
            f"Ask {site.module.words(call.func.value)}.isEnabledFor first, or hand the values over instead of a made text."  # type: ignore[attr-defined]
            if logging
            else "Write once in a while, or once after the loop."
        )
        # A message that is not wanted need not be made; one that is printed must be, whoever makes it.
        share = site.share if logging else site.own
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=share,
            mechanism=f"a message is {'made and ' if made else ''}handed to {site.module.words(call.func)}: {each_with(scene, site, share)}",
            evidence={"messages_count": count},
            advice=Advice(
                summary=advice,
                code=f'{site.module.words(call.func)}("... %s", value)' if logging else "",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
        )
        return


def _is_logger(site: Site, call: ast.Call) -> bool:
    """Whether what a method is asked of is called a logger: ``log``, ``self._logger``, ``logging.getLogger(…)``; no catalogue."""
    owner = call.func.value  # type: ignore[attr-defined]
    if isinstance(owner, ast.Call):
        return called_name(owner).lower() == "getlogger"
    last = site.module.words(owner).rpartition(".")[2].strip("_").lower()
    return last in {"log", "logger", "logging"} or last.endswith(("_log", "_logger"))


RULE = Rule(
    slug="logging-hot",
    title="Messages in a hot loop",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="a method of what is called a logger, or print, 500 times and more",
    limits="a logger is known by its name",
    source=_REFERENCE,
    find=find,
)
