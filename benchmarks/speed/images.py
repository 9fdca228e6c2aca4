"""Images per second: ``python -m benchmarks.speed.images [--smoke | --write]``.

Each of 10,000 gray images of 28 x 28 pixels is rotated by up to 15 degrees and shifted
by up to a tenth of its size, with bilinear interpolation, by the library and by peers
in turn, on one core. Peers that are not installed are skipped. A second table has the
rates of all augmenters of images.
"""

import argparse
import os
import platform
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from time import process_time

# One thread: set before NumPy is imported, or it has no effect.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy import ndimage
from sklearn.datasets import load_digits

from benchmarks.speed.ratios import Case, measure
from skoverfit import augmentation

RESULTS = Path(__file__).with_name("images.md")
HEAD = (
    "| peer | images/s of the peer | images/s of RandomAffine | times faster "
    "(quartiles of turns) |\n| --- | --: | --: | --: |"
)
RATES_HEAD = "| augmenter | gray, 28 x 28 | color, 32 x 32 |\n| --- | --: | --: |"
DEGREES, SHIFT = 15.0, 0.1
OURS = {"degrees": DEGREES, "shift": SHIFT, "zoom": 0.0, "random_state": 0}
COLOR_ONLY = ("Saturation", "Hue")
RATED = (
    *("RandomAffine", "Rotate", "Shift", "Zoom", "Shear", "Flip"),
    *("Brightness", "Contrast", *COLOR_ONLY),
    *("GaussianBlur", "ImageNoise", "RandomErasing", "ImageMixup", "ImageCutMix"),
)


def pictures(n_images):
    """MNIST if it is there, else the small digits enlarged to the same size."""
    root = Path(__file__).resolve().parents[3]
    folder = Path(os.environ.get("SKOVERFIT_DATA", root / "shared" / "data"))
    file = folder / "image" / "mnist_10k.npz"
    if file.is_file():
        with np.load(file) as data:
            return data["X"][:n_images], data["y"][:n_images]
    X, y = load_digits(return_X_y=True)
    large = np.kron(15 * X.reshape(-1, 8, 8), np.ones((3, 3))).astype(np.uint8)
    rows = np.arange(n_images) % len(X)
    return np.pad(large, ((0, 0), (2, 2), (2, 2)))[rows], y[rows]


def draws(n_images, side=28):
    """Angles and shifts in pixels."""
    rng = np.random.default_rng(0)
    shift = rng.uniform(-SHIFT * side, SHIFT * side, (n_images, 2))
    return rng.uniform(-DEGREES, DEGREES, n_images), shift


def with_scipy(X):
    """SciPy's own function, which the library is exact against."""
    angles, shifts = draws(len(X))
    angles = np.deg2rad(angles)
    cos, sin = np.cos(angles), np.sin(angles)
    linear = np.array([[cos, sin], [-sin, cos]]).transpose(2, 0, 1)
    offset = 13.5 - np.einsum("nij,nj->ni", linear, 13.5 + shifts)
    options = {"order": 1, "mode": "nearest"}
    return lambda: [
        ndimage.affine_transform(image, *each, **options)
        for image, *each in zip(X, linear, offset, strict=True)
    ]


def with_skimage(X):
    transform = import_module("skimage.transform")
    angles, shifts = draws(len(X))
    center = transform.AffineTransform(translation=(-13.5, -13.5))
    back = transform.AffineTransform(translation=(13.5, 13.5))
    maps = [
        center + transform.AffineTransform(rotation=angle, translation=shift) + back
        for angle, shift in zip(np.deg2rad(angles), shifts, strict=True)
    ]
    options = {"order": 1, "mode": "edge", "preserve_range": True}
    return lambda: [
        transform.warp(image, each, **options).astype(np.uint8)
        for image, each in zip(X, maps, strict=True)
    ]


def with_albumentations(X):
    library = import_module("albumentations")
    import_module("cv2").setNumThreads(1)
    affine = library.Affine(
        translate_percent=(-SHIFT, SHIFT), rotate=(-DEGREES, DEGREES), p=1
    )
    return lambda: [affine(image=image)["image"] for image in X]


