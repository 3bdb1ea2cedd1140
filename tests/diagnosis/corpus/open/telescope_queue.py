"""Simulated observing night: exposures are taken by a camera thread, frames reduced when ready."""
import threading
import time
from queue import Queue

import numpy as np


class Camera(threading.Thread):
    def __init__(self, plan, seed):
        super().__init__(daemon=True)
        self.plan = plan
        self.rng = np.random.default_rng(seed)
        self.requests = Queue()
        self.ready = {}

    def run(self):
        while True:
            number = self.requests.get()
            if number is None:
                return
            frame = self.rng.poisson(80.0, (64, 64)).astype(np.float32)
            y, x = 20 + number % 20, 25 + number % 11
            frame[y:y + 3, x:x + 3] += 900
            self.ready[number] = frame


def collect(camera, number, poll=0.05):
    camera.requests.put(number)
    while number not in camera.ready:  # [cause]
        time.sleep(poll)  # [cause]
    return camera.ready.pop(number)


def reduce(frame):
    sky = np.median(frame)
    y, x = np.unravel_index(frame.argmax(), frame.shape)
    cut = frame[max(0, y - 4):y + 5, max(0, x - 4):x + 5] - sky
    return float(cut.sum()), float(sky)


def main():
    plan = [f"field-{k % 5}" for k in range(42)]
    camera = Camera(plan, seed=28)
    camera.start()
    fluxes = {}
    for number, field in enumerate(plan):
        flux, sky = reduce(collect(camera, number))  # [cause]
        fluxes.setdefault(field, []).append(flux)
    camera.requests.put(None)
    camera.join()
    log = ""
    for field, values in fluxes.items():
        log += f"{field}: {np.mean(values):8.1f} +- {np.std(values):6.1f}\n"  # [decoy]
    print(log)
    faintest = sorted(v for vs in fluxes.values() for v in vs)[0]  # [decoy]
    print("faintest", round(faintest, 1))


if __name__ == "__main__":
    main()
