/** What a verification finds: one outcome, and one entry per check. */

import {Reason} from './errors.js';

/** @typedef {import('./errors.js').ReasonCode} ReasonCode */
/**
 * @typedef {object} Check one numbered check of docs/verification.md
 * @property {string} id step and name, such as `3-proof`
 * @property {string} status one of CheckStatus
 * @property {ReasonCode | null} reason the stable code, null where the check passed
 * @property {string} detail one plain English sentence for logs and tools; pages translate `reason`
 * @property {string | null} subject the id of the record or code that the check looked at
 */

/** The one word of a verdict. Only `verified` is green. */
export const Outcome = Object.freeze({
  VERIFIED: 'verified', CAUTION: 'caution', REVOKED: 'revoked', INVALID: 'invalid', UNKNOWN: 'unknown',
});

/** How one check ended; `skipped` is never a pass and says why. */
export const CheckStatus = Object.freeze({
  PASSED: 'passed', NOTE: 'note', CAUTION: 'caution', FAILED: 'failed', SKIPPED: 'skipped',
});

// What a check that did not pass makes of the whole. Everything not named here makes it invalid.
/** @type {Set<ReasonCode | null>} */
const UNKNOWN = new Set([
  Reason.LINK_MISSING,
  Reason.NO_TRUST_LIST,
  Reason.NOT_LOGGED,
  Reason.QUORUM_MISSING,
  Reason.SERIALS_MISSING,
  Reason.STATUS_UNKNOWN,
  Reason.UNKNOWN_CODE,
  Reason.UNREADABLE_PICTURE,
  Reason.TRUST_LIST_STALE,
]);
/** @type {Set<ReasonCode | null>} */
const REVOKED = new Set([Reason.REVOKED, Reason.SUSPENDED, Reason.RECALLED]);

/** The outcome of a verification, as Python's; read `.outcome`, for the object itself is always true. */
export class Verdict {
  /**
   * @param {Check[]} checks in the order of the steps of docs/verification.md
   * @param {import('./chain.js').Chain | null} chain the records that were looked at, null where none was read
   * @param {import('./label.js').LabelCode | null} code where a label was verified and could be read
   * @param {Map<string, import('./logged.js').LogPlace>} places where each record of the chain stands in the
   *   log, by its URL, as far as receipts prove it
   */
  constructor(checks, chain, code, places) {
    this.checks = checks;
    this.chain = chain;
    this.code = code;
    this.places = places;
  }

  /** The worst that the checks say: invalid, revoked, unknown, caution, then verified. */
  get outcome() {
    const failed = this.checks.filter(check => check.status === CheckStatus.FAILED).map(check => check.reason);
    if (failed.some(reason => !UNKNOWN.has(reason) && !REVOKED.has(reason))) {
      return Outcome.INVALID;
    }
    if (failed.some(reason => REVOKED.has(reason))) {
      return Outcome.REVOKED;
    }
    if (failed.length > 0) {
      return Outcome.UNKNOWN;
    }
    const isCaution = this.checks.some(check => check.status === CheckStatus.CAUTION);
    return isCaution ? Outcome.CAUTION : Outcome.VERIFIED;
  }

  /** The codes of every check that failed or asks for caution, in the order of the checks. */
  get reasons() {
    /** @type {string[]} */
    const wanted = [CheckStatus.FAILED, CheckStatus.CAUTION];
    return [...new Set(this.checks.filter(check => wanted.includes(check.status)).map(check => check.reason))];
  }
}

/**
 * Gives the JSON object of a verdict, as the command line and the web answer it.
 * @param {Verdict} verdict
 * @param {string} name what was checked: a file, a code or a record id
 */
export function verdictToJson(verdict, name) {
  return {
    input: name,
    outcome: verdict.outcome,
    reasons: verdict.reasons,
    checks: verdict.checks.map(({id, status, reason, detail, subject}) => ({id, status, reason, detail, subject})),
  };
}
