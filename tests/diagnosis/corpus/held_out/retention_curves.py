import numpy as np

# van Genuchten retention with a measured break at the air-entry value;
# horizons as in the profile pit, heads in cm
HORIZONS = {
    "Ah": dict(theta_r=0.06, theta_s=0.48, alpha=0.021, n=1.45, entry=4.0),
    "Bv": dict(theta_r=0.05, theta_s=0.43, alpha=0.016, n=1.38, entry=9.0),
    "C": dict(theta_r=0.04, theta_s=0.38, alpha=0.035, n=1.90, entry=2.5),
}


@np.vectorize  # [cause]
def water_content(head, theta_r, theta_s, alpha, n, entry):
    if head <= entry:  # [cause]
        return theta_s
    m = 1.0 - 1.0 / n  # [cause]
    effective = (1.0 + (alpha * head) ** n) ** (-m)  # [cause]
    return theta_r + (theta_s - theta_r) * effective  # [cause]


def heads(depth_count, days, rng):
    base = np.linspace(20.0, 400.0, depth_count)[:, None]
    season = 1.0 + 0.6 * np.sin(2 * np.pi * np.arange(days) / 365.0)
    noise = rng.lognormal(0.0, 0.4, size=(depth_count, days))
    return base * season * noise


def storage(theta, thickness):
    return theta.sum(axis=0) * thickness


def driest(series, window=14):
    kernel = np.ones(window) / window
    smooth = np.convolve(series, kernel, mode="valid")
    ordered = sorted(smooth)  # [decoy]
    return ordered[0]


def run():
    rng = np.random.default_rng(1871)
    total = None
    for name, p in HORIZONS.items():
        psi = heads(220, 1460, rng)
        theta = water_content(psi, **p)  # [cause]
        mm = storage(theta, thickness=15.0)
        total = mm if total is None else total + mm
        print(f"{name:3s} mean {theta.mean():.3f} driest fortnight {driest(mm):8.2f} mm")
    flags = []
    for day in range(0, total.size, 7):
        if total[day] < total.mean() and day not in flags:  # [decoy]
            flags.append(day)
    print("weeks below the mean:", len(flags))


if __name__ == "__main__":
    run()
