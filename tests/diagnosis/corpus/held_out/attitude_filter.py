"""Attitude of a cubesat from gyro and magnetometer (complementary filter)."""
import logging
import math

import numpy as np

log = logging.getLogger("attitude")
logging.basicConfig(level=logging.WARNING)


def quat_product(p, q):
    a, b, c, d = p
    e, f, g, h = q
    return (
        a * e - b * f - c * g - d * h,
        a * f + b * e + c * h - d * g,
        a * g - b * h + c * e + d * f,
        a * h + b * g - c * f + d * e,
    )


class Filter:
    def __init__(self, dt, gain):
        self.dt = dt
        self.gain = gain
        self.q = (1.0, 0.0, 0.0, 0.0)

    def predict(self, rate):
        half = 0.5 * self.dt
        step = (1.0, half * rate[0], half * rate[1], half * rate[2])
        self.q = quat_product(self.q, step)

    def correct(self, error):
        nudge = (1.0, self.gain * error[0], self.gain * error[1], self.gain * error[2])
        q = quat_product(self.q, nudge)
        norm = math.sqrt(sum(v * v for v in q))
        self.q = tuple(v / norm for v in q)

    def trace(self, k, window):
        log.debug(f"step {k}: q={np.round(self.q, 6)} recent rates {window}")  # [cause]


def telemetry(n, dt, rng):
    t = np.arange(n) * dt
    rates = np.stack([0.02 * np.sin(0.1 * t), 0.05 * np.cos(0.03 * t), np.full(n, 0.01)], axis=1)
    rates += rng.normal(0, 0.002, size=rates.shape)
    errors = rng.normal(0, 0.01, size=(n, 3))
    return rates, errors


def main(n=5200):
    rng = np.random.default_rng(400)
    rates, errors = telemetry(n, 0.1, rng)
    filt = Filter(0.1, gain=0.02)
    angles = []
    for k, (rate, error) in enumerate(zip(rates.tolist(), errors.tolist())):
        filt.predict(rate)
        filt.correct(error)
        filt.trace(k, rates[max(0, k - 4) : k + 1])  # [cause]
        angles.append(2 * math.acos(max(-1.0, min(1.0, filt.q[0]))))
    blocks = np.array([])
    for start in range(0, n, 400):
        blocks = np.append(blocks, np.mean(angles[start : start + 400]))  # [decoy]
    largest = sorted(angles)[-1]  # [decoy]
    print("mean angle by block:", blocks.round(3)[:6])
    print("largest:", round(largest, 4), "final:", tuple(round(v, 4) for v in filt.q))


if __name__ == "__main__":
    main()
