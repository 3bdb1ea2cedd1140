"""A thread that waits for a lock which another one holds."""

from __future__ import annotations

import threading
import time
from random import Random

from witness import Witness, tell

lock, asked = threading.Lock(), threading.Semaphore(0)
lock.acquire()


def keep():
    """Hold the lock, doing nothing with it, and let it go some time after it was asked for."""
    while asked.acquire():  # W: waiting
        time.sleep(0.012)  # W: waiting
        lock.release()


def main():
    cards, shuffle, witness = list(range(1500)), Random(7).shuffle, Witness()
    for _ in witness.turns(2.4):
        while witness.wants("L1", 0.55):
            asked.release()
            lock.acquire()  # L1: waiting
        while witness.wants("L2", 0.45):
            shuffle(cards)  # L2: python
    tell(witness.spent, worked=["keeper"])


threading.Thread(target=keep, name="keeper", daemon=True).start()
main()
