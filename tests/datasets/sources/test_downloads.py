"""What a download that fails prints: our line, and nothing of its retries."""

import logging
import threading
import time

from absl.testing import absltest

from lnl_sr_tf.datasets.sources import tfds

RETRIES = logging.getLogger("urllib3.connectionpool")


class RetriesTest(absltest.TestCase):
    def test_retries_that_go_on_after_the_first_file_has_failed(self):
        told = threading.Event()

        def fetch(name):
            told.wait(20)
            RETRIES.warning("Retrying of %s", name)
            RETRIES.error("Broken: %s", name)
            return name

        quiet = tfds._without_warnings(fetch)
        found = []
        threads = [
            threading.Thread(target=lambda name=name: found.append(quiet(name)))
            for name in "ab"
        ]
        with self.assertLogs(RETRIES, logging.WARNING) as caught:
            for thread in threads:
                thread.start()
            told.set()
            for thread in threads:
                thread.join()
            RETRIES.warning("Retrying of somebody else")
        self.assertCountEqual(found, "ab")
        self.assertCountEqual(
            [record.getMessage() for record in caught.records],
            ["Broken: a", "Broken: b", "Retrying of somebody else"],
        )

    def test_downloads_of_tfds_are_such(self):
        """Also those that are still waiting when the first has failed."""
        import tensorflow_datasets
        from tensorflow_datasets.core.download import downloader

        said = []

        def fetch(self, url):
            time.sleep(0.01)
            RETRIES.warning("Retrying of %s", url)
            said.append(url)

        before = downloader._Downloader._sync_download
        self.addCleanup(setattr, downloader._Downloader, "_sync_download", before)
        downloader._Downloader._sync_download = fetch
        with self.assertNoLogs(RETRIES, logging.WARNING):
            with tfds._impatient_downloads(tensorflow_datasets):
                late = downloader._Downloader._sync_download
                late(None, "first")
            late(None, "last")
        self.assertEqual(said, ["first", "last"])
        self.assertIs(downloader._Downloader._sync_download, fetch)


if __name__ == "__main__":
    absltest.main()
