# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
# ---

# %% [markdown]
# # Which labels are wrong, beside cleanlab
#
# `lnl.audit(labels, probabilities)` judges the labels by the outputs of any network or
# model, without Keras. Here the model is scikit-learn's logistic regression, and
# [cleanlab](https://github.com/cleanlab/cleanlab) is given the same outputs. Both need
# outputs of a model that did not see the label it judges: `cross_val_predict`.

# %%
import matplotlib.pyplot as plt
import numpy as np
from cleanlab.filter import find_label_issues
from cleanlab.rank import get_label_quality_scores
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score
from sklearn.model_selection import cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import lnl_sr_tf as lnl

digits = load_digits()
matrix = lnl.noise.asymmetric_matrix("mnist", rate=0.3)
given = lnl.noise.corrupt(digits.target, matrix, seed=1)
wrong = given != digits.target
print(f"{wrong.mean():.1%} of {len(given)} labels are wrong")

# %%
model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01))
probabilities = cross_val_predict(
    model, digits.data, given, cv=5, method="predict_proba"
)

# %% [markdown]
# ## The same outputs, two judges

# %%
found = lnl.audit(given, probabilities)
found.noise_rate, found.noise_rate_interval

# %%
quality = get_label_quality_scores(given, probabilities)
suspected = find_label_issues(given, probabilities)

results = {
    "lnl.audit": (found.score, np.isin(np.arange(len(given)), found.suspects)),
    "cleanlab": (-quality, suspected),
}
for name, (score, chosen) in results.items():
    print(
        f"{name:10} AUROC {roc_auc_score(wrong, score):.3f}  "
        f"average precision {average_precision_score(wrong, score):.3f}  "
        f"{chosen.sum():3} suspects, F1 {f1_score(wrong, chosen):.3f}"
    )

# %% [markdown]
# ## The first twelve
#
# Each with the label that it was given and the one that is suggested.

# %%
figure, grid = plt.subplots(2, 6, figsize=(8, 3.4), layout="constrained")
for axes, i in zip(grid.flat, found.order, strict=False):
    axes.imshow(digits.images[i], cmap="gray_r")
    axes.set_title(f"given {given[i]}, likely {found.suggested[i]}", fontsize=9)
    axes.set_axis_off()
plt.show()

# %% [markdown]
# ## How many to look at
#
# Among the first labels of the order nearly each is wrong; then it pays less and less.

# %%
curve = found.yield_curve
true = np.cumsum(wrong[found.order])
figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
axes.fill_between(curve.looked_at, curve.low, curve.high, alpha=0.2)
axes.plot(curve.looked_at, curve.wrong, "--", label="expected by the audit")
axes.plot(np.arange(1, len(true) + 1), true, label="in truth")
axes.axvline(curve.worth_it, color="grey", linewidth=1)
axes.set(xlabel="labels looked at", ylabel="wrong ones among them")
axes.legend()
plt.show()
