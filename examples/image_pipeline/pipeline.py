"""Find objects in an image, and measure their size, shape and texture.

Denoise, threshold, label, measure: the usual chain. The images come with scikit-image.
"""

import argparse

import numpy as np
from skimage import data, filters, measure, morphology, restoration, segmentation

import perfwatch


def make_inputs():
    """The arguments of run, by name: two images, coins on a dark ground and galaxies."""
    galaxies = data.hubble_deep_field()[300:600, 300:600].mean(axis=2)
    return {"images": {"coins": data.coins(), "galaxies": galaxies}}


def denoise(image):
    """Total-variation denoising; values between 0 and 1."""
    return restoration.denoise_tv_chambolle(image / 255.0, weight=0.08)


def find_objects(smooth):
    """Label what is brighter than Otsu's threshold, without specks and what touches the edge."""
    bright = smooth > filters.threshold_otsu(smooth)
    closed = morphology.closing(bright, morphology.disk(3))
    return measure.label(segmentation.clear_border(closed))


def local_contrast(image, row, column):
    """Mean absolute difference between a pixel and its four neighbours."""
    centre = float(image[row, column])
    total = 0.0
    for step_row, step_column in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        total += abs(float(image[row + step_row, column + step_column]) - centre)
    return total / 4


def texture(image, labels, label):
    """Mean local contrast over the pixels of one object."""
    values = []
    for row in range(1, image.shape[0] - 1):
        for column in range(1, image.shape[1] - 1):
            if labels[row, column] == label:
                values.append(local_contrast(image, row, column))
    return float(np.mean(values)) if values else 0.0


def measure_objects(image, labels, smallest=60):
    """One row for each object of at least ``smallest`` pixels."""
    rows = []
    for region in measure.regionprops(labels, intensity_image=image):
        if region.area < smallest:
            continue
        rows.append(
            {
                "label": region.label,
                "area": float(region.area),
                "eccentricity": float(region.eccentricity),
                "brightness": float(region.intensity_mean),
                "texture": texture(image, labels, region.label),
            }
        )
    return rows


def run(images):
    """Take every image through the chain; return the rows of each by name."""
    results = {}
    for name, image in images.items():
        with perfwatch.monitor(name):
            with perfwatch.monitor("denoise"):
                smooth = denoise(image)
            with perfwatch.monitor("find objects"):
                labels = find_objects(smooth)
            with perfwatch.monitor("measure objects"):
                results[name] = measure_objects(image, labels)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=["coins", "galaxies"], help="one image instead of all")
    options = parser.parse_args()
    images = make_inputs()["images"]
    if options.only:
        images = {options.only: images[options.only]}
    print("image,label,area,eccentricity,brightness,texture")
    for name, rows in run(images).items():
        for row in rows:
            print(
                f"{name},{row['label']},{row['area']:.0f},{row['eccentricity']:.3f},"
                f"{row['brightness']:.1f},{row['texture']:.2f}"
            )


if __name__ == "__main__":
    main()
