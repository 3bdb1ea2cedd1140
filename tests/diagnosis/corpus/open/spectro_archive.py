"""Decode compressed spectra of an archive with several threads (zlib releases the interpreter's lock)."""
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np


class Archive:
    """the instrument's server answers in about 5 ms; one session a reader is allowed"""

    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        walk = np.cumsum(rng.integers(-3, 4, (12, 6000)), axis=1).astype("<i4")
        self.blobs = [zlib.compress(walk[i % 12].tobytes(), 3) for i in range(n)]
        self.guard = threading.Lock()
        self.served = 0
        self.cache = {}

    def _answer(self, key):
        time.sleep(0.005)                # the round trip
        return self.blobs[key]

    def spectrum(self, key):
        with self.guard:  # [cause]
            blob = self._answer(key)  # [cause]
            self.served += 1
            data = np.frombuffer(zlib.decompress(blob), "<i4")
            self.cache[key] = float(data.max() - data.min())
        return self.cache[key]


def line_width(spread):
    return 2.355 * np.sqrt(max(spread, 1.0)) / 10


def main():
    archive = Archive(260, seed=17)
    with ThreadPoolExecutor(8) as pool:
        spreads = list(pool.map(archive.spectrum, range(260)))
    widths = np.array([line_width(s) for s in spreads])
    print(archive.served, "spectra, mean width", widths.mean().round(3))
    seen = []
    for s in spreads[:40]:
        if s not in seen:  # [decoy]
            seen.append(s)
    quartiles = np.array([])
    for q in (0.25, 0.5, 0.75):
        quartiles = np.append(quartiles, np.quantile(widths, q))  # [decoy]
    print(len(seen), "distinct spreads", quartiles.round(3))


if __name__ == "__main__":
    main()
