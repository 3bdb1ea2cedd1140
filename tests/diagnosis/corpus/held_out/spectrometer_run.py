"""A measuring run of a (simulated) spectrometer: wait for the detector, fetch, average."""
import threading
import time

import numpy as np


class Detector:
    """Integrates in the background like the vendor's driver."""

    def __init__(self, channels, seed):
        self.rng = np.random.default_rng(seed)
        self.channels = channels
        self.ready = threading.Event()
        self.data = None

    def _integrate(self, exposure):
        x = np.arange(self.channels)
        line = 300 * np.exp(-0.5 * ((x - 512) / 6.0) ** 2)
        time.sleep(exposure)
        self.data = self.rng.poisson(20 + line)
        self.ready.set()

    def start(self, exposure):
        self.ready.clear()
        threading.Thread(target=self._integrate, args=(exposure,)).start()

    def is_ready(self):
        return self.ready.is_set()


def wait_for(condition, interval=0.12, patience=10.0):
    deadline = time.monotonic() + patience
    while not condition():  # [cause]
        if time.monotonic() > deadline:
            raise TimeoutError("detector does not answer")
        time.sleep(interval)  # [cause]


def acquire(detector, exposures):
    frames = []
    for exposure in exposures:
        detector.start(exposure)
        wait_for(detector.is_ready)  # [cause]
        frames.append(detector.data)
    return frames


def centroid(spectrum, window=25):
    peak = int(np.argmax(spectrum))
    part = slice(peak - window, peak + window + 1)
    x = np.arange(len(spectrum))[part]
    w = spectrum[part] - np.median(spectrum)
    return float((x * w).sum() / w.sum())


def main():
    detector = Detector(channels=1024, seed=3)
    frames = acquire(detector, [0.004 + 0.001 * (k % 3) for k in range(30)])
    stack = np.empty((0, 1024))
    for frame in frames:
        stack = np.vstack([stack, frame])  # [decoy]
    mean = stack.mean(axis=0)
    brightest = np.sort(mean)[-3:]  # [decoy]
    print("centroid", round(centroid(mean), 3), "channels", brightest.round(1))


if __name__ == "__main__":
    main()
