"""
Treating a model of texts
=========================

A tree on word counts learns its training texts by heart. :func:`~skoverfit.treat`
keeps the steps that read the texts, tries other models behind them and other ways to
read, and says what it gained. The result is scored on texts that the treatment never
saw.
"""

# %%
# The texts come with scikit-learn: every third paragraph of the documentation of three
# packages, and the task is to tell which package one is about. Whole classes and
# functions are held out, since paragraphs of one of them are alike.
import inspect

import matplotlib.pyplot as plt
import numpy as np
from sklearn import cluster, linear_model, preprocessing
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import GroupShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from skoverfit import treat

paragraphs = {}
for package in (cluster, linear_model, preprocessing):
    for name in package.__all__:
        for text in inspect.getdoc(getattr(package, name)).split("\n\n"):
            text = " ".join(text.split())
            if len(text) > 60 and ">>>" not in text:
                paragraphs.setdefault(text, (package.__name__, name))
texts = np.array(list(paragraphs), dtype=object)[::3]
y, groups = np.array(list(paragraphs.values()))[::3].T
print(f"{len(texts)} paragraphs; the first: {texts[0]}")

# %%
# Half of them are treated. ``groups`` keeps the paragraphs of a class or function on
# one side of every split, so that the scores are those of names never seen.
splitter = GroupShuffleSplit(1, train_size=0.5, random_state=0)
train, test = next(splitter.split(texts, y, groups))
tree = make_pipeline(TfidfVectorizer(), DecisionTreeClassifier(random_state=0))
kinds = ["pruned_trees", "words_and_characters", "linear", "naive_bayes"]
treated = treat(
    tree,
    texts[train],
    y[train],
    groups=groups[train],
    remedies=kinds,
    budget=None,
    random_state=0,
)
print(treated.report_)

# %%
# Train and test score of the tree and of the result, on texts of other names.
tree.fit(texts[train], y[train])
models = {"the tree": tree, "the result": treated}
scores = {
    name: [model.score(texts[rows], y[rows]) for rows in (train, test)]
    for name, model in models.items()
}
figure, axis = plt.subplots(figsize=(7, 3), layout="constrained")
for height, (train_score, test_score) in enumerate(reversed(scores.values())):
    axis.plot([test_score, train_score], [height, height], color="0.7", zorder=0)
    axis.scatter(train_score, height, color="C0", label="train" if height else None)
    axis.scatter(test_score, height, color="C1", label="new texts" if height else None)
axis.set_yticks(range(len(scores)), list(reversed(scores)))
axis.set_ylim(-0.5, 1.5)
axis.set_xlabel("accuracy")
axis.legend(loc="center right")
print(f"expected: {treated.score_to_expect_.mean:.3f}")
print(f"measured: {scores['the result'][1]:.3f}")
