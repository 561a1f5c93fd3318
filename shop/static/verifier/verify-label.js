/** Step 2: code, seal and serial belong to a passport's lot and to its workshop. */

import {isEqual} from './bytes.js';
import {dayOf} from './clock.js';
import {NotVerified, Reason, TraceabilityError} from './errors.js';
import {SEAL_MAX_KEYS} from './limits.js';
import {indexOf} from './logged.js';
import {Step} from './run.js';
import {parseSeal, sealMessage} from './seal.js';
import {hasEnded} from './trust.js';
import {CheckStatus} from './verdict.js';

/** @typedef {import('./run.js').Run} Run */
/** @typedef {import('./label.js').LabelCode} LabelCode */
/** @typedef {import('./evidence.js').SignedRecord} SignedRecord */

/**
 * Checks that code, seal and serial belong to this passport's lot and to its workshop.
 * @param {Run} run
 * @param {LabelCode} code
 * @param {SignedRecord} start
 */
export async function checkLabel(run, code, start) {
  const [subject, passport] = [code.toUri(), start.record];
  if (passport.KIND !== 'LotPassport' || passport.lotId !== code.lotUri) {
    run.fail(Step.LABEL, subject, new NotVerified(Reason.SUBJECT_MISMATCH, 'the passport is of another lot'));
    return;
  }
  if (code.seal === null) {
    run.note(Step.LABEL, CheckStatus.NOTE, Reason.NO_SEAL, 'the code carries no seal', subject);
  } else {
    await run.attempt(Step.LABEL, subject, () => checkSealBinds(run, code, start));
  }
  if (code.serial !== null) {
    await run.attempt(Step.LABEL, subject, () => checkSerial(run, code, passport));
  }
  run.close(Step.LABEL, code.seal === null
    ? 'the code names this lot and a serial of it'
    : "the code belongs to this lot, and its seal to the lot's workshop");
}

/**
 * Checks the label's host; a label that was sealed while the host was ours counts for ever.
 * @param {Run} run
 * @param {LabelCode} code
 * @throws {NotVerified} HOST_NOT_TRUSTED
 */
export function checkHost(run, code) {
  const host = run.trust.checkHost(code.host, run.at, sealedOn(code));
  if (hasEnded(host, run.at)) {
    const detail = `${host.name} is no longer used; its successor is ${host.successor || 'not named'}`;
    run.note(Step.LABEL, CheckStatus.NOTE, Reason.HOST_MOVED, detail, code.host);
  }
}

/** Gives the day of a seal; one that cannot be read is told of where it is checked. */
function sealedOn(/** @type {LabelCode} */ code) {
  try {
    return code.seal === null ? null : parseSeal(code.seal).day;
  } catch (error) {
    if (error instanceof TraceabilityError) {
      return null;
    }
    throw error;
  }
}

/**
 * Gives the seal and the key that made it.
 * @param {Run} run
 * @param {LabelCode} code
 * @param {bigint | null} logIndex where the lot's passport stands in the log, null where that is not proven
 * @throws {import('./errors.js').Unreadable} BAD_SEAL
 * @throws {NotVerified} KEY_UNKNOWN, BAD_SEAL, KEY_EXPIRED or KEY_REVOKED
 */
export async function checkSeal(run, code, logIndex) {
  const seal = parseSeal(code.seal ?? '');
  const keys = run.trust.sealKeys(seal.kid).slice(0, SEAL_MAX_KEYS);
  if (keys.length === 0) {
    throw new NotVerified(Reason.KEY_UNKNOWN, 'the seal was made with a key that is not in the trust list');
  }
  for (const key of keys) {
    if (await fits(key, seal, code)) {
      key.checkDay(seal.day, logIndex);
      return {seal, key};
    }
  }
  throw new NotVerified(Reason.BAD_SEAL, 'the seal does not fit the code');
}

/**
 * @param {import('./trust.js').TrustKey} key
 * @param {import('./seal.js').Seal} seal
 * @param {LabelCode} code
 */
async function fits(key, seal, code) {
  try {
    await key.key.verify(seal.signature, sealMessage(seal, code));
    return true;
  } catch (error) {
    if (error instanceof NotVerified) {
      return false;
    }
    throw error;
  }
}

/**
 * @param {Run} run
 * @param {LabelCode} code
 * @param {SignedRecord} start
 */
async function checkSealBinds(run, code, start) {
  const {seal, key} = await checkSeal(run, code, indexOf(run, start));
  judgeSealDay(run, seal.day, code, start);
  if (key.controller !== start.envelope.issuer.did) {
    throw new NotVerified(Reason.KEY_NOT_AUTHORISED, 'the seal is of another workshop than the passport');
  }
  if (!isEqual(seal.record, start.sha256.slice(0, 16))) {
    throw new NotVerified(Reason.LINK_DIGEST_MISMATCH, 'the seal was made for another passport of this lot');
  }
}

/**
 * A seal is made after its passport, and not in the future.
 * @param {Run} run
 * @param {string} day
 * @param {LabelCode} code
 * @param {SignedRecord} start
 */
function judgeSealDay(run, day, code, start) {
  let detail = null;
  if (day > dayOf(run.at)) {
    detail = `the seal is dated ${day}, which has not come yet`;
  } else if (day < dayOf(start.claim.created)) {
    detail = `the seal is dated ${day}, before its passport was signed`;
  }
  if (detail !== null) {
    run.note(Step.LABEL, CheckStatus.CAUTION, Reason.NOT_YET_VALID, detail, code.toUri());
  }
}

/**
 * @param {Run} run
 * @param {LabelCode} code
 * @param {import('./records-kinds.js').TypedRecord} passport
 */
async function checkSerial(run, code, passport) {
  const serials = run.evidence.serials.get(passport.lotId);
  if (serials === undefined) {
    throw new NotVerified(Reason.SERIALS_MISSING, "the lot's serials are not at hand");
  }
  const known = await run.evidence.reader.serials(serials);
  if (known.root !== passport.serialRoot || known.members.size !== passport.unitCount) {
    throw new NotVerified(Reason.SERIALS_MISSING, 'the serials at hand are not the ones that were signed for');
  }
  if (!known.members.has(code.serial ?? '')) {
    throw new NotVerified(Reason.SERIAL_NOT_IN_LOT, 'the lot has no such serial');
  }
}
