"""Carbon balance of an orchard: trees, organs and their parameters as objects."""
import random


class Physiology:
    def __init__(self):
        self.settings = {"respiration": 0.0006, "growth": 0.31, "light": 0.52}

    @property
    def respiration(self):
        return self.settings["respiration"]

    @property
    def growth(self):
        return self.settings["growth"]

    @property
    def light(self):
        return self.settings["light"]


class Cultivar:
    def __init__(self, name, physiology):
        self.name = name
        self._physiology = physiology

    @property
    def physiology(self):
        return self._physiology


class Block:
    def __init__(self, cultivar, shade):
        self.cultivar = cultivar
        self.shade = shade


class Tree:
    def __init__(self, block, leaf, wood):
        self.block = block
        self.leaf = leaf
        self.wood = wood
        self.reserve = 0.0

    @property
    def parameters(self):
        return self.block.cultivar.physiology  # [cause]

    def season(self, radiation):
        """One growing season, day by day."""
        for light in radiation:  # [cause]
            gain = self.parameters.light * light * (1.0 - self.block.shade) * self.leaf / (1.0 + self.leaf)  # [cause]
            loss = self.parameters.respiration * (self.leaf + self.wood + self.parameters.light)  # [cause]
            net = (gain - loss) * (1.0 - self.parameters.respiration)  # [cause]
            self.reserve += net * (1.0 - self.parameters.growth) * (1.0 - self.block.cultivar.physiology.light)  # [cause]
            self.leaf += net * self.block.cultivar.physiology.growth * self.parameters.respiration  # [cause]
            self.wood += net * self.parameters.growth * self.block.cultivar.physiology.respiration  # [cause]


def sunshine(days, rng):
    return [max(0.2, rng.gauss(1.0, 0.35)) for _ in range(days)]


def plant(count, rng):
    kinds = [Cultivar(name, Physiology()) for name in ("Boskoop", "Gala", "Topaz")]
    blocks = [Block(rng.choice(kinds), rng.uniform(0.0, 0.3)) for _ in range(12)]
    return [Tree(rng.choice(blocks), rng.uniform(0.6, 1.4), rng.uniform(3, 9)) for _ in range(count)]


def main():
    rng = random.Random(1888)
    trees = plant(420, rng)
    for year in range(5):
        radiation = sunshine(190, rng)
        for tree in trees:
            tree.season(radiation)  # [cause]
    names = []
    for tree in trees:
        if tree.block.cultivar.name not in names:  # [decoy]
            names.append(tree.block.cultivar.name)
    table = ""
    for name in names:
        own = [t.reserve for t in trees if t.block.cultivar.name == name]
        table += f"{name:8s} {len(own):4d} trees, reserve {sum(own) / len(own):.3f}\n"  # [decoy]
    print(table, end="")


if __name__ == "__main__":
    main()
