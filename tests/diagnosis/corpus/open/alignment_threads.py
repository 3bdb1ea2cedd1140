"""Global alignment scores of tRNA-like sequences, four threads for a four-core laptop."""
import random
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

GAP = -2
SCORE = {(a, b): (2 if a == b else (-1 if {a, b} in ({"A", "G"}, {"C", "T"}) else -2)) for a in "ACGT" for b in "ACGT"}


def mutate(rnd, seq, rate):
    out = []
    for base in seq:
        u = rnd.random()
        if u < rate / 3:
            continue
        if u < 2 * rate / 3:
            out.append(rnd.choice("ACGT"))
        out.append(base if u > rate else rnd.choice("ACGT"))
    return "".join(out)


def needleman_wunsch(pair):
    a, b = pair
    previous = [GAP * j for j in range(len(b) + 1)]
    for i, x in enumerate(a, 1):
        row = [GAP * i]
        for j, y in enumerate(b, 1):
            row.append(max(previous[j - 1] + SCORE[x, y], previous[j] + GAP, row[-1] + GAP))  # [cause]
        previous = row
    return previous[-1]


def all_scores(sequences):
    pairs = list(combinations(sequences, 2))
    with ThreadPoolExecutor(max_workers=4) as pool:  # [cause]
        return list(pool.map(needleman_wunsch, pairs))  # [cause]


def family(seed, n, length):
    rnd = random.Random(seed)
    root = "".join(rnd.choice("ACGT") for _ in range(length))
    return [mutate(rnd, root, 0.04 + 0.01 * (k % 9)) for k in range(n)]


def main():
    seqs = family(3, 29, 82)
    scores = all_scores(seqs)
    print(len(scores), "pairs, mean score", round(sum(scores) / len(scores), 2))
    closest = sorted(scores)[-3:]  # [decoy]
    lengths = []
    for s in seqs:
        if len(s) not in lengths:  # [decoy]
            lengths.append(len(s))
    print("closest", closest, "lengths", sorted(lengths))


if __name__ == "__main__":
    main()
