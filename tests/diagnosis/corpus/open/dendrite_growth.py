"""Phase-field solidification (Kobayashi), explicit steps on the whole array."""
import numpy as np


def laplacian(a, out):
    out[1:-1, 1:-1] = a[:-2, 1:-1]
    out[1:-1, 1:-1] += a[2:, 1:-1]
    out[1:-1, 1:-1] += a[1:-1, :-2]
    out[1:-1, 1:-1] += a[1:-1, 2:]
    out[1:-1, 1:-1] -= 4.0 * a[1:-1, 1:-1]
    return out


class Melt:
    tau, latent, alpha, gamma = 3e-4, 1.6, 0.9, 10.0

    def __init__(self, n, seed):
        self.dx, self.dt = 0.03, 1e-4
        self.phi = np.zeros((n, n))
        y, x = np.ogrid[:n, :n]
        self.phi[(x - n // 2) ** 2 + (y - n // 2) ** 2 < 25] = 1.0
        self.temp = np.zeros((n, n))
        self.work = np.zeros((n, n))
        self.rng = np.random.default_rng(seed)
        self.noise = self.rng.uniform(-0.5, 0.5, (n, n))

    def step(self):
        phi, temp = self.phi, self.temp
        drive = self.alpha / np.pi * np.arctan(self.gamma * (1.0 - temp))
        bulk = phi * (1.0 - phi) * (phi - 0.5 + drive + 0.02 * self.noise)
        lap = laplacian(phi, self.work) * (0.01 / self.dx) ** 2
        change = self.dt / self.tau * (lap + bulk)
        phi += change
        temp += self.dt / self.dx ** 2 * laplacian(temp, self.work) + self.latent * change

    def solid_fraction(self):
        return float(np.mean(self.phi > 0.5))


def perimeter(mask):
    return int(np.count_nonzero(mask[1:] != mask[:-1]) + np.count_nonzero(mask[:, 1:] != mask[:, :-1]))


def main():
    melt = Melt(300, seed=10)
    growth = []
    history = np.array([])
    for step in range(440):
        melt.step()
        if step % 40 == 0:
            growth.append((step, melt.solid_fraction()))
            history = np.append(history, perimeter(melt.phi > 0.5))  # [decoy]
    for step, share in growth:
        print(f"{step:4d} {share:.4f}")
    name = np.vectorize(lambda p: "rough" if p > 120 else "smooth")  # [decoy]
    print(name(history))


if __name__ == "__main__":
    main()
