/**
 * A label or a record, with evidence, trust and a time, gives a Verdict: `traceability/verify.py` over again.
 *
 * The steps are numbered as in docs/verification.md:
 * 1 parse strictly; 2 label, seal and host; 3 each record's proof; 4 key trusted for role, scope and time;
 * 5 links by digest, back to workshop and village; 6 in the log; 7 not revoked, recalled or expired;
 * 8 unit state and scan signals.
 */

import {collectChain} from './chain.js';
import {formatInstant, toInstant} from './clock.js';
import {passportsOf} from './corrected.js';
import {NotVerified, Reason} from './errors.js';
import {whole} from './evidence.js';
import {parseLabel} from './label.js';
import {LABEL_MAX_CHARS_SHOWN} from './limits.js';
import {checkLog, indexOf} from './logged.js';
import {checkRecord} from './policy.js';
import {Run, Step} from './run.js';
import {judgeStatus} from './status.js';
import {judgeDates} from './validity.js';
import {CheckStatus} from './verdict.js';
import {checkHost, checkLabel, checkSeal} from './verify-label.js';

/** @typedef {import('./trust.js').TrustList} TrustList */
/** @typedef {import('./evidence.js').Evidence} Evidence */
/** @typedef {import('./evidence.js').SignedRecord} SignedRecord */
/** @typedef {import('./chain.js').Chain} Chain */
/** @typedef {import('./verdict.js').Verdict} Verdict */
/** @typedef {{trust: TrustList, evidence: Evidence, at: Date | string}} Given `at`: when validity is judged */

/**
 * Verifies one record and everything it links to.
 * @param {Uint8Array} data the record's bytes; any bytes give a verdict
 * @param {Given} given
 * @returns {Promise<Verdict>}
 * @throws {import('./errors.js').Unsupported} where the browser lacks what checking needs
 */
export async function verifyRecord(data, {trust, evidence, at}) {
  const run = new Run(trust, whole(evidence), toInstant(at));
  run.skip(Step.LABEL, Reason.NO_SEAL, 'a record was given, not a label');
  run.skip(Step.SCANS, Reason.NO_SCAN_SIGNALS_YET, 'a record was given, not a label');
  await follow(run, data, []);
  return run.verdict();
}

/**
 * Verifies a label's text: its seal, its lot's passport, and everything that links to.
 * @param {string} text the code as scanned or typed, in any letter case; any text gives a verdict
 * @param {Given} given
 * @returns {Promise<Verdict>}
 * @throws {import('./errors.js').Unsupported} where the browser lacks what checking needs
 */
export async function verifyLabel(text, {trust, evidence, at}) {
  const run = new Run(trust, whole(evidence), toInstant(at));
  const shown = Array.from(text).slice(0, LABEL_MAX_CHARS_SHOWN).join('');
  const code = await run.attempt(Step.LABEL, shown, () => parseLabel(text));
  if (code === null) {
    return run.verdict();
  }
  run.code = code;
  await run.attempt(Step.LABEL, code.host, () => checkHost(run, code));
  const [passport, ...successors] = await passportsOf(code, run.evidence);
  if (passport === undefined) {
    const error = new NotVerified(Reason.UNKNOWN_CODE, 'no lot of this code is known here');
    run.fail(Step.LABEL, code.toUri(), error);
    if (code.seal !== null) {
      await run.attempt(Step.LABEL, code.toUri(), () => checkSeal(run, code, null));
    }
    return run.verdict();
  }
  run.skip(Step.SCANS, Reason.NO_SCAN_SIGNALS_YET, 'scan signals are not judged by this version');
  const start = await follow(run, passport, successors);
  if (start !== null) {
    await checkLabel(run, code, start);
  }
  return run.verdict();
}

/**
 * Does steps 1 and 3 to 7 for a record and its chain.
 * @param {Run} run
 * @param {Uint8Array} data
 * @param {Uint8Array[]} successors what took the record's place
 * @returns {Promise<SignedRecord | null>}
 */
