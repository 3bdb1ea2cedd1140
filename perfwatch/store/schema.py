"""Which revision of the schema a database has, and how it gets to the newest.

Alembic is loaded only where there is something to migrate or a revision that
is not the newest: importing it costs more than opening the store.
This module must not open or commit transactions.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

#: The newest revision; a test holds it against the scripts under ``migrations/versions``.
HEAD = "0002"

_VERSION_TABLE = "alembic_version"


def revision_of(connection: Connection) -> str | None:
    """Return the schema's revision, or ``None`` for an empty database.

    A database that has tables and no revision raises ``LookupError``: somebody
    else made it.
    """
    names = inspect(connection).get_table_names()
    if not names:
        return None
    if _VERSION_TABLE not in names:
        raise LookupError(f"tables {', '.join(names[:3])} and no revision")
    revisions = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalars().all()  # noqa: S608
    if len(revisions) != 1:
        raise LookupError(f"{len(revisions)} revisions instead of one")
    return str(revisions[0])


def is_known(revision: str) -> bool:
    """Tell whether this perfwatch knows the revision: the newest, or one that it can migrate from."""
    if revision == HEAD:
        return True
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config())
    return any(script.revision == revision for script in scripts.walk_revisions())


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest revision, inside the caller's transaction."""
    from alembic import command

    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    folder = Path(__file__).parent / "migrations"
    # Options pass through configparser, which reads "%" as the start of a reference.
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
