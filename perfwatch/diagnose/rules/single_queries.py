"""One query, or one write, at a time."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from perfwatch.diagnose.rule import Rule, Suspect
from perfwatch.diagnose.source import bound_in, called_name, names_in
from perfwatch.diagnose.wording import each_with
from perfwatch.records.finding import Advice, Grade
from perfwatch.records.run import PassName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.diagnose.scene import Scene, Site

_REFERENCE = "https://docs.python.org/3/library/sqlite3.html#sqlite3.Cursor.executemany"
_DATABASES = frozenset({
    "sqlite3", "psycopg", "psycopg2", "pymysql", "MySQLdb", "sqlalchemy", "duckdb", "oracledb",
    "pyodbc", "asyncpg",
})  # fmt: skip
_FILES = frozenset({"flush", "fsync", "open_text", "read_text", "write_text", "savetxt", "to_csv"})
_MANY = 50


def find(scene: Scene) -> Iterator[Suspect]:
    """``execute`` and ``commit`` in a loop; files opened or flushed for each item."""
    for site, call, count in scene.repeated_calls(_MANY):
        name, full = called_name(call), site.module.dotted(call.func)
        sure = Grade.HIGH
        if name in {"execute", "commit"} and isinstance(call.func, ast.Attribute):
            if not _has_database(scene):
                continue
            what, instead = (
                "the database is asked once an item",
                (
                    "Hand all rows over at once (executemany), read what is wanted by one query, and commit once."
                ),
            )
        elif full == "open" or name in _FILES:
            told = _one_file(scene, site, call)
            if told is None:
                continue
            sure = told
            what, instead = (
                "a file is opened, written or flushed once an item",
                ("Open the file once, and write in blocks."),
            )
        else:
            continue
        share = scene.call_share(site, call)
        yield Suspect(
            module=site.module,
            node=site.statement,
            share=share,
            mechanism=f"{what}: {each_with(scene, site, share)}",
            evidence={"calls_count": count},
            advice=Advice(
                summary=instead,
                code=f"{site.module.words(call.func).rpartition('.')[0]}.executemany(sql, rows)"
                if name == "execute"
                else "",
                risk="What is not yet committed or flushed is lost if the program dies.",
                reference=_REFERENCE,
            ),
            sure=sure,
            risk=Grade.MEDIUM,
        )


def _has_database(scene: Scene) -> bool:
    """Whether the programme imports a client of a database at all: other things have ``execute``, too."""
    return any(
        name.partition(".")[0] == client
        for client in _DATABASES
        for module in scene.program.naming(client)
        for name in module.imports.values()
    )


def _one_file(scene: Scene, site: Site, call: ast.Call) -> Grade | None:
    """How sure it is that the same file is meant each time; ``None`` where each turn has a file of its own."""
    if called_name(call) in {"flush", "fsync"}:
        return Grade.HIGH
    loops = site.module.loops_around(call)
    if loops:
        return None if names_in(call) & bound_in(loops[0]) - _owners(call) else Grade.HIGH
    again = scene.evidence.io is not None and any(
        one.opened_count >= max(_MANY, 0.5 * site.hits) for one in scene.evidence.io.files
    )
    if again:
        return Grade.HIGH
    given = {one.id for part in call.args for one in ast.walk(part) if isinstance(one, ast.Name)}
    function = site.module.function_of(call)
    own = {one.arg for one in function.args.args} - {"self"} if function is not None else set()
    return None if given & own else Grade.MEDIUM


def _owners(call: ast.Call) -> set[str]:
    """The names that a method is asked of."""
    return names_in(call.func)


RULE = Rule(
    slug="single-queries",
    title="One query or write at a time",
    needs=frozenset({PassName.CPU, PassName.LINES}),
    shape="execute or commit in a programme that imports a database's client, or open, flush, to_csv and their like of one file, 50 times and more",
    limits="whether a query depends on the answer to the last is not told; a file of its own for each item is left alone",
    source=_REFERENCE,
    find=find,
)
