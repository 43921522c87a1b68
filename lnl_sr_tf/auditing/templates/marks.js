// Marks.

/**
 * From the place of an example in `data` to [decision, label to use]; null for the one
 * that is suggested, -1 for none.
 */
let marks = new Map();
let kept = true;
let elsewhere = []; // stored [index, mark] of examples that only another page shows
const key = `lnl-sr audit ${data.fingerprint}`;

const itemOf = new Map(data.index.map((index, item) => [String(index), item]));

/**
 * What was stored, by index, since another audit of the same labels has another order;
 * if it can be read, and without what this page cannot have stored.
 */
function stored() {
  const read = new Map();
  elsewhere = [];
  try {
    const entries = JSON.parse(localStorage.getItem(key)) ?? {};
    for (const [index, mark] of Object.entries(entries)) {
      const item = itemOf.get(index);
      if (!isMark(mark)) continue;
      if (item !== undefined) read.set(item, markRead(item, mark));
      else if (!data.whole) elsewhere.push([index, mark]);
    }
  } catch (error) {
    kept = !(error instanceof DOMException);
  }
  return read;
}

/** A mark as it is stored: with the label itself, whatever is suggested another time. */
const markStored = (item, mark) => mark && [mark[0], labelOf(item, mark)];

/** Whether a page of these labels can have stored this. */
function isMark(entry) {
  const [decision, label] = Array.isArray(entry) ? entry : [];
  const sane = label === -1 || (Number.isInteger(label) && label in classes);
  return sane && Object.hasOwn(MARKS, decision);
}

const markRead = (item, [decision, label]) => [
  decision,
  decision === "wrong" ? own(item, label) : null,
];

function store() {
  try {
    const entries = [...marks].map(([item, mark]) => [
      data.index[item],
      markStored(item, mark),
    ]);
    localStorage.setItem(key, JSON.stringify(Object.fromEntries([...elsewhere, ...entries])));
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

/** The class to train with, or -1 where a person has not said one. */
const labelToUse = (item) => labelOf(item, marks.get(item) ?? ["wrong", null]);

function labelOf(item, [decision, label]) {
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
