/** Signing what was found about the record that was just checked, the weighty things after a second question. */

import {byId, word} from '../checker/page.js';
import {digestMultibase, sha256} from '../verifier/digest.js';
import {TraceabilityError, Unsupported} from '../verifier/errors.js';
import {ORIGIN} from '../verifier/terms.js';
import {isFinding, noticeOf, textOf} from './finding.js';
import {loadKey, signRecord} from './own-key.js';
import {personalIn} from './personal.js';
import {NoPhoto, plainPhoto} from './photo.js';
import {tell} from './words.js';

/** @typedef {import('./main.js').Pocket} Pocket */

const PHOTO_MAX_BYTES = 12_000_000;
const REASON_MIN_CHARS = 10;

export class Acting {
  #pocket;
  #about = null;
  #serial = null;
  #said = null;
  #warnedOf = null;
  /** @type {{request: number, record: string} | null} the request that a notice about this record answers */
  #asked = null;
  #isSigning = false;

  constructor(/** @type {Pocket} */ pocket) {
    this.#pocket = pocket;
  }

  listen() {
    byId('finding').onsubmit = event => {
      event.preventDefault();
      this.#ask();
    };
    byId('confirm').onsubmit = event => {
      event.preventDefault();
      this.#confirmed();
    };
  }

  /** Notes that what is signed about a record answers a request of the queue. */
  answer(/** @type {string | null} */ request, /** @type {string | null} */ record) {
    const isRequest = request !== null && record !== null && /^[1-9][0-9]{0,17}$/.test(request);
    this.#asked = isRequest ? {request: Number(request), record} : null;
  }

  /** Offers what may be said about the thing that was checked; of a notice nothing is said here. */
  async offer({verdict}) {
    const [about] = verdict.chain?.records ?? [];
    const isSpokenOf = about !== undefined && about.record.KIND !== 'Notice';
    byId('act').hidden = !isSpokenOf;
    if (!isSpokenOf) {
      return;
    }
    this.#about = about;
    this.#serial = serialOf(verdict);
    this.#reset();
    await this.showRight();
  }

  /** Says so where this phone may not sign, before anything is written for nothing. */
  async showRight() {
    const {me} = this.#pocket;
    const hasNoKey = me !== null && await this.#pocket.method(me) === null;
    const waits = hasNoKey && await this.#pocket.keyWaits(me);
    byId('may-not-sign').hidden = !hasNoKey || waits;
    byId('key-waits').hidden = !waits;
    byId('sign-in-first').hidden = me !== null;
    byId('sign-finding').toggleAttribute('disabled', hasNoKey);
  }

  /** Goes back from the second question. */
  cancel() {
    byId('confirm').hidden = true;
    byId('finding').hidden = false;
  }

  #reset() {
    byId('finding').reset();
    this.cancel();
    byId('weighty').open = false;
    this.#warnedOf = null;
    ['finding-mistake', 'personal'].forEach(id => tell(id, ''));
    const request = this.#request();
    tell('answers-request', request === null ? '' : word('answers-request', {request}));
    tell('signed-note', '');
    const isLot = this.#about.record.KIND === 'LotPassport';
    document.querySelectorAll('[data-only=lot]').forEach(one => { one.hidden = !isLot; });
    byId('unit-only').hidden = this.#serial === null;
    byId('unit-only').querySelector('span').textContent = word('unit-only', {serial: this.#serial ?? ''});
  }

  /** Gives the request that a notice about what was checked answers, null where it answers none. */
  #request() {
    const id = this.#about?.envelope.id.split('/').pop();
    return this.#asked !== null && this.#asked.record === id ? this.#asked.request : null;
  }

