"""Canopy height per tile, with a checkpoint after each tile in case the node dies."""
import json
import os
import tempfile
from pathlib import Path

import numpy as np

TILES = 36


class Checkpoint:
    """State of a long job, safe against power cuts."""

    def __init__(self, folder):
        self.path = Path(folder) / "state.bin"
        self.written = 0

    def store(self, canopy, counts):
        partial = self.path.with_suffix(".tmp")
        with open(partial, "wb") as handle:
            handle.write(canopy.tobytes())  # [cause]
            handle.write(counts.tobytes())  # [cause]
            handle.flush()
            os.fsync(handle.fileno())  # [cause]
        os.replace(partial, self.path)
        self.written += canopy.nbytes + counts.nbytes


def points(tile, n):
    rng = np.random.default_rng(900 + tile)
    xy = rng.uniform(0, 1, size=(n, 2))
    z = 18 * rng.beta(2, 1.3, size=n)
    return xy, z


def grid_tile(xy, z, cells):
    k = (xy * cells).astype(np.intp)
    flat = k[:, 0] * cells + k[:, 1]
    count = np.bincount(flat, minlength=cells * cells)
    height = np.bincount(flat, weights=z, minlength=cells * cells)
    return height / np.maximum(count, 1), count


def main(cells=256):
    seen = []
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(folder)
        canopy = np.zeros((TILES, cells * cells))
        counts = np.zeros((TILES, cells * cells))
        for tile in range(TILES):
            xy, z = points(tile, 20000)
            canopy[tile], counts[tile] = grid_tile(xy, z, cells)
            checkpoint.store(canopy, counts)  # [cause]
            if tile not in seen:  # [decoy]
                seen.append(tile)
        meta = json.dumps({"tiles": seen, "bytes": checkpoint.written})
    tallest = np.sort(canopy[:, ::64], axis=None)[-5:]  # [decoy]
    print(meta[:60])
    print("tallest:", tallest.round(2), "empty:", int((counts == 0).sum()))


if __name__ == "__main__":
    main()
