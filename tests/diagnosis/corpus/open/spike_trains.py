"""Leaky integrate-and-fire neuron with two synapses; firing rate against input."""
import numpy as np

DT = 1e-4
TAU_M, TAU_E, TAU_I = 20e-3, 5e-3, 10e-3
V_REST, V_TH, V_RESET = -70.0, -54.0, -65.0


class Synapse:
    def __init__(self, tau, reversal):
        self.tau = tau
        self.reversal = reversal
        self.g = 0.0

    def decay(self):
        self.g *= np.exp(-DT / self.tau)  # [cause]

    def current(self, v):
        return self.g * (self.reversal - v)


class Neuron:
    def __init__(self):
        self.v = V_REST
        self.exc = Synapse(TAU_E, 0.0)
        self.inh = Synapse(TAU_I, -80.0)
        self.refractory = 0
        self.theta = 0.0

    def step(self, kick_e, kick_i):
        self.exc.decay()  # [cause]
        self.inh.decay()  # [cause]
        self.exc.g += kick_e
        self.inh.g += kick_i
        self.theta *= np.exp(-DT / 0.1)  # [cause]
        if self.refractory:
            self.refractory -= 1
            return False
        drive = V_REST - self.v + self.exc.current(self.v) + self.inh.current(self.v)
        self.v += DT / TAU_M * drive
        gain = 2.0 * np.exp(min(0.0, self.v - V_TH - self.theta))  # [cause]
        self.v += DT * np.sqrt(abs(gain))  # [cause]
        if self.v > V_TH + self.theta:
            self.v = V_RESET
            self.theta += 0.2
            self.refractory = 20
            return True
        return False


def rate(nu_e, nu_i, seconds=4.0, seed=0):
    rng = np.random.default_rng(seed)
    n = int(seconds / DT)
    kicks_e = (0.06 * rng.poisson(nu_e * DT, n)).tolist()
    kicks_i = (0.09 * rng.poisson(nu_i * DT, n)).tolist()
    cell = Neuron()
    spikes = []
    for k in range(n):
        if cell.step(kicks_e[k], kicks_i[k]):
            spikes.append(k * DT)
    return len(spikes) / seconds, spikes


curve = np.empty((0, 2))
for nu in [600, 1000, 1400, 1800, 2200, 2600]:
    r, spikes = rate(nu, 500)
    curve = np.vstack([curve, [nu, r]])  # [decoy]
    isi = np.diff(spikes) if len(spikes) > 2 else np.array([np.nan])
    print(f"{nu} Hz in: {r:.1f} Hz out, cv {np.std(isi) / np.mean(isi):.2f}, shortest {sorted(isi)[0]:.4f}")  # [decoy]
print(curve)
