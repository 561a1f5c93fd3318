/** What was said later about the records of a chain: by whom, when, why, and what takes their place. */

import {effectOf, tellsOfCopies} from '../verifier/effects.js';
import {TraceabilityError} from '../verifier/errors.js';
import {Reader} from '../verifier/evidence.js';
import {Step} from '../verifier/run.js';
import {day, element, lotLink, recordLink, word} from './page.js';

/** @typedef {import('../verifier/verdict.js').Verdict} Verdict */
/** @typedef {import('../verifier/evidence.js').SignedRecord} SignedRecord */
/** @typedef {{signed: SignedRecord, about: SignedRecord | null, successor: SignedRecord | null}} Told */

/**
 * Gives the notices that count, the newest first: those of which the verification itself speaks.
 * @param {Verdict} verdict
 * @param {{records: Map<string, Uint8Array>, later: Map<string, Uint8Array[]>}} evidence
 * @returns {Promise<Told[]>}
 */
export async function findNotices(verdict, {records, later}) {
  const [start] = verdict.chain?.records ?? [];
  const found = new Map(start?.record.KIND === 'Notice' ? [[start.envelope.id, start]] : []);
  for (const check of verdict.checks.filter(one => one.id === Step.STATUS && later.has(one.subject ?? ''))) {
    for (const data of later.get(/** @type {string} */ (check.subject)) ?? []) {
      const signed = await read(data);
      if (signed?.record.KIND === 'Notice' && effectOf(signed.record, null).detail === check.detail) {
        found.set(signed.envelope.id, signed);
      }
    }
  }
  const told = [...found.values()].map(async signed => ({
    signed,
    about: await read(records.get(signed.record.about)),
    successor: await read(records.get(signed.record.supersedes)),
  }));
  const signedAt = one => one.signed.claim.created;
  return (await Promise.all(told)).sort((one, other) => (signedAt(one) < signedAt(other) ? 1 : -1));
}

async function read(data) {
  try {
    return data === undefined ? null : await new Reader().read(data);
  } catch (error) {
    if (error instanceof TraceabilityError) {
      return null; // what cannot be read does not count either
    }
    throw error;
  }
}

/** Tells whether somebody entitled found the very label with this serial copied. */
export function isFoundCopied(/** @type {Told[]} */ notices, /** @type {string | null | undefined} */ serial) {
  const isNamed = ({record}) => record.serials.some(one => one.toUpperCase() === serial?.toUpperCase());
  return notices.some(({signed}) => tellsOfCopies(signed.record) && isNamed(signed));
}

/** Gives the heading of a notice's own page: what it does, and to which lot or record. */
export function noticeTitle({signed: {record}, about}) {
  const name = about?.record.KIND === 'LotPassport' ? word('of-lot', {lot: about.record.lot})
    : about?.envelope.name ?? record.about;
  return word(`heading-${record.action}`, {about: name});
}

/**
 * Gives the row of a notice.
 * @param {Told} told
 * @param {{root: string, lots: Set<string>}} places of the export, and the lots that have a page in it
 */
export function noticeRow({signed, about, successor}, {root, lots}) {
  const {record, envelope, claim} = signed;
  const name = about?.envelope.name ?? record.about;
  const title = element('h3', {}, `${word(`notice-${record.action}`)}: `, vietnamese('span', name));
  const serials = element('p', {}, `${word('only-serials')} `,
    element('code', {textContent: record.serials.join(', ')}));
  const signer = word('signed-by', {signer: envelope.issuer.name, date: day(claim.created)});
  return element('li', {className: 'flow'},
    title,
    vietnamese('p', record.reason),
    record.serials.length > 0 ? serials : null,
    record.evidence.length === 0 ? null
      : element('p', {className: 'small soft', textContent: word('evidence', {count: record.evidence.length})}),
    element('p', {className: 'small', textContent: signer}),
    ...(successor === null ? [] : replacement(successor, {root, lots})),
    element('p', {className: 'small'}, recordLink(root, envelope.id, word('open'))));
}

/** Gives the links to the record that took another's place, and to its lot's page where there is one. */
function replacement({envelope, record}, {root, lots}) {
  const links = [recordLink(root, envelope.id, word('successor'))];
  if (lots.has(record.lotId)) {
    links.push(lotLink(root, record.lotId, word('lot-page')));
  }
  return links.map(link => element('p', {}, link));
}

function vietnamese(name, text) {
  return element(name, {lang: 'vi', textContent: text});
}
