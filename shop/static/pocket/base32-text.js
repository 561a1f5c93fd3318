/** Base 32 in small letters without padding, for names that are made by chance. */

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

/** Gives the text of bytes: eight characters for each five of them. */
export function encodeBase32(/** @type {Uint8Array} */ data) {
  let text = '';
  let [value, bits] = [0, 0];
  for (const octet of data) {
    value = (value << 8) | octet;
    bits += 8;
    for (; bits >= 5; bits -= 5) {
      text += LETTERS[(value >> (bits - 5)) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return bits > 0 ? text + LETTERS[(value << (5 - bits)) & 31] : text;
}
