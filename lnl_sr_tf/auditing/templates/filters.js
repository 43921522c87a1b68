// Filters.

let shown = []; // examples in the list
let selected = 0; // place in it

const chosen = (id) => (byId(id).value === "" ? -1 : Number(byId(id).value));

function passing() {
  const [given, suggested] = [chosen("given"), chosen("suggested")];
  const least = Number(byId("least").value) / 100;
  const mark = byId("mark").value;
  const differs = byId("differs").checked;
  const noted = byId("noted").checked;
  const words = byId("search").value.trim().toLowerCase();
  const passed = [];
  for (let item = 0; item < total; item++) {
    if (data.probability[item] < least) break; // they fall
    if (given >= 0 && data.given[item] !== given) continue;
    if (suggested >= 0 && data.suggested[item] !== suggested) continue;
    if (differs && data.suggested[item] === data.given[item]) continue;
    if (noted && !data.notes?.[item]) continue;
    if (mark && (marks.get(item)?.[0] ?? "unmarked") !== mark) continue;
    if (words && !searchable(item).includes(words)) continue;
    passed.push(item);
  }
  return passed;
}

/** Make the list anew; the same example stays selected, or else the one at `place`. */
function refilter(place = 0) {
  const before = shown[selected];
  shown = passing();
  const same = shown.indexOf(before);
  selected = same >= 0 ? same : Math.max(0, Math.min(place, shown.length - 1));
  byId("least-said").textContent = `≥ ${byId("least").value} %`;
  markPair();
  tellStatus();
  rebuild();
  // Whoever works in the list stays there; whoever is above it stays above.
  if (list.getBoundingClientRect().top < 0) reveal();
}

function showAll() {
  for (const id of ["given", "suggested", "mark", "search"]) byId(id).value = "";
  byId("least").value = 0;
  byId("differs").checked = false;
  byId("noted").checked = false;
  refilter();
}

let typing = 0; // the timer of a search that is to come

function search() {
  clearTimeout(typing);
  refilter();
}

function tellStatus() {
  const numbers = Object.keys(MARKS).map((name) => {
    let number = 0;
    for (const [decision] of marks.values()) number += decision === name;
    return `${counted(number)} ${name}`;
  });
  byId("status").textContent =
    `${counted(shown.length)} of ${counted(total)} shown · ${numbers.join(", ")}`;
}
