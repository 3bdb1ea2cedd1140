"""Runs and baselines, kept in a database beside the project.

::

    open_store ─► Store         what the rest of perfwatch sees
                    ├── shelf       runs and passes as rows
                    ├── lists       many runs at once, and a benchmark's times over them
                    ├── baselines   names for runs, and which run to hold another against
                    ├── names       what a typed RUN means
                    └── connection  SQLite: transactions, journal, errors in words
                          └── schema  which revision, and how to get there

This package must not judge a run and must not print.
"""

from perfwatch.store.folder import remove_folders
from perfwatch.store.identity import is_run_id, new_run_id
from perfwatch.store.names import ResolvedRun
from perfwatch.store.rows import BaselineRow, ChosenBaseline, Cleaned, RunRow
from perfwatch.store.slugs import slug_of
from perfwatch.store.store import Store, open_store, open_to_read
from perfwatch.store.words import ago, commit_in_words

__all__ = [
    "BaselineRow",
    "ChosenBaseline",
    "Cleaned",
    "ResolvedRun",
    "RunRow",
    "Store",
    "ago",
    "commit_in_words",
    "is_run_id",
    "new_run_id",
    "open_store",
    "open_to_read",
    "remove_folders",
    "slug_of",
]
