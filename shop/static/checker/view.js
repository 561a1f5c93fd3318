/** Writing a verdict into the page. The words stand in the page already; here they are only chosen. */

import {Outcome} from '../verifier/verdict.js';
import {isFoundCopied, noticeRow, noticeTitle} from './notices.js';
import {byId, day, element, fill, lotLink, number, put, word} from './page.js';
import {kindOf, signerOf, stations} from './stations.js';

const MARKS = {passed: '✓', note: 'i', caution: '!', failed: '×', skipped: '○'};
const REVOKED = ['RECALLED', 'REVOKED', 'SUSPENDED'];

/**
 * Shows a band: shape, colour and words are those of the shop's verification page.
 * @param {string} key of the band's template
 * @param {Record<string, unknown>} values for the gaps in its sentences
 * @param {Element[]} because
 */
export function showBand(key, values = {}, because = []) {
  const template = /** @type {HTMLTemplateElement} */ (document.querySelector(`template[data-band="${key}"]`));
  const band = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  for (const paragraph of band.querySelectorAll('h1, p')) {
    if (paragraph.childElementCount === 0) {
      paragraph.textContent = fill(paragraph.textContent ?? '', values);
    }
  }
  for (const slot of band.querySelectorAll('[data-slot]')) {
    slot.textContent = String(values[slot.getAttribute('data-slot') ?? ''] ?? '');
  }
  if (because.length > 0) {
    const list = element('ul', {className: 'plain because'});
    list.append(...because);
    band.querySelector('section')?.append(list);
  }
  byId('band').replaceChildren(band);
}

/** Hides what an earlier check found. */
export function clear() {
  byId('band').replaceChildren();
  byId('found').hidden = true;
  byId('forget').hidden = true;
}

/**
 * Shows what a check found with all that it rests on.
 * @param {import('./checks.js').Found} found
 * @param {any} opened the export
 * @param {boolean} isRecord whether a record was checked, not a label
 */
export function showVerdict({verdict, notices, lots, body, file}, opened, isRecord) {
  const start = verdict.chain?.records[0];
  const signed = start === undefined ? '' : word('signed', {
    voucher: start.envelope.issuer.name, date: day(start.claim.created),
  });
  const band = bandOf(verdict, isRecord);
  const limit = word(isRecord ? 'limit-record' : 'limit-label');
  const itself = notices.find(told => told.signed.envelope.id === start?.envelope.id);
  const title = itself === undefined ? '' : noticeTitle(itself);
  showBand(band, {signed, limit, title}, because(verdict, band !== 'label'));
  byId('found').hidden = false;
  const isServerKey = (verdict.chain?.records ?? []).some(item => signerOf(item, opened).custody === 'server');
  const isCopied = !isRecord && isFoundCopied(notices, verdict.code?.serial);
  showParts(verdict, {band, kind: isRecord ? 'record' : 'label', isToldOf: notices.length > 0, isServerKey, isNotice: itself !== undefined, isCopied});
  showThing(verdict, start);
  put('notices', notices.map(told => noticeRow(told, {...opened, lots})));
  put('chain', band === 'label' ? [] : stations(verdict, opened));
  put('skipped', [...new Set(verdict.checks.filter(isLeftOut).map(check => check.reason))].map(key =>
    element('li', {textContent: document.querySelector(`[data-reason="${key}"] strong`)?.textContent ?? key})));
  put('lot-link', lots.has(verdict.code?.lotUri) ? [lotLink(opened.root, verdict.code.lotUri, word('lot-page'))] : []);
  put('body', indented(body ?? ''));
  put('file', file === undefined ? [] : [
    element('a', {className: 'touch', href: `${opened.root}${file}`, download: '', textContent: word('file')})]);
  showGrounds(opened);
  put('checks', steps(verdict));
}

/** Shows those parts of the result that have something to say. */
function showParts(verdict, {band, kind, isToldOf, isServerKey, isNotice, isCopied}) {
  const isIntact = [Outcome.VERIFIED, Outcome.CAUTION].includes(verdict.outcome);
  const hasChain = verdict.chain !== null;
  const isTold = hasChain && band !== 'label'; // of a label that does not fit, its lot's record says nothing
  const parts = {
    [kind]: true,
    [isIntact ? `intact-${kind}` : 'nothing']: true,
    misfit: hasChain && band === 'label',
    claimed: isTold && kind === 'label' && [Outcome.INVALID, Outcome.UNKNOWN].includes(verdict.outcome),
    notices: isToldOf && band !== 'label',
    copied: isCopied && band !== 'label',
    'notice-itself': isNotice,
    'notices-about': !isNotice,
    chain: isTold,
    'server-key': isServerKey,
  };
  for (const part of document.querySelectorAll('[data-for]')) {
    part.toggleAttribute('hidden', parts[part.getAttribute('data-for') ?? ''] !== true);
  }
}

