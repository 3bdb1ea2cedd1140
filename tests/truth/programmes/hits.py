"""Lines that run a known number of times: few, many, and so many that counting each would cost too much."""

from __future__ import annotations

from hashlib import sha256

from witness import tell


def inner(rounds):
    total = 0
    for i in range(rounds):
        total += i * i % 7  # L1: counted
        if i % 10 == 0:
            total -= 1  # L2: counted
    return total


def outer(calls, block):
    for _ in range(calls):
        inner(1000)  # L3: counted
        sha256(block)  # L4: counted


CALLS = 12_000
outer(CALLS, bytes(1000))
tell(
    {
        name: {"wall": 0, "count": count}
        for name, count in {"L1": 1000 * CALLS, "L2": 100 * CALLS, "L3": CALLS, "L4": CALLS}.items()
    }
)
