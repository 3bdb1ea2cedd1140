"""Count of mentioned symptoms per ward in (invented) nursing notes."""
import random
import re
from collections import Counter, defaultdict

ROOTS = "algia itis osis emia pnea uria rrhea phagia trophy plegia spasm oedema".split()
STEMS = "my cardi nephr gastr hepat arthr derm neur ot rhin bronch cyst col enter my oste pneum trache".split()
QUALIFIERS = ["", "mild ", "severe ", "chronic "]
FILLER = "patient slept well ate half of lunch walked to the window with help family visited no change".split()


def vocabulary():
    words = {q + s + r for q in QUALIFIERS for s in STEMS for r in ROOTS}
    return sorted(words)


def write_note(rng, words):
    text = rng.choices(FILLER, k=30)
    for _ in range(rng.randint(1, 4)):
        text.insert(rng.randrange(len(text)), rng.choice(words))
    return " ".join(text)


def mentions(note, term):
    """Whole words only, and not when denied just before."""
    match = re.search(rf"(?<!no )\b{term}\b", note)  # [cause]
    return match is not None


def tag(note, words):
    return [term for term in words if mentions(note, term)]  # [cause]


class Ward:
    def __init__(self, name):
        self.name = name
        self.counts = Counter()
        self.log = ""

    def add(self, number, found):
        self.counts.update(found)
        self.log += f"{number}:{len(found)} "  # [decoy]


def main():
    rng = random.Random(99)
    words = vocabulary()
    notes = [write_note(rng, words) for _ in range(15)]
    wards = defaultdict(lambda: Ward("?"))
    for number, note in enumerate(notes):
        ward = wards["ABC"[number % 3]]
        ward.add(number, tag(note, words))
    total = Counter()
    for ward in wards.values():
        total.update(ward.counts)
    chronic = [w for w in words if w.startswith("chronic") and w in list(total)]  # [decoy]
    print(len(words), "terms;", sum(total.values()), "mentions;", len(chronic), "chronic")
    print(total.most_common(5))


main()
