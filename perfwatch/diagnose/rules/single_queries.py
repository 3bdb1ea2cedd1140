"""One query, or one write, at a time."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import called_name
from perfwatch.diagnose.wording import each
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene

_REFERENCE = "https://docs.python.org/3/library/sqlite3.html#sqlite3.Cursor.executemany"
_MANY = 50


def find(scene: Scene) -> Iterator[Suspect]:
    """``execute`` and ``commit`` in a loop; files opened or flushed for each item."""
    for site, call, count in scene.repeated_calls(_MANY):
        name, full = called_name(call), site.module.dotted(call.func)
        if name in {"execute", "commit"} and isinstance(call.func, ast.Attribute):
            what, instead = (
                "the database is asked once an item",
                (
                    "Hand all rows over at once (executemany), read what is wanted by one query, and commit once."
                ),
            )
        elif full == "open" or name in {
            "flush",
            "fsync",
            "open_text",
            "read_text",
            "write_text",
            "savetxt",
            "to_csv",
        }:
            what, instead = (
                "a file is opened, written or flushed once an item",
                ("Open the file once, and write in blocks."),
            )
        else:
            continue
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=site.share,
            mechanism=f"{what}: {each(scene, site)}",
            evidence={"calls_count": count},
            advice=Advice(
                summary=instead,
                code=f"{site.module.words(call.func).rpartition('.')[0]}.executemany(sql, rows)"
                if name == "execute"
                else "",
                risk="What is not yet committed or flushed is lost if the program dies.",
                reference=_REFERENCE,
            ),
            sure=Grade.HIGH,
            risk=Grade.MEDIUM,
        )


RULE = Rule(
    slug="single-queries",
    title="One query or write at a time",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="execute, commit, open, flush or their like, 50 times and more",
    limits="whether a query depends on the answer to the last is not told",
    source=_REFERENCE,
    find=find,
)
