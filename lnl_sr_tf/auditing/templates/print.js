// What is printed: the examples that are listed, the first of them.

const PRINTED = 200; // examples, eight pages or so

let closed = []; // parts of the page that are opened for the print alone

/** Put the examples on the paper; their pictures as far as they are decoded. */
function fillPrinted() {
  const box = byId("printed");
  if (box.childElementCount) return;
  const items = shown.slice(0, PRINTED);
  const rest = shown.length > items.length ? ` Here are the first ${counted(items.length)}.` : "";
  byId("printed-said").textContent = `${byId("status").textContent}${filtersSaid()}.${rest}`;
  box.className = list.className;
  box.append(...items.map(makeCell));
  closed = [...document.querySelectorAll("#transitions, #yield")].filter((e) => !e.open);
  for (const part of closed) part.open = true;
  paintMap(true);
}

function clearPrinted() {
  byId("printed").replaceChildren();
  for (const part of closed) part.open = false;
  closed = [];
  paintMap();
}

/** By what the examples were chosen, in words. */
function filtersSaid() {
  const said = [];
  for (const id of ["given", "suggested"]) {
    if (byId(id).value !== "") said.push(`${id} ${classes[chosen(id)]}`);
  }
  if (byId("least").value > 0) said.push(`probability of at least ${byId("least").value} %`);
  if (byId("mark").value) said.push(`marked ${byId("mark").value}`.replace("marked un", "un"));
  if (byId("differs").checked) said.push("suggested label differs");
  if (byId("noted").checked) said.push("with a note");
  if (byId("search").value.trim()) said.push(`with “${byId("search").value.trim()}”`);
  return said.length ? ` · ${said.join(", ")}` : "";
}

/** Print when all pictures are there, which no browser waits for by itself. */
async function printPage() {
  fillPrinted();
  const cards = [...byId("printed").querySelectorAll(".card")];
  if (thumbnails) {
    const numbers = new Set(cards.map(({ item }) => Math.floor(item / thumbnails.perSheet)));
    for (const number of numbers) {
      await sheet(number)?.decode().catch(() => {});
      drawFrom(number);
    }
  }
  window.print();
}
