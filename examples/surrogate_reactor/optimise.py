"""Find a temperature programme for a batch reactor, by way of a surrogate.

The black box is a reactor with two reactions in series, of which the first one's product is
wanted. It is evaluated at Sobol points; surrogates are chosen, tuned and trained on what came
of them; descents on the Gaussian process propose programmes, and the reactor says what they are worth.
"""

import argparse

import numpy as np

import perfwatch
from perfwatch.workloads.surrogate import reactor, whole

#: The best that is known of any programme: S. A. Dadebo and K. B. McAuley, Comput. Chem. Eng. 19 (1995) 513.
BEST_KNOWN = 0.610775


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=["small", "medium"], default="small", help="how much of everything")
    parser.add_argument("--form", choices=["reference", "optimized", "seed-advice"], default="reference")
    parser.add_argument("--seed", type=int, default=0, help="another seed draws other data")
    options = parser.parse_args()
    if options.seed < 0:
        parser.error("--seed must not be negative")
    return options


def kelvin(design):
    """The temperature of each stretch of a programme."""
    return reactor.COLDEST_KELVIN + design * (reactor.HOTTEST_KELVIN - reactor.COLDEST_KELVIN)


def main():
    options = parse()
    run = {"reference": whole.reference, "optimized": whole.optimized, "seed-advice": whole.seed_advice}
    with perfwatch.monitor("plan"):
        plan = whole.inputs(options.size, options.seed)
    found = run[options.form](plan)

    trained = found.steps["train"]
    for kind in ("forest", "network", "process"):
        error = getattr(trained.answer, kind) - trained.inputs.unseen_values
        print(f"error of the {kind}: {np.sqrt(np.mean(error**2)):.4f}")
    print(f"programmes evaluated: {len(found.steps['collect'].answer.designs)}")
    print(f"best yield among them: {1 - found.collected_shortfall:.4f}")
    print(f"best yield found: {1 - found.shortfall:.4f}")
    print(f"best yield known: {BEST_KNOWN:.4f}")
    print("temperatures: " + ", ".join(f"{each:.0f} K" for each in kelvin(found.design)))


if __name__ == "__main__":
    main()
