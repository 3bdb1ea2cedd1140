"""Track cells through a time-lapse movie and keep a crash-safe journal of the positions."""
import json
import os
import tempfile

import numpy as np


class Journal:
    """every record is on disk before the next frame is looked at"""

    def __init__(self, folder):
        self.path = os.path.join(folder, "tracks.jsonl")
        self.count = 0

    def note(self, frame, cell, x, y):
        with open(self.path, "a") as handle:
            handle.write(json.dumps({"f": frame, "c": cell, "x": round(x, 3), "y": round(y, 3)}) + "\n")
            handle.flush()
            os.fsync(handle.fileno())  # [cause]
        self.count += 1


def movie(frames, cells, seed):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 512, (cells, 2))
    for f in range(frames):
        xy = xy + rng.normal(0, 1.5, xy.shape) + 0.2
        yield f, rng.permutation(xy)


def nearest(old, new):
    d = np.hypot(old[:, None, 0] - new[None, :, 0], old[:, None, 1] - new[None, :, 1])
    return d.argmin(axis=1)


def follow(journal, frames=40, cells=16):
    last = None
    paths = [[] for _ in range(cells)]
    for f, xy in movie(frames, cells, seed=88):
        order = np.arange(cells) if last is None else nearest(last, xy)
        last = xy[order]
        for c, (x, y) in enumerate(last):
            journal.note(f, c, float(x), float(y))  # [cause]
            paths[c].append((x, y))
    return [np.array(p) for p in paths]


def main():
    with tempfile.TemporaryDirectory() as tmp:
        journal = Journal(tmp)
        paths = follow(journal)
        size = os.path.getsize(journal.path)
    steps = np.array([])
    for p in paths:
        steps = np.append(steps, np.hypot(*np.diff(p, axis=0).T).mean())  # [decoy]
    print(journal.count, "records,", size, "bytes; mean step", steps.mean().round(3))
    fastest = np.sort(steps)[-2:]  # [decoy]
    print("fastest cells", fastest.round(3))


if __name__ == "__main__":
    main()
