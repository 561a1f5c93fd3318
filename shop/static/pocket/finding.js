/** What an inspector says about a record, as the Notice that `traceability/records/notice.py` would write. */

import {encodeBase32} from './base32-text.js';
import {fromUtf8, toUtf8} from '../verifier/bytes.js';
import {toInstant} from '../verifier/clock.js';
import {Notice} from '../verifier/records-notice.js';
import {parse} from '../verifier/strict-json.js';

/** @typedef {import('../verifier/evidence.js').SignedRecord} SignedRecord */
/** @typedef {'genuine' | 'copy' | 'mismatch' | 'revoke' | 'suspend' | 'recall'} Kind */

// The signed text is Vietnamese, whatever the page speaks: it is the record's own language.
const TITLES = {finding: 'Nhận xét', revoke: 'Thu hồi', suspend: 'Tạm ngưng', recall: 'Gọi về'};
const BEGINNINGS = {genuine: 'Khớp mô tả', copy: 'Nghi tem bị sao chép', mismatch: 'Không khớp mô tả'};
const ID_BYTES = 15; // 24 characters of base 32: no two phones ever choose the same
const SECOND_MS = 1_000;
const REASON_MAX_CHARS = 1_000;

/** Tells whether a kind is a finding, which takes nothing back. */
export function isFinding(/** @type {Kind} */ kind) {
  return kind in BEGINNINGS;
}

/**
 * Gives the sentence that is signed: what was found first, then the note.
 * @param {Kind} kind
 * @param {string} note as typed
 */
function reasonOf(kind, note) {
  const typed = note.normalize('NFC').replace(/[\s\p{C}]+/gu, ' ').trim().slice(0, REASON_MAX_CHARS);
  return isFinding(kind) ? [BEGINNINGS[kind], typed].filter(part => part !== '').join(': ') : typed;
}

/**
 * Gives the unsigned notice.
 * @param {{kind: Kind, about: SignedRecord, note: string, serials: string[], photo: string | null}} said
 *   `photo`: `digestMultibase` of the photo's bytes
 * @param {{host: string, issuer: {did: string, name: string}, now: Date, random: Uint8Array}} by `random`: 15 bytes
 */
export function noticeOf({kind, about, note, serials, photo}, {host, issuer, now, random}) {
  const action = isFinding(kind) ? 'finding' : kind;
  const {id, name, issuer: maker} = about.envelope;
  return Notice.toDocument({
    KIND: Notice.KIND,
    envelope: {
      contexts: [...Notice.CONTEXTS],
      types: [...Notice.TYPES],
      id: `https://${host}/records/${action}-${encodeBase32(random.subarray(0, ID_BYTES))}`,
      issuer,
      name: `${TITLES[action]}: ${name}`,
      validFrom: toInstant(new Date(Math.floor(now.getTime() / SECOND_MS) * SECOND_MS)),
      validUntil: null,
      status: null,
      links: [{url: id, digest: about.digest}],
    },
    action,
    about: id,
    issuedTo: maker,
    reason: reasonOf(kind, note),
    serials,
    supersedes: null,
    evidence: photo === null ? [] : [photo],
  });
}

/** Gives a signed record as a document without its proof, to be signed again at another time. */
export function unsigned(/** @type {string} */ body) {
  const document = plain(parse(toUtf8(body)));
  delete document.proof;
  return document;
}

function plain(value) {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([name, item]) => [name, plain(item)]));
  }
  return Array.isArray(value) ? value.map(plain) : value;
}

/** Gives the text of signed bytes. */
export function textOf(/** @type {Uint8Array} */ data) {
  return /** @type {string} */ (fromUtf8(data));
}
