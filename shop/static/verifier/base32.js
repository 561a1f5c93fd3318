/** RFC 4648 base 32 without padding, as seals use it: 140 characters hold 700 bits, 87 bytes 696. */

const VALUES = new Map(Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', (character, value) => [character, value]));

/**
 * Gives the whole bytes of a base 32 text, and the bits that are left over.
 * @param {string} text of A-Z and 2-7 only
 * @returns {{data: Uint8Array, rest: number}}
 */
export function decodeBase32(text) {
  const data = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let rest = 0;
  let at = 0;
  for (const character of text) {
    rest = (rest << 5) | VALUES.get(character);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      data[at++] = rest >> bits;
      rest &= (1 << bits) - 1;
    }
  }
  return {data, rest};
}
