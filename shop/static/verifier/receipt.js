/**
 * Receipts: an entry's place, its inclusion proof and the signed checkpoint, in one file that checks offline.
 *
 * Source: C2SP tlog-proof v1 (suffix `.tlog-proof`).
 */

import {concat, fromLatin1, isEqual, toBase64, toLatin1} from './bytes.js';
import {Reason, TraceabilityError, Unreadable} from './errors.js';
import {RECEIPT_MAX_BYTES, WITNESS_MAX_HASHES} from './limits.js';
import {verifyInclusion} from './merkle.js';
import {parse as parseNote, toBytes as noteToBytes} from './note.js';
import {readBase64, readDecimal, readHash} from './spelling.js';

/** @typedef {import('./quorum.js').Policy} Policy */
/**
 * @typedef {object} Receipt nothing in it is believed before `verifyReceipt`
 * @property {bigint} index of the entry, from 0
 * @property {Uint8Array[]} hashes of the inclusion proof, the leaf's sibling first, at most 63
 * @property {import('./note.js').Note} checkpoint the signed note, with all its signatures
 * @property {Uint8Array | null} extra bytes that nothing vouches for
 */

const HEADER = 'c2sp.org/tlog-proof@v1';

/**
 * Reads a receipt.
 * @param {Uint8Array} data
 * @returns {Receipt}
 * @throws {Unreadable} TOO_LARGE, above 64 KiB; BAD_RECEIPT, for anything else that is not a receipt
 */
export function receiptFromBytes(data) {
  if (data.length > RECEIPT_MAX_BYTES) {
    throw new Unreadable(Reason.TOO_LARGE, `got ${data.length} bytes, at most ${RECEIPT_MAX_BYTES} expected`);
  }
  const text = toLatin1(data); // the note behind the empty line is UTF-8, and read from its bytes
  const divider = text.indexOf('\n\n');
  if (divider === -1 || /[^\x00-\x7f]/.test(text.slice(0, divider))) {
    throw badReceipt('a receipt is proof lines of ASCII, an empty line and a checkpoint');
  }
  try {
    const receipt = fromLines(text.slice(0, divider).split('\n'), data.slice(divider + 2));
    if (isEqual(receiptToBytes(receipt), data)) {
      return receipt;
    }
  } catch (error) {
    throw error instanceof TraceabilityError ? badReceipt(error.message) : error;
  }
  throw badReceipt('the receipt is not in its one spelling');
}

/**
 * Gives the receipt as a file.
 * @param {Receipt} receipt
 */
function receiptToBytes(receipt) {
  const extra = receipt.extra === null ? [] : [`extra ${toBase64(receipt.extra)}`];
  const lines = [HEADER, ...extra, `index ${receipt.index}`, ...receipt.hashes.map(toBase64)];
  return concat(fromLatin1(`${lines.join('\n')}\n\n`), noteToBytes(receipt.checkpoint));
}

/**
 * Checks that an entry stands at the receipt's index, under a checkpoint that the policy accepts.
 * @param {Receipt} receipt from anybody
 * @param {Uint8Array} leafHash of the entry itself, never taken from the receipt
 * @param {Policy} policy accepted logs and the witnesses needed
 * @returns the checkpoint and who cosigned it; how old it may be, the caller decides
 */
export async function verifyReceipt(receipt, leafHash, policy) {
  const head = await policy.check(receipt.checkpoint);
  const {size, root} = head.checkpoint;
  await verifyInclusion(receipt.index, size, {leafHash, proof: receipt.hashes, root});
  return head;
}

/**
 * @param {string[]} lines
 * @param {Uint8Array} note
 * @returns {Receipt}
 */
function fromLines(lines, note) {
  if (lines[0] !== HEADER) {
    throw badReceipt(`a receipt begins with ${HEADER}`);
  }
  const checkpoint = parseNote(note);
  const hasExtra = lines[1]?.startsWith('extra ') ?? false;
  const extra = hasExtra ? readBase64(lines[1].slice('extra '.length)) : null;
  const [index, ...hashes] = lines.slice(hasExtra ? 2 : 1);
  if (index === undefined || !index.startsWith('index ')) {
    throw badReceipt('a receipt names the index of its entry');
  }
  if (hashes.length > WITNESS_MAX_HASHES) {
    throw badReceipt(`a receipt has at most ${WITNESS_MAX_HASHES} hashes`);
  }
  return {index: readDecimal(index.slice('index '.length)), hashes: hashes.map(readHash), checkpoint, extra};
}

/** @param {string} message */
function badReceipt(message) {
  return new Unreadable(Reason.BAD_RECEIPT, message);
}
