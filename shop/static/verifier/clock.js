/**
 * Times as records spell them. An instant is a bigint of microseconds since 1970 in UTC, a day its text.
 *
 * Not a Date: a proof may carry six digits of a second, and Date keeps three and reads many other spellings.
 */

import {Reason, Unreadable} from './errors.js';

/** @typedef {bigint} Instant */
/** @typedef {string} Day YYYY-MM-DD; such texts compare as their days do */

export const SECOND = 1_000_000n;
export const DAY = 86_400n * SECOND;
const VIET_NAM_OFFSET = 7n * 3_600n * SECOND; // the whole year, since 1975
const FIRST_YEAR = 1900; // outside of these years, zones and periods would step over the calendar's ends
const LAST_YEAR = 9900;

const INSTANT =
  /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,6}))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;
const DAY_TEXT = /^(\d{4})-(\d\d)-(\d\d)$/;

/**
 * Gives the instant of an RFC 3339 text such as `2026-11-22T08:00:00Z` or `…+07:00`.
 * @param {unknown} text
 * @returns {Instant}
 * @throws {Unreadable} BAD_RECORD
 */
export function parseInstant(text) {
  const match = typeof text === 'string' ? INSTANT.exec(text) : null;
  if (match !== null && isDay(match[1])) {
    const [hours, minutes, seconds] = match.slice(2, 5).map(Number);
    const offset = (Number(match[7] ?? 0) * 60 + Number(match[8] ?? 0)) * (match[6] === '-' ? -60 : 60);
    const since = Date.parse(`${match[1]}T00:00:00Z`) / 1_000 + hours * 3_600 + minutes * 60 + seconds - offset;
    const instant = BigInt(since) * SECOND + BigInt((match[5] ?? '').padEnd(6, '0'));
    const year = new Date(since * 1_000).getUTCFullYear();
    if (year >= FIRST_YEAR && year <= LAST_YEAR) {
      return instant;
    }
  }
  throw new Unreadable(Reason.BAD_RECORD, `'${String(text).slice(0, 40)}' is not an RFC 3339 time with its zone`);
}

/**
 * Gives `YYYY-MM-DDTHH:MM:SSZ`; a fraction of a second is dropped.
 * @param {Instant} instant
 */
export function formatInstant(instant) {
  return `${toDate(instant).toISOString().slice(0, 19)}Z`;
}

/**
 * Gives the instant with the offset of Viet Nam: `YYYY-MM-DDTHH:MM:SS+07:00`.
 * @param {Instant} instant
 */
export function formatInVietNam(instant) {
  return `${toDate(instant + VIET_NAM_OFFSET).toISOString().slice(0, 19)}+07:00`;
}

/**
 * Gives the day that a moment falls on in UTC.
 * @param {Instant} instant
 * @returns {Day}
 */
export function dayOf(instant) {
  return toDate(instant).toISOString().slice(0, 10);
}

/**
 * Gives the day that a moment falls on in Viet Nam.
 * @param {Instant} instant
 * @returns {Day}
 */
export function dayInVietNam(instant) {
  return dayOf(instant + VIET_NAM_OFFSET);
}

/**
 * Gives the day of `YYYY-MM-DD`.
 * @param {unknown} text
 * @returns {Day}
 * @throws {Unreadable} BAD_RECORD
 */
export function parseDay(text) {
  if (typeof text === 'string' && isDay(text)) {
    return text;
  }
  throw new Unreadable(Reason.BAD_RECORD, `'${String(text).slice(0, 40)}' is not a date YYYY-MM-DD`);
}

/**
 * Gives the instant that a page or a test names: a Date, or a text as `parseInstant` takes it.
 * @param {Date | string | Instant} at
 * @returns {Instant}
 */
export function toInstant(at) {
  if (typeof at === 'bigint') {
    return at;
  }
  return typeof at === 'string' ? parseInstant(at) : BigInt(at.getTime()) * 1_000n;
}

/** @param {Instant} instant */
function toDate(instant) {
  // BigInt division rounds towards zero, a fraction before 1970 would go the wrong way.
  const seconds = (instant - (((instant % SECOND) + SECOND) % SECOND)) / SECOND;
  return new Date(Number(seconds) * 1_000);
}

/** @param {string} text */
function isDay(text) {
  const [, year, month, day] = (DAY_TEXT.exec(text) ?? []).map(Number);
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1];
  return year >= 1 && day >= 1 && day <= (days ?? 0);
}
