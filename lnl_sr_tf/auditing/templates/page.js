"use strict";

const MARKS = { wrong: "✗", right: "✓", unsure: "?" };
const COLUMNS = ["index", "file", "given", "suggested", "decision", "label"];
const NUMBERED = 20; // classes; numbers of more would be read by nobody
const SIDE = 128; // pixels of the longer side of a picture, at most
const MARGIN = 600; // pixels above and beneath the window that are there already
const TALLEST = 16_000_000; // pixels; of what is taller a browser does not show the end
const SHEETS = 60; // decoded ones that are kept
const SPOKEN = 200; // characters of a text in the name of its card
const TYPING = 150; // milliseconds after a letter before the list is searched

const byId = (id) => document.getElementById(id);
const data = JSON.parse(byId("data").textContent);
const total = data.index.length;
const classes = data.classes;
const list = byId("list");

const counted = (number) => number.toLocaleString("en");
const percent = (share) =>
  share === null ? "no evidence" : `${(100 * share).toFixed(1)} %`;
const className = (label) => (label < 0 ? "none of the classes" : classes[label]);

function exampleName(item) {
  return data.names ? data.names[item] : `#${data.index[item]}`;
}

/** What can be searched for: what is shown, and the name. */
const searched = new Array(total);
function searchable(item) {
  const shows = data.texts?.[item] ?? "";
  const text = Array.isArray(shows)
    ? shows.map((cell, column) => `${data.columns[column]}: ${cell}`).join(", ")
    : shows;
  return (searched[item] ??= `${exampleName(item)}\n${text}\n${data.notes?.[item] ?? ""}`.toLowerCase());
}

/** An estimated number, as short as its cell. */
function estimated(value, letters = 20) {
  if (Number.isNaN(value)) return "n/a";
  if (value === 0) return "0";
  if (value < 0.5) return "<1";
  const whole = counted(Math.round(value)).replaceAll(",", letters > 6 ? "," : "");
  if (whole.length <= letters) return whole;
  return `${Math.round(value / 1000)}k`;
}