def with_opencv(X):
    cv2 = import_module("cv2")
    cv2.setNumThreads(1)
    angles, shifts = draws(len(X))
    options = {"flags": cv2.INTER_LINEAR, "borderMode": cv2.BORDER_REPLICATE}

    def warped(image, angle, shift):
        matrix = cv2.getRotationMatrix2D((13.5, 13.5), angle, 1.0)
        matrix[:, 2] += shift
        return cv2.warpAffine(image, matrix, (28, 28), **options)

    return lambda: [warped(*each) for each in zip(X, angles, shifts, strict=True)]


PEERS = {
    "scipy": (with_scipy, "SciPy, `ndimage.affine_transform` in a loop"),
    "skimage": (with_skimage, "scikit-image, `warp` in a loop, maps made before"),
    "albumentations": (with_albumentations, "Albumentations, `Affine`"),
    "cv2": (with_opencv, "OpenCV, `warpAffine` in a loop"),
}
PACKAGES = {"skimage": "scikit-image", "cv2": "opencv-python-headless"}


def installed(name):
    """Whether a peer can be imported."""
    try:
        import_module(name)
    except ImportError:
        return False
    return True


def comparison(name, size, turns):
    """Ours and one peer in turn: a line of the first table."""
    with_peer, title = PEERS[name]

    def prepare(n_images):
        X, y = pictures(n_images)
        ours = augmentation.RandomAffine(**OURS, mode="replace")
        return lambda: ours.fit_resample(X, y), with_peer(X)

    ratio = measure(Case("", "", "", prepare, size, size), size, turns=turns)
    rate, faster = size / ratio.seconds, 1 / ratio.median
    spread = f"{1 / ratio.high:.1f} to {1 / ratio.low:.1f}"
    return f"| {title} | {rate / faster:,.0f} | {rate:,.0f} | {faster:.1f} ({spread}) |"


def rates(name, size, turns):
    """Rates on gray and on color images: a line of the second table."""
    gray, y = pictures(size)
    color = np.repeat(np.pad(gray, ((0, 0), (2, 2), (2, 2)))[..., np.newaxis], 3, 3)
    augmenter = getattr(augmentation, name)(mode="replace", random_state=0)
    grays = "" if name in COLOR_ONLY else rate(augmenter, gray, y, turns)
    return f"| {name} | {grays} | {rate(augmenter, color, y, turns)} |"


def rate(augmenter, X, y, turns):
    """Images per second of processor time, the best of some turns."""
    seconds = []
    for _ in range(turns):
        start = process_time()
        augmenter.fit_resample(X, y)
        seconds.append(process_time() - start)
    return f"{len(X) / min(seconds):,.0f}"


def setting(names, turns):
    """Say where the numbers come from."""
    versions = ", ".join(
        f"{name} {version(name)}" for name in (PACKAGES.get(n, n) for n in names)
    )
    return (
        f"Python {platform.python_version()}, NumPy {np.__version__}, {versions}; one "
        f"thread, `uint8`, {turns} turns of ours and the peer's one after the other on "
        "a shared machine: ratios are steadier than rates. The rates of "
        "the library are those of `fit_resample`, checks and all; in the second table "
        "they are the best of three, per second of processor time."
    )


def main():
    """Print the tables and, if asked to, write them beside this file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed.images")
    parser.add_argument("--smoke", action="store_true", help="few images, one turn")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    parser.add_argument("--turns", type=int, default=7)
    options = parser.parse_args()
    if options.smoke and options.write:
        parser.error("--write needs the full size; leave out --smoke")
    size, turns = (100, 1) if options.smoke else (10_000, options.turns)
    names = [name for name in PEERS if installed(name)]
    for name in set(PEERS) - set(names):
        print(f"{name} is not installed and is skipped", file=sys.stderr)
    lines = [HEAD, *(comparison(name, size, turns) for name in names)]
    lines += [
        "",
        "All augmenters with their default doses, images per second:",
        "",
        RATES_HEAD,
    ]
    lines += [rates(name, size, min(turns, 3)) for name in RATED]
    lines += ["", setting(names, turns), ""]
    print("\n".join(lines))
    if options.write:
        RESULTS.write_text("\n".join(lines))


if __name__ == "__main__":
    main()
