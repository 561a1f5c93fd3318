/** The digests of photos and voice notes that belong to a record: the files themselves are never signed. */

import {DIGEST} from './envelope.js';
import {EVENT_EVIDENCE_MAX} from './limits.js';
import {array, demand} from './members.js';

/** @typedef {import('./strict-json.js').Document} Document */

/**
 * Gives the digests of photos and voice notes that lie outside the record.
 * @param {Document} origin
 * @returns {string[]}
 */
export function readEvidence(origin) {
  if (!origin.has('evidence')) {
    return [];
  }
  const digests = array(origin, 'evidence');
  demand(digests.length > 0, 'evidence: expected at least one digest');
  const isEach = digests.every(item => typeof item === 'string' && DIGEST.test(item));
  demand(isEach, 'evidence: expected SHA-256 digestMultibase only');
  const isNarrow = digests.length <= EVENT_EVIDENCE_MAX && new Set(digests).size === digests.length;
  demand(isNarrow, `evidence: expected at most ${EVENT_EVIDENCE_MAX} digests, each of them once`);
  return /** @type {string[]} */ (digests);
}
