"use strict";

const MARKS = { wrong: "✗", right: "✓", unsure: "?" };
const KEYS = { w: "wrong", r: "right", u: "unsure", x: null, Backspace: null };
const COLUMNS = ["index", "file", "given", "suggested", "decision", "label"];
const NUMBERED = 20; // classes; numbers of more would be read by nobody
const SIDE = 128; // pixels of the longer side of a picture, at most
const MARGIN = 600; // pixels above and beneath the window that are there already
const SHEETS = 60; // decoded ones that are kept
const SPOKEN = 200; // characters of a text in the name of its card
const TYPING = 150; // milliseconds after a letter before the list is searched

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const total = data.index.length;
const classes = data.classes;
const list = byId("list");

// ---------------------------------------------------------------- Words and numbers

const counted = (number) => number.toLocaleString("en");
const percent = (share) =>
  share === null ? "no evidence" : `${(100 * share).toFixed(1)} %`;
const className = (label) => (label < 0 ? "none of the classes" : classes[label]);

function exampleName(item) {
  return data.names ? data.names[item] : `#${data.index[item]}`;
}

/** What can be searched for: what is shown, and the name. */
const searched = new Array(total);
function searchable(item) {
  const shows = data.texts?.[item] ?? "";
  const text = Array.isArray(shows)
    ? shows.map((cell, column) => `${data.columns[column]}: ${cell}`).join(", ")
    : shows;
  return (searched[item] ??= `${exampleName(item)}\n${text}\n${data.notes?.[item] ?? ""}`.toLowerCase());
}

/** An estimated number, as short as its cell. */
function estimated(value, letters = 20) {
  if (value === null) return "n/a";
  if (value === 0) return "0";
  if (value < 0.5) return "<1";
  const whole = counted(Math.round(value)).replaceAll(",", letters > 6 ? "," : "");
  if (whole.length <= letters) return whole;
  return `${Math.round(value / 1000)}k`;
}

// ------------------------------------------------------------------------- Marks

/**
 * From the place of an example in `data` to [decision, label to use]; null for the one
 * that is suggested, -1 for none.
 */
let marks = new Map();
let kept = true;
let past = []; // lists of [item, mark before], the last one last
const key = `lnl-sr audit ${data.fingerprint}`;

const itemOf = new Map(data.index.map((index, item) => [String(index), item]));

/**
 * What was stored, by index, since another audit of the same labels has another order;
 * if it can be read, and without what this page cannot have stored.
 */
function stored() {
  const read = new Map();
  try {
    const entries = JSON.parse(localStorage.getItem(key)) ?? {};
    for (const [index, mark] of Object.entries(entries)) {
      const [decision, label] = Array.isArray(mark) ? mark : [];
      const sane = label === -1 || (Number.isInteger(label) && label in classes);
      const item = itemOf.get(index);
      if (item !== undefined && Object.hasOwn(MARKS, decision) && sane) {
        read.set(item, [decision, decision === "wrong" ? own(item, label) : null]);
      }
    }
  } catch (error) {
    kept = !(error instanceof DOMException);
  }
  return read;
}

function store() {
  try {
    const entries = [...marks].map(([item, [decision]]) => [
      data.index[item],
      [decision, labelToUse(item)],
    ]);
    localStorage.setItem(key, JSON.stringify(Object.fromEntries(entries)));
    kept = true;
  } catch {
    kept = false;
  }
  warn();
}

function warn() {
  if (!kept) {
    say("This browser does not save marks: export them before you close the page.");
  }
}

function say(text) {
  byId("said").textContent = text;
}

function put(item, mark) {
  if (mark) marks.set(item, mark);
  else marks.delete(item);
}

function setMark(item, mark) {
  past.push([[item, marks.get(item)]]);
  put(item, mark);
  store();
}

/** The class to train with, or -1 where a person has not said one. */
function labelToUse(item) {
  const [decision, label] = marks.get(item) ?? ["wrong", null];
  if (decision === "right") return data.given[item];
  if (decision === "unsure") return -1;
  return label ?? suggestion(item);
}

