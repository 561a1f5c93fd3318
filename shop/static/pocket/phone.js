/** The screen of what this phone holds: the copy with its age, and the key. */

import {byId, day, element, number, word} from '../checker/page.js';
import {NotTaken, OLD_DAYS, ageInDays, fetchCopy, forget, sizeAhead} from './copy.js';
import {loadKey, makeKey, proveKey} from './own-key.js';
import {Declined, NoAnswer, handIn} from './server.js';
import {facts, moment, size, tell} from './words.js';

/** @typedef {import('./main.js').Pocket} Pocket */

export class Phone {
  #pocket;

  constructor(/** @type {Pocket} */ pocket) {
    this.#pocket = pocket;
  }

  /** Says in one line at the top whether there is a network, and how old the copy is. */
  strip() {
    const {opened} = this.#pocket;
    byId('desk-tabs').hidden = !navigator.onLine;
    tell('net', word(navigator.onLine ? 'online' : 'offline'));
    const days = opened === null ? 0 : ageInDays(opened, new Date());
    byId('strip-age').textContent = opened === null ? word('copy-none')
      : days > OLD_DAYS ? word('copy-old', {days: number(days)})
        : days === 0 ? word('copy-today') : word('copy-days', {days: number(days)});
    byId('strip').classList.toggle('is-old', opened === null || days > OLD_DAYS);
    byId('strip').hidden = false;
    byId('no-copy').hidden = opened !== null;
    byId('ask').hidden = opened === null;
  }

  /** Draws the copy. */
  async show() {
    const {opened} = this.#pocket;
    this.strip();
    byId('start-over').hidden = opened === null;
    const days = opened === null ? 0 : ageInDays(opened, new Date());
    byId('old-copy').hidden = days <= OLD_DAYS;
    const strong = byId('old-copy').querySelector('strong');
    strong.dataset.gaps ??= strong.textContent;
    strong.textContent = strong.dataset.gaps.replace('{days}', number(days));
    byId('copy-facts').replaceChildren(...(opened === null ? [] : copyFacts(opened)));
    await this.#showKey();
    const isSafe = await navigator.storage?.persisted?.() ?? false;
    tell('kept-safe', word(isSafe ? 'kept-safe' : 'not-safe'));
  }

  /** Says how much a download would take. */
  async tellAhead() {
    const bytes = navigator.onLine ? await sizeAhead().catch(() => null) : null;
    document.querySelectorAll('[data-slot=ahead]').forEach(one => {
      one.textContent = bytes === null ? '' : word('ahead', {size: size(bytes)});
    });
  }

  /** Fetches the newest copy; what is not taken is told, and the old one stays. */
  async fetch() {
    tell('not-taken', '');
    tell('fetching', word('fetching'));
    try {
      await navigator.storage?.persist?.();
      await fetchCopy(this.#pocket.store, {now: new Date()});
      await this.#pocket.reopen();
      tell('fetching', word('fetch-done'));
    } catch (error) {
      tell('fetching', error instanceof NotTaken ? '' : word('fetch-failed'));
      if (error instanceof NotTaken) {
        const {values} = error;
        tell('not-taken', word(`taken-${error.kind}`, {...values, day: values.day === undefined ? '' : day(values.day)}));
        location.hash = '#phone';
      }
    }
    await this.show();
  }

  /** Forgets the copy and the log that was seen. */
  async forget() {
    await forget(this.#pocket.store);
    await this.#pocket.reopen();
    await this.show();
  }

  /** Makes the key if there is none, and hands its public half in. */
  async makeKey() {
    tell('key-mistake', '');
    try {
      const me = await this.#pocket.refreshMe();
      const key = await makeKey(this.#pocket.keyName(), new Date());
      const signature = await proveKey(key, {...me, use: 'record'});
      await handIn(me, key, signature);
      await this.#pocket.refreshMe();
    } catch (error) {
      if (error instanceof Declined) {
        tell('key-mistake', `${error.code}: ${error.message}`);
      } else if (error instanceof NoAnswer) {
        tell('key-mistake', word('key-failed'));
      } else {
        tell('key-mistake', error.message);
      }
    }
    await this.show();
  }

  /** Locks the signing at once, and ends the session where there is a network. */
  async signOut() {
    tell('signed-out', word('signing-out'));
    const isEnded = await this.#pocket.session.leave();
    tell('signed-out', word(isEnded ? 'signed-out' : 'signed-out-later'));
    await this.#pocket.acting.showRight();
    await this.show();
  }

  async #showKey() {
    const {me} = this.#pocket;
    const key = me === null ? null : await loadKey(this.#pocket.keyName(me));
    const method = await this.#pocket.method(me);
    const enrolled = me?.keys?.find(one => one.publicKey === key?.publicKey)?.state;
    const state = me === null ? 'key-locked' : me.issuer === null ? 'no-issuer' : key === null ? 'key-none'
      : method !== null ? 'key-listed' : enrolled === 'waiting' || enrolled === 'listed' ? 'key-waiting'
        : enrolled === 'refused' ? 'key-refused' : 'key-here';
    tell('key-state', word(state));
    byId('to-sign-in').hidden = me !== null;
    byId('sign-out').hidden = me === null;
    document.querySelector('[data-do=make-key]').hidden = !['key-none', 'key-here'].includes(state) || me === null;
    byId('key-facts').replaceChildren(...(key === null ? [] : facts([
      [word('key-mark'), element('code', {className: 'fingerprint', textContent: grouped(key.publicKey)})],
      [word('key-issuer'), method?.name ?? me?.name ?? me?.did ?? null],
      [word('key-made'), day(key.madeAt)],
    ])));
  }
}

/** Gives a key in groups of six characters, to be read out and compared. */
function grouped(/** @type {string} */ key) {
  return key.match(/.{1,6}/g)?.join(' ') ?? key;
}

function copyFacts(opened) {
  const {files, trust, head, fingerprint} = opened;
  const times = head.cosignatures.map(one => Number(one.time) * 1_000);
  const entries = number(head.checkpoint.size);
  return facts([
    [word('fetched'), moment(opened.fetchedAt)],
    [word('copy-size'), size(opened.bytes)],
    [word('copy-lots'), number(files.names('lot/').length)],
    [word('copy-records'), number(files.names('record/').length)],
    [word('copy-head'), times.length === 0 ? word('copy-head-alone', {size: entries})
      : word('copy-head-value', {size: entries, time: moment(Math.max(...times))})],
    [word('copy-list'), word('copy-list-value', {sequence: trust.sequence, date: day(trust.expires)})],
    [word('copy-roots'), element('span', {}, element('code', {textContent: fingerprint}),
      element('span', {className: 'small', textContent: word('roots-hint')}))],
  ]);
}
