/**
 * What was signed and is to be sent: in order, exactly once; then what belongs to it, each part once.
 *
 * A record's id was made on this phone, so whatever is sent twice is one record. An item changes its state only
 * after the server's answer; a browser that is killed in between sends it again and gets the same answer.
 */

/** @typedef {import('./store.js').Outgoing} Outgoing */
/** @typedef {{kind: 'taken', index?: number, already?: boolean} | {kind: 'refused', code: string, message: string}
 *   | {kind: 'later', why: string}} Answer `later`: nothing is known of what the server did */

const LOCK = 'langnghe-outbox';
/** What goes along with a record once that is taken: its photo, and the request that it answers. */
const PARTS = ['photo', 'request'];

export class Outbox {
  #store;
  #send;
  #signAgain;
  #isStored;
  #sendPart;

  /**
   * @param {{all: Function, change: Function}} store
   * @param {{send: (body: string, me: any) => Promise<Answer>, signAgain: (body: string, me: any) => Promise<string>,
   *   isStored: (item: Outgoing) => Promise<number | null>,
   *   sendPart: Record<string, (item: Outgoing, me: any) => Promise<Answer>>}} by `isStored`: the index of this very
   *   record in the log; `sendPart`: by the name of the part
   */
  constructor(store, {send, signAgain, isStored, sendPart}) {
    this.#store = store;
    this.#send = send;
    this.#signAgain = signAgain;
    this.#isStored = isStored;
    this.#sendPart = sendPart;
  }

  /**
   * Sends what waits and is hers, the oldest first, until something does not go through.
   * @param {{accountId: number, csrf: string}} me who is signed in; what others signed waits for them
   * @param {(item: Outgoing) => void} onItem is told of each that was answered
   * @returns {Promise<string | null>} why it stopped, null where nothing of hers waits any more
   */
  sync(me, onItem = () => {}) {
    // One window at a time; a second one finds that the first one is at it.
    const {locks} = globalThis.navigator ?? {};
    return locks === undefined ? this.#sendAll(me, onItem)
      : locks.request(LOCK, {ifAvailable: true}, lock => (lock === null ? 'busy' : this.#sendAll(me, onItem)));
  }

  async #sendAll(me, onItem) {
    const waiting = (await this.#store.all('outbox')).filter(isOpen);
    for (const item of waiting.filter(one => isOf(me, one))) {
      const why = await this.#sendOne(item, me, onItem);
      if (why !== null) {
        return why;
      }
    }
    return null;
  }

  async #sendOne(item, me, onItem) {
    let done = item;
    if (item.state === 'waiting') {
      const answer = await this.#deliver(item, me);
      if (answer.kind === 'later') {
        return answer.why;
      }
      const {kind, ...told} = answer;
      done = {...item, ...told, body: answer.body ?? item.body, state: kind === 'taken' ? 'sent' : 'refused'};
      await this.#store.change('outbox', done);
      onItem(done);
    }
    for (const part of done.state === 'sent' ? waitingParts(done) : []) {
      const answer = await this.#sendPart[part](done, me);
      if (answer.kind === 'later') {
        return answer.why;
      }
      done = {...done, [`${part}State`]: answer.kind === 'taken' ? 'sent' : 'refused', [`${part}Why`]: answer};
      await this.#store.change('outbox', done);
      onItem(done);
    }
    return null;
  }

  async #deliver(item, me) {
    const answer = await this.#send(item.body, me);
    if (answer.kind === 'refused' && answer.code === 'BAD_TIME') {
      // The log takes only what was signed within a day. These bytes were not taken, so signing the same words
      // again makes no second record; the new bytes are kept before they are sent, and the id stays.
      const body = await this.#signAgain(item.body, me);
      await this.#store.change('outbox', {...item, body});
      return {...await this.#sent({...item, body}, await this.#send(body, me)), body};
    }
    return this.#sent(item, answer);
  }

  /** Finds a record of ours that was taken under an earlier signature, whose answer was lost. */
  async #sent(item, answer) {
    if (answer.kind === 'refused' && answer.code === 'RECORD_EXISTS') {
      const index = await this.#isStored(item);
      return index === null ? answer : {kind: 'taken', index, already: true};
    }
    return answer;
  }
}

function waitingParts(/** @type {Outgoing} */ item) {
  return PARTS.filter(part => item[`${part}State`] === 'waiting');
}

/** Whether something of this is still to be sent. */
export function isOpen(/** @type {Outgoing} */ item) {
  return item.state === 'waiting' || (item.state === 'sent' && waitingParts(item).length > 0);
}

/** Whether the server has not all of this, because it waits or was declined. */
export function isUnsent(/** @type {Outgoing} */ item) {
  return item.state !== 'sent' || PARTS.some(part => ['waiting', 'refused'].includes(item[`${part}State`]));
}

/** Gives an item with all that was declined waiting again. */
export function waitingAgain(/** @type {Outgoing} */ item) {
  const parts = PARTS.filter(part => item[`${part}State`] === 'refused').map(part => [`${part}State`, 'waiting']);
  return {...item, state: item.state === 'refused' ? 'waiting' : item.state, ...Object.fromEntries(parts)};
}

/** Whether an account signed this; what says nobody's name waits. */
export function isOf(/** @type {{accountId: number} | null} */ me, /** @type {Outgoing} */ item) {
  return me !== null && item.accountId === me.accountId;
}
