"""Whether two runs come from one environment, and what differs where they do not.

Where both environments are known whole, their keys decide. One read from another
tool's file is known in part, and has no key: then the facts that both sides tell
decide, each as coarsely as the key takes it, and what either does not tell is no
difference. This module must not decide what a difference means for a verdict.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from perfwatch import units
from perfwatch.environment.capture import KEY_LIBRARIES, THREAD_SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfwatch.records.run import Environment

_DIFFERENCES_NAMED = 4


def environment_difference(base: Environment, head: Environment) -> str:
    """Name what differs between two environments, or return "" where they are comparable."""
    if base.key == head.key != "":
        return ""
    partly_known = not (base.key and head.key)
    facts = _known_facts(base, head) if partly_known else _facts(base, head)
    named = [f"{name} {before} against {after}" for name, before, after in facts if before != after]
    if not named:
        return "" if partly_known else "the environments differ: their keys are not equal"
    more = len(named) - _DIFFERENCES_NAMED
    rest = f" and {more} more" if more > 0 else ""
    return "the environments differ: " + ", ".join(named[:_DIFFERENCES_NAMED]) + rest


def _facts(base: Environment, head: Environment) -> Iterator[tuple[str, object, object]]:
    yield "Python", base.python, head.python
    yield "implementation", base.implementation, head.implementation
    yield "processor", base.processor, head.processor
    yield "cores", base.cores_count, head.cores_count
    yield "architecture", base.machine, head.machine
    yield "system", base.system, head.system
    yield "memory", units.size(base.memory_bytes), units.size(head.memory_bytes)
    yield "virtualisation", base.virtualisation or "none", head.virtualisation or "none"
    for before, after in ((base.libraries, head.libraries), (base.threads, head.threads)):
        for name in sorted(before.keys() | after.keys()):
            yield name, before.get(name, "none"), after.get(name, "none")


def _known_facts(base: Environment, head: Environment) -> Iterator[tuple[str, object, object]]:
    """Give the facts that both sides tell: a version of Python without its last part, a system without its release."""
    pairs = (
        ("Python", _minor(base.python), _minor(head.python)),
        ("implementation", base.implementation, head.implementation),
        ("processor", base.processor, head.processor),
        ("cores", base.cores_count, head.cores_count),
        ("architecture", base.machine, head.machine),
        ("system", base.system.partition(" ")[0], head.system.partition(" ")[0]),
        *_memory(base.memory_bytes, head.memory_bytes),
        *((name, *_versions(base.libraries.get(name), head.libraries.get(name))) for name in KEY_LIBRARIES),
        *((name, base.threads.get(name), head.threads.get(name)) for name in THREAD_SETTINGS),
    )
    return ((name, before, after) for name, before, after in pairs if before and after)


def _minor(python: str) -> str:
    return ".".join(python.split(".")[:2])


def _versions(before: str | None, after: str | None) -> tuple[str | None, str | None]:
    """Return both as exact as the less exact one: a file may hold what was asked for, 1.26, for 1.26.4."""
    if before is None or after is None:
        return None, None
    parts = min(before.count("."), after.count(".")) + 1
    return ".".join(before.split(".")[:parts]), ".".join(after.split(".")[:parts])


def _memory(base_bytes: int, head_bytes: int) -> Iterator[tuple[str, str, str]]:
    """Give the two sizes where both are known and lie apart; a reboot, or a way of counting, moves some megabytes."""
    if base_bytes > 0 and head_bytes > 0 and abs(math.log2(head_bytes / base_bytes)) > 1 / 4:
        yield "memory", units.size(base_bytes), units.size(head_bytes)
