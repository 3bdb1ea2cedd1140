"""Where a project keeps what was measured: its store, its reports.

Importing this must stay cheap: every door to the pipeline does. It must not
read settings; it is handed them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfwatch.config import Config
    from perfwatch.store import Store

STORE_FOLDER = ".perfwatch"
STORE_FILE = "perfwatch.db"


def store_in(config: Config) -> Store:
    """Open the store that the settings name; it is made where there is none."""
    from perfwatch.errors import UsageError
    from perfwatch.store import open_store

    if config.store is not None and "://" in config.store:
        raise UsageError(
            f"The store {config.store} is not a file.",
            means="Runs are kept in an SQLite file; database servers are not supported yet.",
            do="Name a path: --store .perfwatch/perfwatch.db",
        )
    return open_store(store_path(config))


def store_to_read(config: Config) -> Store:
    """Open the store that the settings name so that nothing can be changed through it; it must be there."""
    from perfwatch.store import open_to_read

    return open_to_read(store_path(config))


def store_path(config: Config) -> Path:
    """Where the store's file is, or will be."""
    return Path(config.store) if config.store else config.root / STORE_FOLDER / STORE_FILE


def reports_folder(config: Config) -> Path:
    """Where reports are written."""
    return config.report_dir or config.root / STORE_FOLDER / "reports"
