"""
Moved and turned digits: which models gain, which lose
======================================================

Copies of images that are shifted and rotated a little show a model what does not
matter. Whether it can use that depends on the model. This page looks at the copies
first, and then measures.
"""

# %%
# What the copies look like
# -------------------------
# Six digits of 8 x 8 pixels, and one copy of each by several augmenters. Always look at
# the copies: where a person can no longer tell the digit, the dose is too large.
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from skoverfit.augmentation import (
    GaussianBlur,
    ImageCutMix,
    ImageNoise,
    RandomAffine,
    RandomErasing,
    Rotate,
    Shear,
    Shift,
    Zoom,
)

X, y = load_digits(return_X_y=True)
X = X / 16
digits = {"image_shape": (8, 8), "value_range": (0, 1)}
background = {"fill_mode": "grid-constant", **digits}
shown = {
    "Shift(0.2)": Shift(0.2, **background),
    "Rotate(25)": Rotate(25, **background),
    "Zoom(0.3)": Zoom(0.3, **background),
    "Shear(25)": Shear(25, **background),
    "RandomAffine(20, 0.1, 0.1)": RandomAffine(20, 0.1, 0.1, **background),
    "GaussianBlur(1)": GaussianBlur(1.0, **digits),
    "ImageNoise(0.2)": ImageNoise(0.2, **digits),
    "RandomErasing(0.3)": RandomErasing(0.3, **digits),
    "ImageCutMix(1)": ImageCutMix(1.0, **digits),
}


def strip(images):
    """Images side by side with white lines between them."""
    framed = np.pad(images.reshape(-1, 8, 8), ((0, 0), (1, 1), (1, 1)), "constant")
    return np.hstack(list(framed))


pictures = {"originals": X[:6]}
for title, augmenter in shown.items():
    # One class, so that mixed images appear once.
    augmenter.set_params(mode="replace", random_state=2)
    pictures[title], _ = augmenter.fit_resample(X[:6], np.zeros(6, dtype=int))

fig, axes = plt.subplots(5, 2, figsize=(8, 5.5), layout="constrained")
for ax, (title, images) in zip(axes.T.flat, pictures.items(), strict=True):
    ax.imshow(strip(images), cmap="gray_r", vmin=0, vmax=1)
    ax.set_title(title, loc="left", fontsize=10)
    ax.set_axis_off()
plt.show()

# %%
# Which models gain
# -----------------
# 150 training images, four copies of each, and the other 1647 digits for testing.
# "Exact copies" is the control: what more rows do by themselves, without any change.
# The differences within a line are what counts; with other training images, numbers
# move by a point or two.
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.svm import SVC

from skoverfit.augmentation import AugmentedClassifier

X_train, X_test, y_train, y_test = train_test_split(
    X, y, train_size=150, stratify=y, random_state=0
)
affine = RandomAffine(15, 0.125, 0.0, n_copies=4, **background)
exact = RandomAffine(0.0, 0.0, 0.0, n_copies=4, **background)
print("test accuracy        alone  exact copies  moved and turned")
for model in (LogisticRegression(max_iter=5000), SVC()):
    scores = [model.fit(X_train, y_train).score(X_test, y_test)]
    for augmenter in (exact, affine):
        augmented = AugmentedClassifier(model, augmenter, random_state=0)
        scores.append(augmented.fit(X_train, y_train).score(X_test, y_test))
    alone, copied, moved = scores
    print(f"{type(model).__name__:20} {alone:5.3f}  {copied:12.3f}  {moved:16.3f}")

# %%
# The support vector machine compares whole images, and copies give it more to compare
# with. Logistic regression has one weight for each pixel and class: it can only average
# over positions, and the more they vary, the less remains. No augmenter is good or bad
# by itself; it is the pair with a model that is.
# ``AugmentedClassifier(..., accept="proven")`` measures this inside ``fit`` and
# augments only where it helps.
