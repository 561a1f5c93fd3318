/**
 * The issuers' status lists: whether the bit of a record is set, as far as a list is to be believed.
 *
 * A list is a signed record like any other: it counts with a proof that holds, by a key that is in force and
 * entitled, and with its place in the log. Whoever is refused an answer does not know the status.
 */

import {readBit} from './bitstring.js';
import {formatInstant} from './clock.js';
import {NotVerified, Reason} from './errors.js';
import {CLOCK_MAX_SKEW, STATUS_LIST_MAX_PERIOD} from './limits.js';
import {placeOf} from './logged.js';
import {checkRecord} from './policy.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./envelope.js').Envelope} Envelope */
/** @typedef {import('./evidence.js').SignedRecord} SignedRecord */
/** @typedef {import('./records-kinds.js').TypedRecord} TypedRecord */

/** The lists at hand, each opened once. */
export class StatusLists {
  /** @type {Map<string, Promise<TypedRecord>>} */
  #opened = new Map();
  #run;

  /** @param {Run} run */
  constructor(run) {
    this.#run = run;
  }

  /**
   * Tells whether the bit of a record is set, as its own issuer's list says.
   * @param {Envelope} envelope
   * @throws {import('./errors.js').TraceabilityError} whatever keeps the list from being believed
   */
  async isSet(envelope) {
    const entry = envelope.status;
    if (entry === null) {
      return false;
    }
    const found = await this.#open(entry.listUrl);
    if (found.envelope.issuer.did !== envelope.issuer.did) {
      throw new NotVerified(Reason.ISSUER_MISMATCH, "the list is another issuer's than the record");
    }
    if (found.purpose !== entry.purpose) {
      throw new NotVerified(Reason.SUBJECT_MISMATCH, `the list is about ${found.purpose}`);
    }
    return readBit(found.bits, entry.index);
  }

  /**
   * Does steps 3 and 4 for a list or a notice, but for the key's time; gives the key.
   * @param {SignedRecord} signed
   * @param {TypedRecord[]} linked
   * @throws {import('./errors.js').TraceabilityError} whatever keeps it from being believed
   */
  async checkRight(signed, linked) {
    const {trust, evidence, at} = this.#run;
    const {expires, methodId} = signed.claim;
    const key = trust.key(methodId);
    await evidence.reader.prove(signed, key.key);
    if (expires !== null && expires <= at) {
      throw new NotVerified(Reason.PROOF_EXPIRED, `the proof expired at ${formatInstant(expires)}`);
    }
    checkRecord(signed.record, key, linked);
    return key;
  }

  /**
   * Gives the list of a URL, checked once.
   * @param {string} url
   */
  #open(url) {
    const found = this.#opened.get(url) ?? this.#checkList(url);
    this.#opened.set(url, found);
    return found;
  }

  /**
   * @param {string} url
   * @returns {Promise<TypedRecord>}
   */
  async #checkList(url) {
    const {evidence} = this.#run;
    const data = evidence.statusLists.get(url);
    if (data === undefined) {
      throw new NotVerified(Reason.STATUS_UNKNOWN, 'the list is not at hand');
    }
    const signed = await evidence.reader.read(data);
    if (signed.record.KIND !== 'StatusList' || signed.envelope.id !== url) {
      throw new NotVerified(Reason.SUBJECT_MISMATCH, 'the record at hand is not this list');
    }
    const key = await this.checkRight(signed, []);
    if (key.revoked !== null) {
      // Its issuer signs the list anew with another key; until then nobody knows what it would say.
      throw new NotVerified(Reason.KEY_REVOKED, `${key.id} was revoked as ${key.revoked.reason}`);
    }
    key.checkTime(signed.claim.created, (await placeOf(this.#run, signed)).index);
    this.#checkPeriod(signed);
    return signed.record;
  }

  /** @param {SignedRecord} signed */
  #checkPeriod({claim: {created}, envelope: {validFrom, validUntil}}) {
    if (validUntil === null || validUntil - created > STATUS_LIST_MAX_PERIOD) {
      throw new NotVerified(Reason.BAD_VALUE, 'the list holds for more than 92 days');
    }
    if (validFrom - created > CLOCK_MAX_SKEW || created - validFrom > CLOCK_MAX_SKEW) {
      throw new NotVerified(Reason.BAD_VALUE, 'the list begins at another time than it was signed');
    }
    if (this.#run.at >= validUntil) {
      throw new NotVerified(Reason.EXPIRED, `the list held until ${formatInstant(validUntil)}`);
    }
  }
}
