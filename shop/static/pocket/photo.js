/** A photo made small and plain before its digest is signed: pixels alone, as the shop's `images.py` demands. */

const MAX_SIDE = 1_600;
const MAX_BYTES = 400_000;
const QUALITIES = [0.8, 0.65, 0.5, 0.35, 0.2];
const [START, END, SCAN, COMMENT] = [0xD8, 0xD9, 0xDA, 0xFE];

/** The picture cannot be read here, or not be made small enough. */
export class NoPhoto extends Error {}

/**
 * Draws a picture anew, upright and small, without what a camera wrote beside the pixels.
 * @param {Blob} file
 * @returns {Promise<Uint8Array>} a JPEG
 * @throws {NoPhoto}
 */
export async function plainPhoto(file) {
  const canvas = await drawn(file);
  for (const quality of QUALITIES) {
    const blob = await new Promise(resolve => { canvas.toBlob(resolve, 'image/jpeg', quality); });
    if (blob === null || blob.type !== 'image/jpeg') {
      throw new NoPhoto('this browser writes no JPEG');
    }
    const data = pixelsAlone(new Uint8Array(await blob.arrayBuffer()));
    if (data.length <= MAX_BYTES) {
      return data;
    }
  }
  throw new NoPhoto('too many details');
}

async function drawn(file) {
  try {
    const picture = await createImageBitmap(file, {imageOrientation: 'from-image'});
    const scale = Math.min(1, MAX_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(picture.width * scale));
    canvas.height = Math.max(1, Math.round(picture.height * scale));
    const context = canvas.getContext('2d');
    context.fillStyle = 'white';
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    return canvas;
  } catch (error) {
    throw new NoPhoto(error.message);
  }
}

/**
 * Gives a JPEG without its APP segments and comments: some browsers write a camera's there even for a canvas.
 * @param {Uint8Array} data
 * @throws {NoPhoto} it is no JPEG
 */
export function pixelsAlone(data) {
  if (data[0] !== 0xFF || data[1] !== START) {
    throw new NoPhoto('no JPEG');
  }
  const kept = [data.subarray(0, 2)];
  let at = 2;
  while (data[at] === 0xFF && data[at + 1] !== END) {
    const marker = data[at + 1];
    const end = at + 2 + data[at + 2] * 256 + data[at + 3];
    const next = marker === SCAN ? endOfScan(data, end) : end;
    if (!((marker >= 0xE0 && marker <= 0xEF) || marker === COMMENT)) {
      kept.push(data.subarray(at, next));
    }
    at = next;
  }
  if (data[at] !== 0xFF || data[at + 1] !== END) {
    throw new NoPhoto('a JPEG without an end');
  }
  return joined([...kept, data.subarray(at, at + 2)]);
}

/** Gives where the next segment begins: in a scan FF 00 is a value, FF D0 to D7 are restarts. */
function endOfScan(data, start) {
  let at = start;
  while (at + 1 < data.length) {
    const marker = data[at + 1];
    if (data[at] === 0xFF && marker !== 0 && marker !== 0xFF && !(marker >= 0xD0 && marker <= 0xD7)) {
      return at;
    }
    at += 1;
  }
  return data.length;
}

function joined(parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
