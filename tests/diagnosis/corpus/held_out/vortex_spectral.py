"""Decaying two-dimensional turbulence, pseudo-spectral with RK2."""
import numpy as np
from scipy import fft


class Flow:
    def __init__(self, n, viscosity, seed):
        self.n = n
        k = fft.fftfreq(n, 1.0 / n)
        kx = fft.rfftfreq(n, 1.0 / n)
        self.kx, self.ky = np.meshgrid(kx, k)
        self.k2 = self.kx**2 + self.ky**2
        self.inverse = 1.0 / np.where(self.k2 == 0, 1.0, self.k2)
        self.keep = (np.abs(self.kx) < n / 3) & (np.abs(self.ky) < n / 3)
        self.viscosity = viscosity
        rng = np.random.default_rng(seed)
        band = np.exp(-((np.sqrt(self.k2) - 8) ** 2) / 8)
        self.w = fft.rfft2(rng.normal(size=(n, n))) * band
        self.w /= np.abs(fft.irfft2(self.w)).max() / 8.0

    def tendency(self, w):
        psi = w * self.inverse
        u = fft.irfft2(1j * self.ky * psi)
        v = fft.irfft2(-1j * self.kx * psi)
        wx = fft.irfft2(1j * self.kx * w)
        wy = fft.irfft2(1j * self.ky * w)
        return -fft.rfft2(u * wx + v * wy) * self.keep - self.viscosity * self.k2 * w

    def step(self, dt):
        half = self.w + 0.5 * dt * self.tendency(self.w)
        self.w = self.w + dt * self.tendency(half)

    def energy(self):
        return float((np.abs(self.w) ** 2 * self.inverse).sum() / self.n**4)

    def enstrophy(self):
        return float((np.abs(self.w) ** 2).sum() / self.n**4)


def shells(flow, count):
    """Energy in rings of wave numbers."""
    ring = np.minimum(np.sqrt(flow.k2).astype(int), count)
    power = np.abs(flow.w) ** 2 * flow.inverse
    return np.bincount(ring.ravel(), weights=power.ravel(), minlength=count + 1)[:count]


flow = Flow(256, viscosity=2e-4, seed=1883)
history = np.array([[flow.energy(), flow.enstrophy()]])
for step in range(36):
    flow.step(0.002)
    if step % 6 == 5:
        history = np.vstack([history, [flow.energy(), flow.enstrophy()]])  # [decoy]

rings = shells(flow, 60)
strongest = sorted(range(60), key=lambda k: rings[k])[-3:]  # [decoy]
print("energy", history[:, 0].round(4))
print("enstrophy", history[:, 1].round(2))
print("strongest rings", strongest)
