/**
 * Every error that leaves the verifier, and the stable reason codes that they carry.
 *
 *     TraceabilityError      something is wrong with the input; `.code` says what, for programs
 *     |-- Unreadable         the bytes or the text are not in the required form
 *     |-- NotVerified        it was read, and one check of it fails
 *     `-- Refused            we decline to accept it (a bad value, a weak key)
 *     Unsupported            this browser lacks what checking needs: nothing is known of the input
 *
 * The same tree and the same codes as `traceability/errors.py`; docs/reasons.md explains each code.
 */

/** @typedef {keyof typeof Reason} ReasonCode */

export const Reason = Object.freeze({
  // Reading (step 1)
  NOT_JSON: 'NOT_JSON',
  NOT_STRICT_JSON: 'NOT_STRICT_JSON',
  TOO_LARGE: 'TOO_LARGE',
  TOO_DEEP: 'TOO_DEEP',
  DUPLICATE_MEMBER: 'DUPLICATE_MEMBER',
  NOT_NFC: 'NOT_NFC',
  BAD_CONTEXT: 'BAD_CONTEXT',
  BAD_RECORD: 'BAD_RECORD',
  // Label and seal (step 2)
  BAD_LABEL: 'BAD_LABEL',
  BAD_SEAL: 'BAD_SEAL',
  NO_SEAL: 'NO_SEAL',
  HOST_NOT_TRUSTED: 'HOST_NOT_TRUSTED',
  HOST_MOVED: 'HOST_MOVED',
  SUBJECT_MISMATCH: 'SUBJECT_MISMATCH',
  SERIAL_NOT_IN_LOT: 'SERIAL_NOT_IN_LOT',
  SERIALS_MISSING: 'SERIALS_MISSING',
  UNKNOWN_CODE: 'UNKNOWN_CODE',
  // Proof (step 3)
  NO_PROOF: 'NO_PROOF',
  BAD_PROOF_TYPE: 'BAD_PROOF_TYPE',
  BAD_SIGNATURE: 'BAD_SIGNATURE',
  PROOF_EXPIRED: 'PROOF_EXPIRED',
  // Keys and trust (step 4)
  KEY_UNKNOWN: 'KEY_UNKNOWN',
  KEY_WEAK: 'KEY_WEAK',
  KEY_NOT_AUTHORISED: 'KEY_NOT_AUTHORISED',
  KEY_EXPIRED: 'KEY_EXPIRED',
  KEY_REVOKED: 'KEY_REVOKED',
  ISSUER_MISMATCH: 'ISSUER_MISMATCH',
  BAD_NOTE: 'BAD_NOTE',
  BAD_TRUST_LIST: 'BAD_TRUST_LIST',
  TRUST_LIST_STALE: 'TRUST_LIST_STALE',
  NO_TRUST_LIST: 'NO_TRUST_LIST',
  // Links (step 5)
  LINK_MISSING: 'LINK_MISSING',
  LINK_DIGEST_MISMATCH: 'LINK_DIGEST_MISMATCH',
  LINK_CYCLE: 'LINK_CYCLE',
  LINK_FORWARD: 'LINK_FORWARD',
  // Log (step 6)
  NOT_LOGGED: 'NOT_LOGGED',
  BAD_RECEIPT: 'BAD_RECEIPT',
  QUORUM_MISSING: 'QUORUM_MISSING',
  FORK: 'FORK',
  // Status and time (step 7)
  REVOKED: 'REVOKED',
  SUSPENDED: 'SUSPENDED',
  RECALLED: 'RECALLED',
  EXPIRED: 'EXPIRED',
  PAST_USE_BY: 'PAST_USE_BY',
  NOT_YET_VALID: 'NOT_YET_VALID',
  TOLD_LATER: 'TOLD_LATER',
  FINDING: 'FINDING',
  SUPERSEDED: 'SUPERSEDED',
  STATUS_UNKNOWN: 'STATUS_UNKNOWN',
  // Scans (step 8)
  NO_SCAN_SIGNALS_YET: 'NO_SCAN_SIGNALS_YET',
  // Values
  BAD_VALUE: 'BAD_VALUE',
  UNREADABLE_PICTURE: 'UNREADABLE_PICTURE',
});

/** The one family that tells of the input. */
export class TraceabilityError extends Error {
  /**
   * @param {ReasonCode} code the stable reason, for programs
   * @param {string} message the sentence, for people
   */
  constructor(code, message) {
    super(message);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The bytes or the text are not in the required form; nothing in them was believed. */
export class Unreadable extends TraceabilityError {}

/** It was read, and one check of it fails. */
export class NotVerified extends TraceabilityError {}

/** The verifier declines to accept something: a value out of range, a weak key. */
export class Refused extends TraceabilityError {}

/** The browser lacks SHA-256 or Ed25519. It is no finding about the input, so no verdict may come of it. */
export class Unsupported extends Error {}
