"""Read collectors' label texts: dates, altitude, coordinates and taxon names."""
import random
import re

GENERA = ["Carex", "Salix", "Draba", "Poa", "Saxifraga", "Viola", "Luzula", "Arenaria", "Juncus", "Rumex"]
PLACES = ["Abisko", "Kilpisjarvi", "Lofoten", "Sarek", "Inari", "Finse"]
GLOSSARY = {g: re.compile(g.lower()) for g in GENERA[:3]}


def labels(n, seed):
    rnd = random.Random(seed)
    words = ["nunatak", "fen", "brook", "scree", "meadow", "birch", "north-facing", "moist", "gravel"]
    for i in range(n):
        yield (f"{rnd.choice(GENERA)} sp. {rnd.choice(PLACES)}, {' '.join(rnd.sample(words, 4))}, "
               f"{rnd.randrange(40, 1900)} m, {rnd.randrange(1, 29)}.{rnd.randrange(5, 10)}.{rnd.randrange(1898, 1990)} leg. no {i}")


def contains(word, text):
    # whole words only, dashes count as part of the word
    return re.search(r"(?<![\w-])%s(?![\w-])" % re.escape(word), text) is not None  # [cause]


def read(label, vocabulary):
    record = {"taxa": [g for g in vocabulary if contains(g, label)]}  # [cause]
    m = re.search(r"(\d+) m,", label)
    record["altitude"] = int(m[1])
    m = re.search(r"(\d+)\.(\d+)\.(\d{4})", label)
    record["year"] = int(m[3])
    return record


def vocabulary(n=640):
    rnd = random.Random(1)
    stems = ["arct", "niv", "alp", "bor", "mont", "palud", "glac", "rup", "sylv", "lapp", "scand", "pol"]
    tails = ["ica", "alis", "ina", "estris", "ensis", "icola"]
    names = [rnd.choice(stems) + rnd.choice("aeiou") + rnd.choice("lnrst") + rnd.choice(tails) for _ in range(n)]
    return list(dict.fromkeys(names + GENERA))


def main():
    words = vocabulary()
    print(len(words), "epithets and genera")
    years = {}
    report = ""
    for k, label in enumerate(labels(34, seed=4)):
        rec = read(label, words)
        decade = rec["year"] // 10 * 10
        years.setdefault(decade, []).append(rec["altitude"])
        if k % 10 == 0:
            report += f"{label[:40]} -> {rec['taxa']}\n"  # [decoy]
    print(report)
    for decade in sorted(years):
        highest = sorted(years[decade])[-1]  # [decoy]
        print(decade, len(years[decade]), highest)


if __name__ == "__main__":
    main()
