/**
 * What was signed and is to be sent: in order, exactly once.
 *
 * A record's id was made on this phone, so whatever is sent twice is one record. An item changes its state only
 * after the server's answer; a browser that is killed in between sends it again and gets the same answer.
 */

/** @typedef {import('./store.js').Outgoing} Outgoing */
/** @typedef {{kind: 'taken', index: number, already: boolean} | {kind: 'refused', code: string, message: string}
 *   | {kind: 'later', why: string}} Answer `later`: nothing is known of what the server did */

const LOCK = 'langnghe-outbox';

export class Outbox {
  #store;
  #send;
  #signAgain;
  #isStored;

  /**
   * @param {{all: Function, change: Function}} store
   * @param {{send: (body: string, me: any) => Promise<Answer>, signAgain: (body: string, me: any) => Promise<string>,
   *   isStored: (item: Outgoing) => Promise<number | null>}} by `isStored`: the index of this very record in the log
   */
  constructor(store, {send, signAgain, isStored}) {
    this.#store = store;
    this.#send = send;
    this.#signAgain = signAgain;
    this.#isStored = isStored;
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
    const waiting = (await this.#store.all('outbox')).filter(one => one.state === 'waiting');
    for (const item of waiting.filter(one => isOf(me, one))) {
      const answer = await this.#deliver(item, me);
      if (answer.kind === 'later') {
        return answer.why;
      }
      const {kind, ...told} = answer;
      const done = {...item, ...told, body: answer.body ?? item.body, state: kind === 'taken' ? 'sent' : 'refused'};
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

/** Whether an account signed this; what says nobody's name waits. */
export function isOf(/** @type {{accountId: number} | null} */ me, /** @type {Outgoing} */ item) {
  return me !== null && item.accountId === me.accountId;
}
