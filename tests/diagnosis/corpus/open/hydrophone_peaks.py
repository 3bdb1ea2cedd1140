"""Detect the strongest whistle contours in hydrophone recordings (spectrogram peaks)."""
import numpy as np

FS = 48_000


def recording(seconds, rng):
    t = np.arange(int(seconds * FS)) / FS
    x = 0.4 * rng.standard_normal(t.size)
    for start in rng.uniform(0, seconds - 1, 6):
        k = (t > start) & (t < start + 0.7)
        x[k] += np.sin(2 * np.pi * (9000 + 2500 * (t[k] - start)) * (t[k] - start))
    return x


def frames(x, size=8192, hop=1024):
    window = np.hanning(size)
    return np.lib.stride_tricks.sliding_window_view(x, size)[::hop] * window


def strongest(power, k=6):
    """bins of the k largest values, strongest first"""
    order = np.argsort(power, axis=-1)[:, ::-1]  # [cause]
    return order[:, :k]  # [cause]


def noise_floor(power):
    return np.sort(power, axis=-1)[:, power.shape[-1] // 2]  # [cause]


def analyse(x, block=64):
    spec = frames(x)
    peaks, floor = [], []
    for i in range(0, len(spec), block):
        power = np.abs(np.fft.rfft(spec[i:i + block].astype(np.float32), axis=1)) ** 2
        peaks.append(strongest(power))
        floor.append(noise_floor(power))
    return np.concatenate(peaks), np.concatenate(floor)


def tracks(peaks, tolerance=9):
    """longest run of frames in which the strongest bin stays near"""
    near = np.abs(np.diff(peaks[:, 0])) <= tolerance
    edges = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(int), [0]])))
    return np.diff(edges)[::2]


def main():
    rng = np.random.default_rng(404)
    lines = ""
    for station in ("west", "north", "east"):
        peaks, floor = analyse(recording(26, rng))
        runs = tracks(peaks)
        lines += f"{station}: {len(peaks)} frames, floor {10 * np.log10(floor.mean()):.1f} dB, "  # [decoy]
        lines += f"longest track {max(runs)} frames\n"
        lengths = np.array([])
        for r in runs[:10]:
            lengths = np.append(lengths, r * 1024 / FS)  # [decoy]
        print(station, lengths.round(3))
    print(lines)


if __name__ == "__main__":
    main()
