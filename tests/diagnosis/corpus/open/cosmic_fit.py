"""Fit of a supernova Hubble diagram with gradients from JAX."""
import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)


def survey(n, seed):
    rng = np.random.default_rng(seed)
    z = np.sort(rng.uniform(0.02, 1.2, n))
    fine = np.linspace(0.0, 1.25, 2001)
    inv = 1.0 / np.sqrt(0.31 * (1 + fine) ** 3 + 0.69)
    comoving = np.concatenate([[0.0], np.cumsum(0.5 * (inv[1:] + inv[:-1])) * fine[1]])
    mu = 5 * np.log10((1 + z) * 2997.92 / 0.7 * np.interp(z, fine, comoving)) + 25
    return z, mu + 0.12 * rng.standard_normal(n)


def distance_modulus(theta, z):
    om, h = theta
    grid = jnp.linspace(0.0, 1.25, 126)
    inv = 1.0 / jnp.sqrt(om * (1 + grid) ** 3 + 1 - om)
    comoving = jnp.concatenate([jnp.zeros(1), jnp.cumsum(0.5 * (inv[1:] + inv[:-1])) * 0.01])
    d = 2997.92 / h * jnp.interp(z, grid, comoving)
    return 5 * jnp.log10((1 + z) * d) + 25


class Fit:
    def __init__(self, z, mu, sigma=0.12):
        self.z, self.mu, self.sigma = jnp.array(z), jnp.array(mu), sigma

    def loss(self, theta):
        r = (distance_modulus(theta, self.z) - self.mu) / self.sigma
        return 0.5 * jnp.mean(r ** 2)

    def gradient(self, theta):
        return jax.grad(self.loss)(theta)  # [cause]

    def descend(self, theta, steps, rate):
        speed = jnp.zeros_like(theta)
        for _ in range(steps):
            speed = 0.7 * speed - rate * self.gradient(theta)  # [cause]
            theta = theta + speed
        return theta


def main():
    z, mu = survey(400, seed=1998)
    fit = Fit(z, mu)
    best = fit.descend(jnp.array([0.2, 0.65]), steps=28, rate=4e-4)
    print("omega_m, h:", np.round(np.asarray(best), 3))
    profile = np.array([])
    for om in (0.25, 0.3):
        profile = np.append(profile, float(om * best[1]))  # [decoy]
    outliers = np.argsort(np.abs(mu - mu.mean()))[-2:]  # [decoy]
    print(profile.round(4), outliers)


if __name__ == "__main__":
    main()
