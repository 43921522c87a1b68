// Where a list that is taller than a browser can show stands: scrolling goes further.

const INEXACT = 8; // pixels, less than the gap: so far down a browser rounds to whole ones

let tall = 0; // pixels that all rows would take
let squeezed = 0; // pixels that the list takes

function setHeight(height) {
  tall = height;
  squeezed = Math.min(tall, TALLEST);
  list.style.height = tall ? `${squeezed}px` : "";
}

/** How many pixels of all rows go by while the page scrolls by one. */
function ratio() {
  const seen = window.innerHeight;
  return squeezed > seen ? (tall - seen) / (squeezed - seen) : 1;
}

/** From pixels that the page is scrolled into the list to pixels of all rows. */
function rowsAt(scrolled) {
  const last = Math.max(0, squeezed - window.innerHeight);
  const within = Math.max(0, Math.min(last, scrolled));
  return within * ratio() + (scrolled - within);
}

/** The way back. */
function scrolledAt(pixels) {
  const last = Math.max(0, tall - window.innerHeight);
  const within = Math.max(0, Math.min(last, pixels));
  return within / ratio() + (pixels - within);
}

const scrolledNow = () => -list.getBoundingClientRect().top;

/** Where a row stands in the list, which moves against it while the page scrolls. */
function topOf(number) {
  if (tall <= squeezed) return number * rowHeight;
  const scrolled = scrolledNow();
  const top = number * rowHeight - (rowsAt(scrolled) - scrolled);
  // The selected one may be far away; the list stays as tall as it is.
  return Math.max(0, Math.min(squeezed - rowHeight + INEXACT, top));
}
