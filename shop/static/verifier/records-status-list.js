/**
 * StatusList: an issuer's word on which of its own records it has revoked or suspended, one bit each.
 *
 * Source: W3C Bitstring Status List 1.0, section 2.2.
 */

import {decodeBits} from './bitstring.js';
import {CONTEXT_OWN, CONTEXT_VC, STATUS_PURPOSES, writeEnvelope} from './envelope.js';
import {badRecord, demand, integer, mapping, text} from './members.js';
import {ORIGIN} from './terms.js';

/** @typedef {import('./strict-json.js').Document} Document */
/** @typedef {import('./envelope.js').Envelope} Envelope */

const LIST_URL = /^https:\/\/([a-z0-9.-]{1,253}(?::\d{1,5})?)\/status\/([A-Za-z0-9._-]{1,128})\/[1-9]\d{0,8}$/;

/** One version of a status list; the newest counts. The text is kept as it was signed. */
export const StatusList = Object.freeze({
  KIND: 'StatusList',
  TYPES: Object.freeze(['VerifiableCredential', 'BitstringStatusListCredential']),
  CONTEXTS: Object.freeze([CONTEXT_VC, CONTEXT_OWN]),

  /**
   * Reads the subject of a parsed record.
   * @param {Envelope} envelope
   * @param {Document} subject
   */
  fromSubject(envelope, subject) {
    const place = LIST_URL.exec(envelope.id);
    if (place === null) {
      throw badRecord(`expected https://<host>/status/<issuer>/<n>, got '${envelope.id.slice(0, 80)}'`);
    }
    const version = integer(mapping(subject, ORIGIN), 'version');
    const encoded = text(subject, 'encodedList');
    const record = {
      KIND: StatusList.KIND,
      envelope,
      purpose: text(subject, 'statusPurpose'),
      version,
      encoded,
      /** The id under which this version stands in the log. */
      entryId: `${envelope.id}#${version}`,
      /** The did:web of the one issuer whose list can stand at this URL. */
      owner: `did:web:${place[1].replaceAll(':', '%3A')}:issuers:${place[2]}`,
      bits: decodeBits(encoded),
    };
    demand(STATUS_PURPOSES.has(record.purpose), `status purpose '${record.purpose}' is none of the known ones`);
    demand(version >= 1, `versions count from 1, got ${version}`);
    const isPlain = envelope.status === null && envelope.links.length === 0;
    demand(isPlain, 'a status list has no status of its own and links to nothing');
    demand(envelope.validUntil !== null, 'a status list says until when it holds');
    return record;
  },

  /** Gives the unsigned record. */
  toDocument(record) {
    return writeEnvelope(record.envelope, {
      id: `${record.envelope.id}#list`,
      type: 'BitstringStatusList',
      statusPurpose: record.purpose,
      encodedList: record.encoded,
      [ORIGIN]: {recordType: record.KIND, version: record.version},
    });
  },
});
