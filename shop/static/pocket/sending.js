/** The screen of what was signed: sending it, and taking it along to another phone. */

import {byId, element, number, word} from '../checker/page.js';
import {fromBase64, toBase64, toUtf8} from '../verifier/bytes.js';
import {canonicalText} from '../verifier/jcs.js';
import {Reader} from '../verifier/evidence.js';
import {TraceabilityError} from '../verifier/errors.js';
import {textOf, unsigned} from './finding.js';
import {Outbox, isOf, isOpen, isUnsent, waitingAgain} from './outbox.js';
import {loadKey, signRecord} from './own-key.js';
import {NoAnswer, sendFinding, sendPhoto, settle, storedRecord} from './server.js';
import {giveFile, moment, tell} from './words.js';

/** @typedef {import('./main.js').Pocket} Pocket */

const [FILE_TYPE, FILE_VERSION] = ['langnghe-pocket-findings', 1];
const RETRY_MS = 60_000;

export class Sending {
  #pocket;
  #outbox;

  constructor(/** @type {Pocket} */ pocket) {
    this.#pocket = pocket;
    this.#outbox = new Outbox(pocket.store, {
      send: (body, me) => sendFinding(body, me.csrf),
      signAgain: (body, me) => this.#signAgain(body, me),
      isStored: item => isStored(item),
      sendPart: {
        photo: (item, me) => this.#sendPhoto(item, me),
        request: (item, me) => settle(item.id, item.request, me.csrf),
      },
    });
  }

  listen() {
    byId('import').onchange = async ({target}) => {
      const [file] = target.files;
      target.value = '';
      if (file !== undefined) {
        await this.#import(file);
      }
    };
    addEventListener('online', () => this.sync(true));
    setInterval(() => this.sync(true), RETRY_MS);
    document.addEventListener('visibilitychange', () => document.hidden || this.sync(true));
  }

  /** Sends what waits, where there is a network and a session. */
  async sync(isQuiet = false) {
    if (!isQuiet) {
      await this.#tryAgain();
    }
    const waiting = (await this.#pocket.store.all('outbox')).filter(isOpen);
    if (waiting.length === 0) {
      await this.show();
      return;
    }
    if (!isQuiet) {
      tell('sync-state', word('sync-going'));
    }
    const why = await this.#send();
    await this.show(why);
  }

  /** Lets what was declined be sent once more, where somebody asks for it: the reason may be gone by now. */
  async #tryAgain() {
    const {me} = this.#pocket;
    const declined = (await this.#pocket.store.all('outbox')).filter(one => isUnsent(one) && isOf(me, one));
    for (const item of declined) {
      await this.#pocket.store.change('outbox', waitingAgain(item));
    }
  }

  async #send() {
    try {
      return await this.#outbox.sync(await this.#pocket.refreshMe()); // the token for writing grows old
    } catch (error) {
      if (error instanceof NoAnswer) {
        return error.message;
      }
      throw error;
    }
  }

  /** Draws the list, and why nothing goes on if nothing does. */
  async show(why = null) {
    const items = await this.#pocket.store.all('outbox');
    const {me} = this.#pocket;
    const all = items.filter(isOpen);
    const waiting = all.filter(item => me === null || isOf(me, item)).length; // whose they are shows at the next sign-in
    byId('nothing-kept').hidden = items.length > 0;
    byId('outbox').replaceChildren(...items.reverse().map(outboxRow));
    document.querySelector('[data-do=sync]').classList.toggle('quiet', waiting === 0); // nothing to do there
    byId('waiting').hidden = waiting === 0;
    byId('waiting').textContent = `(${number(waiting)})`;
    const parts = items.length === 0 ? [] : [waiting === 0 ? word('sync-done') : word('sync-wait', {count: number(waiting)})];
    byId('sync-state').replaceChildren([...parts, ...(why === null || waiting === 0 ? [] : [word(`sync-${why}`)])].join(' '));
    tell('of-others', all.length === waiting ? '' : word('of-others', {count: number(all.length - waiting)}));
    if (why === 'signin') {
      byId('sync-state').append(' ', element('a', {href: byId('checker').dataset.signin, textContent: word('sign-in')}));
    }
  }

  /** Gives what was not sent as a file, with its photos. */
  async exportAll() {
    const items = (await this.#pocket.store.all('outbox')).filter(isUnsent);
    const digests = [...new Set(items.map(one => one.photo).filter(photo => photo !== null))];
    const photos = await Promise.all(digests.map(async digest => {
      const blob = await this.#pocket.store.get(digest, 'photos');
      return blob === null ? null : {digest, type: blob.type, data: toBase64(new Uint8Array(await blob.arrayBuffer()))};
    }));
    const text = JSON.stringify({type: FILE_TYPE, v: FILE_VERSION, items, photos: photos.filter(one => one !== null)});
    giveFile(`kiem-tra-${new Date().toISOString().slice(0, 10)}.json`, new Blob([text], {type: 'application/json'}));
    tell('moved', word('exported', {count: number(items.length)}));
  }

  async #import(file) {
    try {
      const {type, v: version, items, photos} = JSON.parse(await file.text());
      if (type !== FILE_TYPE || version !== FILE_VERSION) {
        throw new SyntaxError('another file');
      }
      const known = new Set((await this.#pocket.store.all('outbox')).map(one => one.id));
      const blobs = new Map(photos.map(({digest, type: kind, data}) => [digest, new Blob([fromBase64(data)], {type: kind})]));
      const fresh = items.filter(item => !known.has(item.id));
      for (const {seq, ...item} of fresh) { // the number is of the other phone; the order stays
        await new Reader().read(toUtf8(item.body));
        const blob = blobs.get(item.photo);
        await this.#pocket.store.add('outbox', {...waitingAgain(item), state: 'waiting'}, blob === undefined ? null : {digest: item.photo, blob});
      }
      tell('moved', word('imported', {count: number(fresh.length)}));
      await this.sync();
    } catch (error) {
      if (!(error instanceof SyntaxError || error instanceof TypeError || error instanceof TraceabilityError)) {
        throw error;
      }
      tell('moved', word('not-imported'));
    }
  }

  async #sendPhoto(item, me) {
    const photo = await this.#pocket.store.get(item.photo, 'photos');
    return photo === null ? {kind: 'refused', code: 'NO_MEDIA', message: ''} : sendPhoto(item.id, photo, me.csrf);
  }

  /** Signs the same words again with the present time; what was found when stays in them. */
  async #signAgain(body, me) {
    const key = await loadKey(this.#pocket.keyName(me));
    const method = await this.#pocket.method(me);
    return key === null || method === null ? body : textOf(await signRecord(unsigned(body), key, method.id, new Date()));
  }
}

