/** The chain: a record and all that it links to, back to workshop and village, with the gaps named. */

import {NotVerified, Reason, TraceabilityError} from './errors.js';
import {CHAIN_MAX_DEPTH, CHAIN_MAX_GAPS, CHAIN_MAX_RECORDS} from './limits.js';

/** @typedef {import('./evidence.js').SignedRecord} SignedRecord */
/** @typedef {import('./evidence.js').Reader} Reader */
/** @typedef {import('./envelope.js').Link} Link */
/** @typedef {{records: Map<string, Uint8Array>, reader: Reader}} AtHand */
/** @typedef {{source: string, target: string, error: TraceabilityError}} Gap a link that could not be followed */

/** Records reachable from the first one, nearest first, each once; and the links that lead nowhere. */
export class Chain {
  /**
   * @param {SignedRecord[]} records
   * @param {Gap[]} gaps
   */
  constructor(records, gaps) {
    this.records = records;
    this.gaps = gaps;
  }

  /** Gives the records that `source` itself links to, as far as they are at hand. */
  linked(/** @type {SignedRecord} */ source) {
    const urls = new Set(source.envelope.links.map(link => link.url));
    return this.records.filter(item => urls.has(item.envelope.id));
  }
}

/**
 * Follows every link of `start` by digest, breadth first, within the limits of `limits.js`.
 * @param {SignedRecord} start
 * @param {AtHand} evidence
 * @returns {Promise<Chain>}
 */
export async function collectChain(start, evidence) {
  const found = new Map([[start.envelope.id, start]]);
  /** @type {Gap[]} */
  const gaps = [];
  let level = [start];
  for (let depth = 0; depth < CHAIN_MAX_DEPTH; depth++) {
    level = await collectBelow(level, {found, gaps, evidence});
    if (level.length === 0) {
      return new Chain([...found.values()], gaps);
    }
  }
  const error = new NotVerified(Reason.LINK_CYCLE, `links go deeper than ${CHAIN_MAX_DEPTH} levels`);
  gaps.push({source: start.envelope.id, target: level[0].envelope.id, error});
  return new Chain([...found.values()], gaps);
}

/**
 * Gives the records behind the links of a level that were not found before, and adds them to `found`.
 * @param {SignedRecord[]} level
 * @param {{found: Map<string, SignedRecord>, gaps: Gap[], evidence: AtHand}} so
 */
async function collectBelow(level, {found, gaps, evidence}) {
  const below = [];
  for (const source of level) {
    for (const link of source.envelope.links) {
      try {
        const target = await follow(source, link, found, evidence);
        if (target !== null) {
          found.set(link.url, target);
          below.push(target);
        }
      } catch (error) {
        if (!(error instanceof TraceabilityError)) {
          throw error;
        }
        if (gaps.length < CHAIN_MAX_GAPS) {
          gaps.push({source: source.envelope.id, target: link.url, error});
        }
      }
    }
  }
  return below;
}

/**
 * Gives the record behind a link, or null where it was followed before.
 * @param {SignedRecord} source
 * @param {Link} link
 * @param {Map<string, SignedRecord>} found
 * @param {AtHand} evidence
 * @throws {NotVerified} LINK_MISSING, LINK_DIGEST_MISMATCH, LINK_FORWARD or LINK_CYCLE
 */
async function follow(source, link, found, evidence) {
  const known = found.get(link.url);
  if (known !== undefined) {
    checkLink(source, link, known);
    return null;
  }
  if (found.size >= CHAIN_MAX_RECORDS) {
    throw new NotVerified(Reason.LINK_CYCLE, `more than ${CHAIN_MAX_RECORDS} records hang together`);
  }
  const data = evidence.records.get(link.url);
  if (data === undefined) {
    throw new NotVerified(Reason.LINK_MISSING, 'the linked record is not at hand');
  }
  const target = await evidence.reader.read(data);
  checkLink(source, link, target);
  return target;
}

/**
 * @param {SignedRecord} source
 * @param {Link} link
 * @param {SignedRecord} target
 */
function checkLink(source, link, target) {
  if (target.envelope.id !== link.url || target.digest !== link.digest) {
    throw new NotVerified(Reason.LINK_DIGEST_MISMATCH, 'the linked record is not the one that was signed for');
  }
  if (target.claim.created > source.claim.created) {
    throw new NotVerified(Reason.LINK_FORWARD, 'the linked record was signed later than this one');
  }
}
