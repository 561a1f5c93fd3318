/**
 * Signed notes: a text, an empty line, and signature lines. The form of checkpoints and of the trust list.
 *
 * Source: C2SP signed-note. Only Ed25519 (type 0x01) is checked here; lines of other types parse and are
 * ignored, like every line of a key that is not asked for.
 */

import {fromUtf8, toBase64, concat, toHex, toUtf8} from './bytes.js';
import {NotVerified, Reason, Refused, Unreadable} from './errors.js';
import {NOTE_MAX_BYTES, NOTE_MAX_SIGNATURES} from './limits.js';
import {KEY_ID_BYTES, NAME, badNote, readBase64, readVkey, writeVkey} from './spelling.js';

/** @typedef {import('./ed25519.js').PublicKey} PublicKey */
/** @typedef {{name: string, key: PublicKey, id: Uint8Array}} Verifier a key under a name; both give the key id */
/** @typedef {{name: string, keyId: Uint8Array, data: Uint8Array}} Signature one signature line */
/** @typedef {{text: string, signatures: Signature[]}} Note nothing in it is believed before `verify` */

const ED25519 = 0x01;
const CONTROL = /[\x00-\x09\x0b-\x1f]/;
const LINE = new RegExp(`^— (${NAME}) ([A-Za-z0-9+/]+={0,2})$`, 'u');

/**
 * Reads `name+key id in hex+base64 of type and key`.
 * @param {string} text
 * @returns {Promise<Verifier>}
 * @throws {Unreadable} BAD_NOTE
 * @throws {Refused} BAD_NOTE, for another key type; KEY_WEAK
 */
export function verifierFromVkey(text) {
  return readVkey(text, ED25519);
}

/**
 * Gives the text form; `verifierFromVkey` reads it back.
 * @param {Verifier} verifier
 */
export function vkeyOf(verifier) {
  return writeVkey(verifier.name, ED25519, verifier.key);
}

/**
 * Reads a note. The last empty line divides text and signatures; the text may hold empty lines of its own.
 * @param {Uint8Array} data UTF-8
 * @param {number} [maxBytes] the trust list alone may be larger than the default
 * @returns {Note}
 * @throws {Unreadable} TOO_LARGE, above `maxBytes`; BAD_NOTE, for anything else that is not a note
 */
export function parse(data, maxBytes = NOTE_MAX_BYTES) {
  if (data.length > maxBytes) {
    throw new Unreadable(Reason.TOO_LARGE, `got ${data.length} bytes, at most ${maxBytes} expected`);
  }
  const whole = fromUtf8(data);
  if (whole === null) {
    throw badNote('a note is UTF-8');
  }
  const divider = whole.lastIndexOf('\n\n');
  if (divider === -1 || !whole.endsWith('\n') || divider + 2 === whole.length) {
    throw badNote('expected a text, an empty line, and signature lines that end in a newline');
  }
  if (CONTROL.test(whole)) {
    throw badNote('a note has no control characters but newlines');
  }
  const lines = whole.slice(divider + 2, -1).split('\n');
  if (lines.length > NOTE_MAX_SIGNATURES) {
    throw badNote(`a note has at most ${NOTE_MAX_SIGNATURES} signatures`);
  }
  return {text: whole.slice(0, divider + 1), signatures: lines.map(parseLine)};
}

/**
 * Gives the note in UTF-8; `parse` reads it back.
 * @param {Note} note
 */
export function toBytes(note) {
  const lines = note.signatures.map(line => `— ${line.name} ${toBase64(concat(line.keyId, line.data))}\n`);
  return toUtf8(`${note.text}\n${lines.join('')}`);
}

/**
 * Checks every signature of a known key and gives the names of these keys, one for each key that signed.
 * @param {Note} note
 * @param {Verifier[]} verifiers
 * @throws {NotVerified} BAD_SIGNATURE, when one line of a known key does not fit, whatever the others say;
 *   KEY_UNKNOWN, when no line is of a known key
 * @throws {Refused} BAD_VALUE, when two verifiers share name and key id, so that a line could mean either
 */
export async function verify(note, verifiers) {
  const known = byNameAndId(verifiers);
  const message = toUtf8(note.text);
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const line of note.signatures) {
    const address = addressOf(line.name, line.keyId);
    const verifier = known.get(address);
    if (verifier !== undefined) {
      await checkLine(line, verifier, message);
      found.set(address, line.name);
    }
  }
  if (found.size === 0) {
    throw new NotVerified(Reason.KEY_UNKNOWN, 'no known key signed the note');
  }
  return [...found.values()];
}

/**
 * Gives what a line is found by; no name holds a space.
 * @param {string} name
 * @param {Uint8Array} id
 */
export function addressOf(name, id) {
  return `${name} ${toHex(id)}`;
}

/**
 * @param {Signature} line
 * @param {Verifier} verifier
 * @param {Uint8Array} message
 */
async function checkLine(line, verifier, message) {
  try {
    await verifier.key.verify(line.data, message);
  } catch (error) {
    if (error instanceof NotVerified) {
      throw new NotVerified(Reason.BAD_SIGNATURE, `the signature of ${line.name} does not fit the note`);
    }
    throw error;
  }
}

/** @param {Verifier[]} verifiers */
function byNameAndId(verifiers) {
  const known = new Map();
  for (const verifier of verifiers) {
    const address = addressOf(verifier.name, verifier.id);
    const first = known.get(address) ?? verifier;
    if (first.key.multibase !== verifier.key.multibase) {
      throw new Refused(Reason.BAD_VALUE, `two keys share the name and id ${address}`);
    }
    known.set(address, first);
  }
  return known;
}

/**
 * @param {string} line
 * @returns {Signature}
 */
function parseLine(line) {
  const match = LINE.exec(line);
  if (match === null) {
    throw badNote('a signature line is: em dash, space, key name, space, base64');
  }
  const data = readBase64(match[2]);
  if (data.length <= KEY_ID_BYTES) {
    throw badNote(`a signature line carries ${data.length} bytes, a key id and a signature expected`);
  }
  return {name: match[1], keyId: data.slice(0, KEY_ID_BYTES), data: data.slice(KEY_ID_BYTES)};
}
