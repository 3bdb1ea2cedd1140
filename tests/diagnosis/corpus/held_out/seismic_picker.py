"""STA/LTA triggers and amplitudes of a day of seismic record."""
import numpy as np


class Record:
    def __init__(self, samples, rate):
        self.samples = samples
        self.rate = rate

    def window(self, start, seconds):
        """Demeaned piece of the record around a trigger."""
        data = np.array(self.samples, dtype=float)  # [cause]
        piece = data[start : start + int(seconds * self.rate)]
        return piece - piece.mean()


def synthetic(seconds, rate, events, seed):
    rng = np.random.default_rng(seed)
    white = rng.standard_normal(seconds * rate, dtype=np.float32)
    x = np.convolve(white, np.float32([1.0, 0.7, 0.5, 0.3]), mode="same")
    t = np.arange(20 * rate) / rate
    burst = np.exp(-t / 4) * np.sin(2 * np.pi * 5 * t)
    for k in rng.integers(0, len(x) - len(burst), events):
        x[k : k + len(burst)] += burst * rng.uniform(15, 60)
    return Record(x, rate)


def characteristic(record, short, long):
    power = np.cumsum(record.samples.astype(np.float64) ** 2)
    ns, nl = int(short * record.rate), int(long * record.rate)
    sta = (power[ns:] - power[:-ns]) / ns
    lta = (power[nl:] - power[:-nl]) / nl
    return sta[nl - ns :] / lta


def onsets(ratio, level, dead):
    over = np.flatnonzero((ratio[1:] > level) & (ratio[:-1] <= level))
    kept = []
    for k in over:
        if not kept or k - kept[-1] > dead:
            kept.append(int(k))
    return kept


def magnitude(record, onset):
    piece = record.window(onset, 12.0)  # [cause]
    return np.log10(np.abs(piece).max())  # [decoy]


record = synthetic(seconds=26000, rate=100, events=1100, seed=88)
ratio = characteristic(record, 1.0, 20.0)
triggers = onsets(ratio, level=2.2, dead=300)
sizes = [magnitude(record, k) for k in triggers]  # [cause]

bulletin = ""
for k, size in zip(triggers[:60], sizes):
    bulletin += f"{k / 100:9.2f} s  M {size:.2f}\n"  # [decoy]
print(bulletin.splitlines()[0])
print(len(triggers), "triggers, largest", round(float(max(sizes)), 2))
