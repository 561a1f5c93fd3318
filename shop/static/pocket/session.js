/**
 * Who may sign on this phone: whoever the server last said is signed in, for as long as a session lives.
 *
 * Without a network she goes on signing, since that is no sign-out. As soon as the server says that nobody is
 * signed in, or somebody else, what was known of her is gone; her key stays and waits for her.
 */

import {NoAnswer, signOut, whoAmI} from './server.js';

/** @typedef {import('./server.js').Person & {nonce: string, csrf: string, keys: any[], confirmedAt: number}} Confirmed */

/** As long as a session of an inspector lives on the server. */
export const CONFIRMED_FOR_MS = 12 * 3_600_000;

export class Session {
  /** @type {Confirmed | null} */
  #known = null;
  #store;
  #ask;
  #signOut;
  #now;
  #turn = 0;

  /**
   * @param {{get: Function, put: Function}} store
   * @param {{ask?: () => Promise<any>, end?: (csrf: string) => Promise<void>, now?: () => number}} by
   */
  constructor(store, {ask = whoAmI, end = signOut, now = Date.now} = {}) {
    this.#store = store;
    this.#ask = ask;
    this.#signOut = end;
    this.#now = now;
  }

  /** Who may sign; null where nobody is signed in, or where that was last confirmed too long ago. */
  get me() {
    const age = Math.abs(this.#now() - (this.#known?.confirmedAt ?? Number.NaN)); // a clock may be put back, too
    return age < CONFIRMED_FOR_MS ? this.#known : null;
  }

  /** Remembers who was confirmed; another window may have signed her out since. */
  async restore() {
    this.#known = await this.#store.get('me');
    return this.me;
  }

  /**
   * Asks the server who is signed in, and remembers it for when there is no network.
   * @returns {Promise<Confirmed>}
   * @throws {NoAnswer} `signin` where nobody is who could sign: then nobody is remembered either
   */
  async confirm() {
    const turn = this.#turn;
    try {
      const told = await this.#ask();
      await this.#finishSignOut(told.csrf);
      if (turn !== this.#turn) {
        throw new NoAnswer('signin'); // she signed out while the server was answering
      }
      this.#known = {...told, confirmedAt: this.#now()};
      await this.#store.put({me: this.#known});
      return this.#known;
    } catch (error) {
      if (error instanceof NoAnswer && error.message === 'signin') {
        this.#known = null;
        await this.#store.put({me: null, isLeaving: false});
      }
      throw error;
    }
  }

  /** Gives who may sign now: by the server's word, or where it gives none by what this phone remembers. */
  async current() {
    try {
      return await this.confirm();
    } catch (error) {
      if (!(error instanceof NoAnswer)) {
        throw error;
      }
      return this.restore();
    }
  }

  /**
   * Forgets who is signed in at once, and has the server end the session, as soon as there is a network.
   * @returns {Promise<boolean>} whether the server has ended it
   */
  async leave() {
    this.#turn += 1;
    this.#known = null;
    await this.#store.put({me: null, isLeaving: true});
    try {
      await this.confirm();
    } catch (error) {
      if (!(error instanceof NoAnswer)) {
        throw error;
      }
      return error.message === 'signin';
    }
    return false;
  }

  async #finishSignOut(csrf) {
    if (await this.#store.get('isLeaving')) {
      await this.#signOut(csrf);
      throw new NoAnswer('signin');
    }
  }
}
