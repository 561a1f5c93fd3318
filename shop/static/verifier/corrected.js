/**
 * Which of a lot's passports a label was sealed for, where a mistake in the first one was corrected.
 *
 * The labels are printed by then, and name the digest of the passport that they were sealed for. That passport is
 * at hand through the notice that put another in its place.
 */

import {isEqual} from './bytes.js';
import {sha256} from './digest.js';
import {TraceabilityError} from './errors.js';
import {parseSeal} from './seal.js';

/** @typedef {import('./evidence.js').WholeEvidence} WholeEvidence */
/** @typedef {import('./label.js').LabelCode} LabelCode */

/**
 * Gives the passport that a label is judged by, null where its lot is not known here.
 *
 * Nothing is believed yet: a verification says whether the passport is the lot's, and the notice holds.
 * @param {LabelCode} code with or without a seal
 * @param {WholeEvidence} evidence the newest passport of each lot, and the notices about earlier ones
 * @returns {Promise<Uint8Array | null>}
 */
export async function passportOf(code, evidence) {
  const newest = code.lotUri === null ? null : evidence.passports.get(code.lotUri) ?? null;
  if (newest === null || code.seal === null) {
    return newest;
  }
  try {
    return await earlierPassport(parseSeal(code.seal).record, newest, evidence) ?? newest;
  } catch (error) {
    if (error instanceof TraceabilityError) {
      return newest;
    }
    throw error;
  }
}

/**
 * Gives the passport that has the digest and that the newest one took the place of, null where there is none.
 * @param {Uint8Array} wanted the first 16 bytes of the digest
 * @param {Uint8Array} newest
 * @param {WholeEvidence} evidence
 */
async function earlierPassport(wanted, newest, evidence) {
  const {envelope, sha256: digest} = await evidence.reader.read(newest);
  if (isEqual(digest.slice(0, wanted.length), wanted)) {
    return null;
  }
  for (const [about, notices] of evidence.later) {
    const earlier = evidence.records.get(about);
    if (earlier !== undefined && isEqual((await sha256(earlier)).slice(0, wanted.length), wanted)
      && await takesItsPlace(notices, about, envelope.id, evidence)) {
      return earlier;
    }
  }
  return null;
}

/**
 * Tells whether a correction at hand names the record of an address as the successor of another.
 * @param {Uint8Array[]} notices
 * @param {string} about
 * @param {string} address
 * @param {WholeEvidence} evidence
 */
async function takesItsPlace(notices, about, address, evidence) {
  for (const data of notices) {
    try {
      const {record} = await evidence.reader.read(data);
      if (record.KIND === 'Notice' && record.about === about && record.supersedes === address) {
        return true;
      }
    } catch (error) {
      if (!(error instanceof TraceabilityError)) {
        throw error;
      }
    }
  }
  return false;
}
