// The list: cards and rows.

let columns = 1;
let rowHeight = 1; // with the gap
const rows = new Map(); // those in the page, by their number

const cards = () => list.querySelectorAll(".card");
const cardAt = (place) =>
  rows.get(Math.floor(place / columns))?.children[place % columns]?.firstElementChild;

/** A cell of the grid with the card of an example in it. */
function makeCell(item) {
  const cell = byId("card").content.firstElementChild.cloneNode(true);
  const card = cell.firstElementChild;
  card.item = item;
  const put = (selector, text) => {
    const element = card.querySelector(selector);
    element.textContent = text;
    element.title = text;
  };
  const name = exampleName(item);
  put(".probability", percent(data.probability[item]));
  put(".name", name.split(/[\\/]/).at(-1) || name);
  card.querySelector(".name").title = name;
  put(".given", className(data.given[item]));
  put(".suggested", className(data.suggested[item]));
  put(".noted", data.notes?.[item] ?? "");
  if (data.clean) put(".clean .value", className(data.clean[item]));
  if (data.texts) {
    setWords(card.querySelector(".words"), item);
    card.querySelector("canvas").remove();
    update(card);
    return cell;
  }
  for (const other of card.querySelectorAll(".words, .more")) other.remove();
  const canvas = card.querySelector("canvas");
  const { width, height, exact } = thumbnails;
  const larger = SIDE / Math.max(width, height);
  const scale = exact ? Math.floor(larger) : larger;
  canvas.width = width;
  canvas.height = height;
  canvas.style.width = `${scale * width}px`;
  canvas.style.height = `${scale * height}px`;
  canvas.setAttribute("aria-label", `Example ${name}`);
  update(card);
  draw(card);
  return cell;
}

/** Show what is marked and selected. */
function update(card) {
  const { item } = card;
  const decision = marks.get(item)?.[0];
  card.className = `card ${decision ?? ""}`;
  card.querySelector(".badge").textContent = MARKS[decision] ?? "";
  const isSelected = item === shown[selected];
  card.parentElement.setAttribute("aria-selected", isSelected);
  // Tab leads to the selected card and what is on it, and from there out of the list.
  card.tabIndex = isSelected ? 0 : -1;
  for (const control of card.querySelectorAll("button, select")) {
    control.tabIndex = isSelected ? 0 : -1;
  }
  for (const button of card.querySelectorAll("[data-mark]")) {
    button.setAttribute("aria-pressed", button.dataset.mark === decision);
  }
  const select = card.querySelector("select");
  const label = labelToUse(item);
  card.querySelector(".used").textContent =
    decision === "wrong" ? (label < 0 ? "no label yet" : classes[label]) : "";
  // The other classes come when they are needed: they are too many for every card.
  select.replaceChildren(option(label));
  select.filled = false;
  if (document.activeElement === select) fill(select);
  card.setAttribute(
    "aria-label",
    `${percent(data.probability[item])}: given ${className(data.given[item])}, ` +
      `suggested ${className(data.suggested[item])}, ${exampleName(item)}, ` +
      (decision ? `marked ${decision}` : "unmarked") +
      (data.texts ? `: ${card.querySelector(".words").textContent.slice(0, SPOKEN)}` : ""),
  );
}

function option(label) {
  const said = label < 0 ? "choose a label" : `use ${classes[label]}`;
  return new Option(said, label < 0 ? "" : label);
}

function fill(select) {
  if (select.filled) return;
  select.filled = true;
  const item = select.closest(".card").item;
  const label = labelToUse(item);
  const options = classes.map((_, number) => option(number));
  if (label < 0) options.unshift(option(-1));
  select.replaceChildren(...options);
  select.value = label < 0 ? "" : label;
}

function makeRow(number) {
  const row = document.createElement("div");
  row.className = "row";
  row.number = number;
  row.setAttribute("role", "row");
  row.setAttribute("aria-rowindex", number + 1);
  row.style.top = `${topOf(number)}px`;
  row.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  const first = number * columns;
  row.append(...shown.slice(first, first + columns).map(makeCell));
  rows.set(number, row);
  return row;
}

