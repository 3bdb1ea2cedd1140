"""Household survey: recode free-form answers to numbers and build weighted indices."""
import random

MISSING = {"na", "refused", "-", "dk", ""}


def answers(n, seed):
    rnd = random.Random(seed)
    words = ["na", "refused", "-", "dk", "", "approx", "n/a", "?"]
    for i in range(n):
        yield [rnd.choice(words) if rnd.random() < 0.72 else f"{rnd.uniform(0, 90):.1f}" for _ in range(9)]


class Recode:
    def __init__(self):
        self.unknown = {}

    def number(self, text):
        try:
            return float(text)  # [cause]
        except ValueError:  # [cause]
            raise LookupError(f"no number in {text!r}")  # [cause]

    def answer(self, text, default=None):
        try:
            return self.number(text)
        except LookupError as problem:  # [cause]
            if text not in MISSING:
                self.unknown[str(problem)] = self.unknown.get(str(problem), 0) + 1
            return default


def index(values, weights):
    top = bottom = 0.0
    for v, w in zip(values, weights):
        if v is not None:
            top += v * w
            bottom += w
    return top / bottom if bottom else None


def main():
    recode = Recode()
    weights = [1.0, 0.8, 1.2, 1.0, 0.5, 0.9, 1.1, 1.0, 0.7]
    indices = []
    for household in answers(48_000, seed=1989):
        values = [recode.answer(a) for a in household]  # [cause]
        indices.append(index(values, weights))
    valid = [v for v in indices if v is not None]
    print(len(valid), "valid; mean %.2f" % (sum(valid) / len(valid)))
    poorest = sorted(valid[:200])[:3]  # [decoy]
    text = ""
    for message, count in recode.unknown.items():
        text += f"{message}: {count}\n"  # [decoy]
    print(poorest, text)


if __name__ == "__main__":
    main()
