"""Cart-pole swing-up under a switching controller, state kept in JAX arrays."""
import jax
import jax.numpy as jnp
import numpy as np

G, M_CART, M_POLE, LENGTH, DT = 9.81, 1.0, 0.2, 0.6, 0.01


@jax.jit
def dynamics(state, force):
    x, v, th, om = state
    s, c = jnp.sin(th), jnp.cos(th)
    total = M_CART + M_POLE
    temp = (force + M_POLE * LENGTH * om ** 2 * s) / total
    alpha = (G * s - c * temp) / (LENGTH * (4 / 3 - M_POLE * c ** 2 / total))
    acc = temp - M_POLE * LENGTH * alpha * c / total
    return jnp.stack([x + DT * v, v + DT * acc, th + DT * om, om + DT * alpha])


@jax.jit
def energy(state):
    return 0.5 * M_POLE * (LENGTH * state[3]) ** 2 + M_POLE * G * LENGTH * (jnp.cos(state[2]) - 1)


class Switching:
    def __init__(self):
        self.modes = {"pump": 0, "catch": 0, "coast": 0}

    def force(self, state):
        if abs(float(state[2])) < 0.3:  # [cause]
            self.modes["catch"] += 1
            return 42.0 * float(state[2]) + 9.0 * float(state[3]) + 1.2 * float(state[0])  # [cause]
        if energy(state) < 0:  # [cause]
            self.modes["pump"] += 1
            return 8.0 if float(state[3]) * float(jnp.cos(state[2])) > 0 else -8.0  # [cause]
        self.modes["coast"] += 1
        return 0.0


def simulate(theta0, steps):
    state = jnp.array([0.0, 0.0, theta0, 0.0])
    control = Switching()
    angle = []
    for _ in range(steps):
        state = dynamics(state, control.force(state))  # [cause]
        angle.append(float(state[2]))  # [cause]
    return np.array(angle), control.modes


def main():
    rows = np.empty((0, 2))
    for theta0 in (3.1, 2.4, 0.2):
        angle, modes = simulate(theta0, 1300)
        rows = np.vstack([rows, [theta0, np.abs(angle[-100:]).mean()]])  # [decoy]
        print(theta0, modes)
    print(rows.round(3))
    least = sorted(rows[:, 1])[0]  # [decoy]
    print("smallest final angle", round(least, 4))


if __name__ == "__main__":
    main()
