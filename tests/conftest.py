"""Before any test imports TensorFlow."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# To wait for the disk is for power cuts, which no test can bring about.
os.fsync = lambda descriptor: None
# Figures are written to files; no test needs a screen.
os.environ.setdefault("MPLBACKEND", "agg")
