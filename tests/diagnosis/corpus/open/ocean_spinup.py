# Spin-up of a barotropic vorticity model, doubly periodic, pseudo-spectral
import numpy as np

N = 192
DT = 0.004


class Model:
    def __init__(self, n, seed):
        rng = np.random.default_rng(seed)
        k = np.fft.fftfreq(n, 1 / n)
        self.kx, self.ky = np.meshgrid(k, k)
        self.k2 = self.kx ** 2 + self.ky ** 2
        self.inverse = np.where(self.k2 > 0, -1 / np.where(self.k2 > 0, self.k2, 1), 0)
        shape = np.exp(-((np.sqrt(self.k2) - 9) / 3) ** 2)
        self.zeta = np.fft.fft2(rng.standard_normal((n, n))) * shape
        self.drag = np.exp(-DT * (1e-4 * self.k2 + 0.02))
        self.trajectory = []

    def tendency(self, z):
        psi = self.inverse * z
        u = np.fft.ifft2(-1j * self.ky * psi).real
        v = np.fft.ifft2(1j * self.kx * psi).real
        zx = np.fft.ifft2(1j * self.kx * z).real
        zy = np.fft.ifft2(1j * self.ky * z).real
        return -np.fft.fft2(u * zx + v * zy)

    def step(self):
        half = self.zeta + 0.5 * DT * self.tendency(self.zeta)
        self.zeta = self.drag * (self.zeta + DT * self.tendency(half))
        self.trajectory.append((np.fft.ifft2(self.zeta).real, self.zeta.copy()))  # [cause]

    def enstrophy(self):
        return [float(np.mean(field ** 2)) for field, _ in self.trajectory]  # [cause]


def main():
    m = Model(N, seed=3)
    for _ in range(110):
        m.step()
    curve = m.enstrophy()
    print("enstrophy", round(curve[0], 2), "->", round(curve[-1], 2))
    spectrum = np.abs(m.zeta) ** 2
    radii = np.sqrt(m.k2)
    shells = np.array([])
    for r in range(1, 12):
        shells = np.append(shells, spectrum[(radii >= r) & (radii < r + 1)].sum())  # [decoy]
    print((shells / shells.sum()).round(4))
    peaks = sorted(shells)[-2:]  # [decoy]
    print("strongest shells", np.round(peaks, 1))


main()
