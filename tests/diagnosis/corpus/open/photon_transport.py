"""Monte Carlo of photons in a slab of tissue (absorption and isotropic scattering).

Each packet has its own stream, so that a single packet can be traced again.
"""
import math
from dataclasses import dataclass, field

import numpy as np

SEED = 90125


@dataclass
class Slab:
    thickness: float = 0.2      # cm
    mu_a: float = 0.6
    mu_s: float = 9.0

    @property
    def mu_t(self):
        return self.mu_a + self.mu_s


@dataclass
class Tally:
    reflected: float = 0.0
    transmitted: float = 0.0
    absorbed: float = 0.0
    depths: list = field(default_factory=list)


def stream(packet):
    return np.random.default_rng([SEED, packet])  # [cause]


def trace(packet, slab, tally):
    u = stream(packet).random(64).tolist()  # [cause]
    z, cosine, weight = 0.0, 1.0, 1.0
    deepest = 0.0
    for k in range(0, 64, 2):
        z += cosine * -math.log(1.0 - u[k]) / slab.mu_t
        if z < 0:
            tally.reflected += weight
            break
        if z > slab.thickness:
            tally.transmitted += weight
            break
        tally.absorbed += weight * slab.mu_a / slab.mu_t
        weight *= slab.mu_s / slab.mu_t
        deepest = max(deepest, z)
        cosine = 2.0 * u[k + 1] - 1.0
    tally.depths.append(deepest)


def main(packets=60_000):
    tally = Tally()
    slab = Slab()
    for p in range(packets):
        trace(p, slab, tally)
    print(f"R {tally.reflected / packets:.4f}  T {tally.transmitted / packets:.4f}  A {tally.absorbed / packets:.4f}")
    quantiles = np.array([])
    for q in (0.5, 0.9, 0.99):
        quantiles = np.append(quantiles, np.quantile(tally.depths, q))  # [decoy]
    label = np.vectorize(lambda v: f"{v:.4f} cm")  # [decoy]
    print(label(quantiles))


if __name__ == "__main__":
    main()
