"""Two tasks of asyncio that compute in turns, and a pause in which none of them does."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from random import Random

from witness import Witness, tell


async def crunch(witness):
    cards, shuffle = list(range(1500)), Random(7).shuffle
    for _ in witness.turns(1.6):
        while witness.wants("L1", 0.70):
            shuffle(cards)  # L1: python
        await asyncio.sleep(0)


async def squeeze(witness):
    block = bytes(1_000_000)
    for _ in witness.turns(1.6):
        while witness.wants("L2", 0.30):
            sha256(block)  # L2: native
        await asyncio.sleep(0)


async def main(witness, pause):
    await asyncio.gather(crunch(witness[0]), squeeze(witness[1]))
    for _ in pause.turns(0.8):
        while pause.wants("L3", 1.0):  # noqa: ASYNC110 - waiting is what it is for
            await asyncio.sleep(0.01)  # L3: waiting


marks, rest = (Witness(), Witness()), Witness()
asyncio.run(main(marks, rest))  # L3: waiting
tell(*(mark.spent for mark in marks), rest.spent)
