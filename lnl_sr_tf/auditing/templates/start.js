// What is connected once the page is read.

function start() {
  for (const id of ["given", "suggested"]) {
    byId(id).append(...classes.map((name, label) => new Option(name, label)));
  }
  byId("clean-choice").hidden = !data.clean;
  byId("noted-choice").hidden = !data.notes?.some(Boolean);
  list.classList.toggle("with-notes", Boolean(data.notes?.some(Boolean)));
  list.classList.toggle("exact", Boolean(thumbnails?.exact));
  list.classList.toggle("texts", Boolean(data.texts));
  listKeys();
  byId("show-keys").onclick = () => byId("keys").showModal();
  for (const dialog of document.querySelectorAll("dialog")) {
    dialog.querySelector(".close").onclick = () => dialog.close();
  }
  byId("undo").onclick = undo;
  byId("redo").onclick = redo;
  byId("print").onclick = printPage;
  drawCurve();
  document.querySelector(".work").classList.toggle("broad", size > 13);
  if (size <= NUMBERED) makeTable();
  else makeCells();
  byId("most").textContent = `${estimated(most)} wrong labels`;
  // On a phone they would keep the examples out of sight.
  if (matchMedia("(max-width: 45rem)").matches) {
    for (const id of ["transitions", "filters", "yield"]) byId(id).open = false;
  }

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
    forget();
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

  window.addEventListener("beforeprint", fillPrinted);
  window.addEventListener("afterprint", clearPrinted);
  window.addEventListener("pagehide", keepHistory);

  marks = stored();
  recallHistory();
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
