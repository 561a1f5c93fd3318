/** Writing a verdict into the page. The words stand in the page already; here they are only chosen. */

import {Outcome} from '../verifier/verdict.js';

const MARKS = {passed: '✓', note: 'i', caution: '!', failed: '×', skipped: '○'};
const REVOKED = ['RECALLED', 'REVOKED', 'SUSPENDED'];

/** Gives a sentence of the page with its gaps filled. */
export function word(key, values = {}) {
  const found = document.querySelector(`[data-word="${CSS.escape(key)}"]`)?.textContent ?? key;
  return fill(found, values);
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => String(values[name] ?? ''));
}

/** Gives a day as the page's language writes it. */
export function day(instant) {
  const isEnglish = document.documentElement.lang === 'en';
  const style = isEnglish ? {day: 'numeric', month: 'long', year: 'numeric'}
    : {day: '2-digit', month: '2-digit', year: 'numeric'};
  const date = typeof instant === 'bigint' ? new Date(Number(instant / 1_000n)) : new Date(instant);
  return new Intl.DateTimeFormat(isEnglish ? 'en-GB' : 'vi-VN', {...style, timeZone: 'Asia/Ho_Chi_Minh'}).format(date);
}

/** Gives a whole number as the page's language writes it. */
export function number(value) {
  return new Intl.NumberFormat(document.documentElement.lang === 'en' ? 'en-GB' : 'vi-VN').format(value);
}

/**
 * Shows a band: shape, colour and words are those of the shop's verification page.
 * @param {string} key of the band's template
 * @param {Record<string, unknown>} values for the gaps in its sentences
 * @param {Element[]} because
 */
export function showBand(key, values = {}, because = []) {
  const template = /** @type {HTMLTemplateElement} */ (document.querySelector(`template[data-band="${key}"]`));
  const band = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  for (const paragraph of band.querySelectorAll('p')) {
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
 * Shows a verdict with all that it rests on.
 * @param {import('../verifier/verdict.js').Verdict} verdict
 * @param {any} opened the export
 * @param {boolean} isRecord whether a record was checked, not a label
 */
export function showVerdict(verdict, opened, isRecord) {
  const start = verdict.chain?.records[0];
  const signed = start === undefined ? '' : word('signed', {
    voucher: start.envelope.issuer.name, date: day(start.claim.created),
  });
  const band = bandOf(verdict, isRecord);
  const limit = word(isRecord ? 'limit-record' : 'limit-label');
  showBand(band, {signed, limit}, because(verdict, band !== 'label'));
  byId('found').hidden = false;
  const isIntact = [Outcome.VERIFIED, Outcome.CAUTION].includes(verdict.outcome);
  const kind = isRecord ? 'record' : 'label';
  const wanted = [kind, isIntact ? `intact-${kind}` : 'nothing'];
  for (const only of document.querySelectorAll('[data-for]')) {
    only.toggleAttribute('hidden', !wanted.includes(only.getAttribute('data-for') ?? ''));
  }
  showThing(verdict, start);
  const indexOf = item => verdict.places.get(item.envelope.id)?.index ?? -1n;
  const newestFirst = (one, other) => (indexOf(one) < indexOf(other) ? 1 : -1);
  put('chain', [...(verdict.chain?.records ?? [])].sort(newestFirst).map(item => station(item, verdict, opened)));
  put('skipped', [...new Set(verdict.checks.filter(isLeftOut).map(check => check.reason))].map(key =>
    element('li', {textContent: document.querySelector(`[data-reason="${key}"] strong`)?.textContent ?? key})));
  showGrounds(opened);
  put('checks', steps(verdict));
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
  const isLabel = !isRecord && verdict.checks.every(check => check.status !== 'failed' || check.id === '2-label');
  return outcome === Outcome.INVALID && isLabel ? 'label' : outcome;
}

function because(verdict, isAdvised) {
  const wanted = verdict.outcome === Outcome.VERIFIED ? ['note'] : ['failed', 'caution'];
  const found = new Map();
  for (const check of verdict.checks.filter(one => wanted.includes(one.status) && one.reason !== null)) {
    found.set(check.reason, reason(check));
  }
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
  put('kind', start === undefined ? '' : word(`kind-${start.record.KIND}`));
  put('name', start === undefined ? '' : start.envelope.name);
  const {code} = verdict;
  const printed = code === null ? [] : [['lot', code.lot], ['serial', code.serial]];
  put('printed', printed.filter(([, value]) => value !== null).map(([key, value]) => {
    const row = element('div');
    row.append(element('dt', {textContent: word(key)}), element('dd'));
    row.lastElementChild?.append(element('code', {textContent: value}));
    return row;
  }));
}

function station(item, verdict, opened) {
  const {envelope, record, claim} = item;
  const key = opened.trust.keys.find(one => one.id === claim.methodId);
  const place = verdict.places.get(envelope.id);
  const signer = word('station', {
    signer: envelope.issuer.name,
    role: word(`role-${key?.role ?? 'unknown'}`),
    date: day(claim.created),
    custody: word(`custody-${key?.custody ?? 'unknown'}`),
  });
  const failed = verdict.checks.filter(check => check.subject === envelope.id && check.status === 'failed');
  const row = element('li', {className: failed.length === 0 ? '' : 'is-broken'});
  const inside = element('div', {className: 'flow'});
  const link = element('a', {className: 'touch small', textContent: word('open')});
  link.href = `${opened.root}records/${envelope.id.split('/').pop()}.json`;
  const links = element('p');
  links.append(link);
  inside.append(
    element('p', {className: 'kicker', textContent: word(`kind-${record.KIND}`)}),
    element('h3', {lang: 'vi', textContent: envelope.name}),
    element('p', {className: 'small', textContent: signer}),
    element('p', {className: 'small soft', textContent: place === undefined ? word('not-logged')
      : word('logged', {index: number(place.index)})}),
    ...failed.slice(0, 1).map(() => element('p', {className: 'broken', textContent: word(
      failed.every(check => REVOKED.includes(check.reason)) ? 'withdrawn' : 'unsound')})),
    links,
  );
  row.append(inside);
  return row;
}

/** Shows the log and the trust list that everything rests on. */
function showGrounds(opened) {
  const {trust, head, origin, fingerprint, isRemembered} = opened;
  const names = new Map(trust.policy.witnesses.map(([name, witness]) => [witness, name]));
  put('origin', origin);
  put('size', number(head.checkpoint.size));
  put('witnesses', head.cosignatures.map(one => names.get(one.witness) ?? one.witness.name).join(', ') || '0');
  put('memory', word(isRemembered ? 'remembers' : 'forgets'));
  put('sequence', String(trust.sequence));
  put('issued', day(trust.issued));
  put('expires', day(trust.expires) + (trust.isStale(opened.now) ? `. ${word('stale')}` : ''));
  put('fingerprint', fingerprint);
}

function steps(verdict) {
  const rows = new Map();
  for (const check of verdict.checks) {
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

function put(slot, content) {
  const target = byId('found').querySelector(`[data-slot="${slot}"]`);
  target?.replaceChildren(...(typeof content === 'string' ? [content] : content));
}

function element(name, properties = {}) {
  return Object.assign(document.createElement(name), properties);
}

/** @returns {any} */
export function byId(id) {
  return document.getElementById(id);
}
