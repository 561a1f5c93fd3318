/** The stations of a chain: what happened, when and where, how sure that is, and who signed it when. */

import {SECOND, dayInVietNam} from '../verifier/clock.js';
import {CLOCK_MAX_SKEW} from '../verifier/limits.js';
import {day, element, marked, number, recordLink, word} from './page.js';
import {happenedAt, inStoryOrder, levelOf, placeOf} from './story.js';

/** @typedef {import('../verifier/verdict.js').Verdict} Verdict */
/** @typedef {import('../verifier/evidence.js').SignedRecord} SignedRecord */

const WITHDRAWN = ['RECALLED', 'REVOKED', 'SUSPENDED'];
const DAY_MS = 86_400_000;
const TAKING_BACK = ['recall', 'revoke', 'suspend'];

/**
 * Gives the rows of a verdict's chain.
 * @param {Verdict} verdict
 * @param {any} opened the export
 */
export function stations(verdict, opened) {
  const records = verdict.chain?.records ?? [];
  return inStoryOrder(records).map(item => station(item, {records, verdict, opened}));
}

/** Gives the role and custody of the key that a proof names; unknown keys have neither. */
export function signerOf(/** @type {SignedRecord} */ item, opened) {
  return opened.trust.keys.find(one => one.id === item.claim.methodId) ?? {role: 'unknown', custody: 'unknown'};
}

/** Gives the name of a record's kind; of an event, what was done. */
export function kindOf(record, role = '') {
  if (record.KIND === 'Certificate') {
    return word(`kind-${record.kind}`);
  }
  if (record.KIND !== 'TraceEvent') {
    return word(`kind-${record.KIND}`);
  }
  return word(record.kind === 'inspected' && role === 'workshop' ? 'kind-inspected-workshop' : `kind-${record.kind}`);
}

function station(item, {records, verdict, opened}) {
  const {envelope, record} = item;
  const {role} = signerOf(item, opened);
  const fault = faultOf(item, records[0].record, verdict);
  const inside = element('div', {className: 'flow'},
    element('p', {className: 'kicker', textContent: `${kindOf(record, role)} · ${day(happenedAt(item))}`}),
    element('h3', {lang: 'vi', textContent: envelope.name}),
    record.KIND === 'TraceEvent' && record.detail !== '' ? said(record.detail) : null,
    where(item, records),
    record.KIND === 'TraceEvent' ? keptOutside(record.evidence.length) : null,
    signature(item, opened, fault !== 'unsound'),
    logged(verdict.places.get(envelope.id)),
    ...notesOf(item).map(text => element('p', {className: 'note small', textContent: text})),
    fault === null ? null : element('p', {className: 'broken', textContent: word(fault)}),
    element('p', {className: 'small'}, recordLink(opened.root, envelope.id, word('open'))));
  return element('li', {className: fault === null ? '' : 'is-broken'}, inside);
}

/** Says what is wrong with a record: `unsound`, `withdrawn` or null. */
function faultOf({envelope}, start, verdict) {
  const failed = verdict.checks.filter(check => check.subject === envelope.id && check.status === 'failed');
  if (failed.some(check => !WITHDRAWN.includes(check.reason))) {
    return 'unsound';
  }
  // The page of a notice must not show what it takes back as standing.
  const isTakenBack = start.KIND === 'Notice' && TAKING_BACK.includes(start.action) && start.serials.length === 0
    && start.about === envelope.id;
  return failed.length > 0 || isTakenBack ? 'withdrawn' : null;
}

function where(item, records) {
  const found = placeOf(item, records);
  if (found === null) {
    return null;
  }
  return found.now === null ? said(found.place, 'soft')
    : element('p', {className: 'soft', textContent: word('place-now', found)});
}

/** Says that photos or voice notes belong to a step: they lie outside the record, which signs their digests. */
function keptOutside(count) {
  return count === 0 ? null : element('p', {className: 'small soft', textContent: word('evidence', {count})});
}

/** Gives who signed a record and when; how sure that is only where the signature holds. */
function signature(item, opened, isSound) {
  const {role, custody} = signerOf(item, opened);
  const text = word('station', {
    signer: item.envelope.issuer.name,
    role: word(`role-${role}`),
    date: day(item.claim.created),
    custody: word(`custody-${custody}`),
  });
  const level = isSound ? marked(`level-${levelOf(item.record, role)}`) : null;
  return element('p', {}, level, ' ', element('span', {className: 'small', textContent: text}));
}

function logged(place) {
  const text = place === undefined ? word('not-logged') : word('logged', {index: number(place.index)});
  return element('p', {className: 'small soft', textContent: text});
}

/** Gives what a reader must not miss: bought-in goods, a late record, a site outside the village, a period. */
function notesOf({record, claim, envelope}) {
  switch (record.KIND) {
    case 'TraceEvent': {
      const late = claim.created - record.time;
      return late > CLOCK_MAX_SKEW ? [word('told-later', {days: daysBetween(record.time, claim.created)})] : [];
    }
    case 'LotPassport': return record.boughtIn.map(one => word('bought-in', one));
    case 'WorkshopRecord': return record.isInsideVillage ? [] : [word('outside')];
    case 'VillageRecognition':
      return record.recognition.status === 'recognised' ? [] : [word(`title-${record.recognition.status}`)];
    case 'Certificate': return [periodOf(envelope)];
    default: return [];
  }
}

/** Gives by how many days of the calendar in Viet Nam one moment lies after another. */
function daysBetween(earlier, later) {
  return (Date.parse(dayInVietNam(later)) - Date.parse(dayInVietNam(earlier))) / DAY_MS;
}

function periodOf({validFrom, validUntil}) {
  const start = day(validFrom);
  return validUntil === null ? word('valid-open', {start}) : word('valid', {start, end: day(validUntil - SECOND)});
}

function said(text, className = '') {
  return element('p', {className, lang: 'vi', textContent: text});
}
