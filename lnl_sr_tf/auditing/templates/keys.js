// Keys and clicks.

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