/** Gives a row of the list. */
export function outboxRow(item) {
  const isPlaced = item.state !== 'sent' || item.index >= 0;
  const state = word(`state-${isPlaced ? item.state : 'known'}`, {...item, index: number(item.index ?? 0)});
  const title = element('p', {className: 'name'}, `${word(`kind-${item.kind}`)}: `, element('span', {lang: 'vi', textContent: item.about}));
  const hasOldPhoto = item.photo !== null && item.photoState === undefined; // one that stays here, of an earlier page
  const told = [word('signed-at', {time: moment(item.at)}), ...(hasOldPhoto ? [word('has-photo')] : [])].join(' · ');
  return element('li', {className: `flow is-${item.state}`},
    title,
    element('p', {lang: 'vi', textContent: item.reason}),
    item.serials.length === 0 ? null : element('p', {className: 'small'}, element('code', {textContent: item.serials.join(', ')})),
    element('p', {className: 'small soft', textContent: told}),
    element('p', {className: 'state', textContent: state}),
    ...['photo', 'request'].map(part => partState(item, part)));
}

/** Gives the line about what goes along with a record, null where nothing does. */
function partState(item, part) {
  const state = item[`${part}State`];
  return state === undefined ? null : element('p', {className: `state is-${state}`,
    textContent: word(`${part}-${state}`, {request: number(item.request ?? 0), ...item[`${part}Why`]})});
}

/** Gives -1, for a place that is not told, where the server has these very words under our id; else null. */
async function isStored(item) {
  const stored = await storedRecord(item.id);
  return stored !== null && canonicalText(unsigned(stored)) === canonicalText(unsigned(item.body)) ? -1 : null;
}
