// Decisions as a table of text.

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
  const others = elsewhere.length
    ? ` ${counted(elsewhere.length)} more are about examples that are not on this page.`
    : "";
  say(`${counted(marks.size)} decisions exported.${others}`);
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
  const after = new Map();
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
    const old = after.get(item) ?? marks.get(item);
    const used = decision === "wrong" ? own(item, label ? labels.get(label) : -1) : null;
    if (old && !same(old, [decision, used])) changed += 1;
    after.set(item, [decision, used]);
  }
  change("import", [...after].map(([item, mark]) => [item, marks.get(item), mark]));
  refilter(selected);
  const over = changed ? ` ${counted(changed)} marks were replaced; z undoes it.` : "";
  const rest = other ? ` ${counted(other)} lines match none of these examples.` : "";
  return `${counted(taken)} decisions read.${over}${rest}`;
}
