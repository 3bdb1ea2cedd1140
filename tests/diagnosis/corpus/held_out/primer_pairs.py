"""Melting temperatures of primers, spread over the processes of the node."""
import math
import random
from concurrent.futures import ProcessPoolExecutor

# nearest neighbour enthalpy and entropy (kcal/mol, cal/mol K)
STACK = {
    "AA": (-7.9, -22.2), "AT": (-7.2, -20.4), "TA": (-7.2, -21.3), "CA": (-8.5, -22.7), "GT": (-8.4, -22.4),
    "CT": (-7.8, -21.0), "GA": (-8.2, -22.2), "CG": (-10.6, -27.2), "GC": (-9.8, -24.4), "GG": (-8.0, -19.9),
}
COMPLEMENT = str.maketrans("ACGT", "TGCA")


def stack_energy(pair):
    if pair in STACK:
        return STACK[pair]
    return STACK[pair.translate(COMPLEMENT)[::-1]]


def melting(primer, conc=2.5e-7):
    h, s = 0.2, -5.7
    for k in range(len(primer) - 1):
        dh, ds = stack_energy(primer[k : k + 2])
        h += dh
        s += ds
    return 1000.0 * h / (s + 1.987 * math.log(conc / 4.0)) - 273.15


def windows(genome, length, step):
    return [genome[k : k + length] for k in range(0, len(genome) - length, step)]


def all_temperatures(primers, workers=2):
    with ProcessPoolExecutor(max_workers=workers) as pool:
        return list(pool.map(melting, primers))  # [cause]


def clamp(primer):
    return primer[-1] in ["G", "C"]  # [decoy]


def main():
    rng = random.Random(5)
    genome = "".join(rng.choices("ACGT", weights=[3, 2, 2, 3], k=110000))
    primers = windows(genome, 21, 11)
    temperatures = all_temperatures(primers)  # [cause]
    good = [(t, p) for t, p in zip(temperatures, primers) if 55 <= t <= 60 and clamp(p)]
    middle = sorted(temperatures)[len(temperatures) // 2]
    text = ""
    for t, p in good[:50]:
        text += f"{p} {t:.2f}\n"  # [decoy]
    print(text.splitlines()[0])
    print(len(primers), "primers,", len(good), "usable, median", round(middle, 2))


if __name__ == "__main__":
    main()
