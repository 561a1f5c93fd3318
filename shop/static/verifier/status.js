/**
 * Step 7's judgement of status: what the issuers' lists, and notices from later, say of a chain's records.
 *
 * A list or a notice is a signed record like any other and believed as little: it counts with a proof that holds,
 * by a key that was in force and entitled, and with its place in the log. A list that does not count leaves the
 * status unknown; a notice that does not count changes nothing and is told as a note. One that lacks nothing but
 * its place in the log asks for caution.
 */

import {toLatin1} from './bytes.js';
import {formatInstant} from './clock.js';
import {effectOf} from './effects.js';
import {NotVerified, Reason, TraceabilityError} from './errors.js';
import {CLOCK_MAX_SKEW, NOTICES_MAX_PER_RECORD, STATUS_LIST_MAX_PERIOD} from './limits.js';
import {placeOf} from './logged.js';
import {readBit} from './bitstring.js';
import {checkRecord} from './policy.js';
import {CheckStatus} from './verdict.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./chain.js').Chain} Chain */
/** @typedef {import('./envelope.js').Envelope} Envelope */
/** @typedef {import('./evidence.js').SignedRecord} SignedRecord */
/** @typedef {import('./records-kinds.js').TypedRecord} TypedRecord */
/** @typedef {import('./validity.js').Remark} Remark */
/** @typedef {{item: SignedRecord, chain: Chain, serial: string | null}} Concern what a notice may be about */

const BIT_MEANS = new Map([['revocation', Reason.REVOKED], ['suspension', Reason.SUSPENDED]]);
const UNLOGGED = new Set([Reason.NOT_LOGGED, Reason.QUORUM_MISSING]);

/**
 * Gives what speaks against the records of a chain, record by record; nothing where nothing does.
 *
 * Of a notice's own chain only the notice is judged: it stays true of a record that was revoked.
 * @param {Run} run
 * @param {Chain} chain the record with all that it links to
 * @param {string | null} serial the label's serial, null where a record or a whole lot is judged
 * @param {SignedRecord[]} successors what took the first record's place: what is said of them is said of its goods
 * @returns {AsyncGenerator<Remark>}
 */
export async function* judgeStatus(run, chain, serial, successors) {
  const judge = new Judge(run);
  const isNotice = chain.records[0].record.KIND === 'Notice';
  for (const item of isNotice ? chain.records.slice(0, 1) : [...chain.records, ...successors]) {
    yield* judge.judgeEntry(item);
    yield* judge.judgeNotices({item, chain, serial});
  }
}

/** One judgement: the given things, and the lists that were opened so far. */
class Judge {
  /** @type {Map<string, Promise<TypedRecord>>} */
  #opened = new Map();

  /** @param {Run} run */
  constructor(run) {
    this.run = run;
  }

  // Status lists

  /**
   * Gives a remark where the record's bit is set, or cannot be known.
   * @param {SignedRecord} item
   * @returns {AsyncGenerator<Remark>}
   */
  async* judgeEntry(item) {
    const {status: entry, id: subject} = item.envelope;
    if (entry === null) {
      return;
    }
    try {
      if (await this.#isSet(item.envelope)) {
        const detail = `bit ${entry.index} of ${entry.listUrl} is set`;
        yield {status: CheckStatus.FAILED, reason: BIT_MEANS.get(entry.purpose), detail, subject};
      }
    } catch (error) {
      demandOwn(error);
      const detail = `${entry.listUrl}: ${error.code}: ${error.message}`;
      yield {status: CheckStatus.FAILED, reason: Reason.STATUS_UNKNOWN, detail, subject};
    }
  }