  /** Warns once of each note that seems to hold something of a person's: it will be signed, and public. */
  #isWarned(note) {
    const found = this.#warnedOf === note ? null : personalIn(note);
    this.#warnedOf = found === null ? this.#warnedOf : note;
    tell('personal', found === null ? '' : word('personal', {found}));
    return found !== null;
  }

  async #ask() {
    const form = new FormData(byId('finding'));
    const [kind, note, photo] = [form.get('kind'), String(form.get('note')).trim(), form.get('photo')];
    const wrong = kind === null ? 'choose-kind'
      : kind !== 'genuine' && note.length < REASON_MIN_CHARS ? 'needs-reason'
        : photo.size > PHOTO_MAX_BYTES ? 'photo-too-large' : '';
    tell('finding-mistake', wrong === '' ? '' : word(wrong));
    if (wrong !== '' || this.#isWarned(note)) {
      return;
    }
    // A paper is taken back as a whole; of a lot, one unit may be meant.
    const isOfUnit = this.#serial !== null && form.get('unit') !== null && !['revoke', 'suspend'].includes(String(kind));
    this.#said = {kind, note, photo: photo.size > 0 ? photo : null, serials: isOfUnit ? [this.#serial] : []};
    await (isFinding(/** @type {any} */ (kind)) ? this.#sign() : this.#askAgain());
  }

  #askAgain() {
    const {kind, serials} = this.#said;
    const again = this.#againText();
    byId('confirm').querySelector('h3').textContent = `${word(`confirm-${kind}`)}: ${this.#about.envelope.name}`;
    byId('confirm').querySelector('[data-slot=confirm-what]').textContent =
      word(serials.length > 0 ? 'confirm-unit' : 'confirm-what', {name: this.#about.envelope.name, serial: serials[0], again});
    byId('again').value = '';
    tell('confirm-mistake', '');
    byId('finding').hidden = true;
    byId('confirm').hidden = false;
    byId('again').focus();
  }

  async #confirmed() {
    const again = this.#againText();
    if (byId('again').value.trim().toUpperCase() !== again.toUpperCase()) {
      tell('confirm-mistake', word('confirm-wrong', {again}));
      byId('again').focus();
      return;
    }
    await this.#sign();
  }

  /** Gives what must be typed again: the lot's number, of other records the end of their digest. */
  #againText() {
    return this.#about.record.lot ?? this.#about.digest.slice(-6);
  }

  async #sign() {
    if (this.#isSigning) {
      return; // pressed twice while the server is asked who she is
    }
    this.#isSigning = true;
    try {
      const item = await this.#signed(this.#said, this.#about);
      await this.#pocket.keep(item.row, item.photo);
      this.#asked = item.row.request === undefined ? this.#asked : null;
      tell('answers-request', '');
      byId('finding').reset();
      this.cancel();
      byId('finding').hidden = true;
      tell('signed-note', word('signed-kept'));
      byId('signed-note').scrollIntoView({block: 'center'});
    } catch (error) {
      if (!(error instanceof TraceabilityError || error instanceof Unsupported || error instanceof MayNot || error instanceof NoPhoto)) {
        throw error;
      }
      this.cancel();
      await this.showRight();
      tell('finding-mistake', error instanceof MayNot ? byId(error.message).firstChild.textContent
        : error instanceof NoPhoto ? word('photo-unreadable') : word('sign-failed', {detail: error.message}));
    } finally {
      this.#isSigning = false;
    }
  }

  async #signed({kind, note, photo, serials}, about) {
    const me = await this.#pocket.session.current(); // somebody may have signed out since this page was opened
    if (me === null) {
      throw new MayNot('sign-in-first');
    }
    const [method, key] = [await this.#pocket.method(me), await loadKey(this.#pocket.keyName(me))];
    if (method === null || key === null) {
      throw new MayNot('may-not-sign');
    }
    const now = new Date();
    const request = this.#request();
    const plain = photo === null ? null : await plainPhoto(photo);
    const digest = plain === null ? null : digestMultibase(await sha256(plain));
    const document = noticeOf({kind, about, note, serials, photo: digest},
      {host: me.host, issuer: {did: me.did, name: method.name}, now, random: crypto.getRandomValues(new Uint8Array(15))});
    const body = textOf(await signRecord(document, key, method.id, now));
    const row = {id: document.id, accountId: me.accountId, kind, body, state: 'waiting', about: about.envelope.name, serials,
      reason: document.credentialSubject[ORIGIN].reason, photo: digest, at: now.getTime(),
      ...(plain === null ? {} : {photoState: 'waiting'}), ...(request === null ? {} : {request, requestState: 'waiting'})};
    return {row, photo: plain === null ? null : {digest, blob: new Blob([plain], {type: 'image/jpeg'})}};
  }
}

/** Nobody is signed in, or the trust list does not name her key; the message is where the page says so. */
class MayNot extends Error {}

/** Gives the serial of a label that holds, null where it is not shown to be a unit of its lot. */
function serialOf({code, checks}) {
  const isWrong = checks.some(check => check.id === '2-label' && check.status === 'failed');
  return code === null || isWrong ? null : code.serial;
}
