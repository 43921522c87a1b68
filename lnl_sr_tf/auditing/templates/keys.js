// Keys and clicks.

const markSelected = (decision) => () => {
  const item = shown[selected];
  const before = marks.get(item);
  // Marked so again, it keeps the label that was chosen for it.
  const again = before?.[0] === decision;
  const stays = decide(item, again ? before : decision && [decision, null]);
  select(stays && decision ? selected + 1 : selected);
};

function chooseLabel() {
  select(selected);
  cardAt(selected).querySelector("select").focus();
}

/** What keys do, as the help lists them; `empty`: also where no example is listed. */
const BINDINGS = [
  {
    says: "go to another example",
    keys: {
      ArrowLeft: () => move(-1),
      ArrowRight: () => move(1),
      ArrowUp: () => move(-columns),
      ArrowDown: () => move(columns),
    },
  },
  {
    says: "go to the first, to the last",
    keys: { Home: () => select(0), End: () => select(shown.length - 1) },
  },
  { says: "wrong", keys: { w: markSelected("wrong") } },
  { says: "right", keys: { r: markSelected("right") } },
  { says: "unsure", keys: { u: markSelected("unsure") } },
  { says: "clear the mark", keys: { x: markSelected(null), Backspace: markSelected(null) } },
  { says: "choose the label to use; Enter or Escape leads back", keys: { c: chooseLabel } },
  { says: "undo a mark, or an import", keys: { z: undo, "Ctrl+z": undo }, empty: true },
  { says: "redo what was undone", keys: { Z: redo, y: redo }, empty: true },
  { says: "search; Enter leads to what was found", keys: { "/": searchFromKeys }, empty: true },
  ...(data.texts
    ? [{ says: "the whole example", keys: { t: () => showWhole(shown[selected]) } }]
    : []),
  { says: "print what is listed", keys: { "Ctrl+p": printPage }, empty: true },
  { says: "these keys", keys: { "?": () => byId("keys").showModal() }, empty: true },
];
const KEY_NAMES = {
  ArrowLeft: "←", ArrowRight: "→", ArrowUp: "↑", ArrowDown: "↓", Z: "Shift+Z",
  "Ctrl+z": "Ctrl+Z", "Ctrl+p": "Ctrl+P",
};

/** The binding of a key and what it does; null where there is none. */
function bound(event) {
  const letter = event.key.length === 1;
  const lower = letter ? event.key.toLowerCase() : event.key;
  let names = [lower];
  if (event.ctrlKey || event.metaKey) names = [`Ctrl+${lower}`];
  // By the shift key, not by the letter: Caps Lock may be on.
  else if (letter && event.shiftKey) names = [lower.toUpperCase(), lower];
  for (const name of names) {
    for (const { keys, empty } of BINDINGS) {
      if (Object.hasOwn(keys, name)) return { act: keys[name], empty };
    }
  }
  return null;
}

function onKey(event) {
  if (event.altKey || (event.ctrlKey && event.shiftKey)) return;
  const control = event.ctrlKey || event.metaKey;
  const field = event.target.closest("input:not([type=checkbox]), select");
  if (field && !(control && event.key === "p")) {
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
  const dialog = document.querySelector("dialog[open]");
  if (dialog) {
    if (event.key === dialog.dataset.key) dialog.close();
    return;
  }
  const found = bound(event);
  // Whoever speaks to a browser may say letters; they can be turned off.
  const off = event.key.length === 1 && !control && !byId("letters").checked;
  if (!found || off || (!shown.length && !found.empty)) return;
  found.act();
  event.preventDefault();
}

/** The keys as a list of terms. */
function listKeys() {
  for (const { says, keys } of BINDINGS) {
    const term = document.createElement("dt");
    for (const name of Object.keys(keys)) {
      const key = document.createElement("kbd");
      key.textContent = KEY_NAMES[name] ?? name;
      term.append(key, " ");
    }
    const text = document.createElement("dd");
    text.textContent = says;
    const pair = document.createElement("div");
    pair.append(term, text);
    byId("key-list").append(pair);
  }
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
