/** The root keys that a user pins: read from their file, and told by their fingerprint. */

import {fromUtf8, toHex, toUtf8} from './bytes.js';
import {sha256} from './digest.js';
import {Reason, Refused, Unreadable} from './errors.js';
import {NOTE_MAX_BYTES} from './limits.js';
import {verifierFromVkey, vkeyOf} from './note.js';
import {SPACES} from './printable.js';
import {badNote} from './spelling.js';

/** @typedef {import('./note.js').Verifier} Verifier */

const MARGINS = new RegExp(`^[${SPACES}]+|[${SPACES}]+$`, 'g');

/**
 * Reads root keys: one vkey a line; empty lines and lines that begin with # are left out.
 *
 * A majority of roots is counted by name, so each name and each key may stand here once only.
 * @param {Uint8Array} data
 * @returns {Promise<Verifier[]>}
 * @throws {Unreadable} BAD_NOTE or TOO_LARGE
 * @throws {Refused} KEY_WEAK, BAD_NOTE for another type of key, BAD_VALUE for none or for one that stands twice
 */
export async function parseRoots(data) {
  if (data.length > NOTE_MAX_BYTES) {
    throw new Unreadable(Reason.TOO_LARGE, `roots: got more than ${NOTE_MAX_BYTES} bytes`);
  }
  const text = fromUtf8(data);
  if (text === null) {
    throw badNote('roots: not UTF-8');
  }
  const lines = text.split('\n').map(line => line.replace(MARGINS, ''));
  const roots = [];
  for (const line of lines.filter(item => item !== '' && !item.startsWith('#'))) {
    roots.push(await verifierFromVkey(line));
  }
  if (roots.length === 0) {
    throw new Refused(Reason.BAD_VALUE, 'roots: no key');
  }
  if (new Set(roots.map(root => root.name)).size !== roots.length || countKeys(roots) !== roots.length) {
    throw new Refused(Reason.BAD_VALUE, 'roots: one name or one key stands twice');
  }
  return roots;
}

/**
 * Gives 16 hexadecimal digits to compare roots by: of the SHA-256 of the sorted vkey lines.
 * @param {Verifier[]} roots
 */
export async function rootsFingerprint(roots) {
  const lines = (await Promise.all(roots.map(vkeyOf))).sort();
  return toHex(await sha256(toUtf8(lines.map(line => `${line}\n`).join('')))).slice(0, 16);
}

/**
 * Gives how many different keys there are.
 * @param {Verifier[]} roots
 */
export function countKeys(roots) {
  return new Set(roots.map(root => root.key.multibase)).size;
}
