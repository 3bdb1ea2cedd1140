"""Predict the progression of diabetes, patient after patient, with a Gaussian process.

The data are the 442 patients that come with scikit-learn. The first ``--train`` of them
fix the hyper-parameters; every later one is predicted first and learned from afterwards.
"""

import argparse

import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.preprocessing import StandardScaler

import perfwatch
from gp_model import Model, search


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=int, default=150, help="patients to start from")
    parser.add_argument("--restarts", type=int, default=0, help="further starts of the search")
    parser.add_argument("--refit-every", type=int, default=20, help="patients between two refits")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if not 10 <= options.train <= 441:
        parser.error("--train must lie between 10 and 441: there are 442 patients")
    if options.restarts < 0 or options.refit_every < 1:
        parser.error("--restarts must not be negative, and --refit-every must be at least 1")
    return options


def load(seed):
    """Patients in random order, and the progression of each."""
    x, y = load_diabetes(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(y))
    return x[order], y[order]


def scale(x, y, train):
    """Bring features and target to mean 0 and deviation 1, as the first patients have them."""
    features = StandardScaler().fit(x[:train])
    target = StandardScaler().fit(y[:train, np.newaxis])
    return features.transform(x), target.transform(y[:, np.newaxis])[:, 0], target


def follow(model, x, y, refit_every):
    """Predict each patient, then learn from it."""
    means = np.array([])
    deviations = np.array([])
    for i in range(len(y)):
        mean, deviation = model.predict_one(x[i])
        means = np.append(means, mean)
        deviations = np.append(deviations, deviation)
        model.observe(x[i], y[i])
        if (i + 1) % refit_every == 0:
            with perfwatch.monitor("refit"):
                model.refit()
    return means, deviations


def main():
    options = parse()
    with perfwatch.monitor("load"):
        x, y = load(options.seed)
        x, y, target = scale(x, y, options.train)
    with perfwatch.monitor("search"):
        rng = np.random.default_rng(options.seed)
        parameters = search(x[: options.train], y[: options.train], options.restarts, rng)
    with perfwatch.monitor("follow"):
        model = Model(parameters, x[: options.train], y[: options.train])
        means, deviations = follow(model, x[options.train :], y[options.train :], options.refit_every)

    errors = means - y[options.train :]
    inside = np.mean(np.abs(errors) < 1.96 * deviations)
    print(f"length scale {parameters[0]:.2f}, signal {parameters[1]:.2f}, noise {parameters[2]:.2f}")
    print(f"patients predicted: {len(means)}")
    print(f"root mean square error: {np.sqrt(np.mean(errors**2)) * target.scale_[0]:.1f}")
    print(f"inside the 95% interval: {inside:.1%}")


if __name__ == "__main__":
    main()
