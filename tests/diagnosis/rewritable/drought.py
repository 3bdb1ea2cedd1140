"""Standardised precipitation of stations against the reference period of their network."""

import math


def reference(readings):
    """mean and deviation of the logarithms, zeros apart"""
    logs = [math.log(one) for one in readings if one > 0]
    centre = sum(logs) / len(logs)
    return centre, math.sqrt(sum((one - centre) ** 2 for one in logs) / len(logs))


def anomalies(stations, network):
    out = []
    for amount in stations:  # one month each
        out.append((math.log(amount) - reference(network)[0]) / reference(network)[1])  # [cause]
    return out


def make():
    stations = [20.0 + 7.0 * math.sin(k) for k in range(15)]
    network = [30.0 + 11.0 * math.cos(k / 3) for k in range(2_000)]
    return stations, network
