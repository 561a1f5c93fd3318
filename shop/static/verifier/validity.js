/**
 * Step 7's judgement of dates: what has begun, what has ended, and what contradicts the day it was signed.
 *
 * The time that counts is the proof's, not what a record says of itself: a lot that is dated back would
 * otherwise borrow a certificate that had lapsed long before anybody signed.
 */

import {DAY, dayInVietNam, formatInstant} from './clock.js';
import {Reason} from './errors.js';
import {CLOCK_MAX_SKEW} from './limits.js';
import {CheckStatus} from './verdict.js';

/** @typedef {import('./evidence.js').SignedRecord} SignedRecord */
/** @typedef {{status: string, reason: import('./errors.js').ReasonCode, detail: string, subject: string}} Remark */

const CLOCK_SLACK = DAY; // plain dates carry no zone, and clocks of workshops are not exact

/**
 * Gives what a person should know about the dates of a chain, record by record.
 * @param {import('./chain.js').Chain} chain
 * @param {bigint} at
 * @returns {Generator<Remark>}
 */
export function* judgeDates(chain, at) {
  const [start] = chain.records;
  // A certificate by itself is judged now; one in a lot's chain also when the lot was signed.
  const isLot = start.record.KIND === 'LotPassport';
  const signed = isLot ? start.claim.created : at;
  for (const item of chain.records) {
    if (item.record.KIND === 'Certificate') {
      yield* judgeCertificate(item, signed, at);
    } else {
      yield* judgePeriod(item, at);
    }
    yield* judgeClaims(item, at);
  }
  const {expiresOn} = start.record;
  if (isLot && expiresOn !== null && expiresOn < dayInVietNam(at)) {
    yield caution(start, Reason.PAST_USE_BY, `the goods were to be used by ${expiresOn}`);
  }
}

/**
 * Gives `valid`, `expired` or `not_yet_valid` at a time; computed, never stored.
 * @param {SignedRecord} item
 * @param {bigint} at
 */
function certificateState(item, at) {
  const {validFrom, validUntil} = item.envelope;
  if (at < validFrom) {
    return 'not_yet_valid';
  }
  return validUntil !== null && at >= validUntil ? 'expired' : 'valid';
}

/**
 * A certificate that lapsed since the lot was signed is only a note.
 * @param {SignedRecord} item
 * @param {bigint} signed
 * @param {bigint} at
 * @returns {Generator<Remark>}
 */
function* judgeCertificate(item, signed, at) {
  const [then, now] = [certificateState(item, signed), certificateState(item, at)];
  const began = dayInVietNam(item.envelope.validFrom);
  if (now === 'not_yet_valid') {
    yield caution(item, Reason.NOT_YET_VALID, `valid from ${began}`);
  } else if (then === 'expired') {
    yield caution(item, Reason.EXPIRED, 'the certificate had expired before the lot was signed');
  } else if (now === 'expired') {
    const detail = 'the certificate was valid when the lot was signed and has expired since';
    yield {status: CheckStatus.NOTE, reason: Reason.EXPIRED, detail, subject: item.envelope.id};
  } else if (then === 'not_yet_valid') {
    const detail = `the certificate began on ${began}, after the lot was signed`;
    yield {status: CheckStatus.NOTE, reason: Reason.NOT_YET_VALID, detail, subject: item.envelope.id};
  }
}

/**
 * @param {SignedRecord} item
 * @param {bigint} at
 * @returns {Generator<Remark>}
 */
function* judgePeriod(item, at) {
  const {validFrom, validUntil} = item.envelope;
  if (validFrom > at) {
    yield caution(item, Reason.NOT_YET_VALID, `valid from ${dayInVietNam(validFrom)}`);
  } else if (validUntil !== null && validUntil <= at) {
    yield caution(item, Reason.EXPIRED, `valid until ${dayInVietNam(validUntil)}`);
  }
}

/**
 * Nothing is signed in the future, and nothing is told as done that lay ahead when it was signed.
 * @param {SignedRecord} item
 * @param {bigint} at
 * @returns {Generator<Remark>}
 */
function* judgeClaims(item, at) {
  const {created} = item.claim;
  const {KIND, time, madeOn} = item.record;
  if (created > at) {
    yield caution(item, Reason.NOT_YET_VALID, `signed at ${formatInstant(created)}`);
  }
  const isEventAhead = KIND === 'TraceEvent' && time > created + CLOCK_SLACK;
  const isLotAhead = KIND === 'LotPassport' && madeOn > dayInVietNam(created + CLOCK_SLACK);
  if (isEventAhead || isLotAhead) {
    yield caution(item, Reason.NOT_YET_VALID, 'it tells of a day that lay ahead when it was signed');
  }
  if (KIND === 'TraceEvent' && created - time > CLOCK_MAX_SKEW) {
    const detail = `happened at ${formatInstant(time)}, signed at ${formatInstant(created)}`;
    yield {status: CheckStatus.NOTE, reason: Reason.TOLD_LATER, detail, subject: item.envelope.id};
  }
}

/**
 * @param {SignedRecord} item
 * @param {import('./errors.js').ReasonCode} reason
 * @param {string} detail
 * @returns {Remark}
 */
function caution(item, reason, detail) {
  return {status: CheckStatus.CAUTION, reason, detail, subject: item.envelope.id};
}