/** Have the rows in the page that are in sight or near it, and no others. */
function render() {
  const count = Math.ceil(shown.length / columns);
  const top = rowsAt(scrolledNow());
  const first = Math.floor((top - MARGIN) / rowHeight);
  const last = Math.floor((top + window.innerHeight + MARGIN) / rowHeight);
  const wanted = new Set();
  if (count) wanted.add(Math.floor(selected / columns)); // it may have the focus
  for (let n = Math.max(0, first); n <= Math.min(last, count - 1); n++) wanted.add(n);
  for (const [number, row] of rows) {
    if (wanted.has(number)) {
      if (tall > squeezed) row.style.top = `${topOf(number)}px`;
      continue;
    }
    row.remove();
    rows.delete(number);
  }
  let next = list.firstElementChild;
  for (const number of [...wanted].sort((a, b) => a - b)) {
    if (next?.number === number) next = next.nextElementSibling;
    else offerWhole(list.insertBefore(makeRow(number), next));
  }
}

/** All rows anew: there are others in the list, or they have another size. */
function rebuild() {
  const focused = list.contains(document.activeElement);
  rows.clear();
  list.replaceChildren();
  const root = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const style = getComputedStyle(list);
  const [gap, card] = ["--gap", "--card"].map(
    (name) => root * parseFloat(style.getPropertyValue(name)),
  );
  columns = Math.max(1, Math.floor((list.clientWidth + gap) / (card + gap)));
  if (shown.length) {
    const probe = makeRow(0);
    list.append(probe);
    offerWhole(probe);
    rowHeight = probe.offsetHeight + gap;
  } else {
    const empty = document.createElement("p");
    empty.className = "empty";
    empty.textContent = total ? "No example matches these filters." : "There are no examples.";
    list.append(empty);
  }
  const count = Math.ceil(shown.length / columns);
  setHeight(count * rowHeight);
  list.setAttribute("role", count ? "grid" : "group"); // a grid must have rows
  for (const [name, number] of [["aria-rowcount", count], ["aria-colcount", columns]]) {
    if (count) list.setAttribute(name, number);
    else list.removeAttribute(name);
  }
  if (shown.length) render();
  if (focused) cardAt(selected)?.focus({ preventScroll: true });
}

let waiting = false;

/** Once before the next picture of the screen, however often the page scrolls. */
function renderSoon() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    if (shown.length) render();
  });
}

/** Scroll as little as shows the selected card. */
function reveal() {
  if (!shown.length) return;
  const scrolled = scrolledNow();
  const from = rowsAt(scrolled);
  const top = Math.floor(selected / columns) * rowHeight - from;
  const bar = byId("status").offsetHeight + 8;
  let by = 0;
  if (top < bar) by = top - bar;
  else if (top + rowHeight > window.innerHeight) {
    by = Math.min(top - bar, top + rowHeight - window.innerHeight);
  }
  if (by) window.scrollBy(0, scrolledAt(from + by) - scrolled);
  render();
}

function select(place, scroll = true) {
  if (!shown.length) return;
  const before = cardAt(selected);
  selected = Math.max(0, Math.min(place, shown.length - 1));
  if (before) update(before);
  if (scroll) reveal();
  else render();
  const card = cardAt(selected);
  update(card);
  if (!card.contains(document.activeElement)) card.focus({ preventScroll: true });
}

function move(by) {
  const place = selected + by;
  const row = Math.floor(selected / columns);
  const lastRow = Math.floor((shown.length - 1) / columns);
  if (place < 0) return;
  // Beneath the last but one row there may be no card, and yet a row.
  if (place >= shown.length && row === lastRow) return;
  select(place);
}

/** Mark an example and show it; true if it is still in the list. */
function decide(item, mark) {
  change("mark", [[item, marks.get(item), mark ?? undefined]]);
  return showMark(item);
}

function showMark(item) {
  if (byId("mark").value) {
    refilter(selected);
  } else {
    tellStatus();
    for (const card of cards()) if (card.item === item) update(card);
  }
  return shown.includes(item);
}