/** Gives a record's text with its members under each other; what is no JSON stays as it is. */
function indented(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Tells what was not done at all; looks are counted by no export, which the page says anyway. */
function isLeftOut(check) {
  return check.status === 'skipped' && !['NO_SEAL', 'NO_SCAN_SIGNALS_YET'].includes(check.reason);
}

function bandOf(verdict, isRecord) {
  const {outcome} = verdict;
  if (outcome === Outcome.REVOKED) {
    const own = verdict.chain?.records[0]?.envelope.id;
    const failed = verdict.checks.filter(check => check.status === 'failed' && check.subject !== null);
    if (failed.every(check => check.subject !== own) && !verdict.reasons.includes('RECALLED')) {
      return 'PAPER';
    }
    return REVOKED.find(reason => verdict.reasons.includes(reason)) ?? 'REVOKED';
  }
  if (outcome === Outcome.VERIFIED && verdict.chain?.records[0]?.record.KIND === 'Notice') {
    return 'notice';
  }
  if (isForeign(verdict)) {
    return 'foreign';
  }
  const isLabel = !isRecord && verdict.checks.every(check => check.status !== 'failed' || check.id === '2-label');
  return outcome === Outcome.INVALID && isLabel ? 'label' : outcome;
}

/** Tells whether nothing is known here of a label but that its address is foreign. */
function isForeign(verdict) {
  return verdict.chain === null && verdict.reasons.includes('HOST_NOT_TRUSTED');
}

/** Tells what only turns the eye away; what was told later stands at its station. */
function isBeside(check, verdict) {
  return (isForeign(verdict) && check.reason !== 'HOST_NOT_TRUSTED')
    || (verdict.outcome === Outcome.VERIFIED && check.reason === 'TOLD_LATER');
}

function because(verdict, isAdvised) {
  const wanted = verdict.outcome === Outcome.VERIFIED ? ['note'] : ['failed', 'caution'];
  const isWanted = check => wanted.includes(check.status) && check.reason !== null && !isBeside(check, verdict);
  const found = new Map(verdict.checks.filter(isWanted).map(check => [check.reason, reason(check)]));
  return [...found.values()].map(content => {
    const item = element('li');
    item.append(content);
    if (!isAdvised) {
      item.replaceChildren(item.querySelector('strong') ?? item.textContent);
    }
    return item;
  });
}

/** Gives the sentence of a reason. */
export function meaning(code) {
  return document.querySelector(`[data-reason="${code}"]`)?.textContent?.trim() ?? code;
}

/** Gives what a reason means, and what to do now. */
function reason(check) {
  const keys = check.id === '2-label' ? [`2-label ${check.reason}`, check.reason] : [check.reason];
  const found = keys.map(key => document.querySelector(`[data-reason="${key}"]`)).find(one => one !== null);
  const copy = document.createDocumentFragment();
  copy.append(...(found?.cloneNode(true).childNodes ?? [check.reason]));
  return copy;
}

function showThing(verdict, start) {
  put('kind', start === undefined ? '' : kindOf(start.record));
  put('name', start === undefined ? '' : start.envelope.name);
  const {code} = verdict;
  const printed = code === null ? [] : [['lot', code.lot], ['serial', code.serial]];
  put('printed', printed.filter(([, value]) => value !== null).map(([key, value]) => element('div', {},
    element('dt', {textContent: word(key)}),
    element('dd', {}, element('code', {textContent: value})))));
}

/** Shows the log and the trust list that everything rests on. */
function showGrounds(opened) {
  const {trust, head, origin, fingerprint, isRemembered} = opened;
  const names = new Map(trust.policy.witnesses.map(([name, witness]) => [witness, name]));
  put('origin', origin);
  put('size', number(head.checkpoint.size));
  const seenBy = head.cosignatures.map(one => names.get(one.witness) ?? one.witness.name);
  const inside = seenBy.filter(isInside);
  put('witnesses', seenBy.map(name => (inside.includes(name) ? word('inside', {name}) : name)).join(', ') || '0');
  put('inside', inside.length > 0 ? word('inside-only') : '');
  put('memory', word(isRemembered ? 'remembers' : 'forgets'));
  put('sequence', String(trust.sequence));
  put('issued', day(trust.issued));
  put('expires', day(trust.expires) + (trust.isStale(opened.now) ? `. ${word('stale')}` : ''));
  put('fingerprint', fingerprint);
}

/** Tells whether the key of a witness lay on the shop's own server when this export was made. */
function isInside(name) {
  return byId('checker').dataset.inside.split(' ').includes(name);
}

function steps(verdict) {
  const rows = new Map();
  for (const check of verdict.checks.filter(one => !isForeign(verdict) || one.reason !== 'UNKNOWN_CODE')) {
    const step = check.id.split('-', 1)[0];
    if (!rows.has(step)) {
      const row = element('li');
      row.append(element('h3', {textContent: `${step}. ${word(`step-${step}`)}`}), element('ul', {className: 'small'}));
      rows.set(step, row);
    }
    const line = element('li');
    line.append(
      element('span', {className: `mark mark-${check.status}`, textContent: MARKS[check.status], ariaHidden: 'true'}),
      word(`status-${check.status}`));
    if (check.reason !== null) {
      line.append(': ', reason(check), ' ', element('code', {className: 'small soft', textContent: check.reason}));
    }
    rows.get(step).lastElementChild.append(line);
  }
  return [...rows.values()];
}
