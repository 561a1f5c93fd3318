/**
 * The seal of a label: the bytes that its signature covers, and their form inside the code.
 *
 *     offset  bytes  field
 *     0       1      version, 0x01
 *     1       4      key id: SHA-256(public key)[:4]
 *     5       2      day since 2020-01-01, big-endian
 *     7       16     record digest: SHA-256(served bytes of the lot's record)[:16]
 *     23      64     Ed25519 over `OCOP-QR-1` 0x00, bytes 0 to 22, and the link without its seal
 *
 * A seal says who signed for this host, lot and serial; it cannot say that the label was not copied.
 */

import {decodeBase32} from './base32.js';
import {concat, toNumber, toUtf8} from './bytes.js';
import {DAY, dayOf, parseInstant} from './clock.js';
import {Reason, Unreadable} from './errors.js';

/**
 * @typedef {object} Seal nothing of it is believed before the signature is checked
 * @property {Uint8Array} kid 4 bytes, finds the key; several keys may share it
 * @property {string} day when the signer says the label was made; only a claim
 * @property {Uint8Array} record 16 bytes, the start of the SHA-256 of the lot's record
 * @property {Uint8Array} signature 64 bytes
 * @property {Uint8Array} head the 23 bytes before the signature
 */

const DOMAIN = toUtf8('OCOP-QR-1\0');
const VERSION = 1;
const HEAD_BYTES = 23;
const FIRST_DAY = parseInstant('2020-01-01T00:00:00Z');
const TEXT = /^[A-Z2-7]{140}$/;

/**
 * Reads the 140 characters of a seal. Of the spellings of the last character only one is taken.
 * @param {string} text
 * @returns {Seal}
 * @throws {Unreadable} BAD_SEAL, for another length, alphabet, version, or bits that are not zero at the end
 */
export function parseSeal(text) {
  if (!TEXT.test(text)) {
    throw new Unreadable(Reason.BAD_SEAL, 'a seal has 140 characters of A-Z and 2-7');
  }
  const {data, rest} = decodeBase32(text);
  if (rest !== 0) { // with the last four bits zero no second text gives these bytes
    throw new Unreadable(Reason.BAD_SEAL, `the seal ends in ${text.at(-1)}: its last four bits are not zero`);
  }
  if (data[0] !== VERSION) {
    throw new Unreadable(Reason.BAD_SEAL, `the seal has version ${data[0]}, expected ${VERSION}`);
  }
  return {
    kid: data.slice(1, 5),
    day: dayOf(FIRST_DAY + toNumber(data.slice(5, 7)) * DAY),
    record: data.slice(7, HEAD_BYTES),
    signature: data.slice(HEAD_BYTES),
    head: data.slice(0, HEAD_BYTES),
  };
}

/**
 * Gives the bytes that the signature must cover for a seal to belong to a code.
 * @param {Seal} seal
 * @param {import('./label.js').LabelCode} code
 */
export function sealMessage(seal, code) {
  return concat(DOMAIN, seal.head, toUtf8(code.unsealedUri));
}
