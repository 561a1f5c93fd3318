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
   * @param {{send: (body: string) => Promise<Answer>, signAgain: (body: string) => Promise<string>,
   *   isStored: (item: Outgoing) => Promise<number | null>}} by `isStored`: the index of this very record in the log
   */
  constructor(store, {send, signAgain, isStored}) {
    this.#store = store;
    this.#send = send;
    this.#signAgain = signAgain;
    this.#isStored = isStored;
  }

  /**
   * Sends what waits, the oldest first, until something does not go through.
   * @param {(item: Outgoing) => void} onItem is told of each that was answered
   * @returns {Promise<string | null>} why it stopped, null where nothing waits any more
   */
  sync(onItem = () => {}) {
    // One window at a time; a second one finds that the first one is at it.
    const {locks} = globalThis.navigator ?? {};
    return locks === undefined ? this.#sendAll(onItem)
      : locks.request(LOCK, {ifAvailable: true}, lock => (lock === null ? 'busy' : this.#sendAll(onItem)));
  }

  async #sendAll(onItem) {
    for (const item of (await this.#store.all('outbox')).filter(one => one.state === 'waiting')) {
      const answer = await this.#deliver(item);
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

  async #deliver(item) {
    const answer = await this.#send(item.body);
    if (answer.kind === 'refused' && answer.code === 'BAD_TIME') {
      // The log takes only what was signed within a day. These bytes were not taken, so signing the same words
      // again makes no second record; the new bytes are kept before they are sent, and the id stays.
      const body = await this.#signAgain(item.body);
      await this.#store.change('outbox', {...item, body});
      return {...await this.#sent({...item, body}), body};
    }
    return this.#sent(item, answer);
  }

  /** Sends, and finds a record of ours that was taken under an earlier signature, whose answer was lost. */
  async #sent(item, before = null) {
    const answer = before ?? await this.#send(item.body);
    if (answer.kind === 'refused' && answer.code === 'RECORD_EXISTS') {
      const index = await this.#isStored(item);
      return index === null ? answer : {kind: 'taken', index, already: true};
    }
    return answer;
  }
}
