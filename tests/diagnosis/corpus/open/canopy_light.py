"""Light interception of a mixed forest plot, layer by layer (Beer-Lambert).

Crown volumes come from allometry; leaf area is spread over the height classes
with a beta-like profile. Output: absorbed fraction per species.
"""
import math
import random

EXTINCTION = {"beech": 0.62, "oak": 0.55, "spruce": 0.48, "larch": 0.41}
N_TREES = 38_000
LAYERS = 60


def make_plot(seed):
    rnd = random.Random(seed)
    trees = []
    for _ in range(N_TREES):
        species = rnd.choice(list(EXTINCTION))
        dbh = rnd.lognormvariate(3.2, 0.4)
        trees.append((species, dbh, 1.3 + 27.0 * (1 - math.exp(-0.045 * dbh))))
    return trees


def leaf_density(z, height):
    rel = z / height
    if rel <= 0.25 or rel >= 1.0:
        return 0.0
    u = (rel - 0.25) / 0.75
    return 4.2 * math.sqrt(u) * (1.0 - u) ** 1.3


def absorbed(tree, dz=0.6):
    species, dbh, height = tree
    k = EXTINCTION[species]
    crown = math.pi * (0.11 * dbh) ** 2 / 4
    lai = 0.0
    total = 0.0
    for layer in range(LAYERS - 1, -1, -1):
        z = (layer + 0.5) * dz
        here = leaf_density(z, height) * dz / (1 + 0.02 * crown)  # [cause]
        total += math.exp(-k * lai) * (1 - math.exp(-k * here)) * crown  # [cause]
        lai += here  # [cause]
    return total


def report(totals):
    lines = ""
    for species in sorted(totals):
        lines += f"{species:8s} {totals[species]:12.3f}\n"  # [decoy]
    return lines


def main():
    totals = dict.fromkeys(EXTINCTION, 0.0)
    seen = []
    for tree in make_plot(seed=11):
        if tree[0] not in seen:  # [decoy]
            seen.append(tree[0])
        totals[tree[0]] += absorbed(tree)
    print(report(totals))
    print("species:", ", ".join(seen))


if __name__ == "__main__":
    main()
