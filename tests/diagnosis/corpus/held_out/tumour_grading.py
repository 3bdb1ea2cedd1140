"""Nuclear size and texture in a synthetic microscopy mosaic."""
import numpy as np
from scipy import ndimage


class Mosaic:
    """Bright blobs on an uneven background."""

    def __init__(self, side, nuclei, seed):
        rng = np.random.default_rng(seed)
        image = np.zeros((side, side))
        rows, cols = rng.integers(10, side - 10, size=(2, nuclei))
        image[rows, cols] = rng.uniform(200, 420, nuclei)
        image = ndimage.gaussian_filter(image, 3.2)
        y, x = np.mgrid[0:side, 0:side] / side
        self.pixels = image + 0.4 * x + 0.3 * y**2 + rng.normal(0, 0.05, size=image.shape)

    def flattened(self, scale):
        return self.pixels - ndimage.uniform_filter(self.pixels, scale)


def segment(flat, sigma, level):
    smooth = ndimage.gaussian_filter(flat, sigma)
    mask = smooth > level
    mask = ndimage.binary_opening(mask, iterations=2)
    labels, count = ndimage.label(mask)
    return labels, count


def measures(image, labels, count):
    ids = np.arange(1, count + 1)
    area = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    mean = ndimage.mean(image, labels, ids)
    rough = ndimage.standard_deviation(image, labels, ids)
    centre = np.array(ndimage.center_of_mass(image, labels, ids))
    return area, mean, rough, centre


def granularity(flat, widths):
    """Loss of volume under openings of growing width."""
    left = [flat.clip(0).sum()]
    for width in widths:
        left.append(ndimage.grey_opening(flat, size=(width, width)).clip(0).sum())
    return -np.diff(left) / left[0]


def grade(area, rough):
    """Three classes by size, one up where the texture is coarse."""
    size = np.digitize(area, np.quantile(area, [0.6, 0.9]))
    return np.minimum(size + (rough > np.quantile(rough, 0.95)), 2)


def main():
    mosaic = Mosaic(1500, nuclei=4400, seed=33)
    flat = mosaic.flattened(81)
    labels, count = segment(flat, 1.5, 0.9)
    area, mean, rough, centre = measures(flat, labels, count)
    grades = grade(area, rough)
    lost = granularity(flat, (3, 7, 11, 17, 25))
    tally = {}
    for g in grades.tolist():
        try:
            tally[g] += 1
        except KeyError:  # [decoy]
            tally[g] = 1
    gaps = np.array([])
    for low in range(0, 1500, 150):
        gaps = np.append(gaps, ((centre[:, 0] >= low) & (centre[:, 0] < low + 150)).sum())  # [decoy]
    print("granularity:", lost.round(3))
    print("nuclei:", count, "grades:", dict(sorted(tally.items())))
    print("per strip:", gaps.astype(int), "median area:", float(np.median(area)))


if __name__ == "__main__":
    main()
