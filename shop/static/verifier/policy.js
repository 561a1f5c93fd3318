/** Which role must have signed which record, and for which places; and how a trust list is opened. */

import {NotVerified, Reason} from './errors.js';
import {TRUST_LIST_MAX_BYTES} from './limits.js';
import {parse, verify} from './note.js';
import {countKeys} from './roots.js';
import {checkSubjects, presentUnit} from './subjects.js';
import {parseTrustText} from './trust-text.js';

/** @typedef {import('./records-kinds.js').TypedRecord} TypedRecord */
/** @typedef {import('./trust.js').TrustKey} TrustKey */
/** @typedef {import('./note.js').Verifier} Verifier */

const CERTIFIERS = new Map([
  ['ocop', ['ocop_council']],
  ['artisan_title', ['province']],
  ['ip_right', ['province']],
  ['inspection', ['inspector']],
  ['environmental', ['inspector']],
  ['attestation', ['association', 'commune']],
]);
const SIGNERS = new Map([
  ['VillageRecognition', ['province', 'association']],
  ['WorkshopRecord', ['commune', 'association']],
  ['TraceEvent', ['workshop']],
  ['LotPassport', ['workshop']],
  ['Notice', ['inspector', 'province', 'commune', 'ocop_council', 'association', 'workshop']],
  ['Transcription', ['association']],
  // Everybody who signs records keeps the status of their own.
  ['StatusList', ['province', 'commune', 'ocop_council', 'association', 'workshop', 'inspector']],
]);
// They may give notice about anybody's record; everybody else about their own only.
const OVERSEERS = new Set(['inspector', 'province']);
// It may stand in for province and commune as long as they sign nothing: by copying their papers.
const COPYIST = 'association';

/**
 * Opens a trust list that a majority of the pinned root keys signed (2 of 3, or 1 of 1).
 * @param {Uint8Array} data the signed note, at most 4 MiB
 * @param {Verifier[]} roots the pinned root keys; the list itself is never asked whom to trust
 * @throws {import('./errors.js').Unreadable} TOO_LARGE, BAD_NOTE or BAD_TRUST_LIST
 * @throws {NotVerified} KEY_UNKNOWN when too few roots signed, BAD_SIGNATURE when one of them signed otherwise
 */
export async function openTrustList(data, roots) {
  const opened = parse(Uint8Array.from(data), TRUST_LIST_MAX_BYTES);
  if (countKeys(roots) !== roots.length) {
    throw new NotVerified(Reason.KEY_UNKNOWN, 'one root key stands twice, so that its vote would count twice');
  }
  const signers = new Set(await verify(opened, roots));
  const needed = Math.floor(roots.length / 2) + 1;
  if (signers.size < needed) {
    throw new NotVerified(Reason.KEY_UNKNOWN,
      `${signers.size} of ${roots.length} roots signed, ${needed} are needed`);
  }
  return parseTrustText(opened.text);
}

/**
 * Checks all that a signature alone does not say: right, subject, and the signer's name.
 * @param {TypedRecord} record
 * @param {TrustKey} key the key that its proof names, from the trust list
 * @param {TypedRecord[]} linked the records that it links to directly
 * @throws {NotVerified} what the two others throw; ISSUER_MISMATCH, where the signer goes by another name than
 *   the trust list's, because pages print what is signed
 */
export function checkRecord(record, key, linked) {
  checkSubjects(record, linked);
  checkAuthority(record, key, linked);
  if (record.envelope.issuer.name !== key.name) {
    throw new NotVerified(Reason.ISSUER_MISMATCH, `the trust list calls the signer '${key.name}'`);
  }
}

/**
 * Checks that the key's role and scope allow this very record.
 * @param {TypedRecord} record
 * @param {TrustKey} key
 * @param {TypedRecord[]} linked places are taken from them
 * @throws {NotVerified} KEY_NOT_AUTHORISED, SUBJECT_MISMATCH or LINK_MISSING
 */
