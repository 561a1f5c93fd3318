/**
 * Base64, decimals and key names in the one spelling that notes, checkpoints and proofs take.
 *
 * Several spellings of one value would be several texts for one signature, so each reader here prints back
 * what it read and compares (C2SP signed-note, tlog-checkpoint, tlog-proof).
 */

import {concat, fromBase64, toBase64, toHex, toUtf8} from './bytes.js';
import {sha256} from './digest.js';
import {PublicKey} from './ed25519.js';
import {Reason, Refused, Unreadable} from './errors.js';
import {HASH_BYTES} from './merkle.js';
import {SPACES, isPrintable} from './printable.js';

export const KEY_ID_BYTES = 4;
export const MAX_SIZE = 2n ** 63n - 1n; // the largest size and time that the formats know

export const NAME = `[^${SPACES}+]+`;
const NAME_TEXT = new RegExp(`^${NAME}$`, 'u');
const VKEY = new RegExp(`^(${NAME})\\+([0-9a-f]{8})\\+([A-Za-z0-9+/]+={0,2})$`, 'u');
const VKEY_MAX_CHARS = 4_096;
const DECIMAL = /^(0|[1-9][0-9]{0,18})$/;

/**
 * Gives the bytes of standard base64 with padding (RFC 4648 4), at least one.
 * @param {string} text
 * @throws {Unreadable} BAD_NOTE, for every spelling but one
 */
export function readBase64(text) {
  const data = fromBase64(text);
  if (data === null || data.length === 0) {
    throw badNote('the base64 is not the one spelling of its bytes');
  }
  return data;
}

/**
 * Gives the 32 bytes of a hash in base64.
 * @param {string} text
 * @throws {Unreadable} BAD_NOTE
 */
export function readHash(text) {
  const data = readBase64(text);
  if (data.length !== HASH_BYTES) {
    throw badNote(`a hash has 32 bytes, got ${data.length}`);
  }
  return data;
}

/**
 * Gives a whole number from 0 to 2^63 - 1, written in ASCII digits without leading zeros.
 * @param {string} text
 * @throws {Unreadable} BAD_NOTE
 */
export function readDecimal(text) {
  if (!DECIMAL.test(text) || BigInt(text) > MAX_SIZE) {
    throw badNote(`expected a decimal from 0 to 2^63 - 1, got ${text.slice(0, 40)}`);
  }
  return BigInt(text);
}

/**
 * Gives 4 bytes: SHA-256(name, newline, kind, key)[:4] (C2SP signed-note).
 * @param {string} name
 * @param {number} kind the signature type, such as 0x01
 * @param {PublicKey} key
 */
export async function keyId(name, kind, key) {
  const digest = await sha256(concat(toUtf8(`${name}\n`), Uint8Array.of(kind), key.raw));
  return digest.slice(0, KEY_ID_BYTES);
}

/**
 * Gives name, key and key id of a verifier key in its text form, `name+key id in hex+base64 of kind and key`.
 * @param {string} text
 * @param {number} kind the only signature type that is taken
 * @throws {Unreadable} BAD_NOTE, for another form or a key id that is not this key's
 * @throws {Refused} BAD_NOTE, for another type; KEY_WEAK, for a key that is not safe
 */
export async function readVkey(text, kind) {
  const match = text.length <= VKEY_MAX_CHARS ? VKEY.exec(text) : null;
  if (match === null || !isName(match[1])) {
    throw badNote('expected name+keyid+base64 of a key');
  }
  const data = readBase64(match[3]);
  if (data[0] !== kind) {
    throw new Refused(Reason.BAD_NOTE, `the key has type ${data[0]}, expected ${kind} (Ed25519)`);
  }
  const key = await PublicKey.from(data.slice(1));
  const id = await keyId(match[1], kind, key);
  if (toHex(id) !== match[2]) {
    throw badNote(`the key id is ${match[2]}, but name and key give ${toHex(id)}`);
  }
  return {name: match[1], key, id};
}

/**
 * Gives the text form; `readVkey` reads it back.
 * @param {string} name
 * @param {number} kind
 * @param {PublicKey} key
 */
export async function writeVkey(name, kind, key) {
  return `${name}+${toHex(await keyId(name, kind, key))}+${toBase64(concat(Uint8Array.of(kind), key.raw))}`;
}

/** @param {string} message */
export function badNote(message) {
  return new Unreadable(Reason.BAD_NOTE, message);
}

/** Tells whether a text can name a key: not empty, no spaces, no `+`, nothing that a note cannot hold. */
function isName(/** @type {string} */ text) {
  return NAME_TEXT.test(text) && isPrintable(text);
}
