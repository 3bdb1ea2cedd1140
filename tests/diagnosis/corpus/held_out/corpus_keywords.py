"""Keywords of dated letters by log-likelihood against the rest of the corpus."""
import math
import random
import re
from collections import Counter

WORD = re.compile(r"[a-zäöü]+")
STOP = frozenset("the and of to in a is that it was for on with as his her".split())


def lexicon(size, rng):
    syllables = [c + v for c in "bdfghklmnprstvw" for v in "aeiou"]
    return ["".join(rng.choices(syllables, k=rng.choice([2, 2, 3, 4]))) for _ in range(size)]


def letters(count, words, rng):
    """Each decade prefers its own part of the lexicon."""
    weights = [1.0 / (k + 2) for k in range(len(words))]
    common = sorted(STOP)
    for k in range(count):
        decade = 1800 + 10 * (k % 9)
        shift = (k % 9) * 40
        body = rng.choices(words, weights=weights, k=260)
        own = rng.choices(words[shift : shift + 40], k=30)
        text = body + own + rng.choices(common, k=110)
        rng.shuffle(text)
        yield decade, " ".join(text).capitalize() + "."


def tokens(text):
    return [w for w in WORD.findall(text.lower()) if w not in STOP]


def keyness(own, total, own_size, size):
    """Dunning's log-likelihood for every word of a part."""
    scores = {}
    for word, a in own.items():
        b = total[word] - a
        ea = own_size * (a + b) / size
        eb = (size - own_size) * (a + b) / size
        g = a * math.log(a / ea) + (b * math.log(b / eb) if b else 0.0)
        if a > ea:
            scores[word] = 2 * g
    return Counter(scores)


def mean_length(counter):
    return sum(len(w) * n for w, n in counter.items()) / sum(counter.values())


def main():
    rng = random.Random(1812)
    words = lexicon(6000, rng)
    parts = {}
    for decade, text in letters(2600, words, rng):
        parts.setdefault(decade, Counter()).update(tokens(text))
    total = Counter()
    for counter in parts.values():
        total.update(counter)
    size = sum(total.values())
    report = ""
    for decade in sorted(parts):
        own = parts[decade]
        best = keyness(own, total, sum(own.values()), size).most_common(4)
        report += f"{decade}: {' '.join(w for w, _ in best)} ({mean_length(own):.2f})\n"  # [decoy]
    rare = sorted(total.items(), key=lambda kv: kv[1])[:3]  # [decoy]
    print(report, end="")
    print(size, "tokens,", len(total), "types; rare:", [w for w, _ in rare])


if __name__ == "__main__":
    main()
