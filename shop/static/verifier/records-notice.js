/** Notice and Transcription: what is said later about an earlier record, and what was copied from paper. */

import {CONTEXT_OWN, CONTEXT_UNTP, CONTEXT_VC, DIGEST, writeEnvelope} from './envelope.js';
import {array, demand, mapping, optionalDay, optionalText, text} from './members.js';
import {readEvidence} from './records-attached.js';
import {attestation} from './records-certificate.js';
import {ORIGIN, readParty, withoutNull} from './terms.js';

/** @typedef {import('./strict-json.js').Document} Document */
/** @typedef {import('./envelope.js').Envelope} Envelope */

const NOTICE_ACTIONS = new Set(['revoke', 'suspend', 'recall', 'finding', 'correction']);
// A serial as labels print it: anything else would be a recall that reaches no unit.
const SERIAL = /^[0-9A-HJKMNP-TV-Za-hjkmnp-tv-z]{12}$/;
const SCHEME = {id: 'https://w3id.org/langnghe/v1#notices', name: 'Thông báo về hồ sơ nguồn gốc'};
const PAPER_SCHEME = {id: 'https://w3id.org/langnghe/v1#transcriptions', name: 'Chép từ giấy'};
const TYPES = Object.freeze(['DigitalConformityCredential', 'VerifiableCredential']);
const CONTEXTS = Object.freeze([CONTEXT_VC, CONTEXT_UNTP, CONTEXT_OWN]);

/** An entitled body says something about an earlier record; the record itself never changes. */
export const Notice = Object.freeze({
  KIND: 'Notice',
  TYPES,
  CONTEXTS,

  /**
   * Reads the subject of a parsed record.
   * @param {Envelope} envelope
   * @param {Document} subject
   */
  fromSubject(envelope, subject) {
    const origin = mapping(subject, ORIGIN);
    const record = {
      KIND: Notice.KIND,
      envelope,
      action: text(origin, 'action'),
      about: text(origin, 'about'),
      issuedTo: readParty(mapping(subject, 'issuedToParty')),
      reason: text(origin, 'reason'),
      serials: array(origin, 'serials'),
      supersedes: optionalText(origin, 'supersedes'),
      evidence: readEvidence(origin),
    };
    demand(record.serials.every(item => typeof item === 'string'), 'serials holds something else than text');
    demand(record.serials.every(item => SERIAL.test(item)), 'serials holds no serial of a label');
    demand(NOTICE_ACTIONS.has(record.action), `notice action '${record.action}' is none of the known ones`);
    const isLinked = envelope.links.some(link => link.url === record.about);
    demand(isLinked, 'a notice links to the record that it is about');
    // Whoever floods a record with notices must not do it by way of links to others.
    const isNarrow = envelope.links.every(link => [record.about, record.supersedes].includes(link.url));
    demand(isNarrow, 'a notice links to nothing but what it is about and what succeeds it');
    const isWhole = (record.action === 'correction') === (record.supersedes !== null);
    demand(isWhole, 'a correction, and only that, names the record that takes the place');
    return record;
  },

  /** Gives the unsigned record. */
  toDocument(record) {
    const levels = ['3rdParty', 'authority-benchmark', 'inspection'];
    const {envelope, issuedTo} = record;
    return writeEnvelope(envelope, {
      ...attestation(envelope, {levels, title: envelope.name, issuedTo, scheme: SCHEME}),
      [ORIGIN]: withoutNull({
        recordType: record.KIND,
        action: record.action,
        about: record.about,
        reason: record.reason,
        serials: record.serials,
        supersedes: record.supersedes,
        evidence: record.evidence.length > 0 ? record.evidence : null,
      }),
    });
  },
});

/** A named body says: this is what a paper says, and this is the digest of its scan. */
export const Transcription = Object.freeze({
  KIND: 'Transcription',
  TYPES,
  CONTEXTS,

  /**
   * Reads the subject of a parsed record.
   * @param {Envelope} envelope
   * @param {Document} subject
   */
  fromSubject(envelope, subject) {
    const origin = mapping(subject, ORIGIN);
    const record = {
      KIND: Transcription.KIND,
      envelope,
      aboutId: text(origin, 'about'),
      claim: text(origin, 'claim'),
      issuedTo: readParty(mapping(subject, 'issuedToParty')),
      paperIssuer: text(origin, 'paperIssuer'),
      scanDigest: text(origin, 'scanDigest'),
      decision: optionalText(origin, 'decision'),
      paperDate: optionalDay(origin, 'paperDate'),
    };
    demand(DIGEST.test(record.scanDigest), "the scan's digest is not a SHA-256 digestMultibase");
    return record;
  },

  /** Gives the unsigned record. */
  toDocument(record) {
    const levels = ['3rdParty', 'no-endorsement', 'verification'];
    const {envelope, issuedTo} = record;
    return writeEnvelope(envelope, {
      ...attestation(envelope, {levels, title: envelope.name, issuedTo, scheme: PAPER_SCHEME}),
      [ORIGIN]: withoutNull({
        recordType: record.KIND,
        about: record.aboutId,
        claim: record.claim,
        paperIssuer: record.paperIssuer,
        scanDigest: record.scanDigest,
        decision: record.decision,
        paperDate: record.paperDate,
      }),
    });
  },
});
