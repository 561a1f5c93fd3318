/**
 * The inspector's pocket: checks without signal, signs with her own key, sends when there is a network again.
 *
 * Screens are parts of one page, chosen by the address behind `#`. Nothing is sent but what she signed.
 */

import {byId} from '../checker/page.js';
import {Acting} from './act.js';
import {Batch} from './batch.js';
import {Checking} from './check.js';
import {openKept} from './copy.js';
import {loadKey} from './own-key.js';
import {Phone} from './phone.js';
import {Report} from './report.js';
import {Sending} from './sending.js';
import {Session} from './session.js';
import {Store} from './store.js';

const SCREENS = ['check', 'batch', 'kept', 'report', 'phone'];

/** What all screens share: the store, the copy that is open, and who is signed in. */
export class Pocket {
  /** @type {any} the copy, null while there is none */
  opened = null;

  constructor(/** @type {Store} */ store) {
    this.store = store;
    this.session = new Session(store);
    this.checking = new Checking(this);
    this.acting = new Acting(this);
    this.sending = new Sending(this);
    this.phone = new Phone(this);
    this.batch = new Batch(this, this.checking);
    this.report = new Report(this);
  }

  /** The inspector who may sign here; null while nobody is signed in. @returns {any} */
  get me() {
    return this.session.me;
  }

  /** The identity host: of the copy, since the page may be open under another address. */
  get host() {
    return this.opened?.trust.origin.split('/', 1)[0] ?? this.me?.host ?? '';
  }

  /** Gives the name that the key of this account for this issuer is kept under. */
  keyName(me = this.me) {
    return `${me.accountId} ${me.issuer} record`;
  }

  /** Gives the entry of the trust list that names the key of this phone, null where none does. */
  async method(me = this.me) {
    const key = me === null ? null : await loadKey(this.keyName(me));
    const isOurs = entry => entry.key.multibase === key.publicKey && entry.controller === me.did
      && entry.use === 'record' && entry.custody === 'holder' && entry.revoked === null;
    return key === null ? null : this.opened?.trust.keys.find(isOurs) ?? null;
  }

  /** Tells whether the key of this phone is handed in; a list that names it may not be in the copy yet. */
  async keyWaits(me) {
    const key = await loadKey(this.keyName(me));
    const enrolled = me.keys.find(one => one.publicKey === key?.publicKey)?.state;
    return enrolled === 'waiting' || enrolled === 'listed';
  }

  /** Asks who is signed in, and remembers it for when there is no network. */
  async refreshMe() {
    try {
      return await this.session.confirm();
    } finally {
      await this.acting.showRight();
    }
  }

  /** Finds out who is signed in by now: from the server, or where it does not answer from what is kept. */
  async askAgain() {
    await this.session.current();
    await this.acting.showRight();
  }

  /** Opens what is kept. */
  async reopen() {
    this.opened = await openKept(this.store);
    this.phone.strip();
    await this.acting.showRight();
  }

  /** Notes a check for the report, and offers to say something about what was checked. */
  async checked(found, text, at) {
    const {verdict} = found;
    const start = verdict.chain?.records[0];
    const named = verdict.code?.unsealedUri ?? (text === '' ? start?.envelope.id : text);
    await this.store.add('checks', {at: at.getTime(), text: named ?? '',
      name: start?.envelope.name ?? '', outcome: verdict.outcome, reasons: verdict.reasons});
    await this.acting.offer(found);
  }

  /** Keeps what was signed, and sends it if it can. */
  async keep(row, photo) {
    await this.store.add('outbox', row, photo);
    this.sending.sync(true);
  }

  async start() {
    await this.session.restore();
    [this.checking, this.acting, this.sending, this.batch, this.report].forEach(part => part.listen());
    await this.reopen();
    byId('tabs').hidden = false;
    addEventListener('hashchange', () => this.#route());
    ['online', 'offline'].forEach(name => addEventListener(name, () => this.phone.strip()));
    addEventListener('online', () => this.askAgain());
    // What was chosen is named under its button; until then the browser's own words stay out of sight.
    document.addEventListener('change', ({target}) => target.classList.toggle('has-file', target.files?.length > 0));
    document.addEventListener('reset', () => document.querySelectorAll('.has-file').forEach(one => one.classList.remove('has-file')));
    document.addEventListener('click', event => {
      this.#do(event.target.closest?.('[data-do]')?.dataset.do);
      if (event.target.closest?.('a[href^="#"]')?.hash === location.hash) {
        this.#route(); // asked for once more, which changes no address and so tells nobody
      }
    });
    await this.#route();
    this.phone.tellAhead();
    await this.askAgain();
    await this.phone.show();
    await this.sending.sync(true);
    navigator.serviceWorker?.ready.then(() => { byId('ready-offline').hidden = false; });
    document.body.dataset.ready = 'true';
  }

  #do(name) {
    const actions = {
      scan: () => this.checking.scan(),
      'stop-scan': () => this.checking.stopScan(),
      'fetch-copy': () => this.phone.fetch(),
      'forget-copy': () => this.phone.forget(),
      'make-key': () => this.phone.makeKey(),
      'sign-out': () => this.phone.signOut(),
      'no-confirm': () => this.acting.cancel(),
      'stop-batch': () => this.batch.stop(),
      'batch-csv': () => this.batch.csv(),
      sync: () => this.sending.sync(),
      'export-all': () => this.sending.exportAll(),
      print: () => print(),
    };
    actions[name ?? '']?.();
  }

  async #route() {
    const asked = new URLSearchParams(location.hash.slice(1));
    const [code, record] = [asked.get('code'), asked.get('record')];
    this.acting.answer(asked.get('request'), record);
    const name = location.hash.slice(1);
    const screen = SCREENS.includes(name) ? name : 'check';
    document.querySelectorAll('[data-screen]').forEach(one => { one.hidden = one.dataset.screen !== screen; });
    document.querySelectorAll('#tabs a').forEach(one => {
      one.toggleAttribute('aria-current', one.hash === `#${screen}`);
    });
    await ({phone: () => this.phone.show(), kept: () => this.sending.show(), report: () => this.report.show()}[screen])?.();
    if (code !== null) {
      byId('code').value = code;
      await this.checking.label(code);
    } else if (record !== null) {
      await this.checking.record(record);
    } else if (name === 'check' || name === 'ask') {
      this.checking.clear();
    }
  }
}

async function start() {
  try {
    const store = await Store.open();
    if (globalThis.crypto?.subtle === undefined) {
      throw new TypeError('not opened securely');
    }
    await new Pocket(store).start();
  } catch (error) {
    byId('cannot').hidden = false;
    console.error(error);
  }
  await navigator.serviceWorker?.register(byId('checker').dataset.worker, {scope: '/inspector/'});
}

start();
