"""Standing waves of a shallow basin (leapfrog), with a mean energy at the end."""
import numpy as np


class Basin:
    def __init__(self, n, depth, seed):
        rng = np.random.default_rng(seed)
        y, x = np.mgrid[0:n, 0:n] / n
        self.eta = 0.2 * np.exp(-((x - 0.3) ** 2 + (y - 0.4) ** 2) / 0.01)
        self.eta += 0.001 * rng.normal(size=(n, n))
        self.previous = self.eta.copy()
        self.c2 = 9.81 * depth

    def laplacian(self):
        p = np.pad(self.eta, 1, mode="edge")
        return p[2:, 1:-1] + p[:-2, 1:-1] + p[1:-1, 2:] + p[1:-1, :-2] - 4 * self.eta

    def advance(self, dt, dx):
        new = 2 * self.eta - self.previous + self.c2 * (dt / dx) ** 2 * self.laplacian()
        self.previous, self.eta = self.eta, new
        return new


class Recorder:
    def __init__(self):
        self.frames = []
        self.times = []

    def keep(self, t, field):
        self.times.append(t)
        self.frames.append(field.copy())  # [cause]

    def gauge(self, i, j):
        return np.array([frame[i, j] for frame in self.frames])

    def mean_square(self):
        return sum(float((frame**2).mean()) for frame in self.frames) / len(self.frames)


def dominant_period(series, dt):
    power = np.abs(np.fft.rfft(series - series.mean())) ** 2
    freq = np.fft.rfftfreq(len(series), dt)
    k = np.argsort(power)[-1]  # [decoy]
    return 1.0 / max(freq[k], 1e-9)


def main(n=260, steps=420):
    basin = Basin(n, depth=12.0, seed=21)
    recorder = Recorder()
    dx, dt = 40.0, 1.2
    note = ""
    for step in range(steps):
        recorder.keep(step * dt, basin.advance(dt, dx))  # [cause]
        if step % 100 == 0:
            note += f"{step}: {np.abs(basin.eta).max():.4f}  "  # [decoy]
    series = recorder.gauge(n // 3, n // 2)
    print(note)
    print("mean square", f"{recorder.mean_square():.3e}", "period", round(dominant_period(series, dt), 1), "s")


main()
