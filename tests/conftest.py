"""Before any test imports TensorFlow."""

import gc
import os
import shutil
import signal
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# To wait for the disk is for power cuts, which no test can bring about.
os.fsync = lambda descriptor: None
# Figures are written to files; no test needs a screen.
os.environ.setdefault("MPLBACKEND", "agg")

# Shells start what is in the background to ignore SIGINT; tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Files that take more than a hundredth of the whole, the longest first: the two
# processes share the files out as they come, and end together if short ones come last.
_LONG = (
    "test_multi_worker", "test_mirrored", "test_robust_model", "test_finetuned_runs",
    "test_classifier", "test_train", "test_within_epoch", "test_properties",
    "test_resume", "test_main_own_data", "test_export", "test_shapes",
    "test_adaptive_regularization", "test_processes", "test_survival",
    "test_schedulers", "test_commands", "test_main", "test_backbone_runs",
    "test_experiment", "test_audit_command", "test_other_weights", "test_readme",
    "test_search", "test_backbone", "test_serving_temperature", "test_methods",
    "test_photographs", "test_lost_classes_of_runs", "test_fuzz", "test_study",
    "test_own_data",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    """Long files first; tests of a file stay in their order."""
    place = {name: i for i, name in enumerate(_LONG)}
    items.sort(key=lambda item: place.get(item.path.stem, len(_LONG)))


def pytest_collection_finish(session):
    """What was imported stays: each search for garbage would look through all of it."""
    gc.collect()
    gc.freeze()


def pytest_configure(config):
    """A place for runs that tests share, which xdist's workers are told of."""
    if not hasattr(config, "workerinput"):
        os.environ["LNL_SR_TESTS_SHARED_RUNS"] = tempfile.mkdtemp()


def pytest_unconfigure(config):
    """What tests shared goes with them."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["LNL_SR_TESTS_SHARED_RUNS"], ignore_errors=True)