  /**
   * Tells whether the bit of a record is set, as its own issuer's list says.
   * @param {Envelope} envelope
   * @throws {TraceabilityError} whatever keeps the list from being believed
   */
  async #isSet(envelope) {
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
    const data = this.run.evidence.statusLists.get(url);
    if (data === undefined) {
      throw new NotVerified(Reason.STATUS_UNKNOWN, 'the list is not at hand');
    }
    const signed = await this.run.evidence.reader.read(data);
    if (signed.record.KIND !== 'StatusList' || signed.envelope.id !== url) {
      throw new NotVerified(Reason.SUBJECT_MISMATCH, 'the record at hand is not this list');
    }
    await this.#checkSigned(signed, []);
    const {created} = signed.claim;
    const {validFrom, validUntil} = signed.envelope;
    if (validUntil === null || validUntil - created > STATUS_LIST_MAX_PERIOD) {
      throw new NotVerified(Reason.BAD_VALUE, 'the list holds for more than 92 days');
    }
    if (validFrom - created > CLOCK_MAX_SKEW || created - validFrom > CLOCK_MAX_SKEW) {
      throw new NotVerified(Reason.BAD_VALUE, 'the list begins at another time than it was signed');
    }
    if (this.run.at >= validUntil) {
      throw new NotVerified(Reason.EXPIRED, `the list held until ${formatInstant(validUntil)}`);
    }
    return signed.record;
  }

  // Notices

  /**
   * Gives what notices say of a record, and which of them do not count.
   * @param {Concern} concern
   * @returns {AsyncGenerator<Remark>}
   */
  async* judgeNotices(concern) {
    const subject = concern.item.envelope.id;
    const later = this.run.evidence.later.get(subject) ?? [];
    let judged = 0;
    for (const data of new Map(later.map(one => [toLatin1(one), one])).values()) {
      const signed = await this.#readLater(data);
      if (signed instanceof TraceabilityError) {
        const detail = `a record from later cannot be read: ${signed.message}`;
        yield {status: CheckStatus.NOTE, reason: signed.code, detail, subject};
        continue;
      }
      if (signed.record.KIND !== 'Notice' || signed.record.about !== subject) {
        continue;
      }
      if (judged === NOTICES_MAX_PER_RECORD) {
        const detail = `more than ${NOTICES_MAX_PER_RECORD} notices are about it, and not all were judged`;
        yield {status: CheckStatus.FAILED, reason: Reason.STATUS_UNKNOWN, detail, subject};
        return;
      }
      judged++;
      yield await this.#judgeNotice(signed, concern);
    }
  }

  /**
   * Gives a record from later, or why it cannot be read.
   * @param {Uint8Array} data
   * @returns {Promise<SignedRecord | TraceabilityError>}
   */
  async #readLater(data) {
    try {
      return await this.run.evidence.reader.read(data);
    } catch (error) {
      demandOwn(error);
      return error;
    }
  }

  /**
   * @param {SignedRecord} signed
   * @param {Concern} concern
   * @returns {Promise<Remark>}
   */
  async #judgeNotice(signed, concern) {
    const {envelope, record: notice} = signed;
    try {
      await this.#checkNotice(signed, concern);
    } catch (error) {
      demandOwn(error);
      if (UNLOGGED.has(error.code) && this.#isInForce(signed)) {
        // Whoever hands the evidence over could leave the receipt out.
        return {...effectOf(notice, null), status: CheckStatus.CAUTION, subject: concern.item.envelope.id};
      }
      const detail = `the notice does not count: ${error.message}`;
      return {status: CheckStatus.NOTE, reason: error.code, detail, subject: envelope.id};
    }
    if (envelope.status !== null && await this.#isWithdrawn(envelope)) {
      const reason = BIT_MEANS.get(envelope.status.purpose);
      return {status: CheckStatus.NOTE, reason, detail: 'the notice was withdrawn', subject: envelope.id};
    }
    return {...effectOf(notice, concern.serial), subject: concern.item.envelope.id};
  }

  /**
   * Checks that a notice is about this very record, holds, and comes from whoever may give it.
   * @param {SignedRecord} signed
   * @param {Concern} concern
   */
  async #checkNotice(signed, {item, chain}) {
    const {links, validUntil} = signed.envelope;
    const isLinked = (/** @type {SignedRecord} */ other) =>
      links.some(link => link.url === other.envelope.id && link.digest === other.digest);
    if (!isLinked(item)) {
      throw new NotVerified(Reason.LINK_DIGEST_MISMATCH, "it is about other bytes than this record's");
    }
    if (item.claim.created > signed.claim.created) {
      throw new NotVerified(Reason.LINK_FORWARD, 'it was signed before the record that it is about');
    }
    if (validUntil !== null && this.run.at >= validUntil) {
      throw new NotVerified(Reason.EXPIRED, `it held until ${formatInstant(validUntil)}`);
    }
    const atHand = [item, ...chain.records]; // what took the first record's place stands in no chain
    await this.#checkSigned(signed, atHand.filter(isLinked).map(other => other.record));
  }

  /**
   * Tells whether a notice's key was in its period and not revoked, by the notice's own date.
   * @param {SignedRecord} signed
   */
  #isInForce({claim}) {
    try {
      this.run.trust.key(claim.methodId).checkTime(claim.created, null);
      return true;
    } catch (error) {
      demandOwn(error);
      return false;
    }
  }

  /**
   * Tells whether a notice's own bit is set; a list that is not believed withdraws nothing.
   * @param {Envelope} envelope
   */
  async #isWithdrawn(envelope) {
    try {
      return await this.#isSet(envelope);
    } catch (error) {
      demandOwn(error);
      return false;
    }
  }

  // Both

  /**
   * Does steps 3, 4 and 6 for a list or a notice.
   * @param {SignedRecord} signed
   * @param {TypedRecord[]} linked
   */
  async #checkSigned(signed, linked) {
    const {run} = this;
    const {created, expires, methodId} = signed.claim;
    const key = run.trust.key(methodId);
    await run.evidence.reader.prove(signed, key.key);
    if (expires !== null && expires <= run.at) {
      throw new NotVerified(Reason.PROOF_EXPIRED, `the proof expired at ${formatInstant(expires)}`);
    }
    checkRecord(signed.record, key, linked);
    if (signed.record.KIND === 'StatusList' && key.revoked !== null) {
      // Its issuer signs the list anew with another key; until then nobody knows what it would say.
      throw new NotVerified(Reason.KEY_REVOKED, `${key.id} was revoked as ${key.revoked.reason}`);
    }
    key.checkTime(created, (await placeOf(run, signed)).index);
  }
}

/**
 * Lets nothing pass for a finding that is none.
 * @param {unknown} error
 * @returns {asserts error is TraceabilityError}
 */
function demandOwn(error) {
  if (!(error instanceof TraceabilityError)) {
    throw error;
  }
}
