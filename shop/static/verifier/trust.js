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
/**
 * Why and when a key ended. With a log size, what the key signed counts if it stands in the log below that index;
 * without, a retired key's records count by their own dates, and a compromised key's not at all.
 * @typedef {{reason: string, time: bigint, logSize: number | null}} Revocation
 */
/** @typedef {{name: string, since: bigint, until: bigint | null, successor: string | null}} TrustedHost */

// Logs and witnesses stand in the log policy, since their keys sign checkpoints and nothing else.
const ROLES = new Set([
  'province', 'commune', 'ocop_council', 'association', 'workshop', 'inspector',
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
    this.id = id;
    this.controller = controller;
    this.key = key;
    this.name = name;
    this.role = role;
    this.use = use;
    this.custody = custody;
    this.scope = scope;
    this.since = since;
    this.until = until;
    this.revoked = revoked;
  }

  /**
   * Checks that the key was in force when it signed a record.
   * @param {bigint} signedAt `proof.created`
   * @param {bigint | null} logIndex where the record stands in the log, null where that is not proven
   * @throws {NotVerified} KEY_EXPIRED outside its period; KEY_REVOKED where a revocation does not spare it
   */
  checkTime(signedAt, logIndex) {
    if (signedAt < this.since || (this.until !== null && signedAt >= this.until)) {
      throw new NotVerified(Reason.KEY_EXPIRED, `${this.id} was not in force at that time`);
    }
    if (this.revoked !== null && !spares(this.revoked, signedAt, logIndex)) {
      throw this.#wasRevoked();
    }
  }

  /**
   * Checks that the key was in force on some part of a day, for seals, which carry no time.
   *
   * A thief can write any day. What a compromised key sealed counts only where the lot's passport stands in the
   * log below the size that the list names.
   * @param {string} day of the seal
   * @param {bigint | null} logIndex where the lot's passport stands in the log, null where that is not proven
   * @throws {NotVerified} KEY_EXPIRED or KEY_REVOKED
   */
  checkDay(day, logIndex) {
    if (day < dayOf(this.since) || (this.until !== null && day > dayOf(this.until))) {
      throw new NotVerified(Reason.KEY_EXPIRED, `${this.id} was not in force on ${day}`);
    }
    if (this.revoked === null) {
      return;
    }
    const isSpared = this.revoked.reason === 'compromised'
      ? spares(this.revoked, this.revoked.time, logIndex) : day <= dayOf(this.revoked.time);
    if (!isSpared) {
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
   *   keys: TrustKey[], logPolicy: string | null, policy: import('./quorum.js').Policy | null}} values
   *   `logPolicy` is the text of `policy`: accepted logs and needed witnesses; null where there is no log yet,
   *   and then nothing is called verified
   */
  constructor({origin, sequence, issued, expires, hosts, keys, logPolicy, policy}) {
    this.#byId = new Map(keys.map(key => [key.id, key]));
    if (this.#byId.size !== keys.length) {
      throw badList('one key id stands twice in the list');
    }
    if (new Set(keys.map(key => key.key.multibase)).size !== keys.length) {
      throw badList('one key stands twice in the list; each key has one use');
    }
    this.origin = origin;
    this.sequence = sequence;
    this.issued = issued;
    this.expires = expires;
    this.hosts = hosts;
    this.keys = keys;
    this.logPolicy = logPolicy;
    this.policy = policy;
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
   * Gives the entry by which labels may name this host.
   * @param {string} host in any letter case
   * @param {bigint} at when the label is looked at
   * @param {string | null} sealedOn the day of the label's seal, null for a label without one
   * @throws {NotVerified} HOST_NOT_TRUSTED
   */
  checkHost(host, at, sealedOn) {
    const found = this.hosts.find(entry => entry.name === host.toLowerCase() && counts(entry, at, sealedOn));
    if (found === undefined) {
      throw new NotVerified(Reason.HOST_NOT_TRUSTED, `${host.slice(0, 80)} is not a host of the trust list`);
    }
    return found;
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

/**
 * Tells whether a host is no longer ours.
 * @param {TrustedHost} host
 * @param {bigint} at
 */
export function hasEnded(host, at) {
  return host.until !== null && at >= host.until;
}

/**
 * Tells whether a label of this host counts; one that was sealed in its time counts for ever.
 * @param {TrustedHost} host
 * @param {bigint} at
 * @param {string | null} sealedOn
 */
function counts(host, at, sealedOn) {
  if (at < host.since) {
    return false;
  }
  if (sealedOn === null || host.until === null) {
    return !hasEnded(host, at);
  }
  return dayOf(host.since) <= sealedOn && sealedOn <= dayOf(host.until);
}

/**
 * Tells whether something that a revoked key signed still counts.
 * @param {Revocation} revoked
 * @param {bigint} signedAt `proof.created`, the signer's claim
 * @param {bigint | null} logIndex where it stands in the log, null where that is not proven
 */
function spares(revoked, signedAt, logIndex) {
  if (revoked.logSize !== null) {
    return logIndex !== null && logIndex < BigInt(revoked.logSize);
  }
  return revoked.reason === 'retired' && signedAt < revoked.time;
}

/** @param {string} message */
export function badList(message) {
  return new Unreadable(Reason.BAD_TRUST_LIST, message);
}
