"""Inbreeding in a zoo population from its studbook."""
import random
from collections import OrderedDict


class Animal:
    __slots__ = ("born", "dam", "name", "number", "sire")

    def __init__(self, number, sire, dam, born):
        self.number = number
        self.sire = sire
        self.dam = dam
        self.born = born
        self.name = f"A{number:04d}"


class Studbook:
    def __init__(self):
        self.animals = OrderedDict()

    def add(self, sire, dam, born):
        number = len(self.animals)
        self.animals[number] = Animal(number, sire, dam, born)
        return number

    def kinship(self, a, b):  # [cause]
        """Probability that two random alleles descend from one."""
        if a is None or b is None:
            return 0.0
        if a == b:
            one = self.animals[a]
            return 0.5 * (1.0 + self.kinship(one.sire, one.dam))  # [cause]
        if a < b:
            a, b = b, a
        younger = self.animals[a]
        return 0.5 * (self.kinship(younger.sire, b) + self.kinship(younger.dam, b))  # [cause]

    def inbreeding(self, number):
        one = self.animals[number]
        return self.kinship(one.sire, one.dam)  # [cause]


def breed(founders, generations, litter, rng):
    book = Studbook()
    males = [book.add(None, None, 0) for _ in range(founders // 2)]
    females = [book.add(None, None, 0) for _ in range(founders // 2)]
    for year in range(1, generations + 1):
        sires = rng.sample(males, min(2, len(males)))
        dams = rng.sample(females, min(3, len(females)))
        young = [book.add(rng.choice(sires), dam, year) for dam in dams for _ in range(litter)]
        males = sires + young[::2]
        females = dams + young[1::2]
    return book


def label(book):
    seen = []
    for animal in book.animals.values():
        if animal.name not in seen:  # [decoy]
            seen.append(animal.name)
    return seen


def main():
    rng = random.Random(8)
    book = breed(founders=10, generations=19, litter=2, rng=rng)
    names = label(book)
    last = [n for n, a in book.animals.items() if a.born >= 18]
    values = {names[n]: book.inbreeding(n) for n in last}
    text = ""
    for name in sorted(values, key=values.get, reverse=True):
        text += f"{name} {values[name]:.4f}\n"  # [decoy]
    print(text)
    print("mean", round(sum(values.values()) / len(values), 4), "of", len(book.animals), "animals")


main()