export function checkAuthority(record, key, linked) {
  if (key.use !== 'record' || !allowedRoles(record).includes(key.role)) {
    throw notAuthorised(`a ${key.role} ${key.use} key may not sign a ${record.KIND}`);
  }
  if (record.KIND === 'Notice' && !OVERSEERS.has(key.role)) {
    checkOwn(record, linked);
  }
  if (record.KIND === 'StatusList' && record.owner !== record.envelope.issuer.did) {
    throw notAuthorised(`the list at this address is ${record.owner}'s`);
  }
  if (key.role === COPYIST) {
    checkCopied(record, linked);
  }
  for (const place of spokenFor(record, key.role, linked) ?? placesOf(record, linked)) {
    if (!key.covers(place)) {
      throw notAuthorised(`${key.id} may not speak for ${place}`);
    }
  }
}

/**
 * Gives the roles that may sign this kind of record.
 * @param {TypedRecord} record
 * @returns {string[]}
 */
function allowedRoles(record) {
  return record.KIND === 'Certificate' ? CERTIFIERS.get(record.kind) : SIGNERS.get(record.KIND);
}

/**
 * Gives the units or facilities that the signer must be entitled to speak for, all of them.
 * @param {TypedRecord} record
 * @param {TypedRecord[]} linked
 * @returns {string[]}
 */
function placesOf(record, linked) {
  const unitsOf = (/** @type {string} */ kind) =>
    linked.filter(item => item.KIND === kind).map(item => presentUnit(item).code);
  switch (record.KIND) {
    case 'VillageRecognition': return [presentUnit(record).code];
    case 'WorkshopRecord': return unitsOf('VillageRecognition');
    case 'Certificate': return unitsOf('WorkshopRecord');
    case 'TraceEvent': return [record.placeId];
    case 'LotPassport': return [record.facilityId];
    case 'Transcription': return [villageOf(record, linked)];
    default: return [];
  }
}

/**
 * Gives the village that an association must be entitled to speak for, since it speaks for no unit.
 * @param {TypedRecord} record
 * @param {string} role
 * @param {TypedRecord[]} linked
 * @returns {string[] | undefined}
 */
function spokenFor(record, role, linked) {
  if (role !== COPYIST) {
    return undefined;
  }
  switch (record.KIND) {
    case 'VillageRecognition': return [record.facilityId];
    case 'WorkshopRecord': return [record.villageId];
    case 'Certificate': return linked.filter(item => item.KIND === 'WorkshopRecord').map(item => item.villageId);
    default: return undefined;
  }
}

/**
 * Checks that whoever stands in for an authority shows the paper, in a transcription of its own.
 * @param {TypedRecord} record
 * @param {TypedRecord[]} linked
 */
function checkCopied(record, linked) {
  // A village without a title may stand for no paper.
  const isTitled = record.KIND === 'VillageRecognition' && record.recognition.status !== 'unknown';
  if (!isTitled && record.KIND !== 'WorkshopRecord') {
    return;
  }
  const {did} = record.envelope.issuer;
  const isItsPaper = (/** @type {TypedRecord} */ item) => item.KIND === 'Transcription'
    && item.aboutId === record.facilityId && item.envelope.issuer.did === did;
  if (!linked.some(isItsPaper)) {
    throw notAuthorised(`an ${COPYIST} signs a ${record.KIND} only over a transcription of the paper about it`);
  }
}

/**
 * Gives the village of what a paper is about: itself, or that of the linked workshop or village.
 * @param {TypedRecord} record
 * @param {TypedRecord[]} linked
 */
function villageOf(record, linked) {
  const workshop = linked.find(item => item.KIND === 'WorkshopRecord');
  const village = linked.find(item => item.KIND === 'VillageRecognition');
  return workshop?.villageId ?? village?.facilityId ?? record.aboutId;
}

/**
 * Checks that whoever is no overseer gives notice about a record of their own.
 * @param {TypedRecord} notice
 * @param {TypedRecord[]} linked
 */
function checkOwn(notice, linked) {
  const about = linked.find(item => item.envelope.id === notice.about);
  if (about === undefined) {
    throw new NotVerified(Reason.LINK_MISSING, 'the record that the notice is about is not at hand');
  }
  const {did} = about.envelope.issuer;
  if (did !== notice.envelope.issuer.did) {
    throw notAuthorised(`the record that the notice is about is ${did}'s`);
  }
}

/** @param {string} message */
function notAuthorised(message) {
  return new NotVerified(Reason.KEY_NOT_AUTHORISED, message);
}
