"""Elevations and years out of transcribed herbarium labels."""
import random
from collections import Counter


class Elevation:
    """A height in metres, read from words."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    @classmethod
    def read(cls, word):
        low, _, high = word.partition("-")
        return cls(float(low), float(high or low))  # [cause]

    @property
    def middle(self):
        return 0.5 * (self.low + self.high)


def first_elevation(words):
    for word in words:
        try:
            found = Elevation.read(word)  # [cause]
        except ValueError:  # [cause]
            continue
        if 0 <= found.low <= 5000:
            return found
    return None


PLACES = "Piz Val Monte Lago Ruinas Cerro Bosco Lej Alp Munt Plan Fuorcla".split()
HABIT = "steep meadow rocky slope among boulders near stream in shade of alder scrub wet ditch roadside".split()
COLLECTORS = "Braun Favre Huber Keller Steiger Thommen Christ Wahlenberg Gaudin Haller".split()


def label(rng):
    words = [rng.choice(PLACES), rng.choice(PLACES).lower()]
    words += rng.choices(HABIT, k=rng.randint(5, 14))
    low = rng.randrange(400, 2800, 10)
    words.append(f"{low}-{low + 100}" if rng.random() < 0.3 else str(low))
    words += ["m", "leg.", rng.choice(COLLECTORS), str(rng.randint(1850, 1960))]
    return " ".join(words)


def decade(text):
    return int(text[-4:]) // 10 * 10


def main():
    rng = random.Random(1753)
    labels = [label(rng) for _ in range(9000)]
    heights = []
    for _ in range(9):  # nine transcribers typed the same labels
        for text in labels:
            found = first_elevation(text.split())  # [cause]
            heights.append(found.middle)
    decades = Counter(decade(text) for text in labels)
    summary = ""
    for year in sorted(decades):
        summary += f"{year}: {decades[year]}  "  # [decoy]
    top = sorted(heights[:3000])[-5:]  # [decoy]
    print(summary)
    print(len(heights), "labels read, mean", round(sum(heights) / len(heights), 1), "m, highest", top)


if __name__ == "__main__":
    main()
