"""Flat-sky power spectra of simulated temperature maps, and their scatter over realisations."""
import numpy as np

N = 640
PIXEL = np.deg2rad(2.0 / 60)


class FlatSky:
    def __init__(self, n, pixel):
        l1 = 2 * np.pi * np.fft.fftfreq(n, pixel)
        l2 = 2 * np.pi * np.fft.rfftfreq(n, pixel)
        self.ell = np.hypot(l1[:, None], l2[None, :])
        self.n = n
        self.edges = np.linspace(100, 4600, 31)
        self.bin = np.digitize(self.ell.ravel(), self.edges)
        self.count = np.bincount(self.bin, minlength=32)[1:31]
        self.window = np.outer(np.hanning(n), np.hanning(n))

    def theory(self):
        l = np.maximum(self.ell, 2.0)
        peaks = 1 + 0.6 * np.cos(np.pi * l / 300) * np.exp(-l / 1500)
        return 1e3 / (l * (l + 1)) * peaks * np.exp(-((l / 2500) ** 2))

    def realise(self, rng, amplitude):
        white = np.fft.rfft2(rng.standard_normal((self.n, self.n)))
        white *= amplitude
        return np.fft.irfft2(white, s=(self.n, self.n))

    def measure(self, sky):
        f = np.fft.rfft2(sky * self.window)
        power = f.real ** 2 + f.imag ** 2
        total = np.bincount(self.bin, weights=power.ravel(), minlength=32)[1:31]
        return total / self.count


def main():
    rng = np.random.default_rng(2018)
    flat = FlatSky(N, PIXEL)
    amplitude = np.sqrt(flat.theory())
    spectra = np.array([flat.measure(flat.realise(rng, amplitude)) for _ in range(32)])
    mean = spectra.mean(axis=0)
    scatter = spectra.std(axis=0) / mean
    table = ""
    for lo, m, s in list(zip(flat.edges, mean, scatter))[::5]:
        table += f"{lo:6.0f} {m:12.4e} {s:7.3f}\n"  # [decoy]
    print(table)
    # covariance of neighbouring bins, regularised
    cov = np.cov(spectra.T) + 1e-3 * np.diag(mean ** 2)
    chi = (spectra[0] - mean) @ np.linalg.inv(cov) @ (spectra[0] - mean)  # [decoy]
    print("chi square of the first map", chi.round(2))


if __name__ == "__main__":
    main()
