/** One verification under way: the given things, and the checks so far. */

import {TraceabilityError} from './errors.js';
import {CheckStatus, Verdict} from './verdict.js';

/** @typedef {import('./errors.js').ReasonCode} ReasonCode */
/** @typedef {import('./trust.js').TrustList} TrustList */
/** @typedef {import('./chain.js').Chain} Chain */

export const Step = Object.freeze({
  PARSE: '1-parse',
  LABEL: '2-label',
  PROOF: '3-proof',
  TRUST: '4-trust',
  LINKS: '5-links',
  LOG: '6-log',
  STATUS: '7-status',
  SCANS: '8-scans',
});

/** Gathers checks. What throws anything but a TraceabilityError ends the verification without a verdict. */
export class Run {
  /**
   * @param {TrustList} trust
   * @param {import('./evidence.js').WholeEvidence} evidence
   * @param {bigint} at
   */
  constructor(trust, evidence, at) {
    this.trust = trust;
    this.evidence = evidence;
    this.at = at;
    /** @type {import('./verdict.js').Check[]} */
    this.checks = [];
    /** @type {Chain | null} */
    this.chain = null;
    /** @type {import('./label.js').LabelCode | null} */
    this.code = null;
    /** @type {Map<string, import('./logged.js').LogPlace>} */
    this.places = new Map();
  }

  /**
   * Does one check; a failure becomes an entry, and null.
   * @template Value
   * @param {string} step
   * @param {string} subject
   * @param {() => Value | Promise<Value>} action
   * @returns {Promise<Value | null>}
   */
  async attempt(step, subject, action) {
    try {
      return await action();
    } catch (error) {
      this.fail(step, subject, error);
      return null;
    }
  }

  /**
   * Notes a failed check.
   * @param {string} step
   * @param {string} subject
   * @param {unknown} error
   */
  fail(step, subject, error) {
    if (!(error instanceof TraceabilityError)) {
      throw error;
    }
    this.#add(step, CheckStatus.FAILED, error.code, error.message, subject);
  }

  /**
   * Notes something that a person should know.
   * @param {string} step
   * @param {string} status
   * @param {ReasonCode} reason
   * @param {string} detail
   * @param {string} subject
   */
  note(step, status, reason, detail, subject) {
    this.#add(step, status, reason, detail, subject);
  }

  /**
   * Notes a check that was not done, and why.
   * @param {string} step
   * @param {ReasonCode} reason
   * @param {string} detail
   */
  skip(step, reason, detail) {
    this.#add(step, CheckStatus.SKIPPED, reason, detail, null);
  }

  /**
   * Notes that a step passed, unless one of its checks failed or asked for caution.
   * @param {string} step
   * @param {string} detail
   */
  close(step, detail) {
    if (!this.checks.some(check => check.id === step && check.status !== CheckStatus.NOTE)) {
      this.#add(step, CheckStatus.PASSED, null, detail, null);
    }
  }

  /** Gives the checks in the order of the steps. */
  verdict() {
    const checks = [...this.checks].sort((one, other) => Number(one.id > other.id) - Number(one.id < other.id));
    return new Verdict(checks, this.chain, this.code, this.places);
  }

  /**
   * @param {string} id
   * @param {string} status
   * @param {ReasonCode | null} reason
   * @param {string} detail
   * @param {string | null} subject
   */
  #add(id, status, reason, detail, subject) {
    this.checks.push({id, status, reason, detail, subject});
  }
}
