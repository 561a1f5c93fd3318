/** Bytes and text: UTF-8, hexadecimal, base64, and comparing. Nothing here refuses; callers say why they do. */

const ENCODER = new TextEncoder();
// Fatal, so that no byte is silently replaced; a byte order mark stays and the reader refuses it.
const DECODER = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

/**
 * Gives the UTF-8 bytes of a text without lone surrogates.
 * @param {string} text
 */
export function toUtf8(text) {
  return ENCODER.encode(text);
}

/**
 * Gives the text behind UTF-8 bytes, or null where they are no UTF-8.
 * @param {Uint8Array} data
 */
export function fromUtf8(data) {
  try {
    return DECODER.decode(data);
  } catch {
    return null;
  }
}

/**
 * Gives one string with a character per byte (U+0000 to U+00FF), which sorts and compares as the bytes do.
 * @param {Uint8Array} data
 */
export function toLatin1(data) {
  let text = '';
  for (let start = 0; start < data.length; start += 8_192) {
    text += String.fromCharCode(...data.subarray(start, start + 8_192));
  }
  return text;
}

/**
 * Gives the bytes of a string whose characters are all U+0000 to U+00FF.
 * @param {string} text
 */
export function fromLatin1(text) {
  return Uint8Array.from(text, character => character.charCodeAt(0));
}

/** @param {...Uint8Array} parts */
export function concat(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Tells whether two rows of bytes are equal. Everything compared here is public, so time may tell.
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
export function isEqual(one, other) {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}

/** @param {Uint8Array} data */
export function toHex(data) {
  return Array.from(data, value => value.toString(16).padStart(2, '0')).join('');
}

/** @param {string} text an even number of hexadecimal digits */
export function fromHex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], pair => Number.parseInt(pair, 16));
}

/** @param {Uint8Array} data */
export function toBase64(data) {
  return btoa(toLatin1(data));
}

/**
 * Gives the bytes of standard base64 with padding, or null for every spelling but the one of `toBase64`.
 * @param {string} text
 */
export function fromBase64(text) {
  try {
    const data = fromLatin1(atob(text));
    // atob() forgives missing padding, white space and bits behind the end; printing back shows them.
    return toBase64(data) === text ? data : null;
  } catch {
    return null;
  }
}

/**
 * Gives the number that big-endian bytes spell.
 * @param {Uint8Array} data
 */
export function toNumber(data) {
  return data.length === 0 ? 0n : BigInt(`0x${toHex(data)}`);
}
