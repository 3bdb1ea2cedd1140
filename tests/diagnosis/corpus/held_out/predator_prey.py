# Predator and prey with adaptive step (Heun), on the device
import jax
import jax.numpy as jnp
import numpy as np

jax.config.update("jax_platform_name", "cpu")

RATES = dict(a=1.1, b=0.4, c=0.4, d=0.1)


@jax.jit
def slope(state):
    x, y = state
    return jnp.array([RATES["a"] * x - RATES["b"] * x * y, RATES["d"] * x * y - RATES["c"] * y])


@jax.jit
def heun(state, dt):
    k1 = slope(state)
    k2 = slope(state + dt * k1)
    new = state + 0.5 * dt * (k1 + k2)
    return new, jnp.max(jnp.abs(0.5 * dt * (k2 - k1)))


def accepted(error, tolerance):
    return error < tolerance  # [cause]


def integrate(start, end, tolerance):
    state = jnp.asarray(start)
    t, dt = 0.0, 0.01
    times, states = [t], [state]
    while t < end:  # [cause]
        new, error = heun(state, dt)  # [cause]
        if accepted(error, tolerance):  # [cause]
            state = new
            t += dt
            times.append(t)
            states.append(state)
        dt *= min(1.5, max(0.5, 0.9 * (tolerance / max(float(error), 1e-12)) ** 0.5))  # [cause]
    return np.array(times), np.array([np.asarray(s) for s in states])


def peaks(times, series):
    inner = (series[1:-1] > series[:-2]) & (series[1:-1] > series[2:])
    return times[1:-1][inner]


times, states = integrate([10.0, 5.0], end=90.0, tolerance=2e-5)
tops = peaks(times, states[:, 0])

periods = np.array([])
for a, b in zip(tops[:-1], tops[1:]):
    periods = np.append(periods, b - a)  # [decoy]
extreme = sorted(states[::50, 1].tolist())[-1]  # [decoy]
print(len(times), "steps; periods", periods.round(2))
print("predators at most about", round(extreme, 2))
