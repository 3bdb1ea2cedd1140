"""Bounded caches of predictions, by the exact bytes of a design.

``Latest`` forgets what was not asked for the longest, ``Favourites`` what was asked for the
least often. Both take one step for a look-up: of the second see K. Shah, A. Mitra and D. Matani,
An O(1) algorithm for implementing the LFU cache eviction scheme (2010). This module must not
compute what is kept.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Protocol


class Cache(Protocol):
    """Keeps numbers under bytes."""

    def get(self, key: bytes) -> float | None:
        """Return what is kept under the key, if anything is."""

    def put(self, key: bytes, value: float) -> None:
        """Keep a value under a key that nothing is kept under, forgetting another one where it is full."""


class Latest:
    """Keeps what was used last."""

    def __init__(self, most_count: int) -> None:
        self._most_count = most_count
        self._kept: OrderedDict[bytes, float] = OrderedDict()

    def get(self, key: bytes) -> float | None:
        """Return what is kept under the key, which then is the latest."""
        value = self._kept.get(key)
        if value is not None:
            self._kept.move_to_end(key)
        return value

    def put(self, key: bytes, value: float) -> None:
        """Keep a value; the one not asked for the longest goes."""
        if len(self._kept) >= self._most_count:
            self._kept.popitem(last=False)
        self._kept[key] = value


class Favourites:
    """Keeps what was used most often; among equals the later one."""

    def __init__(self, most_count: int) -> None:
        self._most_count = most_count
        self._kept: dict[bytes, float] = {}
        self._uses: dict[bytes, int] = {}
        self._by_uses: dict[int, OrderedDict[bytes, None]] = {}
        self._fewest = 1

    def get(self, key: bytes) -> float | None:
        """Return what is kept under the key, and count the use."""
        value = self._kept.get(key)
        if value is not None:
            self._count(key)
        return value

    def put(self, key: bytes, value: float) -> None:
        """Keep a value; the one used least often goes."""
        if len(self._kept) >= self._most_count:
            out, _ = self._by_uses[self._fewest].popitem(last=False)
            del self._kept[out], self._uses[out]
        self._kept[key] = value
        self._uses[key] = self._fewest = 1
        self._by_uses.setdefault(1, OrderedDict())[key] = None

    def _count(self, key: bytes) -> None:
        uses = self._uses[key]
        self._uses[key] = uses + 1
        del self._by_uses[uses][key]
        if not self._by_uses[uses] and uses == self._fewest:
            self._fewest += 1
        self._by_uses.setdefault(uses + 1, OrderedDict())[key] = None
