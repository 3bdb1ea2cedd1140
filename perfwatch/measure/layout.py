"""Where the two processes of a pair lie in memory, and in which order they keep their sets: one draw for both sides.

It must not start anything, and must not judge.

Where the system maps code and data moves times by several percent, and it draws that anew for each
process (Mytkowicz et al. 2009, "Producing wrong data without doing anything obviously wrong";
Curtsinger and Berger 2013, "Stabilizer"). Drawn once for a pair, it is common to both sides
and falls out of their ratio; drawn anew for the next pair, no one layout's luck decides
(blocking, and common random numbers: Law, "Simulation modeling and analysis", 11.2).
"""

from __future__ import annotations

import functools
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfwatch.environment.machine import text_of

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
    "them (a container's rules forbid it, or a limit of stack or address space is set): pairs then differ by more, "
    "and less of a change is seen"
)
_ADDR_NO_RANDOMIZE = 0x0040000
_ASK = 0xFFFFFFFF
_OVERCOMMIT, _COUNTED = Path("/proc/sys/vm/overcommit_memory"), "2"


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


def stack_limit() -> int | None:
    """How much stack the user allows, in bytes; -1 for any, ``None`` where the system does not tell."""
    try:
        import resource
    except ImportError:
        return None
    return resource.getrlimit(resource.RLIMIT_STACK)[0]


@functools.cache
def may_be_shared() -> bool:
    """Whether processes of ours may be started without the kernel's chance, and with as much stack as is asked for."""
    if sys.platform != "linux":
        return False
    import ctypes
    import resource

    unlimited = resource.RLIM_INFINITY
    most = resource.getrlimit(resource.RLIMIT_STACK)[1]
    if most != unlimited and most < _least_stack() + PLACES_COUNT * PAGE_BYTES:
        return False
    # Where address space is counted, stacks of threads would be.
    if resource.getrlimit(resource.RLIMIT_AS)[0] != unlimited or text_of(_OVERCOMMIT) == _COUNTED:
        return False
    personality = ctypes.CDLL(None).personality
    personality.argtypes, personality.restype = [ctypes.c_ulong], ctypes.c_int
    before = personality(_ASK)
    if before < 0 or personality(before | _ADDR_NO_RANDOMIZE) < 0:
        return False
    allowed = bool(personality(_ASK) & _ADDR_NO_RANDOMIZE)
    personality(before)
    return allowed


def _least_stack() -> int:
    return max(STACK_BYTES, stack_limit() or 0)
