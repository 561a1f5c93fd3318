/**
 * Step 7's judgement of status: what the issuers' lists, and notices from later, say of a chain's records.
 *
 * A list or a notice is a signed record like any other and believed as little: it counts with a proof that holds,
 * by a key that was in force and entitled, and with its place in the log. A list that does not count leaves the
 * status unknown; a notice that does not count changes nothing and is told as a note. One that lacks nothing but
 * its place in the log asks for caution.
 */

import {toLatin1} from './bytes.js';
import {collectChain} from './chain.js';
import {formatInstant} from './clock.js';
import {effectOf} from './effects.js';
import {NotVerified, Reason, TraceabilityError} from './errors.js';
import {NOTICES_MAX_PER_RECORD} from './limits.js';
import {placeOf} from './logged.js';
import {checkAuthority} from './policy.js';
import {StatusLists} from './status-lists.js';
import {CheckStatus} from './verdict.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./chain.js').Chain} Chain */
/** @typedef {import('./envelope.js').Envelope} Envelope */
/** @typedef {import('./evidence.js').SignedRecord} SignedRecord */
/** @typedef {import('./validity.js').Remark} Remark */
/** @typedef {{item: SignedRecord, chain: Chain, serial: string | null}} Concern what a notice may be about */

const BIT_MEANS = new Map([['revocation', Reason.REVOKED], ['suspension', Reason.SUSPENDED]]);

/**
 * Gives what speaks against the records of a chain, record by record; nothing where nothing does.
 *
 * Of a notice's own chain only the notice is judged: it stays true of a record that was revoked.
 * @param {Run} run
 * @param {Chain} chain the record with all that it links to
 * @param {string | null} serial the label's serial, null where a record or a whole lot is judged
 * @param {SignedRecord[]} others passports of the same lot, earlier and later: what is said of them, and of steps
 *   that only they lead to, is said of its goods; that one took another's place says nothing of the first one
 * @returns {AsyncGenerator<Remark>}
 */
export async function* judgeStatus(run, chain, serial, others) {
  const judge = new Judge(run);
  const first = chain.records[0];
  for (const item of first.record.KIND === 'Notice' ? [first] : chain.records) {
    yield* judge.judgeEntry(item);
    yield* judge.judgeNotices({item, chain, serial});
  }
  for await (const item of judge.saidElsewhere(chain, others)) {
    yield* judge.judgeEntry(item);
    yield* judge.judgeNotices({item, chain, serial}, 'correction');
  }
}

