# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Embeddings and texts
#
# What a network was trained on before is often known as a vector for each example; then
# training takes seconds. Texts and tables become such vectors by themselves.

# %%
import importlib
import inspect
import os

import numpy as np
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import lnl_sr_tf as lnl

EPOCHS = 5 if "LNL_SR_SHORT" in os.environ else 60

# %% [markdown]
# ## Embeddings
#
# A matrix with a row an example, here the first 32 principal components of images; 40 %
# of the labels are made wrong.

# %%
digits = load_digits()
vectors = PCA(32, random_state=0).fit_transform(digits.data).astype(np.float32)
x, x_test, y, y_test = train_test_split(
    vectors, digits.target, test_size=0.3, random_state=0, stratify=digits.target
)
given = lnl.noise.corrupt(y, lnl.noise.symmetric_matrix(10, 0.4), seed=1)

run = lnl.train(x, given, test=(x_test, y_test), epochs=EPOCHS, tell=None)
run

# %%
alone = lnl.train(x, given, test=(x_test, y_test), loss="ce", epochs=EPOCHS, tell=None)
for name, one in (("cross-entropy", alone), ("with sparse regularization", run)):
    print(f"{name}: {np.mean(one.predict(x_test) == y_test):.1%} on clean labels")

# %%
audit = run.audit
wrong = given != y
print(audit.words)
print(f"{np.mean(wrong[audit.index[audit.suspects]]):.1%} of the suspects are wrong")

# %% [markdown]
# ## In scikit-learn
#
# `NoisyLabelClassifier` goes into pipelines, searches and cross-validation. The score
# is by the given labels here, of which a tenth is wrong: much more than 90 % would be
# suspicious.

# %%
a_tenth = lnl.noise.corrupt(y, lnl.noise.symmetric_matrix(10, 0.1), seed=1)
classifier = lnl.NoisyLabelClassifier(epochs=EPOCHS, random_state=1)
cross_val_score(make_pipeline(StandardScaler(), classifier), x, a_tenth, cv=3)

# %% [markdown]
# ## Texts
#
# A list of strings and their labels. These are the docstrings of NumPy and SciPy, whose
# class is the module that they come from; a third of the labels are made wrong.

# %%
MODULES = ("numpy.linalg", "scipy.signal", "scipy.special", "scipy.stats")
texts, labels = [], []
for name in MODULES:
    module = importlib.import_module(name)
    for attribute in sorted(dir(module)):
        text = inspect.getdoc(getattr(module, attribute)) or ""
        if not attribute.startswith("_") and len(text.split()) > 20:
            texts.append(" ".join(text.split()[:120]))
            labels.append(name)

labels = np.array(labels)
numbers = np.searchsorted(np.array(MODULES), labels)
matrix = lnl.noise.symmetric_matrix(len(MODULES), 1 / 3)
given = np.array(MODULES)[lnl.noise.corrupt(numbers, matrix, seed=1)]
print(f"{len(texts)} texts, {np.mean(given != labels):.1%} of the labels wrong")

# %%
run = lnl.train(texts, given, epochs=EPOCHS, tell=None)
run.predict(["Compute the eigenvalues of a matrix.", "A window for spectral analysis."])

# %%
audit = run.audit
seen = audit.index[audit.order[:5]]
for i, suggested in zip(seen, audit.suggested[audit.order[:5]], strict=True):
    print(f"{texts[i][:50]!r}: given {given[i]}, likely {run.classes[suggested]}")
