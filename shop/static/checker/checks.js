/** The checks of a page: the export opens once, then any label or record is checked against it. */

import {fromUtf8, toBase64, toUtf8} from '../verifier/bytes.js';
import {TraceabilityError} from '../verifier/errors.js';
import {parseLabel} from '../verifier/label.js';
import {parse as parseNote} from '../verifier/note.js';
import {openTrustList} from '../verifier/policy.js';
import {parseRoots, rootsFingerprint} from '../verifier/roots.js';
import {verifyLabel, verifyRecord} from '../verifier/verify.js';
import {Missing} from './evidence-files.js';
import {HashedSerials, gather, leavesOf, linksOf} from './gather.js';
import {findNotices} from './notices.js';

/** @typedef {import('./evidence-files.js').EvidenceFiles} EvidenceFiles */

/**
 * Opens the trust list of an export, and the head that all of it stands under.
 * @param {EvidenceFiles} files
 * @throws {TraceabilityError} where the roots did not sign the list, or the list's witnesses not the head
 */
export async function openExport(files) {
  const {trust: note, roots: keys, checkpoint, madeAt} = await files.load('trust');
  const roots = await parseRoots(toUtf8(keys));
  const trust = await openTrustList(toUtf8(note), roots);
  const head = await trust.policy.check(parseNote(toUtf8(checkpoint)));
  const {origin, size, root} = head.checkpoint;
  const seen = {sequence: trust.sequence, size: String(size), root: toBase64(root), day: madeAt};
  return {trust, head, origin, seen, madeAt, fingerprint: await rootsFingerprint(roots)};
}

/**
 * What a check found: `lots` are those that it names and that have a page, `file` is where the export has the record.
 * @typedef {{verdict: import('../verifier/verdict.js').Verdict, notices: import('./notices.js').Told[],
 *   lots: Set<string>, body?: string, file?: string}} Found
 */

/**
 * Checks a label's text.
 * @param {string} text
 * @param {{files: EvidenceFiles, trust: any, at: Date}} given
 * @returns {Promise<Found>}
 */
export async function checkLabel(text, {files, trust, at}) {
  const code = readCode(text);
  const lot = code?.lotUri ? await findLot(files, code.lotUri) : null;
  if (lot === null) {
    return {verdict: await verifyLabel(text, {trust, evidence: {}, at}), notices: [], lots: new Set()};
  }
  const gathered = await gather(files, lot.needs);
  const evidence = {
    ...gathered,
    passports: new Map([[lot.lot, gathered.records.get(lot.passport)]]),
    serials: new Map([[lot.lot, leavesOf(lot)]]),
    reader: await HashedSerials.lookingFor(code.serial),
  };
  return withNotices(await verifyLabel(text, {trust, evidence, at}), evidence, files);
}

/**
 * Checks a record of the export by its id, or null where the export has none.
 * @param {string} id
 * @param {{files: EvidenceFiles, trust: any, at: Date}} given
 * @returns {Promise<Found | null>}
 */
export async function checkOwnRecord(id, given) {
  try {
    const {record} = await given.files.load(`record/${id}`);
    return {...await checkRecord(toUtf8(record), given), file: `records/${id}.json`};
  } catch (error) {
    if (error instanceof Missing) {
      return null;
    }
    throw error;
  }
}

/**
 * Checks the bytes of a record that somebody holds, with the export's records as what it links to.
 * @param {Uint8Array} data
 * @param {{files: EvidenceFiles, trust: any, at: Date}} given
 * @returns {Promise<Found>}
 */
export async function checkRecord(data, {files, trust, at}) {
  const text = fromUtf8(data) ?? '';
  const names = [idOf(text), ...linksOf(text)].map(nameOf).filter(name => name !== null);
  const there = [];
  for (const name of new Set(names)) {
    try {
      await files.load(name);
      there.push(name);
    } catch (error) {
      if (!(error instanceof Missing)) {
        throw error;
      }
    }
  }
  const evidence = await gather(files, there);
  const verdict = await verifyRecord(data, {trust, evidence, at});
  return {...await withNotices(verdict, evidence, files), body: text};
}

async function withNotices(verdict, evidence, files) {
  const notices = await findNotices(verdict, evidence);
  const named = [verdict.code?.lotUri, ...notices.map(one => one.successor?.record.lotId)];
  const lots = new Set();
  for (const lot of new Set(named.filter(one => typeof one === 'string'))) {
    if (await findLot(files, lot) !== null) {
      lots.add(lot);
    }
  }
  return {verdict, notices, lots};
}

function readCode(text) {
  try {
    return parseLabel(text);
  } catch (error) {
    if (error instanceof TraceabilityError) {
      return null;
    }
    throw error;
  }
}

async function findLot(files, lotUri) {
  const path = new URL(lotUri).pathname.slice(1);
  try {
    const lot = await files.load(`lot/${path.replaceAll('/', '_')}`);
    return lot.lot === lotUri ? lot : null;
  } catch (error) {
    if (error instanceof Missing) {
      return null;
    }
    throw error;
  }
}

function idOf(text) {
  try {
    return String(JSON.parse(text).id);
  } catch {
    return '';
  }
}

/** Gives the name of the file that would hold the record of a URL; the record inside names its whole URL. */
function nameOf(url) {
  const match = /^https:\/\/[a-z0-9.:-]+\/records\/([A-Za-z0-9_-][A-Za-z0-9._-]{0,119})$/.exec(url);
  return match === null ? null : `record/${match[1]}`;
}
