"""Match whistle contours from hydrophones to a catalogue of dolphin signatures (k nearest contours)."""
import numpy as np

POINTS = 24
NAMES = ["Alba", "Bruma", "Cirro", "Dorsal", "Espuma"]


def contours(n, rng, centres):
    who = rng.integers(0, len(centres), n)
    wobble = rng.normal(0, 0.8, (n, POINTS)).cumsum(axis=1)
    return (centres[who] + wobble).astype(np.float32), who


class Catalogue:
    def __init__(self, curves, owner):
        self.curves = curves
        self.owner = owner
        self.norm = (curves ** 2).sum(axis=1)

    def dissimilarity(self, block):
        return self.norm - 2 * block @ self.curves.T + (block ** 2).sum(axis=1)[:, None]

    def nearest(self, block, k):
        ranking = np.argsort(self.dissimilarity(block), axis=1)  # [cause]
        return ranking[:, :k]  # [cause]

    def vote(self, block, k=7):
        owners = self.owner[self.nearest(block, k)]
        counts = np.stack([(owners == w).sum(axis=1) for w in range(len(NAMES))], axis=1)
        return counts.argmax(axis=1), counts.max(axis=1) / k


def in_blocks(x, size):
    for i in range(0, len(x), size):
        yield x[i:i + size]


def main():
    rng = np.random.default_rng(404)
    centres = rng.normal(0, 4, (len(NAMES), POINTS)).cumsum(axis=1) * 0.3
    catalogue = Catalogue(*contours(5200, rng, centres))
    found, sure = [], []
    field, truth = contours(6000, rng, centres)
    for block in in_blocks(field, 60):
        who, share = catalogue.vote(block)
        found.append(who)
        sure.append(share)
    found, sure = np.concatenate(found), np.concatenate(sure)
    print("right", np.mean(found == truth).round(4), "mean share of votes", sure.mean().round(3))
    text = ""
    for w, name in enumerate(NAMES):
        text += f"{name} {np.sum(found == w)}  "  # [decoy]
    print(text)
    table = np.empty((0, 2))
    for level in (0.5, 0.75, 1.0):
        table = np.vstack([table, [level, np.mean(sure >= level)]])  # [decoy]
    print(table.round(3))


if __name__ == "__main__":
    main()
