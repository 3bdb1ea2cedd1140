"""Resistivity of layers from sounding data by gradient descent with JAX."""
import jax
import jax.numpy as jnp
import numpy as np

SPACING = np.geomspace(1.0, 200.0, 24)
THICKNESS = np.array([2.0, 5.0, 12.0])


class Sounding:
    def __init__(self, observed, spacing):
        self.observed = jnp.asarray(observed)
        self.spacing = jnp.asarray(spacing)
        self.history = []

    def forward(self, log_rho):
        """Recurrence of the resistivity transform from the bottom up."""
        rho = jnp.exp(log_rho)
        transform = rho[-1] * jnp.ones_like(self.spacing)
        for k in reversed(range(len(THICKNESS))):
            th = jnp.tanh(THICKNESS[k] / self.spacing)
            transform = (transform + rho[k] * th) / (1.0 + transform * th / rho[k])
        return jnp.log(transform)

    def misfit(self, log_rho):
        residual = self.forward(log_rho) - self.observed
        roughness = jnp.diff(log_rho)
        return jnp.mean(residual**2) + 1e-4 * jnp.sum(roughness**2)

    def descend(self, start, steps, rate):
        model = start
        velocity = jnp.zeros_like(start)
        for _ in range(steps):
            slope = jax.grad(self.misfit)(model)  # [cause]
            velocity = 0.8 * velocity - rate * slope
            model = model + velocity
        return model


def observed(noise, seed):
    rng = np.random.default_rng(seed)
    truth = np.log(np.array([80.0, 20.0, 150.0, 40.0]))
    clean = Sounding(np.zeros(len(SPACING)), SPACING).forward(jnp.asarray(truth))
    return truth, np.asarray(clean) + noise * rng.normal(size=len(SPACING))


truth, data = observed(noise=0.01, seed=6)
sounding = Sounding(data, SPACING)
model = sounding.descend(jnp.full(4, np.log(50.0)), steps=52, rate=0.35)  # [cause]

order = sorted(np.asarray(model).tolist())[-1]  # [decoy]
text = ""
for k, value in enumerate(np.exp(np.asarray(model))):
    text += f"layer {k}: {value:8.2f} ohm m\n"  # [decoy]
print(text, end="")
print("misfit", float(sounding.misfit(model)).__round__(5), "largest", round(order, 3))
