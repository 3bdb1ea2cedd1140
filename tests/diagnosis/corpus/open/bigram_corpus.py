"""Bigram statistics of a synthetic corpus: counts, entropy, collocations by likelihood ratio."""
import heapq
import math
import random
import re
from collections import Counter
from itertools import pairwise

WORD = re.compile(r"[a-z']+")
STEMS = ["tide", "river", "stone", "lark", "mill", "frost", "hedge", "barley", "lamp", "harbour", "wool", "candle"]


def vocabulary(n, rnd):
    words = [a + b for a in STEMS for b in ("", "s", "side", "land", "man", "work", "ward")]
    rnd.shuffle(words)
    return words[:n]


def sentences(n, rnd):
    words = vocabulary(80, rnd)
    weights = [1 / (k + 2) for k in range(len(words))]
    for _ in range(n):
        text = rnd.choices(words, weights, k=14)
        if rnd.random() < 0.1:
            text[3:5] = ["salt", "marsh"]
        yield " ".join(text).capitalize() + "."


def count(lines):
    single, double = Counter(), Counter()
    for line in lines:
        tokens = WORD.findall(line.lower())
        single.update(tokens)
        double.update(pairwise(tokens))
    return single, double


def likelihood_ratio(k, a, b, total):
    expected = a * b / total
    return 2 * k * math.log(k / expected) if k > expected else 0.0


def collocations(single, double, top):
    total = sum(double.values())
    return heapq.nlargest(top, ((likelihood_ratio(k, single[x], single[y], total), x, y) for (x, y), k in double.items()))


def entropy(counter):
    total = sum(counter.values())
    return -sum(k / total * math.log2(k / total) for k in counter.values())


def main():
    rnd = random.Random(1755)
    single, double = count(sentences(85_000, rnd))
    print("tokens", sum(single.values()), "types", len(single), "bigrams", len(double))
    print(f"entropy {entropy(single):.3f} bits, conditional {entropy(double) - entropy(single):.3f} bits")
    listing = ""
    for score, x, y in collocations(single, double, 5):
        listing += f"{x} {y}: {score:.1f}\n"  # [decoy]
    print(listing)
    function_words = ["the", "of", "and"]
    print("function words found:", [w for w in single if w in function_words])  # [decoy]


if __name__ == "__main__":
    main()
