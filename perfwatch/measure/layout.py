"""Where the two processes of a pair lie in memory, and in which order they keep their sets: one draw for both sides.

It must not start anything, and must not judge.

Where the system maps code and data moves times by several percent, and it draws that anew for each
process (Mytkowicz et al. 2009, "Producing wrong data without doing anything obviously wrong";
Curtsinger and Berger 2013, "Stabilizer"). Drawn once for a pair, it is common to both sides
and falls out of their ratio; drawn anew for the next pair, no one layout's luck decides
(blocking, and common random numbers: Law, "Simulation modeling and analysis", 11.2).
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

#: A variable of this length in the environment of both processes moves their stacks, and all that they
#: allocate later, within a page: where an array begins in its page decides how many pages it touches.
#: Shorter texts lie in the interpreter's own arenas.
PADDING, PADDING_BYTES, PAGE_BYTES = "PERFWATCH_PADDING", 1024, 4096
#: Seeds of Python's own hashes: 0 would switch their chance off.
HASH_SEED, SEEDS_COUNT = "PYTHONHASHSEED", 1 << 32
#: Without chance of its own, the kernel maps libraries and arrays just below as much stack as is allowed, and
#: never nearer than this: more stack moves them down.
STACK_BYTES = 128 << 20
#: So many places to begin at, a page apart.
PLACES_COUNT = 1 << 14
#: Said where the system does not let us draw for both.
OWN_LAYOUTS = (
    "Base and head did not lie at the same addresses in memory, since this system does not let perfwatch choose "
    "them (a container's rules or a hard limit of the stack forbid it): pairs then differ by more, "
    "and less of a change is seen"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One draw.

    ``stack_bytes`` is what the kernel is told of the stack, so that it maps below it;
    ``None`` leaves addresses to the kernel's own chance.
    """

    padding_bytes: int
    hash_seed: int
    stack_bytes: int | None

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """The given variables with what this draw adds; a seed of hashes that the user set stays."""
        return {HASH_SEED: str(self.hash_seed), **given, PADDING: "." * self.padding_bytes}


def drawn(coin: Random) -> Layout:
    """Draw the layout of one pair."""
    padding, seed = coin.randrange(PAGE_BYTES), coin.randrange(1, SEEDS_COUNT)
    place = coin.randrange(PLACES_COUNT)
    return Layout(
        padding_bytes=PADDING_BYTES + padding,
        hash_seed=seed,
        stack_bytes=_least_stack() + place * PAGE_BYTES if may_be_shared() else None,
    )


def may_be_shared() -> bool:
    """Whether processes may be started with as much stack as is asked for, as far as our own limits tell."""
    if sys.platform != "linux":
        return False
    most = _stack_limits()[1]
    return most < 0 or most >= _least_stack() + PLACES_COUNT * PAGE_BYTES


def _least_stack() -> int:
    return max(STACK_BYTES, _stack_limits()[0])


def _stack_limits() -> tuple[int, int]:
    """How much stack a process has and may ask for, in bytes; -1 for any."""
    import resource

    return resource.getrlimit(resource.RLIMIT_STACK)
