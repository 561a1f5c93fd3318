/** What a notice that counts does to the record that it is about. */

import {Reason} from './errors.js';
import {CheckStatus} from './verdict.js';

/** @typedef {import('./records-kinds.js').TypedRecord} TypedRecord */
/** @typedef {{status: string, reason: import('./errors.js').ReasonCode, detail: string}} Effect */

// How the reason of a finding begins that speaks for a thing: it matches the description.
const FAVOURABLE = 'Khớp mô tả';

/** @type {Map<string, [string, import('./errors.js').ReasonCode]>} */
const EFFECTS = new Map([
  ['revoke', [CheckStatus.FAILED, Reason.REVOKED]],
  ['suspend', [CheckStatus.FAILED, Reason.SUSPENDED]],
  ['recall', [CheckStatus.FAILED, Reason.RECALLED]],
  ['finding', [CheckStatus.CAUTION, Reason.FINDING]],
  ['correction', [CheckStatus.CAUTION, Reason.SUPERSEDED]],
]);

const COPIED = 'Nghi tem bị sao chép';

// What is said of goods may be said of some of them; a paper is taken back as a whole.
const OF_UNITS = new Set(['recall', 'finding']);

/**
 * Gives what a notice does to its record.
 * @param {TypedRecord} notice
 * @param {string | null} serial the label's serial, null where a record or a whole lot is judged
 * @returns {Effect}
 */
export function effectOf(notice, serial) {
  const [whole, reason] = EFFECTS.get(notice.action);
  if (notice.action === 'finding' && notice.reason.startsWith(FAVOURABLE)) {
    return {status: CheckStatus.NOTE, reason, detail: sentence(notice)};
  }
  const isPartial = OF_UNITS.has(notice.action) && notice.serials.length > 0;
  return {status: isPartial ? ofUnits(notice, serial, whole) : whole, reason, detail: sentence(notice)};
}

/** Tells whether a notice is a finding that a label was copied. */
export function tellsOfCopies(/** @type {TypedRecord} */ notice) {
  return notice.action === 'finding' && notice.reason.startsWith(COPIED);
}

/**
 * Gives how far what is said of named units concerns a serial, or a whole lot where there is none.
 * @param {TypedRecord} notice
 * @param {string | null} serial
 * @param {string} whole
 */
function ofUnits(notice, serial, whole) {
  if (serial === null) {
    return CheckStatus.CAUTION;
  }
  const isNamed = notice.serials.some((/** @type {string} */ one) => one.toUpperCase() === serial.toUpperCase());
  return isNamed ? whole : CheckStatus.NOTE;
}

/** @param {TypedRecord} notice */
function sentence(notice) {
  const said = `${notice.action} by ${notice.envelope.issuer.name} in ${notice.envelope.id}: ${notice.reason}`;
  if (notice.supersedes !== null) {
    return `${notice.supersedes} takes its place; ${said}`;
  }
  return notice.serials.length > 0 ? `${said} (${notice.serials.length} units named)` : said;
}
