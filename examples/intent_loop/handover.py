"""A day of a robot that hands things over: read recordings, learn, meet a hand, serve many users."""

import argparse

from perfwatch.workloads.intent import whole


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=("small", "medium"), default="small")
    parser.add_argument("--form", choices=("reference", "optimized"), default="reference")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()

    plan = whole.inputs(given.size, given.seed)
    found = {"reference": whole.reference, "optimized": whole.optimized}[given.form](plan)

    likely = found.steps["pipeline"].answer.belief[-1]
    print(f"likeliest goal: {found.goal} (belief {likely[found.goal]:.3f})")
    print(f"seconds left: {found.left_s:.2f}")
    print(f"control: {found.control[0]:.3f} {found.control[1]:.3f} m/s2")
    table = found.steps["load"].answer
    print("users  answers/s  median ms  slow ms")
    for row in zip(table.users, table.calls_per_s, table.median_ms, table.slow_ms):
        print("{:5d}  {:9.0f}  {:9.2f}  {:7.2f}".format(*row))


if __name__ == "__main__":
    main()
