"""The beginning of a report as a browser shows it; needs Chromium."""

import itertools
import pathlib
import tempfile

from absl.testing import absltest, parameterized
from helpers import axe, browser, runs_with_curves
from helpers.review_pages import REACH_OUT

from lnl_sr_tf.experiment.finished_run import FinishedRun
from lnl_sr_tf.reporting import comparison, html_page

SIZES = {"phone": (390, 800), "desk": (1280, 900)}
LOSSES = ("ce", "gce", "ce_sr", "mae", "fl", "sce", "nce_mae", "gce_sr", "aul")
# Accuracy of seeds 1 and 2: as words, 9.5 would come after 50 and 100.
LAST = ((0.5, 0.5), (0.09, 0.1), (1.0, 1.0), (0.5, 0.6), (0.45, 0.55))
NUMBERS = html_page.Table(
    ("what", "value", "empty"),
    [("seed 10", "−2.5", ""), ("seed 9", "n/a", ""), ("λ 0.25", "1e2", ""),
     ("λ 0.5", "100.5 ± 3", "")],
    sorts=True,
)  # fmt: skip


@absltest.skipIf(browser.missing(), browser.missing())
class ComparisonInBrowserTest(parameterized.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        place = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.page = place / "report.html"
        folders = [
            runs_with_curves.make(place, {"loss": loss, "seed": seed}, [0.3, 0.4, last])
            for loss, both in zip(LOSSES, LAST, strict=False)
            for seed, last in enumerate(both, 1)
        ]
        folders += [
            runs_with_curves.make(place, {"loss": loss, "rate": 0.2}, [0.5, 0.6])
            for loss in LOSSES
        ]
        (folders[0].path / "audit.html").write_text("<title>The audit</title>")
        runs = [FinishedRun(folder.path) for folder in folders]
        section = comparison.section(runs, [], ["numbers"], cls.page)
        more = html_page.Section("Numbers", [NUMBERS], "numbers")
        html_page.write(cls.page, "Report of runs", [section, more])
        cls.driver = cls.enterClassContext(browser.chromium())

    def opened(self, size="desk", dark=False):
        browser.resize(self.driver, *SIZES[size], dark)
        self.driver.get(self.page.as_uri())
        return self.driver.execute_script

    def all(self, selector):
        return self.driver.find_elements("css selector", selector)

    def column(self, table, place):
        return self.driver.execute_script(
            "return [...document.querySelectorAll('table')].at(arguments[0]).tBodies[0]"
            ".querySelectorAll(`:scope > tr > :nth-child(${arguments[1] + 1})`)"
            ".values().map(cell => cell.textContent.trim()).toArray()",
            table,
            place,
        )

    @parameterized.product(size=tuple(SIZES), dark=(False, True))
    def test_nothing_is_wrong_with_it(self, size, dark):
        run = self.opened(size, dark)
        self.assertEmpty(browser.complaints(self.driver))
        self.assertEmpty(axe.barriers(self.driver))
        width = run("return document.documentElement.scrollWidth")
        self.assertLessEqual(width, SIZES[size][0])
        self.assertEmpty(run(REACH_OUT))
        self.assertEmpty(run("return performance.getEntriesByType('resource')"))

    def test_curves_and_their_numbers_stand_within_the_chart(self):
        for size in SIZES:
            run = self.opened(size)
            outside = run("""
                return [...document.querySelectorAll(".chart")].flatMap(chart => {
                  const box = chart.getBoundingClientRect();
                  return [...chart.querySelectorAll("path, text, use")].filter(one => {
                    const at = one.getBoundingClientRect();
                    return at.left < box.left - 1 || at.right > box.right + 1
                      || at.top < box.top || at.bottom > box.bottom;
                  }).map(one => one.outerHTML.slice(0, 90));
                });
            """)
            self.assertEmpty(outside, size)
            tops = run("""
                return [...document.querySelectorAll(".chart")].map(chart =>
                  [...chart.querySelectorAll(".end text")]
                    .map(one => one.getBoundingClientRect().top).sort((a, b) => a - b));
            """)
            self.assertEqual([len(one) for one in tops], [5, 9])
            for one in tops:
                gaps = [b - a for a, b in itertools.pairwise(one)]
                self.assertGreater(min(gaps), 11, size)

    def test_sorts_by_a_click(self):
        """By the mean, and of equal means by the deviation."""
        self.opened()
        button = self.all("th button")[3]
        heading = button.find_element("xpath", "..")
        self.assertEqual(button.accessible_name, "last epoch")
        self.assertIsNone(heading.get_attribute("aria-sort"))
        before = self.column(0, 2)
        button.click()
        self.assertEqual(heading.get_attribute("aria-sort"), "descending")
        found = self.column(0, 3)
        self.assertEqual(found[0], "100.00 % ± 0.00")
        self.assertEqual(found[-1], "9.50 % ± 0.71")
        self.assertLess(
            found.index("55.00 % ± 7.07"), found.index("50.00 % ± 7.07"), found
        )
        self.assertLess(
            found.index("50.00 % ± 7.07"), found.index("50.00 % ± 0.00"), found
        )
        button.click()
        self.assertEqual(heading.get_attribute("aria-sort"), "ascending")
        self.assertEqual(self.column(0, 3)[-1], "100.00 % ± 0.00")
        # Whole rows have moved.
        row = self.column(0, 3).index("100.00 % ± 0.00")
        self.assertEqual(self.column(0, 2)[row], "ce_sr")
        self.assertCountEqual(self.column(0, 2), before)

    def test_sorts_by_keyboard(self):
        from selenium.webdriver.common.keys import Keys

        self.opened()
        first, second = self.all("th button")[1:3]
        second.send_keys(Keys.ENTER)
        self.assertEqual(self.column(0, 2), sorted(self.column(0, 2)))
        self.assertEqual(self.driver.switch_to.active_element, second)
        first.send_keys(Keys.SPACE)
        self.assertEqual(self.column(0, 1), sorted(self.column(0, 1)))
        sorted_by = self.all("th[aria-sort]")
        self.assertEqual([th.text.split()[0] for th in sorted_by], ["noise"])

    def test_words_with_numbers_and_cells_without(self):
        self.opened()
        what, value, _ = self.all("section:last-child th button")
        what.click()
        self.assertEqual(self.column(-1, 0), ["seed 9", "seed 10", "λ 0.25", "λ 0.5"])
        what.click()
        self.assertEqual(self.column(-1, 0), ["λ 0.5", "λ 0.25", "seed 10", "seed 9"])
        value.click()
        self.assertEqual(self.column(-1, 1)[-1], "n/a")
        value.click()
        self.assertEqual(self.column(-1, 1)[-1], "n/a")

    def test_link_leads_to_the_audit(self):
        self.opened()
        (link,) = (a for a in self.all("td a") if a.text == "audit page")
        link.click()
        self.assertEqual(self.driver.title, "The audit")

    def test_without_javascript_it_is_a_plain_table(self):
        off = "Emulation.setScriptExecutionDisabled"
        self.driver.execute_cdp_cmd(off, {"value": True})
        self.addCleanup(self.driver.execute_cdp_cmd, off, {"value": False})
        self.opened()
        self.assertEmpty(self.all("th button"))
        self.assertEqual(self.all("th")[3].text, "last epoch")
        self.assertLen(self.all(".chart"), 2)

    def test_print(self):
        run = self.opened(dark=True)
        media = "Emulation.setEmulatedMedia"
        dark = {"name": "prefers-color-scheme", "value": "dark"}
        self.driver.execute_cdp_cmd(media, {"media": "print", "features": [dark]})
        self.addCleanup(self.driver.execute_cdp_cmd, media, {"media": ""})
        self.assertEqual(
            run(
                "const heading = document.querySelector('th button');"
                "const line = document.querySelector('.line.hue0');"
                "return [getComputedStyle(heading, '::after').content,"
                " getComputedStyle(line).stroke]"
            ),
            ["none", "rgb(0, 114, 178)"],
        )


if __name__ == "__main__":
    absltest.main()
