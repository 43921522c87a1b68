// How many to look at: the expected number of wrong labels among the first m.

const { curve } = data;
const BOX = { width: 400, height: 250, left: 52, right: 14, top: 14, bottom: 44 };
const SHOWN_TOTAL = 0.98; // of all wrong labels; from there on the curve is flat

function svg(name, attributes = {}, text = "") {
  const element = document.createElementNS(byId("chart").namespaceURI, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

/** Round numbers from 0 to no more than a number, about five of them. */
function ticks(largest) {
  const power = 10 ** Math.floor(Math.log10(Math.max(largest, 1) / 4));
  const step = Math.max(1, [1, 2, 5, 10].find((one) => largest / (one * power) <= 5) * power);
  return Array.from({ length: Math.floor(largest / step) + 1 }, (_, n) => n * step);
}

const range = (place) =>
  `${counted(Math.round(curve.low[place]))} to ${counted(Math.round(curve.high[place]))}`;

function curveSaid() {
  const { worth } = curve;
  if (!worth) return "No label is more likely wrong than right.";
  const place = curve.m.indexOf(worth);
  const wrong = counted(Math.round(curve.wrong[place]));
  const first = worth === 1 ? "The most suspect label is" : `Of the ${counted(worth)} most suspect labels`;
  if (worth === 1) return `${first} more likely wrong than right; no other is.`;
  return (
    `${first} ${wrong} are expected to be wrong (95 % interval ${range(place)}). ` +
    "Further on a look finds a wrong label less than every second time."
  );
}

/** The points up to where nearly all wrong labels are, and twice the suspects. */
function shownPoints() {
  const all = curve.wrong.at(-1);
  const enough = curve.m[curve.wrong.findIndex((wrong) => wrong >= SHOWN_TOTAL * all)];
  const until = Math.max(enough, 2 * curve.worth, 10);
  const places = [...curve.m.keys()].filter((place) => curve.m[place] <= until);
  return places.length > 1 ? places : [...curve.m.keys()];
}

function drawCurve() {
  byId("yield").hidden = !curve;
  if (!curve) return;
  byId("curve-said").textContent = curveSaid();
  const places = shownPoints();
  const [right, highest] = [curve.m[places.at(-1)], Math.max(1, curve.high[places.at(-1)])];
  const x = (m) => BOX.left + (m / right) * (BOX.width - BOX.left - BOX.right);
  const y = (wrong) =>
    BOX.height - BOX.bottom - (wrong / highest) * (BOX.height - BOX.top - BOX.bottom);
  const point = (m, wrong) => `${x(m).toFixed(1)},${y(wrong).toFixed(1)}`;
  const line = (values) => places.map((place) => point(curve.m[place], values[place]));
  const chart = byId("chart");
  chart.setAttribute("viewBox", `0 0 ${BOX.width} ${BOX.height}`);
  for (const m of ticks(right)) {
    chart.append(
      svg("line", { class: "grid", x1: x(m), x2: x(m), y1: y(0), y2: y(0) + 4 }),
      svg("text", { x: x(m), y: y(0) + 18, "text-anchor": "middle" }, short(m)),
    );
  }
  for (const wrong of ticks(highest)) {
    chart.append(
      svg("line", { class: "grid", x1: x(0), x2: x(right), y1: y(wrong), y2: y(wrong) }),
      svg("text", { x: x(0) - 6, y: y(wrong) + 4, "text-anchor": "end" }, short(wrong)),
    );
  }
  const every = Math.min(right, highest);
  chart.append(
    svg("path", { class: "every", d: `M${point(0, 0)}L${point(every, every)}` }),
    svg("path", {
      class: "band",
      d: `M${[point(0, 0), ...line(curve.high), ...line(curve.low).reverse()].join("L")}Z`,
    }),
    svg("path", { class: "expected", d: `M${[point(0, 0), ...line(curve.wrong)].join("L")}` }),
  );
  if (curve.worth) {
    chart.append(
      svg("line", {
        class: "worth", x1: x(curve.worth), x2: x(curve.worth), y1: y(0), y2: y(highest),
      }),
    );
  }
  const middle = (BOX.top + BOX.height - BOX.bottom) / 2;
  chart.append(
    svg("text", { x: x(right), y: BOX.height - 6, "text-anchor": "end" }, "labels looked at"),
    svg("text", {
      x: 12, y: middle, "text-anchor": "middle", transform: `rotate(-90 12 ${middle})`,
    }, "wrong among them"),
  );
  followPointer(chart, places, x, y);
  listCurve();
}

const short = (number) =>
  number >= 10_000 ? `${(number / 1000).toLocaleString("en")}k` : counted(number);

/** The point under the pointer, in words; the table has them for everyone else. */
function followPointer(chart, places, x, y) {
  const dot = svg("circle", { class: "dot", r: 4, visibility: "hidden" });
  chart.append(dot);
  chart.onpointermove = (event) => {
    const box = chart.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * BOX.width;
    const far = (place) => Math.abs(x(curve.m[place]) - at);
    const near = places.reduce((best, place) => (far(place) < far(best) ? place : best));
    dot.setAttribute("visibility", "visible");
    dot.setAttribute("cx", x(curve.m[near]));
    dot.setAttribute("cy", y(curve.wrong[near]));
    byId("curve-point").textContent =
      `Of the first ${counted(curve.m[near])}: ` +
      `${counted(Math.round(curve.wrong[near]))} wrong (${range(near)})`;
  };
  chart.onpointerleave = () => {
    dot.setAttribute("visibility", "hidden");
    byId("curve-point").textContent = "";
  };
}

/** The curve in a table: at about 1, 2, 5, 10, … and where a look stops to pay. */
function listCurve() {
  const wanted = new Set([curve.m.length - 1, curve.m.indexOf(curve.worth)]);
  for (let power = 1; power <= curve.m.at(-1); power *= 10) {
    for (const m of [power, 2 * power, 5 * power]) {
      wanted.add(curve.m.findIndex((one) => one >= m));
    }
  }
  const body = byId("curve-rows");
  for (const place of [...wanted].sort((a, b) => a - b)) {
    if (place < 0) continue;
    const row = body.insertRow();
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = counted(curve.m[place]);
    row.append(head);
    row.insertCell().textContent = counted(Math.round(curve.wrong[place]));
    row.insertCell().textContent = range(place);
  }
}
