// What was done to marks, to be undone and done again.

/**
 * Steps, the last one last: {what, changes}, changes a list of [item, before, after].
 * An import is one step.
 */
let past = [];
let undone = []; // the one to do again last

const same = (one, other) => String(one) === String(other);

/** Change marks so that it can be undone. */
function change(what, changes) {
  const real = changes.filter(([, before, after]) => !same(before, after));
  if (!real.length) return;
  past.push({ what, changes: real });
  undone = [];
  for (const [item, , after] of real) put(item, after);
  store();
  tellHistory();
}

function forget() {
  past = [];
  undone = [];
  tellHistory();
}

/** Which step the buttons would take. */
function tellHistory() {
  for (const [id, steps, verb] of [["undo", past, "Undo"], ["redo", undone, "Redo"]]) {
    byId(id).disabled = !steps.length;
    byId(id).textContent = steps.at(-1)?.what === "import" ? `${verb} import` : verb;
  }
}

function undo() {
  const step = past.pop();
  if (!step) return;
  undone.push(step);
  replay(step, ([item, before]) => [item, before], "undone");
}

function redo() {
  const step = undone.pop();
  if (!step) return;
  past.push(step);
  replay(step, ([item, , after]) => [item, after], "done again");
}

function replay({ what, changes }, pick, done) {
  const focused = document.activeElement;
  for (const entry of changes) put(...pick(entry));
  store();
  tellHistory();
  if (what === "import") {
    refilter(selected);
    say(`The import was ${done}: ${counted(changes.length)} marks changed.`);
    return;
  }
  const [[item]] = changes;
  showMark(item);
  const place = shown.indexOf(item);
  select(place >= 0 ? place : selected);
  say(`${exampleName(item)} is ${marks.get(item)?.[0] ?? "unmarked"} again.`);
  // Whoever clicked may click again.
  if (focused?.closest(".history") && !focused.disabled) focused.focus();
}

// A reload keeps it, as it keeps the marks; a page in another window has its own.

function keepHistory() {
  const packed = (steps) =>
    steps.map(({ what, changes }) => [
      what,
      changes.map(([item, before, after]) => [
        data.index[item],
        markStored(item, before) ?? null,
        markStored(item, after) ?? null,
      ]),
    ]);
  try {
    const kept = [localStorage.getItem(key), packed(past), packed(undone)];
    sessionStorage.setItem(key, JSON.stringify(kept));
  } catch {
    // Then there is nothing to undo after a reload; the marks are kept elsewhere.
  }
}

function recallHistory() {
  const unpacked = (steps) =>
    steps.map(([what, changes]) => ({
      what,
      changes: changes.map(([index, ...both]) => {
        const item = itemOf.get(String(index));
        const known = item !== undefined && both.every((mark) => !mark || isMark(mark));
        if (!known) throw new TypeError("it is of another page");
        return [item, ...both.map((mark) => mark && markRead(item, mark))];
      }),
    }));
  try {
    const [then, before, after] = JSON.parse(sessionStorage.getItem(key)) ?? [];
    // Another window, or another file of decisions, may have changed marks since.
    if (then && then === localStorage.getItem(key)) {
      [past, undone] = [unpacked(before), unpacked(after)];
    }
  } catch {
    [past, undone] = [[], []];
  }
  tellHistory();
}
