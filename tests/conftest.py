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

# Files that take a quarter of a minute and more, the longest first: the two processes
# share the files out as they come, and end together if short ones come last.
_LONG = (
    "test_mirrored", "test_multi_worker", "test_processes", "test_commands",
    "test_main_own_data", "test_main", "test_survival", "test_within_epoch",
    "test_experiment", "test_properties", "test_search", "test_audit_command",
    "test_serving_temperature", "test_fold_runs",
    "test_own_data", "test_photographs", "test_fuzz", "test_bad_data", "test_cli",
    "test_export", "test_clean", "test_resume", "test_compilation",
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
