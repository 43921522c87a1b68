// Thumbnails.

const { thumbnails } = data;
const sheets = new Map(); // from a number to its picture, the last one used last

/** The picture of a sheet; undefined while that part of the page is still read. */
function sheet(number) {
  let image = sheets.get(number);
  if (!image) {
    const encoded = byId(`sheet-${number}`);
    // Until something comes after it, it may not be there to its end.
    const whole = encoded && (document.readyState !== "loading" || encoded.nextSibling);
    if (!whole) return undefined;
    image = new Image();
    image.onload = () => drawFrom(number);
    image.src = thumbnails.start + encoded.textContent;
  }
  sheets.delete(number);
  sheets.set(number, image);
  if (sheets.size > SHEETS) sheets.delete(sheets.keys().next().value);
  return image;
}

function draw(card) {
  if (!thumbnails) return;
  const number = Math.floor(card.item / thumbnails.perSheet);
  const place = card.item % thumbnails.perSheet;
  const image = sheet(number);
  if (!image?.complete || !image.naturalWidth) return;
  const { width, height } = thumbnails;
  const left = (place % thumbnails.columns) * thumbnails.cellWidth;
  const top = Math.floor(place / thumbnails.columns) * thumbnails.cellHeight;
  const context = card.querySelector("canvas").getContext("2d");
  context.drawImage(image, left, top, width, height, 0, 0, width, height);
}

function drawFrom(number) {
  for (const card of document.querySelectorAll(".card")) {
    if (Math.floor(card.item / thumbnails.perSheet) === number) draw(card);
  }
}
