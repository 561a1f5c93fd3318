/**
 * What the log keeps of a record: its digest and its name, nothing personal.
 *
 * An entry is one JSON object in its RFC 8785 form, so that anybody who holds the record can compute it again.
 */

import {canonical} from './jcs.js';

/** @typedef {import('./evidence.js').SignedRecord} SignedRecord */

const VERSION = 1;

/**
 * Gives the name under which a record stands in the log: its URL, with the version of a status list.
 * @param {SignedRecord} item
 */
export function recordEntryId(item) {
  return item.record.KIND === 'StatusList' ? item.record.entryId : item.envelope.id;
}

/**
 * Gives the bytes of the log's entry of a signed record.
 *
 * Its digest is that of the canonical bytes, proof included, so a record that was only spelled otherwise has the
 * same entry.
 * @param {SignedRecord} item
 */
export function recordEntry(item) {
  return canonical({
    digest: item.digest,
    id: recordEntryId(item),
    issuer: item.envelope.issuer.did,
    type: item.record.KIND,
    v: VERSION,
  });
}
