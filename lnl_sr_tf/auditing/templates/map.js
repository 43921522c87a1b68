// The map of transitions.

const size = classes.length;

/** Estimated numbers, row by row; NaN where unknown. */
const matrix = new Float32Array(size * size);
if (Array.isArray(data.matrix)) {
  matrix.set(data.matrix.flat().map((value) => value ?? NaN));
} else {
  const { places, values, unknownRows, unknownColumns } = data.matrix;
  for (const row of unknownRows) matrix.fill(NaN, row * size, (row + 1) * size);
  for (const column of unknownColumns) {
    for (let place = column; place < matrix.length; place += size) matrix[place] = NaN;
  }
  places.forEach((place, number) => (matrix[place] = values[number] ?? NaN));
}
const numberAt = (row, column) => matrix[row * size + column];

let most = 0; // of wrong labels: those that are right would outshine them
for (let place = 0; place < matrix.length; place++) {
  // The diagonal is each size + 1 cells.
  if (matrix[place] > most && place % (size + 1)) most = matrix[place];
}
const shade = (value) => (value > 0 && most > 0 ? Math.sqrt(value / most) : 0);

const inList = new Map(); // from row * size + column to how many
for (let item = 0; item < total; item++) {
  const cell = data.suggested[item] * size + data.given[item];
  inList.set(cell, (inList.get(cell) ?? 0) + 1);
}

function pairSaid(row, column) {
  const number = estimated(numberAt(row, column));
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
let paintMap = () => {}; // anew; for paper if so

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
      const value = numberAt(row, column);
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

  const paint = (paper = false) => {
    const context = canvas.getContext("2d");
    const pixels = context.createImageData(size, size);
    for (let place = 0; place < matrix.length; place++) {
      const share = place % (size + 1) ? shade(matrix[place]) : 0.15;
      if (share) pixels.data[4 * place + 3] = 255 * share;
    }
    context.putImageData(pixels, 0, 0);
    context.globalCompositeOperation = "source-in";
    const heat = paper ? "--paper-heat" : "--heat";
    context.fillStyle = getComputedStyle(canvas).getPropertyValue(heat);
    context.fillRect(0, 0, size, size);
    context.globalCompositeOperation = "source-over";
  };
  byId("map").append(cells);
  // Of thousands of classes it takes a while; the cards come first.
  requestAnimationFrame(() => setTimeout(paint));
  paintMap = paint;
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint());
}
