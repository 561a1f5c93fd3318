/**
 * Which of a lot's passports a label was sealed for, where a mistake in the first one was corrected.
 *
 * The labels are printed by then, and name the digest of the passport that they were sealed for. That passport is
 * at hand through the notice that put another in its place.
 */

import {isEqual} from './bytes.js';
import {TraceabilityError} from './errors.js';
import {parseSeal} from './seal.js';

/** @typedef {import('./evidence.js').WholeEvidence} WholeEvidence */
/** @typedef {import('./label.js').LabelCode} LabelCode */

/**
 * Gives the passport that a label is judged by, and those that took its place since, the newest last.
 *
 * Nothing is believed yet: a verification says whether the passport is the lot's, and the notices hold. Empty where
 * the lot is not known here; the newest alone for a code without a seal, and where none at hand is the one that
 * the seal names.
 * @param {LabelCode} code with or without a seal
 * @param {WholeEvidence} evidence the newest passport of each lot, and the notices about earlier ones
 * @returns {Promise<Uint8Array[]>}
 */
export async function passportsOf(code, evidence) {
  const newest = code.lotUri === null ? undefined : evidence.passports.get(code.lotUri);
  if (newest === undefined) {
    return [];
  }
  try {
    return (code.seal === null ? null : await rowOf(parseSeal(code.seal).record, newest, evidence)) ?? [newest];
  } catch (error) {
    demandOwn(error);
    return [newest];
  }
}

/**
 * Gives the passport that has the digest, with all that took its place; null where there is none.
 * @param {Uint8Array} wanted the first 16 bytes of the digest
 * @param {Uint8Array} newest
 * @param {WholeEvidence} evidence
 */
async function rowOf(wanted, newest, evidence) {
  for await (const row of rowsOfCorrections(newest, evidence)) {
    const {sha256} = await evidence.reader.read(row[0]);
    if (isEqual(sha256.slice(0, wanted.length), wanted)) {
      return row;
    }
  }
  return null;
}

/**
 * Gives the newest passport, then each earlier one with all that took its place, the newest last.
 * @param {Uint8Array} newest
 * @param {WholeEvidence} evidence
 * @returns {AsyncGenerator<Uint8Array[]>}
 */
async function* rowsOfCorrections(newest, evidence) {
  const corrections = await readCorrections(evidence);
  const {envelope} = await evidence.reader.read(newest);
  const rows = new Map([[envelope.id, [newest]]]);
  // A Map that grows while it is walked is walked to its new end.
  for (const [address, row] of rows) {
    yield row;
    for (const about of corrections.get(address) ?? []) {
      const earlier = evidence.records.get(about);
      if (!rows.has(about) && earlier !== undefined) {
        rows.set(about, [earlier, ...row]);
      }
    }
  }
}

/**
 * Gives for each record's URL those of the records that a notice at hand says it replaces.
 * @param {WholeEvidence} evidence
 * @returns {Promise<Map<string, string[]>>}
 */
async function readCorrections(evidence) {
  const found = new Map();
  for (const [about, bodies] of evidence.later) {
    for (const data of bodies) {
      const successor = await successorIn(data, about, evidence);
      if (successor !== null) {
        found.set(successor, found.get(successor) ?? []);
        found.get(successor).push(about);
      }
    }
  }
  return found;
}

/**
 * Gives the URL of the record that a correction at hand puts in the place of another, null where it is none.
 * @param {Uint8Array} data
 * @param {string} about
 * @param {WholeEvidence} evidence
 * @returns {Promise<string | null>}
 */
async function successorIn(data, about, evidence) {
  try {
    const {record} = await evidence.reader.read(data);
    return record.KIND === 'Notice' && record.about === about ? record.supersedes : null;
  } catch (error) {
    demandOwn(error);
    return null;
  }
}

/**
 * Lets nothing pass for a finding that is none.
 * @param {unknown} error
 * @returns {asserts error is TraceabilityError}
 */
function demandOwn(error) {
  if (!(error instanceof TraceabilityError)) {
    throw error;
  }
}
