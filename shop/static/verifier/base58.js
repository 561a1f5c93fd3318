/** base58btc, the text form of keys, signatures and digests in W3C multibase (prefix `z`). */

import {fromHex, toNumber} from './bytes.js';
import {Reason, Unreadable} from './errors.js';

const ALPHABET = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';
const VALUES = new Map(Array.from(ALPHABET, (character, value) => [character, BigInt(value)]));

/**
 * Gives `z` and the base58btc text of `data`; leading zero bytes become leading `1`s.
 * @param {Uint8Array} data
 */
export function encodeMultibase(data) {
  let number = toNumber(data);
  let text = '';
  for (; number > 0n; number /= 58n) {
    text = ALPHABET[Number(number % 58n)] + text;
  }
  const first = data.findIndex(value => value !== 0);
  return 'z' + '1'.repeat(first === -1 ? data.length : first) + text;
}

/**
 * Gives the `length` bytes behind a `z…` text.
 * @param {string} text
 * @param {number} length
 * @throws {Unreadable} BAD_RECORD, for another multibase letter, a foreign character or another length
 */
export function decodeMultibase(text, length) {
  if (!text.startsWith('z') || text.length > 2 * length + 2) {
    throw new Unreadable(Reason.BAD_RECORD, `expected z and base58btc of ${length} bytes`);
  }
  let number = 0n;
  for (const character of text.slice(1)) {
    const value = VALUES.get(character);
    if (value === undefined) {
      throw new Unreadable(Reason.BAD_RECORD, `'${character}' is not a base58btc character`);
    }
    number = number * 58n + value;
  }
  const digits = number === 0n ? '' : number.toString(16);
  const significant = fromHex(digits.length % 2 ? `0${digits}` : digits);
  const data = new Uint8Array(/^1*/.exec(text.slice(1))[0].length + significant.length);
  data.set(significant, data.length - significant.length);
  if (data.length !== length) {
    throw new Unreadable(Reason.BAD_RECORD, `got ${data.length} bytes, expected ${length}`);
  }
  return data;
}
