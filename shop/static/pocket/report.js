/** The screen that is printed: what was checked and signed in some days, and against which copy. */

import {byId, day, element, number, word} from '../checker/page.js';
import {outboxRow} from './sending.js';
import {facts, moment, outcomeWord} from './words.js';

/** @typedef {import('./main.js').Pocket} Pocket */

const DAY_MS = 86_400_000;

export class Report {
  #pocket;

  constructor(/** @type {Pocket} */ pocket) {
    this.#pocket = pocket;
  }

  listen() {
    const today = inVietNam(Date.now());
    byId('from').value = today;
    byId('to').value = today;
    byId('report-day').onchange = () => this.show();
  }

  async show() {
    const [from, to] = [byId('from').value, byId('to').value];
    const isInside = one => from <= inVietNam(one.at) && inVietNam(one.at) <= to;
    const checks = (await this.#pocket.store.all('checks')).filter(isInside);
    const signed = (await this.#pocket.store.all('outbox')).filter(isInside);
    byId('no-checks').hidden = checks.length > 0;
    byId('report-checks').hidden = checks.length === 0;
    byId('report-checks').querySelector('tbody').replaceChildren(...checks.map(checkRow));
    byId('no-signed').hidden = signed.length > 0;
    byId('report-signed').replaceChildren(...signed.map(outboxRow));
    byId('report-facts').replaceChildren(...this.#facts(from, to));
    this.#leadToDesk(from, to);
  }

  /** The desk's report of the same days has what was sent; without a network there is no way to it. */
  #leadToDesk(from, to) {
    const link = byId('desk-report');
    link.parentElement.hidden = !navigator.onLine;
    link.search = new URLSearchParams({...Object.fromEntries(new URLSearchParams(link.search)), from, to}).toString();
  }

  #facts(from, to) {
    const {opened, me} = this.#pocket;
    return facts([
      [word('report-issuer'), me?.name ?? null],
      [word('report-when'), from === to ? day(from) : `${day(from)} – ${day(to)}`],
      [word('report-copy'), opened === null ? null : word('report-copy-value', {
        time: moment(opened.fetchedAt), sequence: opened.trust.sequence, size: number(opened.head.checkpoint.size)})],
      [word('copy-roots'), opened === null ? null : element('code', {textContent: opened.fingerprint})],
    ]);
  }
}

function checkRow({at, name, text, outcome}) {
  return element('tr', {},
    element('td', {textContent: moment(at)}),
    element('td', {}, element('span', {lang: 'vi', textContent: name}), element('span', {className: 'small code', textContent: text})),
    element('td', {textContent: outcomeWord(outcome)}));
}

/** Gives the day of a moment in Viet Nam. */
function inVietNam(/** @type {number} */ time) {
  return new Date(time + 7 * DAY_MS / 24).toISOString().slice(0, 10);
}
