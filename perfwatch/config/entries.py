"""Settings that are lists of tables: each table's keys, read one by one; must not know any setting."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from perfwatch.config.key import WrongValueError, near_name

#: Reads one value of a table's entry.
Reader = Callable[[object], object]


def read_entries(
    value: object, readers: Mapping[str, Reader], needed: tuple[str, ...]
) -> list[dict[str, object]]:
    """Read a list of tables, each with these keys; ``needed`` are those that none may lack.

    Hyphens and underscores are one in names of keys.
    """
    if not isinstance(value, list):
        raise WrongValueError(f"{value!r} is not a list of tables")
    found = []
    for index, table in enumerate(value):
        if not isinstance(table, dict):
            raise WrongValueError(f"{table!r} is not a table with {' and '.join(needed)}", within=(index,))
        found.append(_entry(table, index, readers))
        for key in needed:
            if key not in found[-1]:
                raise WrongValueError(f"an entry needs {key} = ...", within=(index,))
    return found


def _entry(table: Mapping[str, object], index: int, readers: Mapping[str, Reader]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, part in table.items():
        name = key.replace("_", "-")
        if name not in readers:
            raise WrongValueError(
                f"an entry has no key {key!r} ({', '.join(readers)})",
                within=(index, key),
                near=near_name(name, tuple(readers)),
            )
        try:
            found[name] = readers[name](part)
        except ValueError as error:
            raise WrongValueError(f"{key}: {error}", within=(index, key)) from error
    return found