async function follow(run, data, successors) {
  const start = await readStart(run, data);
  if (start === null) {
    return null;
  }
  run.close(Step.PARSE, 'the record is strict JSON of a known kind');
  const chain = run.chain = await collectChain(start, run.evidence);
  for (const item of chain.records) {
    await run.attempt(Step.PROOF, item.envelope.id, () => checkProof(run, item));
  }
  run.close(Step.PROOF, 'every record carries a signature that fits');
  await checkLog(run, chain); // before step 4: the log's order tells which signatures a lost key spoils
  checkTrustAge(run);
  for (const item of chain.records) {
    await run.attempt(Step.TRUST, item.envelope.id, () => checkAuthority(run, item, chain));
  }
  run.close(Step.TRUST, 'every key may sign what it signed');
  checkLinks(run, start, chain);
  await checkStatus(run, chain, successors);
  return start;
}

/**
 * @param {Run} run
 * @param {Uint8Array} data
 */
async function readStart(run, data) {
  try {
    return await run.evidence.reader.read(data);
  } catch (error) {
    // Reading ends with the form of the proof, which belongs to step 3.
    run.fail(error instanceof NotVerified ? Step.PROOF : Step.PARSE, '', error);
    return null;
  }
}

// Step 3 and step 4

/**
 * @param {Run} run
 * @param {SignedRecord} item
 */
async function checkProof(run, item) {
  const {key} = run.trust.key(item.claim.methodId);
  await run.evidence.reader.prove(item, key);
  const {expires} = item.claim;
  if (expires !== null && expires <= run.at) {
    throw new NotVerified(Reason.PROOF_EXPIRED, `the proof expired at ${formatInstant(expires)}`);
  }
}

/**
 * @param {Run} run
 * @param {SignedRecord} item
 * @param {Chain} chain
 */
function checkAuthority(run, item, chain) {
  const key = run.trust.key(item.claim.methodId);
  key.checkTime(item.claim.created, indexOf(run, item));
  checkRecord(item.record, key, chain.linked(item).map(linked => linked.record));
}

/** @param {Run} run */
function checkTrustAge(run) {
  const {trust, at} = run;
  const detail = `the trust list expired at ${formatInstant(trust.expires)}`;
  if (trust.isTooOld(at)) {
    run.fail(Step.TRUST, trust.origin, new NotVerified(Reason.TRUST_LIST_STALE, detail));
  } else if (trust.isStale(at)) {
    run.note(Step.TRUST, CheckStatus.CAUTION, Reason.TRUST_LIST_STALE, detail, trust.origin);
  }
}

// Step 5

/**
 * @param {Run} run
 * @param {SignedRecord} start
 * @param {Chain} chain
 */
function checkLinks(run, start, chain) {
  for (const gap of chain.gaps) {
    run.fail(Step.LINKS, gap.target, gap.error);
  }
  if (start.record.KIND === 'LotPassport') {
    const reached = new Set(chain.records.map(item => item.record.KIND));
    for (const kind of ['WorkshopRecord', 'VillageRecognition'].filter(item => !reached.has(item))) {
      const error = new NotVerified(Reason.LINK_MISSING, `the chain reaches no ${kind}`);
      run.fail(Step.LINKS, start.envelope.id, error);
    }
  }
  run.close(Step.LINKS, 'every link leads to the record that was signed for');
}

// Step 7

/**
 * @param {Run} run
 * @param {Chain} chain
 * @param {Uint8Array[]} successors
 */
async function checkStatus(run, chain, successors) {
  const later = await Promise.all(successors.map(data => run.evidence.reader.read(data)));
  const said = judgeStatus(run, chain, run.code?.serial ?? null, later);
  for await (const {status, reason, detail, subject} of said) {
    run.note(Step.STATUS, status, reason, detail, subject);
  }
  for (const {status, reason, detail, subject} of judgeDates(chain, run.at)) {
    run.note(Step.STATUS, status, reason, detail, subject);
  }
  run.close(Step.STATUS, 'nothing was revoked, suspended or recalled, and every date holds');
}
