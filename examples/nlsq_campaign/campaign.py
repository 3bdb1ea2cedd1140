"""Run a campaign of least-squares fits, and tell what was found and which form to choose.

Requests are validated, four models are fitted, peaks are fitted at many points and a decay is
streamed; at the end stands the decision matrix. This is ``workload:nlsq``, as a script.
"""

import argparse

from perfwatch.workloads.nlsq import decide, whole
from perfwatch.workloads.nlsq.decide import draw_jobs


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=("small", "medium"), default="small")
    parser.add_argument("--seed", type=int, default=0, help="which data are drawn")
    parser.add_argument("--form", choices=("reference", "optimized"), default="reference")
    parser.add_argument(
        "--decide", action="store_true", help="measure every form in every cell of the decision matrix"
    )
    options = parser.parse_args()
    if options.seed < 0:
        parser.error("--seed must be a whole number from 0 on")
    return options


def tell_fits(found):
    verdicts = found.steps["validate"].answer.verdicts
    refused = sum(1 for verdict in verdicts if verdict.errors)
    print(f"requests refused: {refused} of {len(verdicts)}")
    fitted = found.steps["fit"].answer
    for name, cost in zip(("exponential", "gaussian", "peaks", "polynomial"), fitted.cost):
        parameters = " ".join(f"{value:.3f}" for value in getattr(fitted, name))
        print(f"{name}: {parameters} (cost {cost:.3f})")
    print(f"steps from far away: {found.steps['trf-step'].answer.steps_count}")
    print("streamed decay: " + " ".join(f"{value:.3f}" for value in found.decay))
    print(f"peaks at {len(found.steps['combined'].inputs.x)} points: {len(found.peaks) // 3}")


def main():
    options = parse()
    plan = whole.inputs(options.size, options.seed)
    found = getattr(whole, options.form)(plan)
    tell_fits(found)
    if options.decide:
        jobs = draw_jobs(plan.extents, plan.seeds["decide"])
        table = decide.measured(jobs)
        for line in decide.told(table):
            print(line)
        print(f"recommendations that win: {int((table.fastest == 1).sum())} of {len(table.cells)}")


if __name__ == "__main__":
    main()
