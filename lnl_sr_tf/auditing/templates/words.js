// Texts.

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
