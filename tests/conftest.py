"""Before any test imports TensorFlow."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# Figures are written to files; no test needs a screen.
os.environ.setdefault("MPLBACKEND", "agg")
