"""Hospital stays: link each admission with the previous one of the same patient
and flag 30-day readmissions, the way the registry handbook words it."""
import argparse
import re

import numpy as np
import pandas as pd


def registry(n, seed):
    rng = np.random.default_rng(seed)
    day = np.sort(rng.integers(0, 1460, n))
    return pd.DataFrame({
        "patient": rng.integers(0, n // 5, n),
        "admitted": pd.Timestamp("2018-01-01") + pd.to_timedelta(day, unit="D"),
        "nights": rng.poisson(3.5, n),
        "code": rng.choice(["I21.0", "J18.9", "N39.0", "S72.1", "Z51.1"], n),
    })


class Readmissions:
    def __init__(self, stays, days=30):
        self.stays = stays
        self.days = days
        self.last = {}

    def _discharge(self, i):
        return self.stays.loc[i, "admitted"] + pd.Timedelta(days=int(self.stays.loc[i, "nights"]))  # [cause]

    def flags(self):
        out = []
        for i in self.stays.index:
            who = self.stays.loc[i, "patient"]  # [cause]
            came = self.stays.loc[i, "admitted"]  # [cause]
            before = self.last.get(who)
            out.append(before is not None and 0 <= (came - before).days <= self.days)
            self.last[who] = self._discharge(i)  # [cause]
        return out


def chapter(code):
    return re.sub(r"\..*$", "", code)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--stays", type=int, default=26000)
    ap.add_argument("--seed", type=int, default=8)
    args = ap.parse_args()
    stays = registry(args.stays, args.seed)
    stays["again"] = Readmissions(stays).flags()
    known = ["I21", "J18", "N39", "S72"]
    rates = stays.groupby("code")["again"].mean()
    for code, rate in rates.items():
        flag = "" if chapter(code) in known else " (not in the handbook)"  # [decoy]
        print(f"{code}: {100 * rate:.2f} %{flag}")
    yearly = {}
    for year, part in stays.groupby(stays["admitted"].dt.year):
        yearly[year] = sorted(part["nights"])[-1]  # [decoy]
    print("longest stay by year", yearly)


main()
