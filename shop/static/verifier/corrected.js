/**
 * Which passports a lot has had, where mistakes were corrected, and by which of them a label is judged.
 *
 * Labels name the digest of the passport that they were sealed for. An earlier one is at hand through a notice
 * about it. All of them are of the same goods: a recall of one must not end with the next one.
 */

import {isEqual, toLatin1} from './bytes.js';
import {TraceabilityError} from './errors.js';
import {parseSeal} from './seal.js';

/** @typedef {import('./evidence.js').WholeEvidence} WholeEvidence */
/** @typedef {import('./evidence.js').SignedRecord} SignedRecord */
/** @typedef {import('./label.js').LabelCode} LabelCode */
/** @typedef {{data: Uint8Array, signed: SignedRecord}} Passport */

/**
 * Gives the passport that a label is judged by, and the lot's other ones that can be read, in no order.
 *
 * Nothing is believed yet: a verification says whether the passport is the lot's, and the notices hold. Empty where
 * the lot is not known here; the first is the newest for a code without a seal, and where none at hand is the one
 * that the seal names.
 * @param {LabelCode} code with or without a seal
 * @param {WholeEvidence} evidence the newest passport of each lot, and the notices about earlier ones
 * @returns {Promise<Uint8Array[]>}
 */
export async function passportsOf(code, evidence) {
  const newest = code.lotUri === null ? undefined : evidence.passports.get(code.lotUri);
  if (newest === undefined) {
    return [];
  }
  const passports = (await readPassports(newest, evidence)).filter(({signed: {record}}) =>
    record.KIND === 'LotPassport' && record.lotId === code.lotUri);
  const wanted = sealedFor(code);
  const sealed = passports.find(({signed: {sha256}}) =>
    wanted !== null && isEqual(sha256.slice(0, wanted.length), wanted));
  const first = sealed?.data ?? newest;
  return [first, ...passports.map(({data}) => data).filter(data => !isEqual(data, first))];
}

/**
 * Gives the newest passport, and what notices at hand are about or put in its place, each once.
 * @param {Uint8Array} newest
 * @param {WholeEvidence} evidence
 * @returns {Promise<Passport[]>}
 */
async function readPassports(newest, evidence) {
  const known = await read(newest, evidence);
  const found = new Map(known === null ? [] : [[known.envelope.id, newest]]);
  for (const url of await toldOf(evidence)) {
    const data = evidence.records.get(url);
    if (data !== undefined && !found.has(url)) {
      found.set(url, data);
    }
  }
  const passports = [];
  for (const data of found.values()) {
    const signed = await read(data, evidence);
    if (signed !== null) {
      passports.push({data, signed});
    }
  }
  return passports;
}

/**
 * Gives the URLs that the notices at hand are about, or put in a place.
 * @param {WholeEvidence} evidence
 */
async function toldOf(evidence) {
  const urls = [];
  // A record that links to many stands under each of them, and is read once.
  for (const data of new Map([...evidence.later.values()].flat().map(one => [toLatin1(one), one])).values()) {
    const record = (await read(data, evidence))?.record;
    if (record?.KIND === 'Notice') {
      urls.push(record.about, ...(record.supersedes === null ? [] : [record.supersedes]));
    }
  }
  return urls;
}

/**
 * Gives the first bytes of the digest of the passport that the label was sealed for.
 * @param {LabelCode} code
 */
function sealedFor(code) {
  try {
    return code.seal === null ? null : parseSeal(code.seal).record;
  } catch (error) {
    demandOwn(error); // a seal that cannot be read is told of where it is checked
    return null;
  }
}

/**
 * Gives a record, null where it cannot be read: what stands beside it must not be lost with it.
 * @param {Uint8Array} data
 * @param {WholeEvidence} evidence
 */
async function read(data, evidence) {
  try {
    return await evidence.reader.read(data);
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
