"""Breeding plans for a small wheat programme, improved by mutation and choice."""
import copy
import random
from dataclasses import dataclass, field


@dataclass
class Cross:
    mother: int
    father: int
    plants: int


@dataclass
class Plan:
    crosses: list
    budget: float
    notes: dict = field(default_factory=dict)

    def cost(self):
        return sum(4.0 + 0.6 * c.plants for c in self.crosses)


class Programme:
    def __init__(self, lines, seed):
        self.rng = random.Random(seed)
        self.value = [self.rng.gauss(100, 12) for _ in range(lines)]
        self.group = [self.rng.randrange(6) for _ in range(lines)]

    def start(self, crosses):
        pick = self.rng.randrange
        made = [Cross(pick(len(self.value)), pick(len(self.value)), pick(5, 40)) for _ in range(crosses)]
        return Plan(made, budget=900.0, notes={"round": 0, "parents": [c.mother for c in made]})

    def merit(self, plan):
        gain = 0.0
        for c in plan.crosses:
            mean = 0.5 * (self.value[c.mother] + self.value[c.father])
            wide = 6.0 if self.group[c.mother] != self.group[c.father] else 1.5
            gain += mean + wide * c.plants**0.25
        return gain - max(0.0, plan.cost() - plan.budget)

    def mutate(self, plan):
        child = copy.deepcopy(plan)  # [cause]
        cross = self.rng.choice(child.crosses)
        what = self.rng.random()
        if what < 0.4:
            cross.mother = self.rng.randrange(len(self.value))
        elif what < 0.8:
            cross.father = self.rng.randrange(len(self.value))
        else:
            cross.plants = max(1, cross.plants + self.rng.choice([-3, -1, 1, 3]))
        child.notes["round"] += 1
        return child


def improve(programme, plan, rounds, brood):
    best = programme.merit(plan)
    track = []
    for _ in range(rounds):
        young = [programme.mutate(plan) for _ in range(brood)]  # [cause]
        merits = [programme.merit(p) for p in young]
        order = sorted(range(brood), key=merits.__getitem__, reverse=True)  # [decoy]
        if merits[order[0]] > best:
            best, plan = merits[order[0]], young[order[0]]
        track.append(best)
    return plan, track


programme = Programme(lines=160, seed=2)
plan, track = improve(programme, programme.start(24), rounds=480, brood=14)
parents = []
for c in plan.crosses:
    if c.mother not in parents:  # [decoy]
        parents.append(c.mother)
print(f"merit {track[0]:.1f} -> {track[-1]:.1f}, cost {plan.cost():.1f}")
print(len(parents), "mothers in", len(plan.crosses), "crosses")
