/**
 * The trust list's body: which key speaks in which role, for what, from when to when.
 *
 * The list is a signed note: `policy.js` opens the note, `trust-text.js` reads the text inside.
 */

import {isEqual} from './bytes.js';
import {dayOf} from './clock.js';
import {NotVerified, Reason, Unreadable} from './errors.js';
import {TRUST_LIST_GRACE} from './limits.js';

/** @typedef {import('./ed25519.js').PublicKey} PublicKey */
/** @typedef {{reason: string, time: bigint, logSize: number | null}} Revocation why and when a key ended */
/** @typedef {{name: string, since: bigint, until: bigint | null, successor: string | null}} TrustedHost */

const ROLES = new Set([
  'province', 'commune', 'ocop_council', 'association', 'workshop', 'inspector', 'log', 'witness',
]);
const USES = new Set(['record', 'seal']);
const CUSTODIES = new Set(['server', 'holder']);
export const REVOCATIONS = new Set(['retired', 'compromised']);

/** One key and what it may do. */
export class TrustKey {
  /**
   * @param {{id: string, controller: string, key: PublicKey, name: string, role: string, use: string,
   *   custody: string, scope: string[], since: bigint, until: bigint | null, revoked: Revocation | null}} values
   */
  constructor(values) {
    const {id, controller, key, name, role, use, custody, scope, since, until, revoked} = values;
    if (!ROLES.has(role) || !USES.has(use) || !CUSTODIES.has(custody)) {
      throw badList(`${id}: role, use or custody is not known`);
    }
    if (id.split('#', 1)[0] !== controller) {
      throw badList(`${id} does not stand under its controller`);
    }
    Object.assign(this, {id, controller, key, name, role, use, custody, scope, since, until, revoked});
  }

  /**
   * Checks that the key was in force when it signed.
   * @param {bigint} signedAt
   * @throws {NotVerified} KEY_EXPIRED outside its period, KEY_REVOKED after a revocation, or at any time for a
   *   compromised key, because only the log's order could tell earlier from later
   */
  checkTime(signedAt) {
    if (signedAt < this.since || (this.until !== null && signedAt >= this.until)) {
      throw new NotVerified(Reason.KEY_EXPIRED, `${this.id} was not in force at that time`);
    }
    if (this.revoked !== null && (this.revoked.reason === 'compromised' || signedAt >= this.revoked.time)) {
      throw this.#wasRevoked();
    }
  }

  /**
   * Checks that the key was in force on some part of a day, for seals, which carry no time.
   * @param {string} day
   * @throws {NotVerified} KEY_EXPIRED or KEY_REVOKED
   */
  checkDay(day) {
    if (day < dayOf(this.since) || (this.until !== null && day > dayOf(this.until))) {
      throw new NotVerified(Reason.KEY_EXPIRED, `${this.id} was not in force on ${day}`);
    }
    if (this.revoked !== null && (this.revoked.reason === 'compromised' || day > dayOf(this.revoked.time))) {
      throw this.#wasRevoked();
    }
  }

  /**
   * Tells whether `place` lies in the key's scope: a unit with all below it, or that very facility.
   * @param {string} place
   */
  covers(place) {
    return this.scope.some(scope =>
      place === scope || (scope.startsWith('vn:') && place.startsWith(`${scope}/`)));
  }

  #wasRevoked() {
    return new NotVerified(Reason.KEY_REVOKED, `${this.id} was revoked as ${this.revoked.reason}`);
  }
}

/** Who is trusted for what. Only `openTrustList` gives one that was signed for. */
export class TrustList {
  #byId;

  /**
   * @param {{origin: string, sequence: number, issued: bigint, expires: bigint, hosts: TrustedHost[],
   *   keys: TrustKey[]}} values
   */
  constructor({origin, sequence, issued, expires, hosts, keys}) {
    this.#byId = new Map(keys.map(key => [key.id, key]));
    if (this.#byId.size !== keys.length) {
      throw badList('one key id stands twice in the list');
    }
    if (new Set(keys.map(key => key.key.multibase)).size !== keys.length) {
      throw badList('one key stands twice in the list; each key has one use');
    }
    Object.assign(this, {origin, sequence, issued, expires, hosts, keys});
  }

  /**
   * Gives the key of a verification method.
   * @param {string} methodId
   * @returns {TrustKey}
   * @throws {NotVerified} KEY_UNKNOWN
   */
  key(methodId) {
    const found = this.#byId.get(methodId);
    if (found === undefined) {
      throw new NotVerified(Reason.KEY_UNKNOWN, `${methodId} is not a key of the trust list`);
    }
    return found;
  }

  /** Gives the seal keys with this 4-byte key id; ids may collide. */
  sealKeys(/** @type {Uint8Array} */ kid) {
    return this.keys.filter(key => key.use === 'seal' && isEqual(key.key.kid, kid));
  }

  /**
   * Checks that labels may name this host.
   * @param {string} host
   * @param {bigint} at
   * @throws {NotVerified} HOST_NOT_TRUSTED
   */
  checkHost(host, at) {
    const isIn = (/** @type {TrustedHost} */ {name, since, until}) =>
      name === host.toLowerCase() && since <= at && (until === null || at < until);
    if (!this.hosts.some(isIn)) {
      throw new NotVerified(Reason.HOST_NOT_TRUSTED, `${host.slice(0, 80)} is not a host of the trust list`);
    }
  }

  /** Tells whether the list has passed its expiry. */
  isStale(/** @type {bigint} */ at) {
    return at >= this.expires;
  }

  /** Tells whether the list is so old that nothing may be called verified by it. */
  isTooOld(/** @type {bigint} */ at) {
    return at - this.expires >= TRUST_LIST_GRACE;
  }
}

/** @param {string} message */
export function badList(message) {
  return new Unreadable(Reason.BAD_TRUST_LIST, message);
}