/** The label for an example whose given one is wrong; -1 where none is suggested. */
function suggestion(item) {
  const suggested = data.suggested[item];
  return suggested === data.given[item] ? -1 : suggested;
}

/** A label as it stands in a mark. */
const own = (item, label) => (label === suggestion(item) ? null : label);

// ------------------------------------------------------------------------ Filters

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

// --------------------------------------------------------------------- Thumbnails

const { thumbnails } = data;
const sheets = new Map(); // from a number to its picture, the last one used last

/** The picture of a sheet; undefined while that part of the page is still read. */
function sheet(number) {
  let image = sheets.get(number);
  if (!image) {
    const encoded = byId(`sheet-${number}`);
    // Until something comes after it, it may not be there to its end.
    const whole = encoded && (document.readyState !== "loading" || encoded.nextSibling);
    if (!whole) return undefined;
    image = new Image();
    image.onload = () => drawFrom(number);
    image.src = thumbnails.start + encoded.textContent;
  }
  sheets.delete(number);
  sheets.set(number, image);
  if (sheets.size > SHEETS) sheets.delete(sheets.keys().next().value);
  return image;
}

function draw(card) {
  if (!thumbnails) return;
  const number = Math.floor(card.item / thumbnails.perSheet);
  const place = card.item % thumbnails.perSheet;
  const image = sheet(number);
  if (!image?.complete || !image.naturalWidth) return;
  const { width, height } = thumbnails;
  const left = (place % thumbnails.columns) * thumbnails.cellWidth;
  const top = Math.floor(place / thumbnails.columns) * thumbnails.cellHeight;
  const context = card.querySelector("canvas").getContext("2d");
  context.drawImage(image, left, top, width, height, 0, 0, width, height);
}

function drawFrom(number) {
  for (const card of cards()) {
    if (Math.floor(card.item / thumbnails.perSheet) === number) draw(card);
  }
}

// -------------------------------------------------------------------------- Texts

/** The text of an example, or the cells of its row by their columns. */
function setWords(box, item) {
  const shows = data.texts[item];
  if (!Array.isArray(shows)) {
    box.textContent = shows;
    return;
  }
  const made = (name, text, parts = []) => {
    const element = document.createElement(name);
    element.append(text, ...parts);
    return element;
  };
  const fields = shows.map((cell, number) => {
    const column = made("bdi", `${data.columns[number]}: `);
    column.className = "column";
    return made("span", column, [made("bdi", cell)]);
  });
  const missing = data.columns.length - shows.length;
  if (missing) fields.push(made("span", `and ${counted(missing)} more columns`));
  for (const field of fields) field.className = "field";
  box.replaceChildren(...fields);
}

/** Offer the whole of what does not fit on these cards. */
function offerWhole(row) {
  if (!data.texts) return;
  const boxes = [...row.querySelectorAll(".words")];
  const cut = boxes.map((box) => box.scrollHeight > box.clientHeight + 1);
  boxes.forEach((box, place) => (box.nextElementSibling.hidden = !cut[place]));
}

function showWhole(item) {
  if (!data.texts) return;
  const given = className(data.given[item]);
  byId("whole-name").textContent = `${exampleName(item)}, given ${given}`;
  setWords(byId("whole-words"), item);
  byId("whole").showModal();
}

// ---------------------------------------------------------- The list: cards and rows

let columns = 1;
let rowHeight = 1; // with the gap
const rows = new Map(); // those in the page, by their number

const cards = () => list.querySelectorAll(".card");
const cardAt = (place) => rows.get(Math.floor(place / columns))?.children[place % columns];

function makeCard(item) {
  const card = byId("card").content.firstElementChild.cloneNode(true);
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
    return card;
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
  return card;
}

/** Show what is marked and selected. */
function update(card) {
  const { item } = card;
  const decision = marks.get(item)?.[0];
  card.className = `card ${decision ?? ""}`;
  card.querySelector(".badge").textContent = MARKS[decision] ?? "";
  const isSelected = item === shown[selected];
  card.setAttribute("aria-selected", isSelected);
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
  row.style.top = `${number * rowHeight}px`;
  row.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  const first = number * columns;
  row.append(...shown.slice(first, first + columns).map(makeCard));
  rows.set(number, row);
  return row;
}

