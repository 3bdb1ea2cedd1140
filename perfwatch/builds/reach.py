"""Which benchmarks a change cannot reach: both sides of them ran the very same code.

It must not judge what they took. A benchmark counts only where it is sure: what
was imported by the end of its calls is known, and no file differs that could
matter without being imported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfwatch.builds.revisions import can_change_nothing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfwatch.records.run import Provenance

#: A worker that names as many modules as this may have left some out.
MODULES_LIMIT = 1_000


def only_imports_matter(changed: Sequence[str] | None) -> bool:
    """Whether every file that differs is Python source, or nothing that a benchmark could notice.

    Data, settings and compiled code are read without being imported. ``None``
    says that it is not known what differs.
    """
    return changed is not None and all(path.endswith(".py") or can_change_nothing(path) for path in changed)


def same_code(base: Sequence[Provenance], head: Sequence[Provenance]) -> bool:
    """Whether both sides imported the same modules of the project, byte for byte.

    A side that imported none, or more than are told, says nothing.
    """
    known = 0 < len(base) < MODULES_LIMIT and 0 < len(head) < MODULES_LIMIT
    return known and _digests(base) == _digests(head)


def _digests(loaded: Sequence[Provenance]) -> dict[str, str]:
    return {one.module: one.digest for one in loaded}
