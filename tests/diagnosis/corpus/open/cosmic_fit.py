"""Fit of a supernova Hubble diagram with gradients from JAX."""
import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_enable_x64", True)


def survey(n, seed):
    rng = np.random.default_rng(seed)
    z = np.sort(rng.uniform(0.02, 0.7, n))
    d = z * (1 + 0.5 * (1 + 0.5) * z - 0.25 * (1 - 0.25) * z * z)
    mu = 5 * np.log10(d / 0.7) + 42.3841
    return z, mu + 0.12 * rng.standard_normal(n)


def distance_modulus(theta, z):
    """expansion in redshift, to second order in the deceleration parameter"""
    d = z * (1 + 0.5 * (1 - theta[0]) * z - 0.25 * (1 - theta[0] * theta[0]) * z * z)
    return 5 * jnp.log10(d / theta[1]) + 42.3841


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
    best = fit.descend(jnp.array([-0.2, 0.65]), steps=110, rate=4e-4)
    print("q0, h:", np.round(np.asarray(best), 3))
    profile = np.array([])
    for om in (0.9, 1.1):
        profile = np.append(profile, float(om * best[1]))  # [decoy]
    outliers = np.argsort(np.abs(mu - mu.mean()))[-2:]  # [decoy]
    print(profile.round(4), outliers)


if __name__ == "__main__":
    main()