/** Have the rows in the page that are in sight or near it, and no others. */
function render() {
  const count = Math.ceil(shown.length / columns);
  const top = -list.getBoundingClientRect().top;
  const first = Math.floor((top - MARGIN) / rowHeight);
  const last = Math.floor((top + window.innerHeight + MARGIN) / rowHeight);
  const wanted = new Set();
  if (count) wanted.add(Math.floor(selected / columns)); // it may have the focus
  for (let n = Math.max(0, first); n <= Math.min(last, count - 1); n++) wanted.add(n);
  for (const [number, row] of rows) {
    if (wanted.has(number)) continue;
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
  list.style.height = count ? `${count * rowHeight}px` : "";
  list.setAttribute("aria-rowcount", count);
  list.setAttribute("aria-colcount", columns);
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
  const top = list.getBoundingClientRect().top + Math.floor(selected / columns) * rowHeight;
  const bar = byId("status").offsetHeight + 8;
  if (top < bar) window.scrollBy(0, top - bar);
  else if (top + rowHeight > window.innerHeight) {
    window.scrollBy(0, Math.min(top - bar, top + rowHeight - window.innerHeight));
  }
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
  setMark(item, mark);
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

function takeBack() {
  if (!past.length) return;
  const step = past.pop();
  for (const [item, before] of step) put(item, before);
  store();
  if (step.length > 1) return refilter(selected);
  const [[item]] = step;
  showMark(item);
  const place = shown.indexOf(item);
  select(place >= 0 ? place : selected);
}

// ------------------------------------------------------------ The map of transitions

const { matrix } = data;
const size = classes.length;
let most = 0; // of wrong labels: those that are right would outshine them
matrix.forEach((values, row) =>
  values.forEach((value, column) => {
    if (row !== column) most = Math.max(most, value ?? 0);
  }),
);
const shade = (value) => (most > 0 ? Math.sqrt(Math.max(0, value ?? 0) / most) : 0);

const inList = new Map(); // from row * size + column to how many
for (let item = 0; item < total; item++) {
  const cell = data.suggested[item] * size + data.given[item];
  inList.set(cell, (inList.get(cell) ?? 0) + 1);
}

function pairSaid(row, column) {
  const number = estimated(matrix[row][column]);
  return (
    `True class ${classes[row]}, given ${classes[column]}: ${number} estimated, ` +
    `${counted(inList.get(row * size + column) ?? 0)} in the list.`
  );
}

function sayPair(row, column) {
  byId("pair").textContent = row < 0 ? "" : pairSaid(row, column);
}

function choosePair(row, column) {
  const again = chosen("suggested") === row && chosen("given") === column;
  byId("suggested").value = again ? "" : row;
  byId("given").value = again ? "" : column;
  refilter();
}

/** Where an arrow key leads from a cell; null for other keys. */
function neighbour(event, row, column) {
  const [down, right] =
    { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[
      event.key
    ] ?? [];
  if (down === undefined) return null;
  const within = (place) => Math.max(0, Math.min(size - 1, place));
  return [within(row + down), within(column + right)];
}

let markPair = () => {};

/** A table of buttons, with numbers on them. */
function makeTable() {
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  head.append(document.createElement("td"));
  const heading = (name, scope) => {
    const cell = document.createElement("th");
    cell.scope = scope;
    cell.title = name;
    const span = document.createElement("span");
    span.textContent = name;
    cell.append(span);
    return cell;
  };
  const many = size > 12;
  table.classList.toggle("many", many);
  table.classList.toggle("upright", classes.some((name) => name.length > 3));
  table.setAttribute("aria-describedby", "map-help");
  const body = table.createTBody();
  const buttons = classes.map((name, row) => {
    head.append(heading(name, "col"));
    const line = body.insertRow();
    line.append(heading(name, "row"));
    return classes.map((_, column) => {
      const value = matrix[row][column];
      const button = document.createElement("button");
      button.type = "button";
      button.tabIndex = row || column ? -1 : 0;
      button.textContent = value === 0 ? "" : estimated(value, many ? 3 : 5);
      button.title = pairSaid(row, column);
      button.setAttribute("aria-label", button.title);
      button.classList.toggle("same", row === column);
      // Where numbers turn from dark to light, or from light to dark in the dark.
      button.classList.toggle("much", row !== column && shade(value) > 0.62);
      button.classList.toggle("some", row !== column && shade(value) > 0.48);
      button.style.setProperty("--share", `${100 * shade(value)}%`);
      button.onclick = () => choosePair(row, column);
      button.onmouseenter = () => sayPair(row, column);
      button.onfocus = () => sayPair(row, column);
      button.onkeydown = (event) => {
        const to = neighbour(event, row, column);
        if (!to) return;
        event.preventDefault();
        event.stopPropagation();
        button.tabIndex = -1;
        buttons[to[0]][to[1]].tabIndex = 0;
        buttons[to[0]][to[1]].focus();
      };
      line.insertCell().append(button);
      return button;
    });
  });
  let pressed = null;
  markPair = () => {
    pressed?.setAttribute("aria-pressed", false);
    pressed = buttons[chosen("suggested")]?.[chosen("given")];
    pressed?.setAttribute("aria-pressed", true);
  };
  byId("map").append(table);
}

/** A picture of small cells, over which a cursor goes. */
function makeCells() {
  const side = Math.max(2, Math.min(12, Math.floor(540 / size)));
  const cells = document.createElement("div");
  cells.className = "cells";
  cells.tabIndex = 0;
  cells.setAttribute("role", "application");
  cells.setAttribute("aria-label", "Transitions: arrow keys move, Enter shows the pair");
  cells.setAttribute("aria-describedby", "map-help pair");
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  canvas.style.width = canvas.style.height = `${side * size}px`;
  const [cursor, choice] = ["cursor", "chosen"].map((name) => {
    const box = document.createElement("span");
    box.className = name;
    box.hidden = true;
    box.style.width = box.style.height = `${side}px`;
    return box;
  });
  cells.append(canvas, cursor, choice);
  const put = (box, row, column) => {
    box.hidden = row < 0 || column < 0;
    box.style.left = `${column * side}px`;
    box.style.top = `${row * side}px`;
  };
  let at = [0, 0];
  const go = (row, column) => {
    at = [row, column];
    put(cursor, row, column);
    sayPair(row, column);
    cells.title = pairSaid(row, column);
  };
  const under = (event) => {
    const place = canvas.getBoundingClientRect();
    const within = (pixels) => Math.max(0, Math.min(size - 1, Math.floor(pixels / side)));
    return [within(event.clientY - place.top), within(event.clientX - place.left)];
  };
  cells.onpointermove = (event) => go(...under(event));
  cells.onfocus = () => go(...at);
  cells.onblur = cells.onpointerleave = () => put(cursor, -1, -1);
  cells.onclick = (event) => {
    go(...under(event));
    choosePair(...at);
  };
  cells.onkeydown = (event) => {
    const to = neighbour(event, ...at);
    if (to) go(...to);
    else if (event.key === "Enter" || event.key === " ") choosePair(...at);
    else return;
    event.preventDefault();
    event.stopPropagation();
    cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  markPair = () => put(choice, chosen("suggested"), chosen("given"));

  const paint = () => {
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(size, size);
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        const share = row === column ? 0.15 : shade(matrix[row][column]);
        pixels.data[4 * (row * size + column) + 3] = 255 * share;
      }
    }
    context.putImageData(pixels, 0, 0);
    context.globalCompositeOperation = "source-in";
    context.fillStyle = getComputedStyle(canvas).getPropertyValue("--heat");
    context.fillRect(0, 0, size, size);
    context.globalCompositeOperation = "source-over";
  };
  byId("map").append(cells);
  paint();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
}

// -------------------------------------------------------- Decisions as a table of text

const quoted = (text) =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : String(text);

function decisions() {
  const items = [...marks.keys()].sort((a, b) => data.index[a] - data.index[b]);
  const lines = items.map((item) => {
    const label = labelToUse(item);
    return [
      data.index[item],
      data.names ? data.names[item] : "",
      classes[data.given[item]],
      classes[data.suggested[item]],
      marks.get(item)[0],
      label < 0 ? "" : classes[label],
    ];
  });
  return [COLUMNS, ...lines].map((line) => line.map(quoted).join(",") + "\r\n").join("");
}

function exportDecisions() {
  const link = document.createElement("a");
  const file = new Blob([decisions()], { type: "text/csv;charset=utf-8" });
  link.href = URL.createObjectURL(file);
  link.download = "decisions.csv";
  link.click();
  // Not at once: the browser may still have to read it.
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  say(`${counted(marks.size)} decisions exported.`);
  warn();
}

/** Rows of fields; null if the quotes are not in pairs. */
function parseCsv(text) {
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;
  const lines = [];
  let line = [];
  while (field.lastIndex < text.length || line.length) {
    const found = field.exec(text);
    if (!found) return null;
    line.push(found[1]?.replaceAll('""', '"') ?? found[2]);
    if (found[3] === ",") continue;
    if (line.length > 1 || line[0]) lines.push(line);
    line = [];
  }
  return lines;
}

/** Take over the decisions of a file; says what came of it. */
function importDecisions(text) {
  const lines = parseCsv(text.replace(/^\ufeff/, ""));
  const header = lines?.shift();
  if (!header || header.join() !== COLUMNS.join()) {
    return `Not a file of decisions: its first line must be ${COLUMNS.join()}.`;
  }
  const labels = new Map(classes.map((name, label) => [name, label]));
  const before = new Map();
  let taken = 0;
  let changed = 0;
  let other = 0;
  for (const [index, file, given, , decision, label] of lines) {
    const item = itemOf.get(index);
    const fits =
      item !== undefined &&
      given === classes[data.given[item]] &&
      file === (data.names ? data.names[item] : "") &&
      Object.hasOwn(MARKS, decision) &&
      (!label || labels.has(label));
    if (!fits) {
      other += 1;
      continue;
    }
    taken += 1;
    const old = marks.get(item);
    if (!before.has(item)) before.set(item, old);
    const used = decision === "wrong" ? own(item, label ? labels.get(label) : -1) : null;
    if (old && (old[0] !== decision || old[1] !== used)) changed += 1;
    put(item, [decision, used]);
  }
  if (taken) past.push([...before]);
  store();
  refilter(selected);
  const over = changed ? ` ${counted(changed)} marks were replaced; z undoes it.` : "";
  const rest = other ? ` ${counted(other)} lines match none of these examples.` : "";
  return `${counted(taken)} decisions read.${over}${rest}`;
}

// ------------------------------------------------------------------ Keys and clicks

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const field = event.target.closest("input, select");
  if (field) {
    // Out of the choice of a label, back to the cards.
    if (field.closest(".card") && ["Enter", "Escape"].includes(event.key)) {
      event.preventDefault();
      field.closest(".card").focus();
    }
    // And from the search to what it found.
    if (field.id === "search" && event.key === "Enter") {
      event.preventDefault();
      search();
      select(selected);
    }
    return;
  }
  const whole = byId("whole");
  if (whole.open) {
    if (event.key === "t") whole.close();
    return;
  }
  if (!shown.length && !["z", "/"].includes(event.key)) return;
  const pressed = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const steps = {
    ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns,
  };
  if (pressed in steps) move(steps[pressed]);
  else if (pressed === "Home") select(0);
  else if (pressed === "End") select(shown.length - 1);
  else if (Object.hasOwn(KEYS, pressed)) {
    const decision = KEYS[pressed];
    const item = shown[selected];
    const before = marks.get(item);
    // Marked so again, it keeps the label that was chosen for it.
    const again = before?.[0] === decision;
    const stays = decide(item, again ? before : decision && [decision, null]);
    select(stays && decision ? selected + 1 : selected);
  } else if (pressed === "z") takeBack();
  else if (pressed === "/") searchFromKeys();
  else if (pressed === "t" && data.texts) showWhole(shown[selected]);
  else if (pressed === "c") {
    select(selected);
    cardAt(selected).querySelector("select").focus();
  } else return;
  event.preventDefault();
}

/** On a phone the filters may be closed. */
function searchFromKeys() {
  byId("filters").open = true;
  byId("search").focus();
}

function onClick(event) {
  const card = event.target.closest(".card");
  if (!card) return;
  const button = event.target.closest("[data-mark]");
  select(shown.indexOf(card.item), false);
  if (event.target.closest(".more")) showWhole(card.item);
  if (!button) return;
  const decision = button.dataset.mark;
  const again = marks.get(card.item)?.[0] === decision;
  decide(card.item, again ? null : [decision, null]);
}

function onChoice(event) {
  const { item } = event.target.closest(".card");
  const label = event.target.value === "" ? null : Number(event.target.value);
  if (label === data.given[item]) decide(item, ["right", null]);
  else decide(item, ["wrong", label === null ? null : own(item, label)]);
}

function start() {
  for (const id of ["given", "suggested"]) {
    byId(id).append(...classes.map((name, label) => new Option(name, label)));
  }
  byId("clean-choice").hidden = !data.clean;
  byId("noted-choice").hidden = !data.notes?.some(Boolean);
  list.classList.toggle("with-notes", Boolean(data.notes?.some(Boolean)));
  list.classList.toggle("exact", Boolean(thumbnails?.exact));
  list.classList.toggle("texts", Boolean(data.texts));
  byId("whole-help").hidden = !data.texts;
  byId("whole-close").onclick = () => byId("whole").close();
  document.querySelector(".work").classList.toggle("broad", size > 13);
  if (size <= NUMBERED) makeTable();
  else makeCells();
  byId("most").textContent = `${estimated(most)} wrong labels`;
  // On a phone the map would keep the examples out of sight.
  if (matchMedia("(max-width: 45rem)").matches) byId("transitions").open = false;

  for (const id of ["given", "suggested", "mark", "differs", "noted"]) {
    byId(id).addEventListener("change", () => refilter());
  }
  byId("least").addEventListener("input", () => refilter());
  byId("search").addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(search, TYPING);
  });
  byId("show-all").addEventListener("click", showAll);
  byId("show-clean").addEventListener("change", (event) => {
    list.classList.toggle("with-clean", event.target.checked);
    rebuild();
  });
  byId("export").addEventListener("click", exportDecisions);
  byId("import").addEventListener("change", async (event) => {
    const [file] = event.target.files;
    if (file) say(importDecisions(await file.text()));
    event.target.value = ""; // so that the same file can be read again
    warn();
  });
  document.addEventListener("keydown", onKey);
  list.addEventListener("click", onClick);
  list.addEventListener("change", onChoice);
  for (const kind of ["focusin", "pointerdown"]) {
    list.addEventListener(kind, (event) => {
      if (event.target.matches("select")) fill(event.target);
    });
  }
  window.addEventListener("scroll", renderSoon, { passive: true });
  new ResizeObserver(renderOrRebuild).observe(list);
  window.addEventListener("resize", renderSoon);
  // Another window of the same page: the last to write would undo the other's marks.
  window.addEventListener("storage", (event) => {
    if (event.key !== key && event.key !== null) return;
    marks = stored();
    past = [];
    refilter(selected);
  });
  window.addEventListener("beforeunload", (event) => {
    if (!kept && marks.size) event.preventDefault();
  });
  // The sheets come after this script; the first are there long before the last.
  const drawAll = () => cards().forEach(draw);
  const reading = setInterval(drawAll, 50);
  document.addEventListener("DOMContentLoaded", () => {
    clearInterval(reading);
    drawAll();
  });

  marks = stored();
  warn();
  refilter();
}

let width = 0;

function renderOrRebuild() {
  if (list.clientWidth !== width) {
    width = list.clientWidth;
    rebuild();
    if (list.getBoundingClientRect().top < 0) reveal();
  }
}

start();
