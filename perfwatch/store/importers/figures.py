"""What importers take from loose fields: times as integers, texts, and an environment of known facts.

A fact that a file does not tell stays empty; nothing is guessed from this machine.
This module must not read a file.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from perfwatch.records.run import Environment
from perfwatch.store.importers.content import shown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfwatch.store.importers.content import ResultFile

_LARGEST_NS = 2**63 - 1
_TEXT_LIMIT = 200
_IMPLEMENTATIONS = {"cpython": "CPython", "pypy": "PyPy", "graalpy": "GraalPy"}
_SYSTEMS = {"macOS": "Darwin"}
_VERSION = re.compile(r"\d+\.\d+[\w.+]*", re.ASCII)


def total_ns(file: ResultFile, benchmark: str, seconds: float, calls_count: int = 1) -> int:
    """Return the time of a batch of calls in whole nanoseconds; ``seconds`` are those of one call."""
    return round(per_call_ns(file, benchmark, seconds, calls_count))


def per_call_ns(file: ResultFile, benchmark: str, seconds: float, calls_count: int = 1) -> float:
    """Return seconds in nanoseconds; a time that cannot be one is refused."""
    if calls_count < 1 or calls_count > _LARGEST_NS:
        raise file.refused(f"benchmark '{shown(benchmark)}' has {calls_count} calls in a sample")
    value = seconds * 1e9 * calls_count
    if not (math.isfinite(value) and 0 <= value <= _LARGEST_NS):
        raise file.refused(f"benchmark '{shown(benchmark)}' has a time of {seconds!r} s")
    return value


def amount(file: ResultFile, benchmark: str, value: float) -> float:
    """Return an amount as it is; one below 0 is refused."""
    if value < 0:
        raise file.refused(f"benchmark '{shown(benchmark)}' has an amount of {value!r}")
    return value


def text(facts: Mapping[str, Any], *names: str) -> str:
    """Return the first of the named facts that is a text or a number, as a text; else nothing."""
    for name in names:
        value = facts.get(name)
        if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
            return " ".join(str(value).split())[:_TEXT_LIMIT]
    return ""


def count(facts: Mapping[str, Any], *names: str) -> int:
    """Return the first of the named facts that is a whole number above 0; else 0."""
    found = text(facts, *names)
    return int(found) if found.isascii() and found.isdigit() and len(found) < 19 else 0


def version_in(words: str) -> str:
    """Return the version of Python in ``3.11.7 (64-bit)`` or ``/usr/bin/python3.11``, or nothing."""
    found = _VERSION.search(words.replace("\\", "/").rsplit("/", 1)[-1])
    return found[0].rstrip(".") if found else ""


def environment_of(**facts: Any) -> Environment:
    """Return an environment of the facts that a file tells; its key is empty, as some are always missing."""
    known: dict[str, Any] = {
        "system": "",
        "machine": "",
        "processor": "",
        "cores_count": 0,
        "memory_bytes": 0,
        "python": "",
        "implementation": "",
    }
    known |= facts
    known["implementation"] = _IMPLEMENTATIONS.get(known["implementation"].lower(), known["implementation"])
    system, _, release = known["system"].partition(" ")
    known["system"] = f"{_SYSTEMS.get(system, system)} {release}".strip()
    return Environment(key="", executable="", **known)


def unknown_facts(environment: Environment) -> str:
    """Name what the environment does not tell, for a sentence."""
    facts = {
        "operating system": environment.system,
        "architecture": environment.machine,
        "processor": environment.processor,
        "number of cores": environment.cores_count,
        "memory": environment.memory_bytes,
        "version of Python": environment.python,
        "implementation of Python": environment.implementation,
        "versions of libraries": environment.libraries,
        "thread settings": environment.threads,
    }
    return ", ".join(name for name, value in facts.items() if not value)


def instant(moment: datetime) -> str:
    """Return a time as RFC 3339 in UTC; one without a zone is read as UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant_of_ms(since_epoch_ms: float) -> str | None:
    """Return a time given in milliseconds since 1970, or ``None`` where it is no time."""
    try:
        return instant(datetime.fromtimestamp(since_epoch_ms / 1000, UTC))
    except (ValueError, OverflowError, OSError):
        return None


def instant_in(written: str) -> str | None:
    """Return a time written as ISO 8601, or ``None`` where it is not."""
    try:
        return instant(datetime.fromisoformat(written))
    except (ValueError, OverflowError):
        return None
