/**
 * Step 6: where the records of a chain stand in the log, by the receipts at hand.
 *
 * What is compared is always the entry computed from the record itself, never one that came with the receipt.
 */

import {toHex} from './bytes.js';
import {recordEntry, recordEntryId} from './entry.js';
import {NotVerified, Reason} from './errors.js';
import {leafHash} from './merkle.js';
import {Step} from './run.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./evidence.js').SignedRecord} SignedRecord */
/** @typedef {{index: bigint, head: import('./quorum.js').TrustedHead}} LogPlace where an entry stands, and by
 *   which signed checkpoint that is proven */

/**
 * Notes where every record of the chain stands in the log.
 * @param {Run} run
 * @param {import('./chain.js').Chain} chain
 */
export async function checkLog(run, chain) {
  for (const item of chain.records) {
    const place = await run.attempt(Step.LOG, item.envelope.id, () => placeOf(run, item));
    if (place !== null) {
      run.places.set(item.envelope.id, place);
    }
  }
  await run.attempt(Step.LOG, '', () => demandOneTree(run.places.values()));
  run.close(Step.LOG, 'every record stands in the log');
}

/**
 * Gives where a record stands in the log.
 * @param {Run} run
 * @param {SignedRecord} item
 * @returns {Promise<LogPlace>}
 * @throws {NotVerified} NOT_LOGGED, without a receipt or a log; BAD_RECEIPT, when the receipt is of something
 *   else; KEY_UNKNOWN, BAD_SIGNATURE or QUORUM_MISSING over its checkpoint
 * @throws {import('./errors.js').Unreadable} BAD_RECEIPT, TOO_LARGE or BAD_NOTE
 */
export async function placeOf(run, item) {
  if (run.trust.policy === null) {
    throw new NotVerified(Reason.NOT_LOGGED, 'the trust list names no log');
  }
  const receipt = run.evidence.receipts.get(recordEntryId(item));
  if (receipt === undefined) {
    throw new NotVerified(Reason.NOT_LOGGED, 'no receipt of the log is at hand');
  }
  return run.evidence.reader.receipt(receipt, await leafHash(recordEntry(item)), run.trust);
}

/**
 * Gives the index of a record of the chain, null where no receipt proved one.
 * @param {Run} run
 * @param {SignedRecord} item
 */
export function indexOf(run, item) {
  return run.places.get(item.envelope.id)?.index ?? null;
}

/**
 * Checks that no two checkpoints tell of different trees of one size.
 * @param {Iterable<LogPlace>} places
 * @throws {NotVerified} FORK
 */
function demandOneTree(places) {
  const roots = new Map();
  for (const {head: {checkpoint: {origin, size, root}}} of places) {
    const tree = `${size} ${origin}`;
    if ((roots.get(tree) ?? toHex(root)) !== toHex(root)) {
      throw new NotVerified(Reason.FORK, `two trees of ${size} entries were signed by ${origin}`);
    }
    roots.set(tree, toHex(root));
  }
}
