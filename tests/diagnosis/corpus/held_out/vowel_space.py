"""Normalised vowel space of speakers (Lobanov) from a table of formants."""
import numpy as np
import pandas as pd

VOWELS = ["i", "e", "a", "o", "u", "y"]
CENTRES = {"i": (290, 2250), "e": (430, 2000), "a": (750, 1250), "o": (460, 820), "u": (310, 760), "y": (280, 1900)}


def recordings(n_tokens, n_speakers, seed):
    rng = np.random.default_rng(seed)
    vowel = rng.choice(VOWELS, size=n_tokens)
    speaker = rng.integers(0, n_speakers, size=n_tokens)
    tract = rng.normal(1.0, 0.08, size=n_speakers)[speaker]
    centre = np.array([CENTRES[v] for v in vowel], dtype=float)
    formants = centre * tract[:, None] * rng.normal(1.0, 0.05, size=(n_tokens, 2))
    return pd.DataFrame(
        {"speaker": speaker, "vowel": vowel, "f1": formants[:, 0], "f2": formants[:, 1], "stress": rng.random(n_tokens)}
    )


class Normaliser:
    def __init__(self, table):
        self.table = table
        self.mean = table.groupby("speaker")[["f1", "f2"]].mean()
        self.spread = table.groupby("speaker")[["f1", "f2"]].std()

    def value(self, token, formant):
        who = self.table.loc[token, "speaker"]  # [cause]
        raw = self.table.loc[token, formant]  # [cause]
        return (raw - self.mean.loc[who, formant]) / self.spread.loc[who, formant]  # [cause]

    def position(self, token):
        return self.value(token, "f1"), self.value(token, "f2")  # [cause]


def hull_area(points):
    """Shoelace over the vowels ordered around their middle."""
    pts = np.asarray(points)
    mid = pts.mean(axis=0)
    order = np.argsort(np.arctan2(*(pts - mid).T))
    x, y = pts[order].T
    return 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))


table = recordings(15000, 24, seed=3)
norm = Normaliser(table)
clear = table.index[table["stress"] > 0.25]
places = [norm.position(token) for token in clear]  # [cause]

kept = table.loc[clear].copy()
kept["z1"], kept["z2"] = zip(*places)
centroids = kept.groupby(["speaker", "vowel"])[["z1", "z2"]].mean()

areas = []
for who in kept["speaker"].unique().tolist():
    if who in areas:  # [decoy]
        continue
    areas.append(hull_area(centroids.loc[who].to_numpy()))

lines = [",".join(f"{v:.3f}" for v in row) for row in centroids.iloc[:40].itertuples(index=False)]  # [decoy]
print("tokens kept:", len(kept), "of", len(table))
print("mean area:", round(float(np.mean(areas)), 3), "sd", round(float(np.std(areas)), 3))
print(lines[0])
