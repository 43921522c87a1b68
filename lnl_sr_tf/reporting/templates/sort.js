"use strict";
// Tables that sort: a button in each heading of a column. Without this script they are
// plain tables.

const PARTS = /(\d+(?:\.\d+)?(?:e[-+]?\d+)?)/i;
const SIGNED = /[-−]?\d+(?:\.\d+)?(?:e[-+]?\d+)?/gi;
const words = (cell) => cell.textContent.trim();
const isValue = (text) => /[\p{L}\d]/u.test(text) && !["n/a", "nan"].includes(text.toLowerCase());
const numbers = (text) => text.match(SIGNED).map((one) => Number(one.replace("−", "-")));

/** Words with numbers in them: sym 0.25 before sym 0.5, and seed 9 before seed 10. */
function compareWords(one, other) {
  const [left, right] = [one, other].map((text) => text.split(PARTS));
  for (let part = 0; part < Math.min(left.length, right.length); part += 1) {
    const differ = part % 2
      ? Number(left[part]) - Number(right[part])
      : left[part].localeCompare(right[part], "en");
    if (differ) return differ;
  }
  return left.length - right.length;
}

/** Mean ± deviation by the mean, and of equal means by the deviation. */
function compareNumbers(one, other) {
  const [left, right] = [numbers(one), numbers(other)];
  return left[0] - right[0] || (left[1] ?? 0) - (right[1] ?? 0);
}

function sortTable(table, column, ascending) {
  const headings = [...table.tHead.rows[0].cells];
  const compare = headings[column].classList.contains("number") ? compareNumbers : compareWords;
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, text: words(row.cells[column]) }));
  const known = rows.filter(({ text }) => isValue(text));
  const unknown = rows.filter(({ text }) => !isValue(text)); // last, either way
  known.sort((one, other) => (ascending ? 1 : -1) * compare(one.text, other.text));
  body.append(...[...known, ...unknown].map(({ row }) => row));
  for (const heading of headings) heading.removeAttribute("aria-sort");
  headings[column].setAttribute("aria-sort", ascending ? "ascending" : "descending");
}

for (const table of document.querySelectorAll("table.sortable")) {
  for (const [column, heading] of [...table.tHead.rows[0].cells].entries()) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    // Of numbers the largest are looked for first.
    const before = heading.classList.contains("number") ? "ascending" : "descending";
    button.onclick = () => {
      const now = heading.getAttribute("aria-sort") ?? before;
      sortTable(table, column, now === "descending");
    };
  }
}
