"""Calibration of a night's frames by a team of workers that share the darks."""
import threading
from queue import Empty, Queue

import numpy as np

FRAMES = 120
SHAPE = (300, 300)


class DarkLibrary:
    """Interpolated dark current; the table is refined as frames arrive."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        self.dark = rng.gamma(2.0, 3.0, size=SHAPE)
        self.temps = np.linspace(-30, 0, 16)
        self.lock = threading.Lock()
        self.used = {}

    def subtract(self, frame, temperature):
        with self.lock:  # [cause]
            scale = np.exp(0.11 * (temperature + 15.0))
            self.used[round(temperature)] = self.used.get(round(temperature), 0) + 1
            spectrum = np.fft.fft2(frame - scale * self.dark)
            spectrum[140:160] = 0.0
            return np.fft.ifft2(spectrum).real


class Worker(threading.Thread):
    def __init__(self, jobs, library, results):
        super().__init__()
        self.jobs = jobs
        self.library = library
        self.results = results

    def run(self):
        while True:
            try:
                number = self.jobs.get_nowait()
            except Empty:  # [decoy]
                return
            rng = np.random.default_rng(number)
            frame = rng.normal(100, 8, size=(60, 60)).repeat(5, 0).repeat(5, 1)
            clean = self.library.subtract(frame, temperature=-15 + number % 7)  # [cause]
            self.results[number] = float(clean.std())


def night(workers):
    jobs = Queue()
    for k in range(FRAMES):
        jobs.put(k)
    library = DarkLibrary(seed=30)
    results = {}
    team = [Worker(jobs, library, results) for _ in range(workers)]
    for w in team:
        w.start()
    for w in team:
        w.join()  # [cause]
    return library, results


library, results = night(workers=6)
noise = sorted(results.values())
text = ""
for temp in sorted(library.used):
    text += f"{temp:4d} C: {library.used[temp]:3d} frames\n"  # [decoy]
print(text.splitlines()[0])
print(f"noise {noise[0]:.3f} to {noise[-1]:.3f} over {len(noise)} frames")
