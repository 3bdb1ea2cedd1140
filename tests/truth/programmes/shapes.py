"""Functions of every shape: module level, decorated, method, nested, closure, generator, recursive."""

from __future__ import annotations

import functools
from hashlib import sha256
from random import Random

from witness import Witness, tell

BLOCK = bytes(1_000_000)
CARDS = list(range(1500))
shuffle = Random(7).shuffle
witness = Witness()


def logged(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)

    return wrapper


@logged
def decorated():
    while witness.wants("L2", 0.20):
        shuffle(CARDS)  # L2: python


class Solver:
    def __init__(self):
        self.block = BLOCK

    def step(self):
        while witness.wants("L3", 0.17):
            sha256(self.block)  # L3: native


def outer():
    cards = CARDS[:1000]

    def nested():
        while witness.wants("L4", 0.14):
            shuffle(cards)  # L4: python

    nested()


def made(size):
    cards = CARDS[:size]

    def closure():
        while witness.wants("L5", 0.11):
            shuffle(cards)  # L5: python

    return closure


def generated():
    while True:
        while witness.wants("L6", 0.08):
            sha256(BLOCK)  # L6: native
        yield


def recursive(depth):
    if depth:
        recursive(depth - 1)
        return
    while witness.wants("L7", 0.05):
        shuffle(CARDS)  # L7: python


solver, closure, generator = Solver(), made(1200), generated()
for _ in witness.turns(2.4):
    while witness.wants("L1", 0.25):
        sha256(BLOCK)  # L1: native
    decorated()
    solver.step()
    outer()
    closure()
    next(generator)
    recursive(20)
tell(witness.spent)
