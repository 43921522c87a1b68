"""Headless Chromium for tests of pages, where it is installed.

On Debian: `apt-get install chromium chromium-driver`, and the extra `test`.
"""

import contextlib
import importlib.util
import json
import shutil
import tempfile

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",  # root, as whom CI may run, cannot have one
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def missing():
    """What keeps the tests from a browser, for a skip's reason; empty if nothing."""
    if not _browser():
        return "no Chromium: apt-get install chromium"
    if not shutil.which("chromedriver"):
        return "no chromedriver: apt-get install chromium-driver"
    if importlib.util.find_spec("selenium") is None:
        return "no selenium: pip install selenium"
    return ""


@contextlib.contextmanager
def chromium(downloads=None):
    """A driver of a browser of its own; at the end both are gone.

    Args:
        downloads: the folder where files that a page offers are put, unasked.
    """
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = _browser()
    for argument in ARGUMENTS:
        options.add_argument(argument)
    options.set_capability(
        "goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"}
    )
    if downloads:
        options.add_experimental_option(
            "prefs", {"download.default_directory": str(downloads)}
        )
    # Chromium may still write its profile while it ends.
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options.add_argument(f"--user-data-dir={profile}")
        # Named, so that selenium does not look for one to download.
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        driver = webdriver.Chrome(options, service)
        try:
            # A new window shows a page of the browser's own, whose requests are logged.
            driver.get("about:blank")
            driver.get_log("performance")
            yield driver
        finally:
            driver.quit()


def resize(driver, width, height, dark=False):
    """Give the page this size, less than a window can have too, and a colour scheme."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def complaints(driver):
    """What the console said since last asked: errors and warnings."""
    log = driver.get_log("browser")
    return [e["message"] for e in log if e["level"] in ("SEVERE", "WARNING")]


def requested(driver):
    """The addresses that pages asked for since last asked."""
    events = [
        json.loads(entry["message"])["message"]
        for entry in driver.get_log("performance")
    ]
    return [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]


def _browser():
    return next(filter(None, map(shutil.which, BROWSERS)), None)