/** One judgement: the given things, and the lists at hand. */
class Judge {
  /** @param {Run} run */
  constructor(run) {
    this.run = run;
    this.lists = new StatusLists(run);
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
      if (await this.lists.isSet(item.envelope)) {
        const detail = `bit ${entry.index} of ${entry.listUrl} is set`;
        yield {status: CheckStatus.FAILED, reason: BIT_MEANS.get(entry.purpose), detail, subject};
      }
    } catch (error) {
      demandOwn(error);
      const detail = `${entry.listUrl}: ${error.code}: ${error.message}`;
      yield {status: CheckStatus.FAILED, reason: Reason.STATUS_UNKNOWN, detail, subject};
    }
  }

  // Notices

  /**
   * Gives what notices say of a record, and which of them do not count; one action may be left out.
   * @param {Concern} concern
   * @param {string | null} passedOver
   * @returns {AsyncGenerator<Remark>}
   */
  async* judgeNotices(concern, passedOver = null) {
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
      judged++; // what is passed over counts too: since no more than so many need be at hand
      if (signed.record.action !== passedOver) {
        yield await this.#judgeNotice(signed, concern);
      }
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
    let isLogged;
    try {
      isLogged = await this.#checkNotice(signed, concern);
    } catch (error) {
      demandOwn(error);
      const detail = `the notice does not count: ${error.message}`;
      return {status: CheckStatus.NOTE, reason: error.code, detail, subject: envelope.id};
    }
    if (envelope.status !== null && await this.#isWithdrawn(envelope)) {
      const reason = BIT_MEANS.get(envelope.status.purpose);
      return {status: CheckStatus.NOTE, reason, detail: 'the notice was withdrawn', subject: envelope.id};
    }
    const effect = effectOf(notice, concern.serial);
    const status = !isLogged && effect.status === CheckStatus.FAILED ? CheckStatus.CAUTION : effect.status;
    return {...effect, status, subject: concern.item.envelope.id};
  }

  /**
   * Checks that a notice is about this very record, holds, and comes from whoever may give it; tells whether it is
   * shown to stand in the log.
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
    const atHand = [item, ...chain.records]; // the lot's other passports stand in no chain
    const key = await this.lists.checkRight(signed, atHand.filter(isLinked).map(other => other.record));
    return this.#isLogged(signed, key);
  }

  /**
   * Tells whether a notice is shown to stand in the log, where its key may have signed it.
   *
   * Whoever hands the evidence over could leave the receipt out, spoil it, or put another in its place. Without one
   * the key is asked whether the notice would count at the first place of all: a key that was retired, with
   * whatever log size, signed honestly. One that was stolen signs what the thief likes.
   * @param {SignedRecord} signed
   * @param {import('./trust.js').TrustKey} key
   */
  async #isLogged(signed, key) {
    const index = await this.#indexOf(signed, key);
    key.checkTime(signed.claim.created, index ?? 0n);
    return index !== null;
  }

  /**
   * Gives where a notice stands in the log, null where that is not shown; of a stolen key it must be.
   * @param {SignedRecord} signed
   * @param {import('./trust.js').TrustKey} key
   */
  async #indexOf(signed, key) {
    try {
      return (await placeOf(this.run, signed)).index;
    } catch (error) {
      demandOwn(error);
      if (key.revoked?.reason === 'compromised') {
        throw error;
      }
      return null;
    }
  }

  /**
   * Tells whether a notice's own bit is set; a list that is not believed withdraws nothing.
   * @param {Envelope} envelope
   */
  async #isWithdrawn(envelope) {
    try {
      return await this.lists.isSet(envelope);
    } catch (error) {
      demandOwn(error);
      return false;
    }
  }

  // Other passports

  /**
   * Gives the other passports of these goods, and the steps that only they lead to, each step once.
   *
   * Papers and places are no goods: what a lot no longer names says nothing of it.
   * @param {Chain} chain
   * @param {SignedRecord[]} others
   * @returns {AsyncGenerator<SignedRecord>}
   */
  async* saidElsewhere(chain, others) {
    const known = new Set(chain.records.map(item => item.envelope.id));
    for (const passport of others) {
      if (!await this.isOfSameGoods(passport, chain.records[0])) {
        continue;
      }
      yield passport;
      for (const item of (await collectChain(passport, this.run.evidence)).records) {
        if (item.record.KIND === 'TraceEvent' && !known.has(item.envelope.id)) {
          known.add(item.envelope.id);
          yield item;
        }
      }
    }
  }

  /**
   * Tells whether another passport of the lot is its issuer's, or of one entitled to its workshop.
   *
   * Anybody can write this lot's number into a passport, and recall that. How long the key was in force says
   * nothing here: goods that were recalled stay recalled.
   * @param {SignedRecord} other
   * @param {SignedRecord} first
   */
  async isOfSameGoods(other, first) {
    const {trust, evidence} = this.run;
    if (other.record.KIND !== 'LotPassport' || first.record.KIND !== 'LotPassport') {
      return false;
    }
    try {
      const key = trust.key(other.claim.methodId);
      await evidence.reader.prove(other, key.key);
      if (other.envelope.issuer.did !== first.envelope.issuer.did) {
        checkAuthority(other.record, key, []);
        return other.record.facilityId === first.record.facilityId;
      }
      return true;
    } catch (error) {
      demandOwn(error);
      return false;
    }
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
